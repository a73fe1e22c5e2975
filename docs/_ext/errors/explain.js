// "Explain this": which call failed, why, and what to change, from a pasted traceback,
// from what strace or ss printed, or from a line of a log. It asks nobody: all that it
// knows is `explainData`, which docs/_ext/errors/explain.py makes from the evidence.
// `explain(text)` gives the answers as data, and explain-page.js draws them.
(() => {
  "use strict";
  const data = globalThis.explainData;
  const LONGEST = 200000; // characters that are read
  const WIDEST = 1000; // of one line
  const MOST = 12; // answers
  // The kinds of socket, a bit each, as in the ways of the data.
  const TCP4 = 1, TCP6 = 2, UDP4 = 4, UDP6 = 8, STREAM = 16, DGRAM = 32, ALL = 63;
  const V4 = TCP4 | UDP4, V6 = TCP6 | UDP6;
  const BITS = { TCP: TCP4 | TCP6, UDP: UDP4 | UDP6, Unix: STREAM | DGRAM };
  const { TCP, UDP, Unix: UNIX } = BITS;
  const PENDING = ["EINPROGRESS", "EAGAIN", "EALREADY"]; // no failures: not yet
  const common = new Set(data.common);
  const forms = Object.fromEntries(Object.entries(data.forms).map(([name, all]) => [name, all.map((form) => RegExp(form, "i"))]));

  // --- words -----------------------------------------------------------------------

  /** Pasted text among ours: shown as code. */
  const q = (text) => `\`${String(text).replaceAll("`", "'").slice(0, 160)}\``;
  const of = (table, key) => (Object.hasOwn(table, key) ? table[key] : undefined); // of pasted keys
  const unique = (all) => [...new Set(all)];
  const list = (all, and = "and") =>
    all.length < 2 ? all.join("") : `${all.slice(0, -1).join(", ")} ${and} ${all.at(-1)}`;
  const some = (all, most = 6) => list(all.length > most ? [...all.slice(0, most), "others"] : all);
  const count = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;
  const calls = (names) => list(names.map((name) => `\`${name}()\``), "or");
  const connections = (n) => count(n, "connection");

  /** A sentence of the tables: [text, claim]. */
  function say(name, ...parts) {
    const [text, claim] = data.words[name];
    const pieces = text.split("{}");
    return [pieces.map((piece, n) => piece + (n < pieces.length - 1 ? parts[n] : "")).join(""), claim];
  }

  /** An answer without ways: a title and sentences. */
  const card = (kind, title, notes = [], more = {}) => ({
    kind, title: title[0], notes, kicker: "", call: "", errno: "", page: "", ways: [], more: [], ...more,
  });

  function kinds(mask) {
    const told = ["TCP", "UDP"].filter((name) => mask & BITS[name]).map((name) => {
      const mine = mask & BITS[name];
      return mine === BITS[name] ? name : `${name} over ${mine & V4 ? "IPv4" : "IPv6"}`;
    });
    const unix = { [UNIX]: "Unix", [STREAM]: "Unix stream", [DGRAM]: "Unix datagram" }[mask & UNIX];
    return list(unix ? [...told, unix] : told);
  }

  // --- addresses -------------------------------------------------------------------

  const mapped = (host) => /^::ffff:\d/i.test(host);
  const bare = (host) => (mapped(host) ? host.slice(7) : host);
  const isV6 = (host = "") => host.includes(":") && !mapped(host);
  const isV4 = (host = "") => /^(\d{1,3}\.){3}\d{1,3}$/.test(bare(host));
  const isLoop = (host = "") => /^127\.|^::1$|^localhost$/.test(bare(host));
  const isWild = (host) => ["", "*", "0.0.0.0", "::"].includes(host);
  const number = (port) => (/^\d+$/.test(port) ? Number(port) : port);
  const inet = (host, port) => ({ host: host?.replace(/%.*$/, ""), port: number(port) });

  function place(a) {
    if (!a) return "";
    if (a.path !== undefined) return a.abstract ? `@${a.path}` : a.path;
    const host = a.host || (a.host === "" ? "*" : "");
    return `${host.includes(":") ? `[${host}]` : host}${a.port === undefined ? "" : `:${a.port}`}`;
  }

  function addressFrom(text) {
    for (const form of forms.addresses) {
      const m = form.exec(text);
      if (m?.[3]) return inet(undefined, m[3]);
      if (m) return inet(m[1], m[2]);
    }
    const m = forms.path[0].exec(text);
    return m && { path: m[2], abstract: m[1] !== "" };
  }

  /** The kinds of socket that can have an address. */
  function kindsAt(a) {
    if (!a) return ALL;
    if (a.path !== undefined) return UNIX;
    if (isV6(a.host) && a.host !== "::") return V6;
    return (isV4(a.host) && !mapped(a.host)) || a.host === "" ? V4 : TCP | UDP;
  }

  // --- errors ----------------------------------------------------------------------

  const errnos = Object.entries(data.errnos);
  const texts = Object.entries(data.aliases);
  for (const [name, { text, others = [], windowsText }] of errnos) {
    for (const one of [text, ...others, windowsText]) if (one) texts.push([one.toLowerCase(), name]);
  }
  texts.sort((one, other) => other[0].length - one[0].length);
  const by = (system, n) => errnos.find(([, told]) => told[system] === n)?.[0];

  /** The error in a text: {name, system, number}, {resolver}, {doubt}; null for none. */
  function errorIn(text, type = "") {
    const small = text.toLowerCase();
    if (/errno -9\]|\beai_addrfamily\b/.test(small)) return { name: "EAI_ADDRFAMILY" };
    if (forms.resolver[0].test(`${type} ${text}`)) return { resolver: true };
    const windows = /WinError (\d+)|Errno (1[01]\d{3})\b/i.exec(text);
    if (windows) {
      const n = Number(windows[1] ?? windows[2]), name = by("windows", n);
      return name ? { name, system: "Windows", number: n } : { doubt: say("no_winerror", n) };
    }
    const m = forms.numbers[0].exec(text);
    const n = m ? Number(m.slice(1).find(Boolean)) : null;
    const known = Object.values(data.numbers);
    for (const [, wsa, one] of text.matchAll(/\b(WSA)?(E[A-Z0-9]{3,})\b/g)) {
      const name = data.aliases[one.toLowerCase()] ?? one;
      if (data.errnos[name] || known.includes(name)) return { name, ...(wsa ? { system: "Windows" } : elsewhere(name, n)) };
    }
    const said = texts.find(([words]) => small.includes(words))?.[1];
    if (n === null) {
      const name = said ?? of(data.classes, type.split(".").at(-1));
      return name ? { name } : null;
    }
    const linux = data.numbers[n], mac = by("macos", n);
    if (said) {
      const other = elsewhere(said, n), told = data.errnos[said];
      if (told.number > 0 && told.number !== n && !other.system && (linux || mac)) {
        return { doubt: say("two_errors", n, q(told.text), n, linux ?? "none") };
      }
      return { name: said, ...other };
    }
    if (data.errnos[linux] && mac && mac !== linux && data.errnos[linux].macos !== n) {
      return { doubt: say("two_systems", n, linux, mac) };
    }
    if (data.errnos[linux]) return { name: linux };
    if (mac) return { name: mac, ...elsewhere(mac, n) };
    return linux ? { name: linux } : { doubt: say("no_errno", n) };
  }

  /** Whose number of an error this is, if not that of Linux. */
  function elsewhere(name, n) {
    const told = data.errnos[name];
    if (!told || n === null || told.number === n) return {};
    const found = ["macOS", "FreeBSD"].filter((system) => told[system.toLowerCase()] === n);
    return found.length ? { system: list(found, "or"), number: n } : {};
  }

  // --- calls -----------------------------------------------------------------------

  const measured = (names, errno, mask = ALL) =>
    data.ways.filter(([, call, name, bits]) => names.includes(call) && name === errno && bits & mask);
  const madeBy = (name) => data.calls[name].filter((one) => !BITS[one]);

  /** The name that is called in the innermost frame which shows a call of a socket. */
  function callFrom(frames, errno) {
    let first;
    for (const frame of [...frames].reverse()) {
      const found = [];
      for (const { text, caret = "" } of frame.source) {
        const here = [];
        for (const m of text.matchAll(/(?<![\w"'])([A-Za-z_]\w*)\s*\(/g)) {
          if (Object.hasOwn(data.calls, m[1])) here.push({ name: m[1], at: m.index, text });
        }
        const marks = /[~^]+/.exec(caret);
        if (marks && here.length > 1) {
          // Since 3.13 what is called is underlined by ~; before it, the call by ^.
          const from = marks.index, arrow = marks[0].indexOf("^") || marks[0].length;
          const inside = here.filter(({ at }) => at >= from && at < from + arrow);
          const called = arrow < marks[0].length ? inside.at(-1) : outermost(inside);
          here.sort((one) => (one === called ? -1 : 1));
        }
        found.push(...here);
      }
      if (!found.length && Object.hasOwn(data.calls, frame.name)) found.push({ name: frame.name, text: "" });
      const good = found.find(({ name }) => measured(madeBy(name), errno).length);
      if (good) return good;
      first ??= found[0];
    }
    return first;
  }

  /** Of calls on one line the last that is in no other's parentheses. */
  const outermost = (all) => all.filter(({ at, text }) => {
    let depth = 0;
    for (const c of text.slice(all[0].at, at)) depth += c === "(" ? 1 : c === ")" ? -1 : 0;
    return depth === 0;
  }).at(-1);

  /** The calls that a line of a log names. */
  function callsNamed(line) {
    if (forms.binds[0].test(line)) return ["bind"];
    const text = line.replace(RegExp(data.forms.noCalls[0], "gi"), "");
    for (const form of forms.named) {
      const m = form.exec(text);
      const name = m && (m[1] ?? "connect").toLowerCase();
      if (m) return data.logged[name] ?? [name];
    }
    return [];
  }

  // --- which way it was ------------------------------------------------------------

  /** What the paste tells of an error, as the rules of the tables name it. */
  function factsOf({ host, port, path, ...f }) {
    const all = {
      ...f, ...f.held, host: host !== undefined, v4: isV4(host) && !isWild(host), v6: isV6(host), "v6-loopback": host === "::1",
      loopback: isLoop(host), outside: host && !isLoop(host), mapped: mapped(host), "link-local": /^fe80:/i.test(host),
      group: /^(22[4-9]|23\d)\.|^ff[0-9a-f]{2}:/i.test(host), broadcast: host === "255.255.255.255",
      port: port > 0, "port-zero": port === 0, "port-low": port > 0 && port < 1024, path: path !== undefined,
      "no-reuse": f.reuse === false, [`by-${f.by}`]: f.by, bound: f.by, unbound: f.traced && !f.by, unconnected: f.traced && !f.connected,
      shut: f.shut?.some((how) => how !== "SHUT_RD"), "local-port": f.localPort > 0, "local-loopback": isLoop(f.localHost), table: f.held,
    };
    return new Set([...Object.keys(all).filter((name) => all[name]), ...(f.options ?? [])]);
  }

  /** Why a way fits: a text; false where the paste speaks against it. */
  function hint(id, facts, f) {
    for (const rule of data.hints[id] ?? []) {
      const [, sign, names, reason = ""] = /^([+-]) ([^:]*)(?:: (.*))?$/.exec(rule);
      if (names.split(" ").every((name) => (name[0] === "!" ? !facts.has(name.slice(1)) : facts.has(name)))) {
        return sign === "+" && reason.replace(/\{(\w+)\}/g, (_, name) => f[name] ?? f.held[name]);
      }
    }
    return "";
  }

  function waysTo(names, errno, f) {
    let found = measured(names, errno, f.mask);
    if (!found.length) found = measured(names, errno);
    const facts = factsOf(f);
    const all = found.map((way) => ({ way, because: hint(way[0], facts, f) }));
    const fits = all.filter(({ because }) => because), against = all.filter(({ because }) => because === false);
    const open = all.filter(({ because }) => because === "");
    const likely = [...fits, ...open];
    return { fits, likely: likely.length ? likely : against, against: likely.length ? against : [] };
  }

  function drawn({ way: [id, call, , bits, cause, cure, unshown, lines], because }, mask) {
    const claims = data.proved[id] ?? [];
    const fitting = claims.filter((claim) => (BITS[{ tcp: "TCP", udp: "UDP", unix: "Unix" }[claim.split(".")[0]]] ?? ALL) & mask);
    return { id, call, kinds: kinds(bits), cause, cure, unshown, lines, because: because || "", claims: fitting.length ? fitting : claims };
  }

  // --- one error, one answer -------------------------------------------------------

  function answer(found) {
    const { error: { name, system, number: n }, f } = found;
    const told = data.errnos[name], at = place(found.address);
    const made = card(PENDING.includes(name) ? "pending" : "failed", [""], [...found.notes], {
      errno: name, page: data.pages?.[name] ?? "", names: found.names, count: found.count, quoted: found.quoted, state: found.state, walk: found.walk,
    });
    if (system) made.notes.push(n ? say("other_system", n, system) : say("other_name", system));
    const shown = `\`${name}\`${told && !told.text.includes(name) ? `, ${told.text}` : ""}`;
    const where = at && ` ${{ bind: "at", listen: "at", accept: "at", recv: "from" }[found.calls[0]] ?? "to"} ${q(at)}`;
    const kicker = (names, verb) => `${calls(names)}${where} ${verb} ${shown}`;
    let mine = found.calls.filter((call) => measured([call], name, f.mask).length);
    if (!mine.length) mine = found.calls.filter((call) => measured([call], name).length);
    const all = data.ways.filter((way) => way[2] === name), fitting = all.filter((way) => way[3] & f.mask);
    const givers = unique((fitting.length ? fitting : all).map((way) => way[1]));
    // The resolver is asked before any call, so it does not matter by which.
    if (!mine.length && (name.startsWith("EAI") || (!found.calls.length && givers.length === 1))) mine = givers;
    const shownCalls = name.startsWith("EAI") && found.calls.length ? found.calls : mine;
    made.call = shownCalls[0] ?? found.calls[0] ?? "";
    if (!mine.length) {
      made.kind = "unknown";
      made.kicker = made.call ? kicker([made.call], "failed with") : `${shown}${where}`;
      if (!told) made.title = say("unmeasured", shown)[0];
      else if (made.call) {
        made.title = say("never", `\`${made.call}()\``, shown)[0];
        made.notes.push(say("gave", calls(givers)));
      } else {
        made.title = say("which", calls(givers))[0];
        made.notes.push(say("whole"));
        const ways = waysTo(givers, name, f).likely.map((one) => drawn(one, f.mask));
        Object.assign(made, { ways: ways.slice(0, 3), more: ways.slice(3), mixed: true });
      }
      return made;
    }
    made.kicker = kicker(shownCalls, made.kind === "pending" ? "gave" : "failed with");
    const { fits, likely, against } = waysTo(mine, name, f);
    const most = fits.length || 4, cause = likely[0].way[4];
    made.sure = likely.length === 1 || fits.length === 1;
    made.ways = likely.slice(0, most).map((one) => drawn(one, f.mask));
    made.more = [...likely.slice(most), ...against].map((one) => drawn(one, f.mask));
    made.title = made.kind === "pending" ? say("not_yet", cause)[0] : made.sure ? cause : say("often", cause)[0];
    return made;
  }

  // --- Python ----------------------------------------------------------------------


  /** Tracebacks: [{frames, type, message}], and the lines that they took. */
  function tracebacks(lines) {
    const blocks = [], taken = new Set();
    let block = null, frame = null;
    const begin = () => blocks.push((block = { frames: [], type: "", message: "" }));
    lines.forEach((whole, index) => {
      const line = whole.replace(forms.prefix[0], "").replace(forms.group[0], "");
      const at = /^\s+File "([^"]*)", line \d+(?:, in (.+?))?\s*$/.exec(line);
      const end = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (.*))?$/.exec(line.trim());
      if (/^(Exception Group )?Traceback \(most recent call last\)/.test(line.trim())) {
        begin();
        frame = null;
      } else if (at) {
        if (!block || block.type) begin();
        block.frames.push((frame = { file: at[1], name: at[2] ?? "", source: [] }));
      } else if (!block || block.type) {
        return;
      } else if (/^\s/.test(line) && frame) {
        if (!/^[\s~^]+$/.test(line)) frame.source.push({ text: line });
        else if (frame.source.length) frame.source.at(-1).caret ??= line;
      } else if (end && frame) {
        [, block.type, block.message = ""] = end;
      } else {
        return;
      }
      taken.add(index);
    });
    return { blocks, taken };
  }

  function fromTraceback({ frames, type, message }) {
    const error = errorIn(message, type);
    if (!error || !error.name) return error && { error };
    const { name } = error;
    const call = callFrom(frames, name);
    let names = call ? madeBy(call.name) : [];
    if (/attempting to bind on|^bind\(\)/.test(message)) names = ["bind"];
    else if (/Connect call failed|^connect\(\)|new connection/.test(message)) names = ["connect"];
    const texts_ = frames.flatMap(({ source }) => source.map(({ text }) => text));
    const asked = [...texts_].reverse().find((text) => /\b(bind|connect|create_\w+|open_\w+|start_server|\w*Server)\(/.test(text) && addressFrom(text));
    const address = addressFrom(message) ?? addressFrom(call?.text?.slice(call.at) ?? "") ?? (asked ? addressFrom(asked) : null);
    const source = texts_.join("\n"), all = frames.map((frame) => `${frame.file} ${frame.name}`).join("\n") + source;
    let mask = BITS[data.calls[call?.name]?.find((one) => BITS[one])] ?? ALL;
    if (/\bSOCK_DGRAM\b|datagram_endpoint|UDPServer/.test(source)) mask &= UDP | DGRAM;
    if (/\bAF_UNIX\b/.test(source)) mask &= UNIX;
    if (/\bAF_INET6\b/.test(source)) mask &= V6;
    if (/[\\/](http|urllib|asyncio[\\/]streams)/.test(all)) mask &= TCP | STREAM;
    const [words, set] = (names.includes("bind") && Object.entries(data.library).find(([, [form]]) => RegExp(form).test(all))) || [];
    const system = error.system ?? (/^\/(Users|opt\/homebrew)\//m.test(all) ? "macOS" : /^[A-Z]:\\/m.test(all) ? "Windows" : undefined);
    return {
      error: { ...error, system }, calls: names, address, quoted: (call?.text ?? "").trim(), notes: words ? [say(words)] : [],
      f: { mask: mask & kindsAt(address) || mask || ALL, ...address, reuse: set?.[1] || undefined },
    };
  }

  // --- a line of a log -------------------------------------------------------------

  function fromLine(line) {
    if (forms.details[0].test(line)) return null; // of an error told before
    const error = errorIn(line, /(\w*(?:Error|timeout))\b/.exec(line)?.[1]);
    if (!error || error.resolver) return error && { error };
    if (error.doubt) return /errno|winerror/i.test(line) ? { error } : null;
    const names = callsNamed(line);
    if (common.has(error.name) && !names.length && !line.includes(error.name)) return null;
    const address = addressFrom(line.replace(/^\S*\d+[:/-]\d+\S*\s+(?=\S)/, "")); // without the time
    const mask = kindsAt(address) & (/\budp\b/i.test(line) ? UDP : /\btcp\b|https?:|listen |(Bind|Connect)Exception|port/i.test(line) ? TCP | UNIX : ALL);
    const notes = /\blisten E[A-Z]+/.test(line) ? [say("node")] : [];
    return { error, calls: names, address, quoted: line.trim(), notes, f: { mask: mask || ALL, ...address } };
  }

  // --- strace ----------------------------------------------------------------------

  const FAMILIES = { INET: [TCP4, UDP4], INET6: [TCP6, UDP6], UNIX: [STREAM, DGRAM], LOCAL: [STREAM, DGRAM] };
  const familyIn = (text) => FAMILIES[/[AP]F_(\w+)/.exec(text)?.[1]];
  const machineOf = (mask) => (mask & TCP ? "tcp" : mask & UDP ? "udp" : mask & STREAM ? "unix-stream" : "unix-datagram");

  function sockaddr(text) {
    const family = /sa_family=AF_(\w+)/.exec(text)?.[1];
    if (!family) return null;
    const path = /sun_path=(@?)"((?:[^"\\]|\\.)*)"/.exec(text);
    if (path) return { family, path: path[2], abstract: path[1] === "@" };
    const port = /sin6?_port=htons\((\d+)\)/.exec(text), host = /(?:inet_addr\(|INET6, )"([^"]+)"/.exec(text);
    return { family, host: host?.[1], port: port ? Number(port[1]) : undefined };
  }

  /** A socket that has done nothing yet; `known`: its socket() is in the text. */
  const fresh = (fd, mask, known = true) => ({
    fd, mask, known, local: null, peer: null, by: "", shut: [], options: new Set(), walk: [],
    machine: known && mask && data.machines[machineOf(mask)], at: known && mask ? data.machines[machineOf(mask)].start : "",
  });

  /** One step of the learned machine; its walk, if it ends as it did in the trace. */
  function step(s, input, outcome) {
    const told = s.machine?.steps?.[s.at]?.[input];
    if (told?.[0] !== outcome) {
      if (outcome === "ok") s.machine = null;
      return "";
    }
    s.walk.push(input);
    s.at = told[1];
    return `${machineOf(s.mask)}:${s.walk.join(",")}`;
  }

  function stateOf(s) {
    const parts = ["listening", "connected", "connecting", "refused"].filter((name) => s[name]);
    if (s.by) parts.unshift(s.by === "accept" ? "made by `accept()`" : `bound by \`${s.by}()\``);
    parts.push(...s.shut.map((how) => `after \`shutdown(${how})\``));
    return `fd ${s.fd}, ${kinds(s.mask)}${s.known ? "" : " (its `socket()` is not in the text)"}: ${list(parts.length ? parts : ["new, without names"])}`;
  }

  function fromStrace(lines) {
    const sockets = new Map(), waiting = new Map(), notes = new Map(), taken = new Set();
    const found = [];
    let complete = 0, unread = 0;
    const put = (pid, s) => sockets.set(`${pid}:${s.fd}`, s).set(`:${s.fd}`, s);
    const note = (name, fd) => notes.set(`${name} ${fd}`, say(name, fd));
    lines.forEach((whole, index) => {
      const m = forms.traced[0].exec(whole.trim());
      if (!m || !(m[4] || /^\d+[<,]|^[AP]F_|^\d+\)/.test(m[5]))) return;
      taken.add(index);
      const pid = m[1] ?? m[2] ?? "", call = m[3] ?? m[4], rest = (m[4] ? waiting.get(`${pid} ${call}`) ?? "" : "") + m[5];
      if (/<unfinished/.test(rest)) {
        waiting.set(`${pid} ${call}`, rest.replace(/<unfinished.*/, ""));
        return;
      }
      const end = forms.ended[0].exec(rest);
      if (!end) unread += 1;
      else {
        complete += 1;
        if (end[2] !== "?") called(pid, call.replace(/4$/, ""), end[1], end[2], end[3], whole.trim());
      }
    });

    function called(pid, call, args, result, errno, line) {
      const ok = !errno, fd = Number(/^\d+/.exec(args));
      if (call.startsWith("socket")) {
        const mask = familyIn(args)?.[/SOCK_DGRAM/.test(args) ? 1 : 0] ?? 0;
        if (ok && call === "socket") put(pid, fresh(Number(result), /SOCK_(DGRAM|STREAM|SEQPACKET)/.test(args) ? mask : 0));
        else for (const [, one] of args.matchAll(/(?:\[|, )(\d+)(?=[,\]<])/g)) put(pid, { ...fresh(Number(one), mask), connected: true, machine: null });
        return;
      }
      const a = sockaddr(args), pair = familyIn(`AF_${a?.family}`);
      let s = sockets.get(`${pid}:${fd}`) ?? sockets.get(`:${fd}`);
      if (!s) put(pid, (s = fresh(fd, pair ? pair[0] | pair[1] : ALL, false)));
      if (!s.mask || call === "close") return; // netlink and others
      const before = { ...s, shut: [...s.shut], options: new Set(s.options) };
      const name = call.startsWith("recv") ? "recv" : call.startsWith("send") ? (a ? "sendto" : "send") : call;
      const input = a?.family === "UNSPEC" ? "disconnect" : name === "connect" && errno === "ECONNREFUSED" && s.mask & TCP ? "connect_refused" : name;
      const stepped = ["bind", "listen", "connect"].includes(call) || (name.startsWith("send") && !(s.mask & (TCP | STREAM)));
      const walk = stepped ? step(s, input, errno ?? "ok") : "";
      if (/^[gs]etsockopt$/.test(call)) return option(s, call, args, before, line);
      if (ok) return succeeded(pid, s, name, args, a, Number(result));
      const made = fail(name, errno, a ?? (["send", "recv"].includes(name) ? s.peer : null), before, line, walk, /MSG_FASTOPEN/.test(args));
      if (call === "connect") {
        if (errno === "EINPROGRESS") Object.assign(s, { connecting: true, began: true, machine: null, begun: made, ...reached(s, a) });
        else if (/^(ECONN|ETIMEDOUT|EHOST)/.test(errno)) Object.assign(s, { connecting: false, refused: true });
      }
      if (errno === "EDESTADDRREQ") s.by ||= "sendto";
    }

    /** The names that connect() gives. */
    function reached(s, peer) {
      if (s.mask & UNIX) return { peer };
      const host = !isLoop(peer?.host) ? "chosen" : isV6(peer.host) ? "::1" : "127.0.0.1";
      return { peer, by: s.by || "connect", local: s.local && !isWild(s.local.host) ? s.local : { host, port: s.local?.port || "chosen" } };
    }

    function option(s, call, args, before, line) {
      const name = /, ((?:SO|IP|IPV6|TCP)_\w+)(?=, [[{])/.exec(args)?.[1], value = /\[(\w+)\]/.exec(args)?.[1];
      if (call === "setsockopt") s.options[value === "0" ? "delete" : "add"](name);
      if (call !== "getsockopt" || name !== "SO_ERROR" || !s.connecting) return;
      s.connecting = false;
      if (value === "0") {
        s.connected = true;
        s.begun.notes.push(say("ended_well"));
      } else {
        s.refused = s.begun.gone = true;
        fail("connect", data.numbers[value] ?? value, s.peer, before, line).notes.push(say("so_error"));
      }
    }

    function succeeded(pid, s, name, args, a, result) {
      const { fd } = s, wild = { host: s.mask & V6 ? "::" : "0.0.0.0", port: "chosen" };
      if (name === "bind") {
        Object.assign(s, { by: s.by || "bind", local: a });
        if (a?.port === 0) note("any_port", fd);
      } else if (name === "listen") {
        if (!s.by && s.mask & TCP) note("no_bind", fd);
        if (!s.by) Object.assign(s, { by: "listen", local: wild });
        s.listening = true;
        if (isLoop(s.local?.host)) note("loopback", fd);
        else if (s.local?.host === "::") note(s.options.has("IPV6_V6ONLY") ? "v6only" : "dual_stack", fd);
      } else if (name === "connect" && a?.family === "UNSPEC") {
        Object.assign(s, { connected: false, listening: false, connecting: false, peer: null });
        if (s.mask & TCP) note("unspec", fd);
      } else if (name === "connect") {
        Object.assign(s, { connected: true, connecting: false, refused: false, ...reached(s, a) });
        if (s.mask & UDP && !(s.mask & TCP)) note("udp_connect", fd);
      } else if (name === "accept") {
        put(pid, { ...fresh(result, s.mask), local: s.local, peer: a, connected: true, by: "accept", machine: null });
      } else if (name === "getsockname" && a) {
        s.local = a.port || a.path !== undefined ? a : null;
      } else if (name === "getpeername" && a) {
        Object.assign(s, { peer: a, connected: true });
      } else if (name === "shutdown") {
        const how = /SHUT_\w+/.exec(args)?.[0];
        if (!s.listening) s.shut.push(how);
        else if (how !== "SHUT_WR") Object.assign(s, { listening: false, ended: true });
      } else if (name === "sendto" && s.mask & UDP && !s.by) {
        Object.assign(s, { by: "sendto", local: wild });
      }
    }

    function fail(call, errno, address, s, line, walk = "", fast = false) {
      const state = stateOf(s), pair = familyIn(`AF_${address?.family}`);
      const same = found.find((one) => one.calls[0] === call && one.error.name === errno && one.state === state && place(one.address) === place(address));
      if (same) {
        same.count += 1;
        return same;
      }
      const made = {
        error: { name: errno }, calls: [call], address, quoted: line, count: 1, state, walk, notes: [], traced: true,
        names: [place(s.local), s.connected ? place(s.peer) : ""],
        f: { ...s, ...address, traced: s.known, reuse: s.known ? s.options.has("SO_REUSEADDR") : undefined, fast,
          family: s.known && pair && !((pair[0] | pair[1]) & s.mask), localHost: s.local?.host, localPort: s.local?.port },
      };
      if (!/^EINTR|^ERESTART/.test(errno)) found.push(made);
      return made;
    }

    // Failures first, then what is under way, then who only asked for a name.
    const rank = ({ calls: [call], error: { name } }) => (/^get/.test(call) && name === "ENOTCONN" ? 2 : PENDING.includes(name) ? 1 : 0);
    const shown = found.filter((one) => !one.gone).sort((one, other) => rank(one) - rank(other));
    return { found: shown, notes: [...notes.values()], complete, unread, taken };
  }

  // --- ss --------------------------------------------------------------------------


  function endpoint(text) {
    const at = text.lastIndexOf(":");
    return { host: text.slice(0, at).replace(/[[\]]|%.*$/g, ""), port: number(text.slice(at + 1)) };
  }

  function fromSs(lines) {
    const rows = [], taken = new Set();
    let header = null, stateless = 0;
    lines.forEach((whole, index) => {
      const line = whole.trim(), m = forms.row[0].exec(line), n = m ? null : forms.netstat[0].exec(line);
      if (/\bRecv-Q\s+Send-Q\b/.test(line)) header = line;
      else if (m && /^(tcp|udp|undefined)/.test(m[1])) {
        const [, netid = m[2] === "UNCONN" ? "udp" : "tcp", state, rq, sq, local, peer, rest] = m;
        const procs = [...rest.matchAll(/\("([^"]*)",pid=(\d+)/g)].map(([, name, pid]) => `${q(name)} (pid ${pid})`);
        rows.push({ proto: netid.slice(0, 3).toUpperCase(), state, rq: Number(rq), sq: Number(sq), local: endpoint(local), peer: endpoint(peer), procs, both: /v6only:0/.test(rest) });
      } else if (n) {
        const state = (n[6] ?? "UNCONN").replaceAll("_", "-");
        rows.push({ proto: n[1].toUpperCase(), state: data.spelt[state] ?? state, rq: 0, sq: 0, local: endpoint(n[4]), peer: endpoint(n[5]), procs: n[7] ? [`${q(n[8])} (pid ${n[7]})`] : [], both: true });
      } else if (header && !/\bState\b/.test(header) && /^(\w+\s+)?\d+\s+\d+\s+\S+:\S+\s+\S+:/.test(line)) stateless += 1;
      else if (!m && !/^(u_|nl|p_|raw|icmp6|v_str|tipc|xdp)\w*\s/.test(line)) return;
      taken.add(index);
    });
    for (const row of rows) { // what its address stands for, as the table of sharing has it
      const { host } = row.local;
      row.place = host === "*" ? "::" : host === "::" && !row.both ? ":: V6ONLY" : host;
    }
    return { rows, header, stateless, taken };
  }

  const holder = ({ procs }) => (procs.length ? some(unique(procs), 3) : "a program that `ss` does not name");
  const holders = (rows) => some(unique(rows.map(holder)), 4);
  const spot = (row) => q(place(row.local));
  const open = ({ state, proto }) => state === "LISTEN" || (proto === "UDP" && state === "UNCONN");

  /** Whether what a row holds and an address in demand have an address in common. */
  function covers(held, host = "*") {
    if (held === "::" || host === "*" || host === "::") return true;
    if (host === "localhost") return isWild(held) || isLoop(held);
    const four = isV4(host) || host === "";
    if (held === "0.0.0.0") return four;
    if (held === ":: V6ONLY") return !four;
    return isWild(host) ? four === isV4(held) : bare(held) === bare(host);
  }

  /** What the table says of the port of an error; undefined if nothing. */
  function heldIn(rows, { host, port, mask }, serves) {
    const mine = rows.filter((row) => row.proto === (mask & TCP ? "TCP" : "UDP") && row.local.port === port);
    const listen = mine.filter(open), alive = mine.some((row) => !open(row) && row.state !== "TIME-WAIT");
    if (!serves) {
      const far = listen.filter((row) => !covers(row.place, host));
      return { listen: listen.length, elsewhere: far.length === listen.length ? list(unique(far.map(spot))) : "" };
    }
    if (!mine.length) return undefined;
    if (!listen.length) return { alive, old: !alive };
    const same = listen.find((row) => host === undefined || row.place === (host || "0.0.0.0") || (host === "*" && row.place === "::"));
    const other = same ?? listen.find((row) => covers(row.place, host));
    const how = same ? "same" : other?.place === "::" && !isV6(host) ? "dual" : "wider";
    return other ? { listen: listen.length, [how]: holder(other) } : undefined;
  }

  /** Who has a port. */
  function aboutPort(rows, port, proto) {
    const mine = rows.filter((row) => row.local.port === port && (!proto || row.proto === proto));
    if (!mine.length) return card("unknown", say("port_unknown", port), [say("show_all"), say("not_listed"), say("other_network")]);
    const listen = mine.filter(open), waits = mine.filter(({ state }) => state === "TIME-WAIT");
    const alive = mine.filter((row) => !open(row) && row.state !== "TIME-WAIT"), states = list(unique(alive.map(({ state }) => state)));
    const notes = listen.slice(0, 8).map((row) => say("has", holder(row), `${spot(row)}, ${row.proto}`));
    if (listen.some(({ procs }) => !procs.length)) notes.push(say("no_names"));
    if (waits.length) notes.push(say("time_wait", connections(waits.length)), say("minute"));
    if (alive.length) notes.push(say(listen.length ? "through" : "alive", connections(alive.length), states));
    return card("note", listen.length ? say("held", port, holders(listen)) : alive.length ? say("held_alive", port, connections(alive.length)) : say("held_old", port), notes);
  }

  /** Why several sockets have one port, or that they overlap. */
  function shared(mine) {
    const [{ proto, local: { port } }] = mine, table = data.sharing[proto], notes = new Map();
    let overlap = "";
    const row = (one) => (of(table, one.place) ? one.place : isV6(one.place) ? "::1" : "127.0.0.1");
    mine.slice(0, 6).forEach((one, index) => mine.slice(index + 1, 6).forEach((other) => {
      let first = row(one), second = row(other);
      if (first === second && one.place !== other.place) [first, second] = ["127.0.0.1", "127.0.0.2"]; // two addresses
      const [claim, ...need] = table[first][second], pair = list(unique([spot(one), spot(other)]));
      const [text] = need.length ? say("overlap", pair, list(need.map(q), "or")) : say("apart", pair);
      notes.set(text, [text, claim]);
      if (need.length) overlap = ", and overlap";
      if (need.length && proto === "TCP" && isWild(one.local.host) !== isWild(other.local.host)) notes.set("specific", say("specific"));
    }));
    return card("note", say("shared", mine.length, proto, port, overlap, holders(mine)), [...notes.values()]);
  }

  /** The answers of the table alone; asked: {port: protocol} that the paste is about. */
  function ssAnswers({ rows, header, stateless }, asked) {
    const cards = [...asked].map(([port, proto]) => aboutPort(rows, port, proto));
    const group = (all, key) => {
      const found = new Map();
      for (const row of all) found.set(key(row), [...(found.get(key(row)) ?? []), row]);
      return [...found];
    };
    const state = (name) => rows.filter((row) => row.state === name);
    const waiting = rows.filter(open);
    for (const [, mine] of group(waiting, (row) => `${row.proto} ${row.local.port}`)) if (mine.length > 1) cards.push(shared(mine));
    const full = state("LISTEN").filter(({ rq, sq }) => rq > sq);
    for (const row of full.slice(0, 4)) {
      cards.push(card("failed", say("full", spot(row), holder(row)), [say("full_told", connections(row.rq), row.sq), say("full_size"), say("full_drops"), say("full_cure")], { call: "accept" }));
    }
    for (const [who, mine] of group(state("CLOSE-WAIT"), holder).slice(0, 3)) {
      const peers = some(unique(mine.map(({ peer }) => q(place(peer)))), 3);
      cards.push(card("failed", say("close_wait", who, connections(mine.length)), [say("close_wait_to", peers), say("close_wait_cure")], { call: "close" }));
    }
    for (const [peer, mine] of group(state("SYN-SENT"), (row) => place(row.peer)).slice(0, 3)) {
      const server = full.find((row) => row.local.port === mine[0].peer.port && covers(row.place, mine[0].peer.host));
      const title = say("syn_sent", q(peer), count(mine.length, "`connect()` waits", "`connect()` wait"));
      cards.push(card("pending", title, [server ? say("syn_sent_full", spot(server)) : say("syn_sent_why"), say("syn_sent_end")], { call: "connect", errno: "ETIMEDOUT", page: data.pages?.ETIMEDOUT ?? "" }));
    }
    const old = state("TIME-WAIT").filter((row) => !asked.has(row.local.port));
    if (old.length) {
      const ports = group(old, (row) => row.local.port).map(([port, mine]) => (mine.length > 1 ? `${port} (${mine.length} times)` : String(port)));
      cards.push(card("note", say("waits", connections(old.length)), [say("waits_ports", some(ports)), say("waits_cure")]));
    }
    if (waiting.length) {
      const kind = ({ place: p }) => (isLoop(p) ? "loopback" : of({ "0.0.0.0": "four", "::": "both", ":: V6ONLY": "six" }, p) ?? "one");
      const notes = group(waiting, kind).map(([name, mine]) => say(`who_${name}`, some(unique(mine.map(spot)), 8)));
      cards.push(card("note", say("who", count(waiting.length, "socket waits", "sockets wait")), notes));
    }
    if (stateless) cards.push(card("unknown", say("no_state", count(stateless, "row")), [say("no_state_cure")]));
    else if (!rows.length && header) cards.push(card("unknown", say("no_rows"), [say("no_rows_cure")]));
    if (rows.some(({ local: { port } }) => typeof port === "string")) cards.at(-1).notes.push(say("port_names"));
    return cards;
  }

  // --- all of it -------------------------------------------------------------------

  /** The answers to a pasted text: {read, cards, cut, more}. */
  function explain(pasted) {
    const cut = pasted.length > LONGEST ? pasted.length : 0;
    const text = (cut ? `${pasted.slice(0, LONGEST / 2)}\n${pasted.slice(-LONGEST / 2)}` : pasted)
      .replace(/\u001b\[[\d;?]*[A-Za-z]/g, "") // colours
      .replace(/\r\n?/g, "\n")
      .replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufeff]/g, "")
      .replace(/[\u00a0\u202f]/g, " ");
    if (!text.trim()) return { read: [], cards: [], cut, more: 0 };
    const lines = text.split("\n").map((line) => line.slice(0, WIDEST));
    const trace = fromStrace(lines), table = fromSs(lines), { blocks, taken } = tracebacks(lines);
    const found = [...trace.found], doubts = [], asked = new Map();
    const add = (made) => {
      if (!made) return;
      if (!made.f) doubts.push(made.error);
      else if (!merged(found, made)) found.push(made);
    };
    for (const block of blocks.filter(({ type }) => type)) {
      const made = fromTraceback(block);
      if (made?.f && !made.calls.length && common.has(made.error.name)) block.bare = made.error.name;
      else add(made);
    }
    let read = 0;
    lines.forEach((line, index) => {
      if (!line.trim() || [trace, table, { taken }].some((one) => one.taken.has(index))) return;
      const m = /^\s*(?:port\s+|:)?(\d{1,5})\s*\??\s*$/i.exec(line) ?? (/\b(ss|netstat)\b/.test(line) && /:(\d{1,5})\b/.exec(line));
      if (m) asked.set(Number(m[1]), "");
      else if (read < 400) {
        const made = fromLine(line);
        read += made ? 1 : 0;
        add(made);
      }
    });
    for (const made of table.rows.length ? found : []) withTable(made, table.rows, asked);

    const cards = found.map(answer);
    for (const { resolver, doubt } of doubts) {
      const one = resolver ? card("failed", say("resolver"), [say("resolver_why"), say("resolver_cure")], { call: "getaddrinfo", page: data.pages?.EAI_ADDRFAMILY ?? "" })
        : card("unknown", doubt, [say("say_system")]);
      if (!cards.some(({ title }) => title === one.title)) cards.push(one);
    }
    if (table.taken.size) cards.push(...ssAnswers(table, asked));
    if (trace.taken.size && !trace.found.length) {
      cards.unshift(trace.complete ? card("note", say("none_failed", count(trace.complete, "call"))) : card("unknown", say("no_calls"), [say("no_calls_cure")]));
    }
    if (trace.notes.length) cards.push(card("note", say("surprise"), trace.notes));
    if (trace.unread && trace.complete) cards.at(-1).notes.push(say("cut_calls", count(trace.unread, "line")));
    if (!cards.length) cards.push(nothing(blocks, lines));
    const kindsRead = [blocks.length && "a traceback", trace.taken.size && "strace", table.taken.size && "ss", read && "other lines"].filter(Boolean);
    return { read: kindsRead, cards: cards.slice(0, MOST), cut, more: Math.max(0, cards.length - MOST) };
  }

  /** Add what one reader found to the same error that another one found. */
  function merged(found, made) {
    const at = place(made.address);
    const same = found.find((one) => !one.traced && one.error.name === made.error.name
      && (!made.calls.length || !one.calls.length || one.calls.some((call) => made.calls.includes(call)))
      && (!at || !one.address || place(one.address) === at || one.address.port === made.address.port));
    if (!same) return false;
    if (!same.calls.length) same.calls = made.calls;
    if (!same.error.system) same.error = { ...made.error, ...same.error, system: made.error.system };
    if (!same.address && made.address) {
      same.address = made.address;
      Object.assign(same.f, made.address, { mask: same.f.mask & kindsAt(made.address) || same.f.mask });
    }
    return true;
  }

  /** What the table says of the port of an error. */
  function withTable({ error: { name }, f, notes }, rows, asked) {
    if (!(f.port > 0) || !["EADDRINUSE", "ECONNREFUSED", "ETIMEDOUT"].includes(name)) return;
    asked.set(f.port, f.mask & TCP ? "TCP" : "UDP");
    f.held = heldIn(rows, f, name === "EADDRINUSE");
    if (name === "EADDRINUSE" && !f.held) notes.push(say("nobody_has_it"));
    if (name === "ECONNREFUSED" && f.held.listen && !f.held.elsewhere) notes.push(say("listens_there"));
  }

  function nothing(blocks, lines) {
    const last = blocks.filter(({ type }) => type).at(-1);
    if (last?.bare) return card("unknown", say("bare", q(last.bare)), [say("whole")]);
    const name = last ? "no_socket" : blocks.length ? "no_end" : lines.some((line) => /^\S*\w\(.*\)\s+= -?\d/.test(line)) ? "other_calls" : "nothing";
    return card("unknown", say(name, last && q(last.type)), [say(`${name}_cure`)]);
  }

  globalThis.explain = explain;
})();
