// The search: in the bar of every page as one types, and on a page of its own. MiniSearch
// finds the sections; here are the words, what is asked for, and what is shown.
// It is loaded by search-field.js when a field is first touched.
(() => {
  const root = document.documentElement.dataset.content_root;

  // --- words -----------------------------------------------------------------------
  // A name with underscores is one word; who types a part of it means the whole.
  const WORD = /\d+(?:\.\d+){3}|::\d+|::|\/[a-z_]+(?:\/[a-z_.]+)+|[\p{L}\p{N}_]+/gu;
  const SILENT = new Set(("a about all am an and any are as at be been but by can could did do does " +
    "doing for from get gets getting had has have having he her his how i if in into is it its just " +
    "me my of on or our she should so some than that the their them then there these they this to " +
    "too very was we were what when where which who why will with would you your i'm").split(" "));
  const stemmer = new EnglishStemmer();
  const stem = word => /^[a-z]{3,}$/.test(word) ? stemmer.stemWord(word) : word;
  const tokens = text => Array.from(text.toLowerCase().matchAll(WORD), ([word]) => word);
  // Words that people use for one thing; each finds the others, at half the weight.
  const SAME = [
    ["localhost", "127.0.0.1", "::1", "loopback"],
    ["docker", "container", "kubernetes", "podman", "wsl", "wsl2"],
    ["hang", "hangs", "stuck", "forever", "timeout", "freeze", "block"],
    ["refused", "econnrefused"],
    ["port", "ports"],
    ["inuse", "taken", "busy", "occupied", "eaddrinuse"],
    ["server", "daemon", "service"],
    ["restart", "reload", "redeploy", "restarting"],
    ["wildcard", "0.0.0.0", "inaddr_any"],
    ["dualstack", "dual", "ipv6_v6only", "v6only"],
    ["nonblocking", "asynchronous", "einprogress", "async"],
    ["exhausted", "exhaustion", "out"],
    ["interface", "nic", "device"],
    ["process", "program", "pid"],
    ["find", "see", "show"],
    ["free", "unused", "available"],
    ["kill", "stop", "close"],
    ["myth", "belief"],
    ["backlog", "queue", "somaxconn"],
    ["path", "file", "sock"],
  ].map(words => words.map(stem));
  const same = new Map();
  for (const words of SAME)
    for (const word of words) same.set(word, [...(same.get(word) ?? []), ...words.filter(w => w !== word)]);

  // --- the index -------------------------------------------------------------------
  let engine = null;
  let errors = [];
  let entries = [];
  const pages = new Map();
  const known = new Set();
  const wholeOf = new Map(); // {part: names with underscores that it is a part of}

  /** Called by the script with the sections. */
  window.takeSections = found => {
    engine = new MiniSearch({
      fields: ["title", "page", "entries", "text"],
      tokenize: tokens,
      processTerm: word => SILENT.has(word) ? null : stem(word),
      storeFields: [],
      searchOptions: { combineWith: "OR" },
    });
    const all = [];
    found.forEach(([page, kind, title, sections, cures], order) => {
      pages.set(page, { page, kind, title, order, sections, cures });
      const error = title.match(/^(E[A-Z]+): \[Errno (\d+)\] (.+)$/);
      if (error) errors.push({ page, name: error[1], number: error[2], text: error[3].toLowerCase() });
      sections.forEach(([anchor, heading, text, asked], place) => {
        all.push({ id: `${page}#${place}`, title: heading, page: place ? title : "", entries: asked.join(" . "), text });
        for (const entry of asked) entries.push({ page, place, words: new Set(wordsOf(entry)) });
      });
    });
    engine.addAll(all);
    for (const { title, page, entries: asked, text } of all)
      for (const word of tokens(`${title} ${page} ${asked} ${text}`)) known.add(stem(word));
    for (const name of known)
      for (const part of name.includes("_") ? name.split("_").filter(one => one.length > 3) : [])
        wholeOf.set(stem(part), [...(wholeOf.get(stem(part)) ?? []), name]);
  };

  const wordsOf = text => [...new Set(tokens(text).filter(word => !SILENT.has(word)).map(stem))];

  // --- what is asked ---------------------------------------------------------------
  // Windows has the numbers of macOS and FreeBSD, and 10000.
  const WINDOWS = {
    10009: "EBADF", 10013: "EACCES", 10022: "EINVAL", 10024: "EMFILE", 10035: "EAGAIN",
    10036: "EINPROGRESS", 10037: "EALREADY", 10038: "ENOTSOCK", 10039: "EDESTADDRREQ",
    10040: "EMSGSIZE", 10041: "EPROTOTYPE", 10045: "EOPNOTSUPP", 10047: "EAFNOSUPPORT",
    10048: "EADDRINUSE", 10049: "EADDRNOTAVAIL", 10051: "ENETUNREACH",
    10053: "ECONNABORTED", 10054: "ECONNRESET", 10056: "EISCONN", 10057: "ENOTCONN",
    10060: "ETIMEDOUT", 10061: "ECONNREFUSED", 10065: "EHOSTUNREACH",
  };
  // What other programs print for an error that has another text here.
  const ELSEWHERE = {
    "can't assign requested address": "EADDRNOTAVAIL", "operation timed out": "ETIMEDOUT",
    "connection attempt timed out": "ETIMEDOUT", "socket is not connected": "ENOTCONN",
    "actively refused": "ECONNREFUSED", "only one usage of each socket address": "EADDRINUSE",
    "port is already allocated": "EADDRINUSE", "port already in use": "EADDRINUSE",
    "address in use": "EADDRINUSE", "port in use": "EADDRINUSE", "port is in use": "EADDRINUSE", "wsaewouldblock": "EAGAIN", "ewouldblock": "EAGAIN",
  };

  /** The error that a query names by text, name or number, and the query without it. */
  function errorIn(query) {
    const lower = query.toLowerCase().replace(/[’`]/g, "'");
    const without = part => lower.replace(part, " ");
    const byName = name => errors.find(one => one.name === name);
    for (const error of errors)
      if (lower.includes(error.text)) return { error, rest: without(error.text) };
    for (const [text, name] of Object.entries(ELSEWHERE))
      if (lower.includes(text)) return { error: byName(name), rest: without(text) };
    for (const [name] of lower.matchAll(/\b(?:wsa)?e[a-z]{3,}\b/g)) {
      const error = byName(name.toUpperCase()) ?? byName(name.toUpperCase().replace(/^WSA/, ""));
      if (error) return { error, rest: without(name) };
    }
    const windows = lower.match(/\b100\d\d\b/)?.[0];
    if (byName(WINDOWS[windows])) return { error: byName(WINDOWS[windows]), rest: without(windows) };
    const number = lower.match(/\berrno\W*(\d+)/) ?? lower.match(/\((\d+): /);
    const error = number && (errors.find(one => one.number === number[1]) ?? byName(WINDOWS[10000 + Number(number[1])]));
    return error ? { error, rest: without(number[0]) } : { rest: lower };
  }

  // --- the answer ------------------------------------------------------------------
  const BOOST = { title: 3, page: 1.5, entries: 5, text: 1 };
  // Proofs have the sentences of other pages, and come after these.
  const WEIGHT = { Proof: 0.15, "Look it up": 0.85 };
  const ASIDE = new Set(["reference/netsem", "reference/kernel-suites", "reference/learned", "reference/systems"]); // for experts
  const ENTRY = 70; // for each word of an entry of the index that was asked for
  const ERROR = 90; // for the page of the error that a query names
  const TITLE = 150; // for a page whose title says what was asked
  const ADDRESS = /^[\d.:]+$/;
  const EXCEPTION = /\b(?:os|socket\.|permission|timeout|blockingio|brokenpipe|connection\w+)error\b|\berrno\b|\bwinerror\b/gi;

  /** [{page, kind, title, score, places: [{place, score}]}], the best page first. */
  function answer(query) {
    const { error, rest } = errorIn(query);
    const all = wordsOf(query);
    const name = error && stem(error.name.toLowerCase());
    // Beside an error the rest of its line says little, and addresses less.
    let asked = wordsOf(rest.replace(EXCEPTION, " "));
    if (error) asked = asked.filter(word => known.has(word) && word !== error.number && word !== name);
    if (!asked.length && !error) asked = all;
    const weight = word => error && ADDRESS.test(word) ? 0.1 : 1;
    const last = /\w$/.test(query) ? all[all.length - 1] : null;
    const queries = asked.map(word => ({
      queries: [word],
      prefix: word === last && word.length > 2,
      fuzzy: !known.has(word) && /^[a-z_]{4,}$/.test(word) ? 0.25 : false,
      boostTerm: () => weight(word),
    }));
    if (error) queries.push({ queries: [name] });
    const more = (others, boost) => {
      for (const word of new Set(asked.flatMap(one => error && ADDRESS.test(one) ? [] : others.get(one) ?? [])))
        if (!asked.includes(word)) queries.push({ queries: [word], boostTerm: () => boost });
    };
    more(same, 0.3);
    more(wholeOf, 0.1);
    const hits = engine.search({ combineWith: "OR", queries },
      { boost: BOOST, tokenize: word => [word], processTerm: word => word });

    const found = new Map();
    const wanted = error ? [...asked.filter(word => !ADDRESS.test(word)), name] : asked;
    for (const { id, score, queryTerms } of hits) {
      const cut = id.lastIndexOf("#");
      const [page, place] = [id.slice(0, cut), Number(id.slice(cut + 1))];
      const one = found.get(page) ?? { ...pages.get(page), places: [], terms: new Set() };
      one.places.push({ place, score: score * (0.4 + 0.6 * part(queryTerms, wanted)) });
      queryTerms.forEach(term => one.terms.add(term));
      found.set(page, one);
    }
    // All words of an entry of the index are asked for: its place is about this. One
    // without a word of the error's text is beside the point if there is an error.
    const typed = new Set(all);
    const ofError = new Set(error ? wordsOf(`${error.name} ${error.text}`) : []);
    for (const { page, place, words } of entries) {
      const one = found.get(page);
      if (!one || !words.size || ![...words].every(word => typed.has(word))) continue;
      const near = !error || [...words].some(word => ofError.has(word));
      const bonus = ENTRY * words.size * (words.size / all.length) * (near ? 1 : 0.3) * (words.size === all.length ? 1.5 : 1);
      const own = one.places.find(other => other.place === place);
      if (own) own.bonus = Math.max(bonus, own.bonus ?? 0);
    }
    const list = [...found.values()].map(one => {
      for (const place of one.places) place.score += place.bonus ?? 0;
      one.places.sort((a, b) => b.score - a.score || a.place - b.place);
      const rest = one.places.slice(1, 4).reduce((sum, { score }) => sum + score, 0);
      let score = (one.places[0].score + 0.1 * rest) * (WEIGHT[one.kind] ?? 1);
      if (one.page.endsWith("/index")) score *= 0.5; // it only leads to the others
      if (ASIDE.has(one.page)) score *= 0.6;
      score *= 0.22 + 0.78 * part([...one.terms], wanted);
      if ([one.title, ...one.sections.map(([, heading]) => heading)].some(title => inTitle(title, all))) score += TITLE;
      if (error?.page === one.page) score += ERROR;
      return { ...one, score };
    });
    return list.sort((a, b) => b.score - a.score || a.order - b.order);
  }

  /** Whether a title has all that was asked for, in this order. */
  const inTitle = (title, asked) =>
    asked.length > 2 && ` ${wordsOf(title).join(" ")} `.includes(` ${asked.join(" ")} `);

  /** Which part of what was asked for was found, from 0 to 1. */
  const part = (found, wanted) =>
    wanted.length ? wanted.filter(word => found.includes(word)).length / wanted.length : 1;

  // --- what is shown ---------------------------------------------------------------
  const make = (tag, classes, ...children) => {
    const made = document.createElement(tag);
    if (classes) made.className = classes;
    made.append(...children);
    return made;
  };

  /** The sentence of a text that has most of the words, the first of them if several. */
  function bestSentence(text, words) {
    const sentences = text.split(/\n|(?<=[.?!]) (?=[A-Z`])/).filter(one => one.trim());
    let best = sentences[0] ?? "", most = 0;
    for (const sentence of sentences) {
      const has = new Set(tokens(sentence).map(stem));
      // A row of a table is harder to understand without its heads.
      const count = [...words].filter(word => has.has(word)).length - (sentence.includes(" · ") ? 0.9 : 0);
      if (count > most) [best, most] = [sentence, count];
    }
    return best.length > 220 ? `${best.slice(0, 217)}…` : best;
  }

  /** A sentence whose words that were asked for are marked. */
  function marked(sentence, words) {
    const line = make("span", "found-sentence");
    let end = 0;
    for (const match of sentence.matchAll(new RegExp(WORD, "giu"))) {
      if (!words.has(stem(match[0].toLowerCase()))) continue;
      line.append(sentence.slice(end, match.index), make("mark", "", match[0]));
      end = match.index + match[0].length;
    }
    line.append(sentence.slice(end));
    return line;
  }

  /** One page that was found, as an item: its best place, the sentence, the kind. */
  function item(one, words, isFirst) {
    const [anchor, heading, text] = one.sections[one.places[0].place];
    const link = make("a", "", one.title);
    link.href = `${root}${one.page}.html${anchor ? `#${anchor}` : ""}`;
    const found = make("li", "found", make("span", "found-kind", one.kind), link);
    if (anchor && heading !== one.title) found.append(make("span", "found-page", heading));
    // The first is the answer: what to do about an error, for what was asked first.
    if (isFirst && one.kind === "Error")
      found.append(make("span", "found-answer", one.sections[0][2].split("\n")[0]), ...curesFor(one, words));
    else found.append(marked(bestSentence(text, words), words));
    return found;
  }

  /** The three cures of an error's page that fit best, as a list; [] if it has none. */
  function curesFor({ cures }, words) {
    const fit = cure => new Set(tokens(cure.join(" ")).map(stem).filter(word => words.has(word))).size;
    const best = cures.map((cure, at) => ({ cure, at, fits: fit(cure) }))
      .sort((a, b) => b.fits - a.fits || a.at - b.at).slice(0, 3);
    const items = best.map(({ cure: [symptom, todo] }) => make("li", "", make("strong", "", symptom), ` ${todo}`));
    return items.length ? [make("ul", "found-cures", ...items)] : [];
  }

  const wordsToMark = query => {
    const { error } = errorIn(query);
    return new Set([...wordsOf(query), ...(error ? [stem(error.name.toLowerCase())] : [])]);
  };

  /** The list below the field, as one types. */
  function inPanel(panel, query) {
    const found = query.trim() ? answer(query).slice(0, 7) : [];
    const list = make("ul", "", ...found.map((one, at) => item(one, wordsToMark(query), at === 0)));
    const none = make("p", "found-none", "Nothing was found. Try one word of it, or the name of the error.");
    panel.replaceChildren(found.length ? list : none);
    panel.hidden = !query.trim();
  }

  /** The page of the search: the best answer, then the others by kind. */
  function onPage(place, query) {
    const found = query.trim() ? answer(query).slice(0, 40) : [];
    const words = wordsToMark(query);
    place.replaceChildren();
    if (!query.trim()) return;
    const count = found.length === 1 ? "1 page" : `${found.length}${found.length === 40 ? "+" : ""} pages`;
    place.append(make("p", "found-count", found.length ? `${count} found; the best first.` : "Nothing was found. Try one word of it, or the name of the error."));
    if (!found.length) return;
    place.append(make("ul", "found-best", item(found[0], words, true)));
    const groups = new Map();
    for (const one of found.slice(1)) groups.set(one.kind, [...(groups.get(one.kind) ?? []), one]);
    // The front page leads to all that is above it.
    const inOrder = [...groups].sort(([a], [b]) => (a === "Start") - (b === "Start"));
    for (const [kind, mine] of inOrder) {
      const items = mine.map(one => item(one, words, false));
      place.append(make("h2", "", kind), make("ul", "", ...items.slice(0, 5)));
      if (items.length > 5)
        place.append(make("details", "", make("summary", "", `${items.length - 5} more`), make("ul", "", ...items.slice(5))));
    }
  }

  window.siteSearch = { answer, inPanel, onPage };
})();
