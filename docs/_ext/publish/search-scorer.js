/* Lets Sphinx's search find a page by what a reader pastes or asks.
   Sphinx leaves numbers out, and finds nothing if one word of the query is on no page.
   So a query that holds the text, the name or the number of an error is searched for as
   the name of that error, taken from the headings "EADDRINUSE: [Errno 98] Address …";
   one that holds all words of an entry of the index is answered by the entry's page;
   any other by the pages that have most of its words, the rare ones above all.
   The numbers of Windows are those of macOS and FreeBSD, and 10000. */
const WINDOWS = {
  10009: "EBADF", 10013: "EACCES", 10022: "EINVAL", 10024: "EMFILE", 10035: "EAGAIN",
  10036: "EINPROGRESS", 10037: "EALREADY", 10038: "ENOTSOCK", 10039: "EDESTADDRREQ",
  10040: "EMSGSIZE", 10041: "EPROTOTYPE", 10045: "EOPNOTSUPP", 10047: "EAFNOSUPPORT",
  10048: "EADDRINUSE", 10049: "EADDRNOTAVAIL", 10051: "ENETUNREACH",
  10053: "ECONNABORTED", 10054: "ECONNRESET", 10056: "EISCONN", 10057: "ENOTCONN",
  10060: "ETIMEDOUT", 10061: "ECONNREFUSED", 10065: "EHOSTUNREACH",
};

const errorIn = (query) => {
  const errors = Object.keys(Search._index.alltitles)
    .map((title) => title.match(/^(E[A-Z]+): \[Errno (\d+)\] (.+)$/))
    .filter((found) => found)
    .map(([, name, number, text]) => ({ name, number, text: text.toLowerCase() }));
  const lower = query.toLowerCase();
  const windows = WINDOWS[lower.match(/\b100\d\d\b/)?.[0]];
  const number = lower.match(/\berrno\W*(\d+)/)?.[1];
  const names = lower.match(/\b(wsa)?e[a-z]{3,}\b/g) ?? [];
  return (
    errors.find((error) => lower.includes(error.text)) ??
    errors.find((error) => {
      const name = error.name.toLowerCase();
      return names.includes(name) || names.includes(`wsa${name}`);
    }) ??
    errors.find((error) => error.name === windows) ??
    errors.find((error) => error.number === number) ??
    errors.find((error) => error.name === WINDOWS[10000 + Number(number)])
  );
};

// Words that Sphinx leaves out of its index, and that tell two questions apart.
const telling = new Set(["after", "before", "between", "both", "itself", "off", "out", "same"]);

const wordsOf = (text) => {
  const stemmer = new Stemmer();
  return text.toLowerCase().split(/[^\p{Letter}\p{Number}_.]+/gu)
    .map((word) => word.replace(/^\.+|\.+$/g, ""))
    .filter((word) => word && (telling.has(word) || !stopwords.has(word)))
    .map((word) => stemmer.stemWord(word));
};

const none = { weight: 0, words: new Set(), pages: [], names: [] };

// The entry of the index with the most words, all of them in the query, and at least
// half of the query's. The glossary has an entry for each of its terms; it is meant by
// the bare term only, and a page that is about the term goes before it.
const entryIn = (query) => {
  const asked = new Set(wordsOf(query));
  const { docnames, indexentries } = Search._index;
  let best = none;
  for (const [entry, places] of Object.entries(indexentries)) {
    const words = wordsOf(entry);
    const about = places.filter(([, anchor]) => !anchor.startsWith("term-"));
    const enough = about.length ? asked.size / 2 : asked.size;
    if (words.length < Math.max(1, enough) || !words.every((word) => asked.has(word))) continue;
    const weight = words.length + (about.length ? 0.5 : 0);
    if (weight > best.weight) {
      const pages = (about.length ? about : places).map(([page]) => page);
      best = { weight, words: new Set(words), pages, names: pages.map((page) => docnames[page]) };
    }
  }
  return best;
};

// The error or the entry that a query is about; an entry with the text of an error in it,
// "UDP connection refused", says more than the error.
const meant = (query) => {
  const error = errorIn(query);
  const entry = entryIn(query);
  const more = error && wordsOf(error.text).every((word) => entry.words.has(word));
  return error && !more ? { error, entry: none } : { entry };
};

// The pages on which a word is, in their text or a heading.
const pagesWith = (word) => {
  const { terms, titleterms } = Search._index;
  const stem = new Stemmer().stemWord(word.toLowerCase());
  return [terms, titleterms].flatMap((known) =>
    Object.hasOwn(known, stem) ? [known[stem]].flat() : []);
};

// The words of a query that one page has: that of the entry, else the one with most.
const wordsOnOnePage = (words, entry) => {
  const weights = new Map();
  for (const word of words) {
    const pages = new Set(pagesWith(word));
    for (const page of pages)
      weights.set(page, (weights.get(page) ?? 0) + 1 + 1 / pages.size);
  }
  const most = [...weights].sort(([, one], [, other]) => other - one);
  const page = entry.pages[0] ?? most[0]?.[0];
  return words.filter((word) => pagesWith(word).includes(page));
};

var splitQuery = (query) => {
  const words = query
    .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu)
    .filter((word) => word);
  if (typeof Search === "undefined" || !Search.hasIndex()) return words;
  const { error, entry } = meant(query);
  if (error) return [error.name];
  const kept = wordsOnOnePage(words.filter((word) => !/^\d+$/.test(word)), entry);
  if (kept.length) return kept;
  const title = Search._index.titles[entry.pages[0]] ?? "";
  return title ? splitQuery(title) : words;
};

// What a query asks for. Each page that was found is scored by it, so it is kept.
let lastAsked = { query: null };
const askedFor = (query) => {
  if (lastAsked.query !== query)
    lastAsked = { query, words: splitQuery(query), names: meant(query).entry.names };
  return lastAsked;
};

/* Sphinx's own numbers, and: a page of which an entry of the index says that it is
   about this comes first, then pages whose title has words of the query; proofs with
   their sources come last. */
var Scorer = {
  score: ([page, title, , , score]) => {
    const query = new URLSearchParams(window.location.search).get("q") ?? "";
    const heading = new Set(title.toLowerCase().split(/\W+/));
    const { words, names } = askedFor(query);
    const shared = words.filter((word) => heading.has(word.toLowerCase()));
    const about = names.includes(page);
    return score + 3 * shared.length + (about ? 200 : 0) - (page.startsWith("proofs/") ? 40 : 0);
  },
  objNameMatch: 11,
  objPartialMatch: 6,
  objPrio: { 0: 15, 1: 5, 2: -5 },
  objPrioDefault: 0,
  title: 15,
  partialTitle: 7,
  term: 5,
  partialTerm: 2,
};
