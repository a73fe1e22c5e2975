// "Explain this": which call failed, why, and what to change, from a pasted traceback,
// from what strace or ss printed, or from one line of a log. It asks nobody: all it
// knows is `explainData`, which docs/_ext/errors/explain.py makes from the evidence.
// `explain(text)` gives the answers as data; the page below draws them. Pasted text is
// shown as text and never as HTML.
(() => {
  "use strict";
  const data = globalThis.explainData;
  const LONGEST = 200000; // characters that are read
  const WIDEST = 1000; // of one line
  const MOST = 12; // answers
  const TCP4 = 1, TCP6 = 2, UDP4 = 4, UDP6 = 8, STREAM = 16, DGRAM = 32;
  const TCP = TCP4 | TCP6, UDP = UDP4 | UDP6, UNIX = STREAM | DGRAM, ALL = 63;
  const V4 = TCP4 | UDP4, V6 = TCP6 | UDP6, STREAMS = TCP | STREAM;
  const PENDING = new Set(["EINPROGRESS", "EAGAIN", "EALREADY"]);
  // Errors that files and other calls give too: they need a call beside them.
  const COMMON = new Set(
    ("EPERM ENOENT EBADF EACCES ENODEV ENOTDIR EINVAL EMFILE ENOSPC EROFS EPIPE ELOOP " +
      "ENAMETOOLONG EAGAIN OSError OverflowError TimeoutError").split(" "));
  const known = (name) => Object.hasOwn(data.errnos, name);

  // --- words -----------------------------------------------------------------------

  /** Pasted text among ours: shown as code. */
  const q = (text) => `\`${String(text).replaceAll("`", "'").slice(0, 160)}\``;
  const list = (words, and = "and") =>
    words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} ${and} ${words.at(-1)}`;
  const times = (n, one, many = `${one}s`) => `${n} ${n === 1 ? one : many}`;

  /** The kinds of socket behind some bits, in few words. */
  function kindWords(mask) {
    const parts = [];
    for (const [bits, name] of [[TCP, "TCP"], [UDP, "UDP"]]) {
      const mine = mask & bits;
      if (mine === bits) parts.push(name);
      else if (mine) parts.push(`${name} over ${mine & V4 ? "IPv4" : "IPv6"}`);
    }
    if ((mask & UNIX) === UNIX) parts.push("Unix");
    else if (mask & UNIX) parts.push(mask & STREAM ? "Unix stream" : "Unix datagram");
    return list(parts);
  }

  function place(a) {
    if (!a) return "";
    if (a.path !== undefined) return a.abstract ? `@${a.path}` : a.path;
    const host = a.host === "" ? "*" : a.host;
    if (a.port === null || a.port === undefined) return host;
    return `${host.includes(":") ? `[${host}]` : host}:${a.port}`;
  }

  // --- addresses -------------------------------------------------------------------

  const mapped = (host) => /^::ffff:\d/i.test(host ?? "");
  const bare = (host) => (mapped(host) ? host.slice(7) : host);
  const isV6 = (host) => (host ?? "").includes(":") && !mapped(host);
  const isV4 = (host) => /^(\d{1,3}\.){3}\d{1,3}$/.test(bare(host) ?? "");
  const isWild = (host) => ["", "*", "0.0.0.0", "::"].includes(host);
  const isLoop = (host) => /^127\./.test(bare(host) ?? "") || host === "::1" || host === "localhost";
  const isMany = (host) => /^(22[4-9]|23\d)\./.test(host ?? "") || /^ff[0-9a-f]{2}:/i.test(host ?? "");
  const isBroadcast = (host) => host === "255.255.255.255";
  const isLinkLocal = (host) => /^fe80:/i.test(host ?? "");
  const number = (port) => (/^\d+$/.test(port) ? Number(port) : port);
  const inet = (host, port) => ({ host: host.replace(/%.*$/, ""), scope: /%(.+)$/.exec(host)?.[1], port: number(port) });

  /** The address in a line of a program or a log, or null. */
  function addressIn(text) {
    let m = /->\[?([\d.]+|[0-9a-f:]+)\]?:(\d{1,5})\b/i.exec(text); // Go: local->peer
    if (m) return inet(m[1], m[2]);
    m = /\(\s*(?:host=)?["']([^"']*)["'],\s*(?:port=)?(\d{1,6})\b/.exec(text);
    if (m) return inet(m[1], m[2]);
    m = /\[([0-9a-f:.]+(?:%\w+)?)\]:(\d{1,5})\b/i.exec(text);
    if (m) return inet(m[1], m[2]);
    m = /(?:^|[\s"'(=@/])(\*|::|localhost|(?:\d{1,3}\.){3}\d{1,3}):(\d{1,5})\b(?![.:]\d)/.exec(text);
    if (m) return inet(m[1], m[2]);
    m = /(?:https?|tcp|redis|postgres\w*|amqp|tcp[46]?) ?(?::\/\/)?([\w.-]*):(\d{1,5})\b/.exec(text);
    if (m) return inet(m[1], m[2]);
    m = /(?:host|at|to|on|server at) "?([\w.:-]+)"?(?: \(([\d.a-f:]+)\))?,? port (\d{1,5})\b/i.exec(text);
    if (m) return inet(m[2] ?? m[1], m[3]);
    m = /\bport (\d{1,5})(?: on ([\d.a-f:]+))?\b/i.exec(text);
    if (m) return { host: m[2], port: number(m[1]) };
    m = /(?:unix:|["'])(\/[^"':\s]+|\\(?:0|x00)[^"']+)/.exec(text);
    if (m) return pathOf(m[1]);
    return null;
  }

  function pathOf(text) {
    const abstract = /^(@|\\0|\\x00)/.test(text);
    return { path: text.replace(/^(@|\\0|\\x00)/, ""), abstract };
  }

  /** The kinds of socket that can have such an address. */
  function kindsAt(a) {
    if (!a) return ALL;
    if (a.path !== undefined) return UNIX;
    if (a.host === "::" || a.host === "*" || a.host === undefined) return TCP | UDP;
    return isV6(a.host) ? V6 : isV4(a.host) || a.host === "" ? V4 | (mapped(a.host) ? V6 : 0) : TCP | UDP;
  }

  // --- errors ----------------------------------------------------------------------

  const ALIASES = {
    EWOULDBLOCK: "EAGAIN", ENOTSUP: "EOPNOTSUPP", "connection reset": "ECONNRESET",
    "port is already in use": "EADDRINUSE", "port is in use": "EADDRINUSE",
    "is in use by another program": "EADDRINUSE", "connection in use": "EADDRINUSE",
    "address in use": "EADDRINUSE", "have permission to access that port": "EACCES",
    "ip address can't be assigned to": "EADDRNOTAVAIL",
    "only one usage of each socket address": "EADDRINUSE", "actively refused it": "ECONNREFUSED",
    "forcibly closed by the remote host": "ECONNRESET",
  };
  const CLASSES = {
    ConnectionRefusedError: "ECONNREFUSED", ConnectionResetError: "ECONNRESET",
    ConnectionAbortedError: "ECONNABORTED", BrokenPipeError: "EPIPE",
    TimeoutError: "TimeoutError", timeout: "TimeoutError", OverflowError: "OverflowError",
    CancelledError: null,
  };
  const RESOLVER = /\bgaierror\b|\bENOTFOUND\b|\bEAI_(?!ADDRFAMILY)[A-Z]+|name or service not known|name resolution|nodename nor servname|getaddrinfo failed|no such host|UnknownHostException/i;
  const texts = Object.entries(ALIASES).map(([text, name]) => [text.toLowerCase(), name]);
  for (const [name, { text, others = [], windowsText }] of Object.entries(data.errnos)) {
    for (const one of [text, ...others, windowsText]) if (one) texts.push([one.toLowerCase(), name]);
  }
  texts.sort((one, other) => other[0].length - one[0].length);
  const by = (system, n) => Object.keys(data.errnos).find((name) => data.errnos[name][system] === n);

  /** What error a text tells: {name, system} or {resolver} or {doubt}; null for none. */
  function errorIn(text, type = "") {
    const small = text.toLowerCase();
    const windows = /WinError (\d+)/i.exec(text) ?? /Errno (1[01]\d{3})\b/.exec(text);
    if (/errno -9\]/.test(small) || /\bEAI_ADDRFAMILY\b/.test(text)) return { name: "EAI_ADDRFAMILY" };
    if (RESOLVER.test(`${type} ${text}`)) return { resolver: /-?\d+/.exec(/\[errno (-?\d+)/i.exec(text)?.[1] ?? "")?.[0] ?? "" };
    if (windows) {
      const name = by("windows", Number(windows[1]));
      return name ? { name, system: "Windows", number: windows[1] }
        : { doubt: `\`[WinError ${windows[1]}]\` is an error of Windows that this reference does not have` };
    }
    const winsock = /\bWSA(E[A-Z]+)\b/.exec(text);
    if (winsock && known(ALIASES[winsock[1]] ?? winsock[1])) return { name: ALIASES[winsock[1]] ?? winsock[1], system: "Windows" };
    const numbers = /\[errno (\d+)\]|errno[:=]? ?-?(\d+)|os error (\d+)|code: (\d+),|\((\d{1,3})(?:: |\) ?[A-Za-z]|\)$)/i.exec(text);
    const n = numbers ? Number(numbers.slice(1).find(Boolean)) : null;
    const said = texts.find(([words]) => small.includes(words))?.[1];
    const names = (text.match(/\bE[A-Z0-9]{3,}\b/g) ?? []).map((name) => ALIASES[name] ?? name);
    const name = names.find(known) ?? names.find((one) => Object.values(data.numbers).includes(one));
    if (name) return { name, system: system(name, n) };
    if (n === null) {
      if (said) return { name: said };
      const of = CLASSES[type.split(".").at(-1)];
      return of ? { name: of } : null;
    }
    const linux = data.numbers[n], mac = by("macos", n);
    if (said) {
      if (data.errnos[said].number === n) return { name: said };
      const where = system(said, n);
      if (where) return { name: said, system: where, number: n };
      if (data.errnos[said].number > 0 && (linux || mac)) {
        return { doubt: `the number ${n} and the words ${q(data.errnos[said].text)} are not of one error: on Linux ${n} is ${linux ?? "none"}, and ${said} is ${data.errnos[said].number}` };
      }
      return { name: said };
    }
    if (linux && known(linux) && mac && mac !== linux && data.errnos[linux].number !== data.errnos[linux].macos) {
      return { doubt: `${n} is ${linux} on Linux and ${mac} on macOS, and the words beside it are none that this page knows` };
    }
    if (linux && known(linux)) return { name: linux };
    if (mac) return { name: mac, system: system(mac, n), number: n };
    return linux ? { name: linux } : { doubt: `${n} is no errno that this page knows` };
  }

  /** The other system whose number of an error this is; "" for Linux. */
  function system(name, n) {
    const told = data.errnos[name];
    if (!told || n === null || told.number === n) return "";
    const found = [];
    if (told.macos === n) found.push("macOS");
    if (told.freebsd === n) found.push("FreeBSD");
    return found.join(" or ");
  }

  // --- calls -----------------------------------------------------------------------

  // What a line of Python calls: {name: [calls that it may make, kinds of socket]}.
  const CALLS = {
    bind: ["bind"], _bind: ["bind"], server_bind: ["bind"], bind_sockets: ["bind", "listen"],
    bind_socket: ["bind"], create_server: ["bind listen", TCP], start_server: ["bind listen", TCP],
    create_unix_server: ["bind listen", STREAM], start_unix_server: ["bind listen", STREAM],
    TCPServer: ["bind listen", TCP], HTTPServer: ["bind listen", TCP], UDPServer: ["bind", UDP],
    ThreadingHTTPServer: ["bind listen", TCP], create_datagram_endpoint: ["bind connect", UDP],
    listen: ["listen"], server_activate: ["listen"], accept: ["accept"], _accept: ["accept"],
    sock_accept: ["accept"], get_request: ["accept"],
    connect: ["connect"], connect_ex: ["connect"], sock_connect: ["connect"], _sock_connect: ["connect"],
    _sock_connect_cb: ["connect"], _connect_sock: ["connect"], create_connection: ["connect", TCP],
    open_connection: ["connect", TCP], open_unix_connection: ["connect", STREAM],
    create_unix_connection: ["connect", STREAM],
    getsockname: ["getsockname"], getpeername: ["getpeername"], shutdown: ["shutdown"],
    send: ["send sendto"], sendall: ["send"], sock_sendall: ["send"], sendfile: ["send"], sendmsg: ["send sendto"],
    sendto: ["sendto send"], recv: ["recv"], recv_into: ["recv"], recvfrom: ["recv"], recvfrom_into: ["recv"],
    recvmsg: ["recv"], sock_recv: ["recv"], readinto: ["recv"], readexactly: ["recv"],
    do_handshake: ["recv send"], getaddrinfo: ["getaddrinfo"], gethostbyname: ["getaddrinfo"],
  };
  for (const told of Object.values(CALLS)) told[0] = told[0].split(" ");
  const measured = (calls, errno, mask = ALL) =>
    data.ways.filter(([, call, name, kinds]) => calls.includes(call) && name === errno && kinds & mask);

  /** The call that failed in the innermost frame which shows one. */
  function callIn(frames, errno) {
    let first = null;
    for (const frame of [...frames].reverse()) {
      const found = [];
      for (const { text, caret } of frame.source) {
        const here = [];
        for (const m of text.matchAll(/(?<![\w"'])([A-Za-z_]\w*)\s*\(/g)) {
          if (Object.hasOwn(CALLS, m[1]) && !/\bdef\s+$/.test(text.slice(0, m.index))) here.push({ name: m[1], at: m.index, source: text });
        }
        const marks = caret === undefined ? null : /[~^]+/.exec(caret);
        if (marks && here.length > 1) {
          const from = marks.index, tilde = marks[0].indexOf("^");
          const inside = here.filter(({ at }) => at >= from && at < from + marks[0].length);
          // 3.13 underlines what is called with ~, before it 3.11 the whole call with ^.
          const called = tilde > 0 ? inside.filter(({ at }) => at < from + tilde).at(-1) : outermost(text, inside);
          if (called) here.sort((one) => (one === called ? -1 : 1));
        }
        found.push(...here);
      }
      if (!found.length && Object.hasOwn(CALLS, frame.name)) found.push({ name: frame.name, source: "" });
      const good = found.find(({ name }) => measured(CALLS[name][0], errno).length || CALLS[name][0][0] === "getaddrinfo");
      if (good) return good;
      first ??= found[0];
    }
    return first ?? null;
  }

  /** Of calls on one line the one that is in no other's parentheses, the last of them. */
  function outermost(text, calls) {
    return calls.filter(({ at }) => {
      let depth = 0;
      for (const c of text.slice(calls[0].at, at)) depth += c === "(" ? 1 : c === ")" ? -1 : 0;
      return depth === 0;
    }).at(-1) ?? calls[0];
  }

  /** The calls that a line of a log names, and the kind of socket. */
  function callsNamed(text) {
    const exact = /\b(bind|listen|accept4?|connect|getsockname|getpeername|shutdown|sendto|sendmsg|send|recvfrom|recvmsg|recv)\(\)/.exec(text)
      ?? /\b(bind|listen|accept|connect|shutdown|sendto|send|recv|read|write|writev|readv): [a-z]/i.exec(text)
      ?? /\bsyscall[:=]? '?(bind|listen|accept|connect|shutdown|send|recv|read|write)\b/.exec(text);
    const found = exact?.[1].toLowerCase()
      ?? (/\b(?:bind(?:ing|exception)?|make_sock|in use by|port is|connection in use)\b|permission to access that port|address can't be assigned/i.test(text) ? "bind"
        : /\blisten(?:ing)?\b/i.test(text) ? "listen"
          : /\baccept\b/i.test(text) ? "accept"
            : /connect|dial|failed to establish/i.test(text.replace(/connection (refused|reset|timed out|aborted)|ECONN\w+|is not connected|already connected|Connection\w*Error/gi, "")) ? "connect"
              : /\bread\b/.test(text) ? "recv" : /\bwrite\b/.test(text) ? "send" : "");
    const calls = {
      "": [], accept4: ["accept"], read: ["recv"], readv: ["recv"], recvfrom: ["recv"], recvmsg: ["recv"],
      write: ["send"], writev: ["send"], send: ["send", "sendto"], sendmsg: ["send", "sendto"],
      sendto: ["sendto", "send"], listen: ["bind", "listen"],
    }[found] ?? [found];
    return calls;
  }

  // --- which way it was --------------------------------------------------------------

  // What the paste says of a way: a text is a reason for it, false one against it.
  const HINTS = {
    port_taken: (f) => (f.port === 0 ? false : f.held?.same && `${f.held.same} in your \`ss\` has this very address`),
    wildcard_taken: (f) => (f.port === 0 ? false : f.held?.wider ? `${f.held.wider} in your \`ss\` has the port, and one of the two addresses is the wildcard` : f.held?.same ? false : undefined),
    dual_stack_taken: (f) => (isV6(f.host) || f.port === 0 ? false : f.held?.dual ? `${f.held.dual} in your \`ss\` is on \`*\`, which is \`::\` for both versions` : f.held ? false : undefined),
    listener_taken: (f) => (f.reuse && !f.held?.old ? `the socket has \`SO_REUSEADDR\`, which does not help against one that listens` : f.reuse === false ? false : undefined),
    restart_in_time_wait: (f) => (f.held?.old ? `the port is in \`TIME-WAIT\` in your \`ss\`, and nobody listens` : f.held || f.reuse || f.port === 0 ? false : undefined),
    connection_survives: (f) => (f.held?.alive ? `nobody listens on the port in your \`ss\`, and a connection has it` : f.held || f.reuse || f.port === 0 ? false : undefined),
    bind_no_port_left: (f) => (f.port === 0 ? "port 0 was asked for" : f.port > 0 ? false : undefined),
    listen_no_port_left: (f) => (f.by ? false : f.traced ? "the socket was unbound" : undefined),
    second_listener: (f) => (f.by ? "the socket was bound" : f.traced ? false : undefined),
    path_exists: (f) => f.path !== undefined && (f.abstract ? false : "the name is a path"),
    abstract_name_taken: (f) => f.path !== undefined && (f.abstract ? "the name is abstract" : false),
    abstract_name_unknown: (f) => f.path !== undefined && (f.abstract ? "the name is abstract" : false),
    socket_file_left_behind: (f) => (f.abstract ? false : undefined),
    file_is_no_socket: (f) => (f.abstract ? false : undefined),
    bound_but_not_listening: (f) => (f.held?.listen ? false : undefined),
    address_not_local: (f) => (isV4(f.host) ? "the address is one of IPv4, and not the wildcard" : undefined),
    bind_ipv6_disabled: (f) => (f.host === "::1" ? "the address is `::1`" : f.host ? false : undefined),
    connect_ipv6_disabled: (f) => (f.host === "::1" ? "the address is `::1`" : f.host ? false : undefined),
    connect_no_port_left: (f) => (f.by === "bind" && f.localPort ? false : undefined),
    connection_exists: (f) => (f.by === "bind" && f.localPort ? "`bind()` has given the socket a port" : f.traced ? false : undefined),
    privileged_port: (f) => (f.port > 0 && f.port < 1024 ? `port ${f.port} is below 1024` : f.port >= 1024 ? false : undefined),
    bind_confined: (f) => (f.port >= 1024 ? `port ${f.port} is not below 1024` : undefined),
    bind_twice: (f) => (f.by === "bind" && !f.listening ? "an earlier `bind()` on it succeeded" : f.by === "bind" ? "an earlier `bind()` on it succeeded, and then `listen()`" : f.traced ? false : undefined),
    bind_after_connect: (f) => (f.by === "connect" ? "`connect()` came first" : f.traced ? false : undefined),
    bind_after_listen: (f) => (f.by === "listen" ? "`listen()` came first" : f.traced ? false : undefined),
    bind_after_sendto: (f) => (f.by === "sendto" ? "it had sent before" : f.traced ? false : undefined),
    bind_link_local_without_interface: (f) => (isLinkLocal(f.host) ? "the address is a link-local one" : f.host === undefined ? undefined : false),
    connect_link_local_without_interface: (f) => (isLinkLocal(f.host) ? "the address is a link-local one" : f.host === undefined ? undefined : false),
    bind_mapped_address: (f) => (mapped(f.host) ? "the address is an IPv4 address in IPv6 form" : f.host === undefined ? undefined : false),
    connect_mapped_address: (f) => (mapped(f.host) ? "the address is an IPv4 address in IPv6 form" : f.host === undefined ? undefined : false),
    bind_group: (f) => (isMany(f.host) ? "the address is a group" : f.host === undefined ? undefined : false),
    bind_other_family: (f) => (f.family ? "the families of socket and address differ" : f.traced || f.host ? false : undefined),
    connect_other_family: (f) => (f.family ? "the families of socket and address differ" : f.traced || f.host ? false : undefined),
    bind_foreign_family: (f) => (f.family ? "the families of socket and address differ" : f.path ? false : undefined),
    connect_foreign_family: (f) => (f.family ? "the families of socket and address differ" : f.path ? false : undefined),
    listen_while_connected: (f) => (f.connected ? "it was connected" : f.traced ? false : undefined),
    listen_unbound: (f) => (f.traced && !f.by ? "no `bind()` came before" : undefined),
    accept_without_listen: (f) => (f.traced ? !f.ended && "no `listen()` came before" : undefined),
    accept_after_shutdown: (f) => (f.ended ? "`shutdown()` came before" : f.traced ? false : undefined),
    nobody_listens: (f) => (f.held && !f.held.listen ? "no socket in your `ss` listens on this port" : f.held?.elsewhere ? false : undefined),
    listens_elsewhere: (f) => (f.held?.elsewhere ? `in your \`ss\` the port is listened on at ${f.held.elsewhere}, which is another address` : f.held ? false : undefined),
    syn_rejected: (f) => (isLoop(f.host) ? false : undefined),
    earlier_connect_refused: (f) => (f.traced && !f.began ? false : undefined),
    syn_dropped: (f) => (isLoop(f.host) ? false : undefined),
    backlog_full: (f) => (isLoop(f.host) ? "the address is this machine's own" : undefined),
    neighbour_silent: (f) => (isLoop(f.host) ? false : undefined),
    connect_to_many: (f) => (isMany(f.host) || isBroadcast(f.host) ? "the address is a group or a broadcast address" : f.host ? false : undefined),
    connect_to_broadcast: (f) => (isBroadcast(f.host) ? "the address is a broadcast address" : undefined),
    sendto_broadcast: (f) => (isBroadcast(f.host) ? "the address is a broadcast address" : undefined),
    from_loopback_to_outside: (f) => (f.traced ? isLoop(f.localHost) && !isLoop(f.host) && "the socket is bound to the loopback, and the peer is elsewhere" : undefined),
    sendto_from_loopback_to_outside: (f) => (f.traced ? isLoop(f.localHost) && !isLoop(f.host) && "the socket is bound to the loopback, and the receiver is elsewhere" : undefined),
    sendto_port_zero: (f) => (f.port === 0 ? "the port is 0" : f.port > 0 ? false : undefined),
    connect_twice: (f) => (f.connected ? "an earlier `connect()` on it succeeded" : f.traced ? false : undefined),
    connect_while_listening: (f) => (f.listening ? "it listens" : f.traced ? false : undefined),
    connect_takes_too_long: (f) => (f.options?.has("SO_SNDTIMEO") ? "`SO_SNDTIMEO` is set" : f.traced ? false : undefined),
    no_peer: (f) => (f.traced && !f.listening && !f.refused && !f.connected ? "it was never connected" : f.traced ? false : undefined),
    listening_socket_has_no_peer: (f) => (f.listening ? "it listens" : f.traced ? false : undefined),
    peer_of_a_refused_connect: (f) => (f.refused && !f.connected ? "its `connect()` was refused" : f.traced ? false : undefined),
    peer_reset_it: (f) => (f.traced && !f.connected ? false : undefined),
    send_without_connection: (f) => (f.traced ? !f.connected && "it is not connected" : undefined),
    send_without_peer: (f) => (f.traced ? !f.connected && "it is not connected" : undefined),
    send_after_shutdown: (f) => (f.shut?.has("SHUT_WR") || f.shut?.has("SHUT_RDWR") ? "`shutdown()` came before" : f.traced ? false : undefined),
    peer_closed: (f) => (f.traced && (!f.connected || f.shut?.size) ? false : undefined),
    recv_without_peer: (f) => (f.traced ? !f.listening && !f.connected && "it is not connected" : undefined),
    recv_on_the_listening_socket: (f) => (f.listening ? "it listens" : f.traced ? false : undefined),
    nothing_came_in_time: (f) => (f.options?.has("SO_RCVTIMEO") ? "`SO_RCVTIMEO` is set" : f.traced ? false : undefined),
    nothing_to_read: (f) => (f.options?.has("SO_RCVTIMEO") ? false : undefined),
    sendto_does_not_connect: (f) => (f.traced && f.connected ? false : undefined),
    fast_open_without_waiting: (f) => (f.fast ? "`MSG_FASTOPEN` is given" : f.traced ? false : undefined),
  };

  /** The ways that fit, in order: [{way, because}], and those that the paste speaks against. */
  function choose(calls, errno, f) {
    let found = measured(calls, errno, f.mask);
    if (!found.length) found = measured(calls, errno);
    const told = found.map((way) => ({ way, because: HINTS[way[0]]?.(f) }));
    const fits = told.filter(({ because }) => typeof because === "string" && because);
    const open = told.filter(({ way, because }) => because !== false && !fits.some((one) => one.way === way));
    const against = told.filter(({ because }) => because === false);
    return { fits, likely: fits.length || open.length ? [...fits, ...open] : against, against: fits.length || open.length ? against : [] };
  }

  function proofs(id, mask) {
    const of = { tcp: TCP, udp: UDP, unix: UNIX };
    const mine = data.proved[id] ?? [];
    const fitting = mine.filter((claim) => (of[claim.split(".")[0]] ?? ALL) & mask);
    return fitting.length ? fitting : mine;
  }

  const said = (name) => data.said[name];

  // --- one error, one answer ---------------------------------------------------------

  /** The answer to one error; `found` is what a reader of text has made of it. */
  function answer(found) {
    const { error, calls, f } = found;
    const { name } = error;
    const to = found.address && place(found.address) ? ` ${/^(bind|listen|accept)$/.test(calls[0]) ? "at" : "to"} ${q(place(found.address))}` : "";
    const told = data.errnos[name];
    const words = told?.text && !told.text.includes(name) ? `, ${told.text}` : "";
    const shown = /^E[A-Z]/.test(name) ? `\`${name}\`${words}` : `\`${name}\`${words ? `: ${told.text}` : ""}`;
    const card = {
      kind: PENDING.has(name) ? "pending" : "failed", errno: name, call: "", page: data.pages?.[name] ?? "",
      notes: [...(found.notes ?? [])], ways: [], more: [], names: found.names ?? null, count: found.count ?? 1,
      quoted: found.quoted ?? "", state: found.state ?? "", walk: found.walk ?? "",
    };
    if (error.system) {
      const its = error.number ? `The number ${error.number} is that of ${error.system}` : `This is how ${error.system} calls it`;
      card.notes.push([`${its}. What follows was measured on Linux; ${error.system} can have other reasons.`]);
    }
    if (!known(name)) {
      card.kind = "unknown";
      card.kicker = `${calls.length ? `${list(calls.map((c) => `\`${c}()\``), "or")} failed with ` : ""}\`${name}\``;
      card.title = `I cannot tell why, because no way to \`${name}\` was measured here.`;
      card.call = calls[0] ?? "";
      return card;
    }
    let mine = calls.filter((call) => measured([call], name, f.mask).length);
    if (!mine.length) mine = calls.filter((call) => measured([call], name).length);
    if (!calls.length || !mine.length) {
      const givers = [...new Set(measured(["bind", "listen", "accept", "connect", "getsockname", "getpeername", "shutdown", "send", "sendto", "recv"], name, f.mask).map(([, call]) => call))];
      if (calls.length) {
        card.call = calls[0];
        card.kicker = `\`${calls[0]}()\`${to} failed with ${shown}`;
        card.title = `I cannot tell why, because here \`${calls[0]}()\` never gave \`${name}\`.`;
        card.kind = "unknown";
        card.notes.push([`Measured, it came from ${list(givers.map((c) => `\`${c}()\``), "or")}.`]);
        return card;
      }
      card.kicker = `${shown}${to}`;
      if (givers.length === 1) mine = givers;
      else {
        card.title = `I cannot tell which call failed, because no line of your text names one: it can be ${list(givers.map((c) => `\`${c}()\``), "or")}.`;
        card.notes.push(["Paste the whole traceback, with the lines of the program, or run the program under `strace -f -e trace=network`."]);
        card.kind = card.kind === "failed" ? "unknown" : card.kind;
        const { likely } = choose(givers, name, f);
        card.ways = likely.slice(0, 3).map((one) => draw(one, f.mask, true));
        card.more = likely.slice(3).map((one) => draw(one, f.mask, true));
        return card;
      }
    }
    card.call = mine[0];
    card.kicker = `${list(mine.map((c) => `\`${c}()\``), "or")}${to} ${card.kind === "pending" ? "gave" : "failed with"} ${shown}`;
    const { fits, likely, against } = choose(mine, name, f);
    card.sure = likely.length === 1 || fits.length === 1;
    card.ways = likely.slice(0, fits.length ? Math.max(fits.length, 1) : 4).map((one) => draw(one, f.mask));
    card.more = [...likely.slice(card.ways.length), ...against].map((one) => draw(one, f.mask));
    const cause = likely[0].way[4];
    card.title = card.kind === "pending" ? `This is no failure yet. ${cause}` : card.sure ? cause : `Most often: ${cause}`;
    card.against = against.length;
    return card;
  }

  function draw({ way: [id, call, , kinds, cause, cure, unshown, lines], because }, mask, named = false) {
    return { id, call: named ? call : "", kinds: kindWords(kinds), cause, cure, unshown, lines, because: because || "", proofs: proofs(id, mask) };
  }

  // --- Python ------------------------------------------------------------------------

  const PREFIX = /^(?:\w{3} +\d+ [\d:]{8} \S+ \S+\[\d+\]: |[\w.-]+ +\| (?=\s*(?:Traceback|File|\S)))/;
  const ENDS = /^((?:[A-Za-z_]\w*\.)*[A-Za-z_]\w*)(?:: (.*))?$/;

  /** Tracebacks: [{frames, type, message, group}], and the lines that they took. */
  function tracebacks(lines) {
    const blocks = [], taken = new Set();
    let block = null, frame = null;
    lines.forEach((whole, number) => {
      const line = whole.replace(PREFIX, "").replace(/^\s*\| ?/, "").replace(/^\s*\+ (?=Exception Group)/, "");
      if (/^(Exception Group )?Traceback \(most recent call last\)/.test(line.trim())) {
        block = { frames: [], type: "", message: "", number };
        blocks.push(block);
        frame = null;
        taken.add(number);
        return;
      }
      const at = /^\s+File "([^"]*)", line (\d+)(?:, in (.+?))?\s*$/.exec(line);
      if (at) {
        if (!block || block.type) blocks.push((block = { frames: [], type: "", message: "", number, headless: true }));
        frame = { file: at[1], name: at[3] ?? "", source: [] };
        block.frames.push(frame);
        taken.add(number);
        return;
      }
      if (!block || block.type) return;
      if (/^\s/.test(line) && frame) {
        taken.add(number);
        if (/^[\s~^]+$/.test(line)) {
          if (frame.source.length) frame.source.at(-1).caret ??= line;
        } else frame.source.push({ text: line });
        return;
      }
      const end = ENDS.exec(line.trim());
      if (end && block.frames.length) {
        block.type = end[1];
        block.message = end[2] ?? "";
        taken.add(number);
      }
    });
    return { blocks, taken };
  }

  /** What the frames say of SO_REUSEADDR: true, false, or undefined, and the claim. */
  function reuseIn(frames) {
    const all = frames.map(({ file, name, source }) => `${file} ${name} ${source.map(({ text }) => text).join(" ")}`).join("\n");
    if (/asyncio[\\/].*create_server|start_server/.test(all)) return [true, "reuse_asyncio"];
    if (/http[\\/]server\.py|HTTPServer/.test(all)) return [true, "reuse_http"];
    if (/socketserver\.py/.test(all)) return [undefined, "reuse_not"];
    if (/[\\/]socket\.py create_server|socket\.create_server/.test(all)) return [true, "reuse_create"];
    return [undefined, ""];
  }

  function fromTraceback(block) {
    const { frames, type, message } = block;
    const error = errorIn(message, type);
    const last = type.split(".").at(-1);
    if (!error && last === "OSError" && /AF_UNIX path too long/.test(message)) return made("OSError");
    return error && !error.doubt && !error.resolver ? made(error.name, error) : error && { error, block };

    function made(name, all = { name }) {
      const call = callIn(frames, name);
      let calls = call ? CALLS[call.name][0] : [];
      if (/attempting to bind on|^bind\(\)/.test(message)) calls = ["bind"];
      else if (/Connect call failed|^connect\(\)|Failed to establish a new connection/.test(message)) calls = ["connect"];
      if (name === "TimeoutError" && !/timed? ?out/i.test(message) && message && !calls.length) return null;
      const source = frames.flatMap((frame) => frame.source.map(({ text }) => text)).join("\n");
      let mask = call ? CALLS[call.name][1] ?? ALL : ALL;
      let address = addressIn(message);
      if (!address && call) {
        const rest = call.source.slice(call.at ?? 0);
        address = addressIn(rest);
      }
      if (!address) {
        const asked = [...frames].reverse().flatMap((frame) => frame.source).find(({ text }) => /\b(bind|connect|create_server|create_connection|open_connection|start_server|\w*Server)\(/.test(text) && addressIn(text));
        if (asked) address = addressIn(asked.text);
      }
      if (/\bSOCK_DGRAM\b|create_datagram_endpoint|UDPServer/.test(source)) mask &= UDP | DGRAM;
      if (/\bAF_UNIX\b|unix_(server|connection)/.test(source)) mask &= UNIX;
      else if (address?.path !== undefined && !/socket|sock/i.test(address.path) && !/AF_UNIX/.test(source) && !calls.length) address = null;
      if (/\bAF_INET6\b/.test(source)) mask &= V6;
      if (/[\\/](http|urllib|asyncio[\\/]streams)/.test(frames.map(({ file }) => file).join(" "))) mask &= STREAMS;
      mask = mask & kindsAt(address) || mask || ALL;
      const [reuse, claim] = calls.includes("bind") ? reuseIn(frames) : [undefined, ""];
      const notes = claim ? [[`The program uses a function of the standard library that decides about \`SO_REUSEADDR\`.`, said(claim)]] : [];
      const macs = frames.some(({ file }) => /^\/(Users|opt\/homebrew)\//.test(file));
      const system = all.system || (macs ? "macOS" : frames.some(({ file }) => /^[A-Z]:\\/.test(file)) ? "Windows" : "");
      return {
        error: { ...all, system }, calls, address, notes, quoted: (call?.source || "").trim(),
        last: `${type}${message ? `: ${message}` : ""}`,
        f: { mask, ...(address ?? {}), reuse },
        from: "traceback",
      };
    }
  }

  // --- a line of a log ----------------------------------------------------------------

  function fromLine(line) {
    if (/^\s*(at |File "|errno:|code:|syscall:|address:|port:)/.test(line)) return null;
    const error = errorIn(line, /^(?:.*?[\s:.])?(\w*(?:Error|Exception|timeout))\b/.exec(line)?.[1] ?? "");
    if (!error) return null;
    if (error.doubt) return /errno|winerror/i.test(line) ? { error, quoted: line } : null;
    const calls = error.resolver === undefined ? callsNamed(line) : [];
    if (error.resolver === undefined && COMMON.has(error.name) && !calls.length && !new RegExp(`\\b${error.name}\\b`).test(line)) return null;
    const address = addressIn(line.replace(/^\S*\d+[:/-]\d+\S*\s+(?=\S)/, ""));
    let mask = kindsAt(address);
    if (/\budp\b/i.test(line)) mask &= UDP;
    else if (/\btcp\b|https?:|upstream|\blisten\b|BindException|ConnectException|redis|gunicorn|Port|port/.test(line)) mask &= TCP | (address?.path === undefined ? 0 : UNIX);
    const notes = /\blisten E[A-Z]+/.test(line) ? [["`listen()` of Node.js calls `bind()` and then `listen()` of the kernel."]] : [];
    return { error, calls, address, quoted: line.trim(), notes, f: { mask: mask || ALL, ...(address ?? {}) }, from: "line" };
  }

  // --- strace ------------------------------------------------------------------------

  const TRACED = "socketpair|socket|bind|listen|accept4|accept|connect|getsockname|getpeername|shutdown|sendto|sendmsg|sendmmsg|send|recvfrom|recvmsg|recvmmsg|recv|setsockopt|getsockopt|close";
  const START = new RegExp(`^(?:\\[pid\\s+(\\d+)\\]\\s+|(\\d+)\\s+)?(?:\\d[\\d:.]*\\s+)?(?:(${TRACED})\\(|<\\.\\.\\. (${TRACED}) resumed>)(.*)$`);
  const END = /^(.*)\)\s+=\s+(-?\d+|\?|0x[0-9a-f]+)(?:<.*>)?(?:\s+(E[A-Z0-9]+)\b.*)?/;

  function sockaddr(text) {
    const family = /sa_family=(AF_\w+)/.exec(text)?.[1];
    if (!family) return null;
    if (family === "AF_UNIX") {
      const m = /sun_path=(@?)"((?:[^"\\]|\\.)*)"/.exec(text);
      return m ? { family, path: m[2], abstract: m[1] === "@" } : { family };
    }
    const port = /sin6?_port=htons\((\d+)\)/.exec(text)?.[1];
    const host = /inet_addr\("([^"]+)"\)/.exec(text)?.[1] ?? /inet_pton\(AF_INET6, "([^"]+)"/.exec(text)?.[1];
    const scope = /sin6_scope_id=(?!0\b)([^}]+)/.exec(text)?.[1];
    return { family, host, port: port === undefined ? undefined : Number(port), scope };
  }

  const MASKS = { AF_INET: [TCP4, UDP4], AF_INET6: [TCP6, UDP6], AF_UNIX: [STREAM, DGRAM] };
  const MACHINE = (mask) => (mask & TCP ? "tcp" : mask & UDP ? "udp" : mask & STREAM ? "unix-stream" : "unix-datagram");

  function fresh(fd, mask, known_ = true) {
    const machine = [TCP4, TCP6, UDP4, UDP6, STREAM, DGRAM].includes(mask) && known_ ? data.machines[MACHINE(mask)] : null;
    return { fd, mask, local: null, peer: null, by: "", listening: false, connected: false, connecting: false, refused: false,
      began: false, ended: false, shut: new Set(), options: new Set(), machine, at: machine?.start, walk: [], known: known_ };
  }

  /** One step of the learned machine; the walk if it agrees with the kernel that was traced. */
  function step(s, input, outcome) {
    const told = s.machine?.steps[s.at]?.[input];
    if (!told || told[0] !== outcome) {
      if (outcome === "ok") s.machine = null;
      return "";
    }
    s.walk.push(input);
    s.at = told[1];
    return `${MACHINE(s.mask)}:${s.walk.join(",")}`;
  }

  function stateWords(s) {
    const parts = [];
    if (s.listening) parts.push("listening");
    if (s.connected) parts.push("connected");
    if (s.connecting) parts.push("connecting, no answer yet");
    if (s.refused && !s.connected) parts.push("refused before");
    for (const how of s.shut) parts.push(`after \`shutdown(${how})\``);
    if (!s.by && !s.connected && !parts.length) parts.push("new: no name, no peer");
    else if (s.by) parts.unshift({ bind: "bound by `bind()`", connect: "bound by `connect()`", listen: "bound by `listen()`", sendto: "bound by sending", accept: "made by `accept()`" }[s.by]);
    return `fd ${s.fd}, ${s.mask ? kindWords(s.mask) : "a socket"}${s.known ? "" : " (its `socket()` is not in the text)"}: ${parts.join(", ")}`;
  }

  function fromStrace(lines) {
    const sockets = new Map(), waiting = new Map(), found = [], notes = new Map();
    const taken = new Set();
    let calls = 0, unread = 0;
    const get = (pid, fd) => sockets.get(`${pid}:${fd}`) ?? sockets.get(`:${fd}`);
    const put = (pid, s) => { sockets.set(`${pid}:${s.fd}`, s); sockets.set(`:${s.fd}`, s); };
    const note = (key, text, claim) => notes.has(key) || notes.set(key, [text, claim && said(claim)]);
    lines.forEach((whole, index) => {
      const m = START.exec(whole.trim());
      if (!m) return;
      const pid = m[1] ?? m[2] ?? "", call = m[3] ?? m[4], key = `${pid} ${call}`;
      let rest = m[5];
      if (m[4]) rest = (waiting.get(key) ?? "") + rest;
      else if (!/\)\s+=|<unfinished/.test(rest)) {
        if (!/^\d+[<,]|^AF_/.test(rest)) return;
        taken.add(index);
        unread += 1;
        return;
      }
      taken.add(index);
      if (/<unfinished \.\.\.>\s*$/.test(rest)) {
        waiting.set(key, rest.replace(/<unfinished \.\.\.>\s*$/, ""));
        return;
      }
      const end = END.exec(rest);
      if (!end) { unread += 1; return; }
      calls += 1;
      one(pid, call === "accept4" ? "accept" : call, end[1], end[2], end[3] ?? "", whole.trim());
    });

    function one(pid, call, args, result, errno, line) {
      const ok = !errno && result !== "?" && !result.startsWith("-");
      if (result === "?") return;
      if (call === "socket") {
        const kinds = MASKS[/^(AF_\w+|PF_\w+)/.exec(args)?.[1].replace("PF_LOCAL", "AF_UNIX").replace("PF_", "AF_").replace("AF_LOCAL", "AF_UNIX")];
        const mask = !kinds ? 0 : /SOCK_DGRAM/.test(args) ? kinds[1] : /SOCK_STREAM|SOCK_SEQPACKET/.test(args) ? kinds[0] : 0;
        if (ok) put(pid, fresh(Number(result), mask));
        return;
      }
      if (call === "socketpair") {
        for (const [, fd] of args.matchAll(/(?:\[|, )(\d+)(?=[,\]<])/g)) {
          const s = fresh(Number(fd), /SOCK_DGRAM/.test(args) ? DGRAM : STREAM);
          Object.assign(s, { connected: true, machine: null });
          put(pid, s);
        }
        return;
      }
      const fd = Number(/^(\d+)/.exec(args)?.[1] ?? NaN);
      const a = sockaddr(args);
      let s = get(pid, fd);
      if (call === "close") {
        if (s && ok) s.closed = true;
        return;
      }
      if (!s) {
        const kinds = MASKS[a?.family];
        s = fresh(fd, kinds ? kinds[0] | kinds[1] : ALL, false);
        put(pid, s);
      }
      if (s.mask === 0) return; // netlink and others
      const before = { ...s, shut: new Set(s.shut), options: new Set(s.options), walk: [...s.walk] };
      const name = call.replace(/^recv.*/, "recv").replace(/^sendm.*/, "sendto");
      const named = name === "sendto" && !a ? "send" : name;
      const at = place(a);
      let walk = "";
      if (call === "setsockopt" || call === "getsockopt") {
        const option = /(SO_\w+|IPV6_\w+|IP_\w+|TCP_\w+)/.exec(args.replace(/SOL_\w+/, ""))?.[1];
        const value = /\[(\w+)\]|\{tv_sec=(\d+)/.exec(args);
        if (call === "setsockopt" && ok && option) s.options[(value?.[1] ?? value?.[2]) === "0" && !/tv_usec=[1-9]/.test(args) ? "delete" : "add"](option);
        if (call === "getsockopt" && ok && option === "SO_ERROR" && s.connecting) {
          const told = data.numbers[value?.[1]] ?? value?.[1];
          s.connecting = false;
          if (told === "0") {
            s.connected = true;
            if (s.begun) s.begun.notes.push([`It ended well: \`SO_ERROR\` was 0 afterwards.`, said("progress")]);
          } else if (told) {
            s.refused = true;
            if (s.begun) s.begun.gone = true;
            fail("connect", told, s.peer, before, line, [["`connect()` had begun, and `SO_ERROR` told how it ended.", said("pending")]]);
          }
        }
        return;
      }
      if (ok) {
        if (call === "bind") {
          walk = step(s, "bind", "ok");
          s.by ||= "bind";
          s.local = a;
          if (a?.port === 0) note("any", `\`bind()\` of fd ${fd} to port 0: the kernel chose a port; \`getsockname()\` tells which.`, "any_port");
        } else if (call === "listen") {
          walk = step(s, "listen", "ok");
          s.listening = true;
          if (!s.by) {
            s.by = "listen";
            s.local = { host: s.mask & V6 ? "::" : "0.0.0.0", port: "chosen" };
            if (s.mask & TCP) note(`nobind${fd}`, `\`listen()\` of fd ${fd} without \`bind()\`: it listens on every address, at a port that the kernel chose.`, "no_bind");
          }
          if (s.mask & TCP) {
            if (isLoop(s.local?.host)) note(`loop${fd}`, `fd ${fd} listens on ${q(place(s.local))}: no other machine can reach it.`, "loopback");
            if (s.local?.host === "::" && s.options.has("IPV6_V6ONLY")) note(`v6${fd}`, `fd ${fd} listens on \`::\` with \`IPV6_V6ONLY\`: IPv4 clients are refused.`, "v6only");
            else if (s.local?.host === "::") note(`v46${fd}`, `fd ${fd} listens on \`::\`, and so for IPv4 too.`, "dual_stack");
          }
        } else if (call === "connect") {
          if (a?.family === "AF_UNSPEC") {
            walk = step(s, "disconnect", "ok");
            Object.assign(s, { connected: false, listening: false, connecting: false, peer: null });
            note(`unspec${fd}`, `\`connect()\` of fd ${fd} to \`AF_UNSPEC\` ends what was before.`, s.mask & TCP ? "unspec" : "");
          } else {
            walk = step(s, "connect", "ok");
            Object.assign(s, { connected: true, connecting: false, refused: false, peer: a });
            s.by ||= s.mask & UNIX ? "" : "connect";
            if (s.mask & UDP && !(s.mask & TCP)) note(`udp${fd}`, `\`connect()\` of fd ${fd} to ${q(at)} succeeded, and sent nothing: it does not tell whether anybody is there.`, "udp_connect");
          }
        } else if (call === "accept") {
          const made = fresh(Number(result), s.mask);
          Object.assign(made, { local: s.local, peer: a, connected: true, by: "accept", machine: null });
          put(pid, made);
        } else if (call === "getsockname" && a) {
          s.local = a;
          if (a.port === 0 || (a.family === "AF_UNIX" && a.path === undefined)) s.local = null;
        } else if (call === "getpeername" && a) {
          Object.assign(s, { peer: a, connected: true });
        } else if (call === "shutdown") {
          const how = /SHUT_\w+/.exec(args)?.[0];
          if (how && s.listening && how !== "SHUT_WR") Object.assign(s, { listening: false, ended: true });
          else if (how) s.shut.add(how);
        } else if (name === "sendto" && s.mask & UDP) {
          walk = step(s, named === "send" ? "send" : "sendto", "ok");
          if (!s.by) { s.by = "sendto"; s.local = { host: s.mask & V6 ? "::" : "0.0.0.0", port: "chosen" }; }
        }
        return;
      }
      if (call === "bind") walk = step(s, "bind", errno);
      else if (call === "listen") walk = step(s, "listen", errno);
      else if (call === "connect") walk = step(s, errno === "ECONNREFUSED" && s.mask & TCP ? "connect_refused" : "connect", errno);
      else if (name === "sendto" && s.mask & (UDP | DGRAM)) walk = step(s, named === "send" ? "send" : "sendto", errno);
      if (call === "connect") {
        if (errno === "EINPROGRESS") Object.assign(s, { connecting: true, began: true, peer: a, by: s.by || "connect", machine: null });
        else if (["ECONNREFUSED", "ETIMEDOUT", "EHOSTUNREACH", "ECONNABORTED"].includes(errno)) Object.assign(s, { connecting: false, refused: true });
      }
      if (named === "send" && errno === "EDESTADDRREQ") s.by ||= "sendto";
      const made = fail(named, errno, a ?? (named === "send" || named === "recv" ? s.peer : null), before, line, [], walk, /MSG_FASTOPEN/.test(args));
      if (call === "connect" && errno === "EINPROGRESS") s.begun = made;
    }

    function fail(call, errno, address, s, line, more = [], walk = "", fast = false) {
      if (errno === "EINTR" || errno.startsWith("ERESTART")) return { notes: [] };
      const same = found.find((one) => one.calls[0] === call && one.error.name === errno && one.fd === s.fd && one.to === place(address) && one.words === stateWords(s));
      if (same) { same.count += 1; return same; }
      const family = address?.family && s.known && !((MASKS[address.family]?.[0] ?? 0) & s.mask || (MASKS[address.family]?.[1] ?? 0) & s.mask);
      const made = {
        error: { name: errno }, calls: [call], address, quoted: line, count: 1, fd: s.fd, to: place(address), words: stateWords(s),
        state: stateWords(s), names: [place(s.local), s.connected ? place(s.peer) : ""], notes: more, walk, from: "strace",
        f: { mask: s.mask, ...(address ?? {}), traced: s.known, by: s.by, listening: s.listening, connected: s.connected, refused: s.refused, began: s.began,
          ended: s.ended, shut: s.shut, options: s.options, reuse: s.known ? s.options.has("SO_REUSEADDR") : undefined, family, fast,
          localHost: s.local?.host, localPort: s.local?.port },
      };
      found.push(made);
      return made;
    }

    const asked = (one) => /^get/.test(one.calls[0]) && one.error.name === "ENOTCONN";
    const shown = found.filter((one) => !one.gone);
    return {
      found: [...shown.filter((one) => !asked(one) && !PENDING.has(one.error.name)), ...shown.filter((one) => PENDING.has(one.error.name)), ...shown.filter(asked)],
      notes: [...notes.values()], calls, unread, taken,
    };
  }

  // --- ss ----------------------------------------------------------------------------

  const STATES = "ESTAB|LISTEN|UNCONN|SYN-SENT|SYN-RECV|FIN-WAIT-1|FIN-WAIT-2|TIME-WAIT|CLOSE-WAIT|LAST-ACK|CLOSING|CLOSE";
  const ROW = new RegExp(`^(?:(\\w+)\\s+)?(${STATES})\\s+(\\d+)\\s+(\\d+)\\s+(\\S+:\\S+)\\s+(\\S+:\\S+)(.*)$`);
  const NETSTAT = /^(tcp6?|udp6?)\s+(\d+)\s+(\d+)\s+(\S+:\S+)\s+(\S+:\S+)\s*(LISTEN|ESTABLISHED|[A-Z_\d]+)?\s*(?:(\d+)\/(\S+))?/;

  function endpoint(text) {
    const at = text.lastIndexOf(":");
    const host = text.slice(0, at).replace(/^\[|\]$/g, "").replace(/\]?%.*$/, "");
    return { host, port: number(text.slice(at + 1)) };
  }

  function fromSs(lines) {
    const rows = [], taken = new Set();
    let header = null, others = 0;
    lines.forEach((whole, index) => {
      const line = whole.trim();
      if (/\bRecv-Q\s+Send-Q\b/.test(line)) {
        header = { state: /\bState\b/.test(line), netid: /^Netid\b/.test(line), netstat: /Foreign Address/.test(line) };
        taken.add(index);
        return;
      }
      const m = ROW.exec(line), n = m ? null : NETSTAT.exec(line);
      if (m) {
        taken.add(index);
        const netid = m[1] ?? (m[2] === "UNCONN" ? "udp" : "tcp");
        if (!/^(tcp|udp)/.test(netid)) { others += 1; return; }
        const procs = [...m[7].matchAll(/\("([^"]*)",pid=(\d+)/g)].map(([, name, pid]) => ({ name, pid }));
        rows.push({ proto: netid.startsWith("udp") ? "UDP" : "TCP", state: m[2], rq: Number(m[3]), sq: Number(m[4]), local: endpoint(m[5]), peer: endpoint(m[6]), procs,
          v6only: /v6only:(\d)/.exec(m[7])?.[1], left: /timewait,([^,]+),/.exec(m[7])?.[1] });
      } else if (n) {
        taken.add(index);
        const state = { ESTABLISHED: "ESTAB", SYN_SENT: "SYN-SENT", SYN_RECV: "SYN-RECV", FIN_WAIT1: "FIN-WAIT-1", FIN_WAIT2: "FIN-WAIT-2" }[n[6]] ?? (n[6] ?? "UNCONN").replace("_", "-");
        rows.push({ proto: n[1].startsWith("udp") ? "UDP" : "TCP", state, rq: Number(n[2]), sq: Number(n[3]), local: endpoint(n[4]), peer: endpoint(n[5]),
          procs: n[7] ? [{ name: n[8], pid: n[7] }] : [], netstat: true });
      } else if (header && !header.state && /^(?:\w+\s+)?\d+\s+\d+\s+\S+:\S+\s+\S+:\S+/.test(line)) {
        taken.add(index);
        header.without = (header.without ?? 0) + 1;
      } else if (/^(u_str|u_dgr|u_seq|nl|p_raw|p_dgr|raw|icmp6|v_str|tipc|xdp)\s/.test(line)) {
        taken.add(index);
        others += 1;
      }
    });
    const old = rows.some(({ local, netstat }) => local.host === "::" && !netstat) && !rows.some(({ local }) => ["0.0.0.0"].includes(local.host)) && rows.some(({ local }) => local.host === "*");
    for (const row of rows) { // what its address stands for, as the sharing table has it
      const { host } = row.local;
      row.place = host === "*" ? (old ? "0.0.0.0" : "::") : host === "::" ? (row.v6only === "0" || row.netstat || old ? "::" : ":: V6ONLY") : host;
    }
    return { rows, header, others, taken };
  }

  const holder = (row) => (row.procs.length ? list([...new Set(row.procs.map(({ name, pid }) => `${q(name)} (pid ${pid})`))].slice(0, 3)) : "a program that `ss` does not name");
  const open = ({ state, proto }) => state === "LISTEN" || (proto === "UDP" && state === "UNCONN");
  const shown = (row) => q(`${row.local.host.includes(":") ? `[${row.local.host}]` : row.local.host}:${row.local.port}`);

  /** Whether an address in demand is one that a row holds. */
  function covers(place_, host) {
    if (host === undefined) return true;
    const wild = isWild(host), four = isV4(host) || host === "" || host === "0.0.0.0" || host === "localhost";
    if (place_ === "0.0.0.0") return four || host === "::" || host === "*";
    if (place_ === "::") return true;
    if (place_ === ":: V6ONLY") return isV6(host) || host === "*" || host === "localhost";
    if (wild) return host === "::" || host === "*" || isV4(place_) === four;
    return host === "localhost" ? isLoop(place_) : bare(place_) === bare(host);
  }

  /** What the table says of a port in demand, for the hints; null without a table. */
  function heldIn(rows, f, forServer) {
    if (!rows.length || typeof f.port !== "number" || f.port === 0) return null;
    const proto = f.mask & TCP ? "TCP" : "UDP";
    const mine = rows.filter((row) => row.proto === proto && row.local.port === f.port);
    const listen = mine.filter(open);
    const held = { listen: listen.length };
    if (forServer) {
      const same = listen.find((row) => row.place === f.host || (row.place === "0.0.0.0" && f.host === "") || (row.place === "::" && f.host === "*"));
      const dual = listen.find((row) => row.place === "::" && !isV6(f.host ?? "") && f.host !== "*");
      const wider = listen.find((row) => row !== same && row !== dual && covers(row.place, f.host));
      held.same = same ? holder(same) : f.host === undefined && listen.length ? holder(listen[0]) : "";
      held.dual = dual && !same ? holder(dual) : "";
      held.wider = wider && !same && !dual ? holder(wider) : "";
      if (!listen.length) {
        held.old = mine.some(({ state }) => state === "TIME-WAIT") && !mine.some(({ state }) => state !== "TIME-WAIT");
        held.alive = mine.some(({ state }) => state !== "TIME-WAIT");
        if (!mine.length) return null;
      }
    } else {
      const far = listen.filter((row) => !covers(row.place, f.host));
      if (listen.length && far.length === listen.length) held.elsewhere = list([...new Set(far.map(shown))]);
    }
    return held;
  }

  /** The answers of the table alone; asked: ports that the paste is about. */
  function ssAnswers({ rows, header, others }, asked) {
    const cards = [];
    const card = (title, notes, more = {}) => cards.push({ kind: "note", title, notes, ways: [], more: [], kicker: "", call: "", errno: "", page: "", names: null, ...more });
    for (const [port, proto] of asked) {
      const mine = rows.filter((row) => row.local.port === port && (!proto || row.proto === proto));
      const listen = mine.filter(open), notes = [];
      for (const row of listen.slice(0, 8)) notes.push([`${holder(row)} ${row.proto === "UDP" ? "has" : "listens on"} ${shown(row)}, ${row.proto}.`]);
      if (listen.some(({ procs }) => !procs.length)) notes.push(["`ss` names programs with `-p`, and those of other users only to root.", said("other_user")]);
      const waits = mine.filter(({ state }) => state === "TIME-WAIT");
      if (waits.length) notes.push([`${times(waits.length, "connection")} in \`TIME-WAIT\`: this end closed first. They belong to no program.`, said("time_wait")], [`It lasts a minute on Linux.`, said("time_wait_minute")]);
      const alive = mine.filter((row) => !open(row) && row.state !== "TIME-WAIT");
      if (alive.length && !listen.length) notes.push([`${times(alive.length, "connection")} (${list([...new Set(alive.map(({ state }) => state))])}) have the port although nobody listens.`, said("survives")]);
      else if (alive.length) notes.push([`${times(alive.length, "connection")} through it: ${list([...new Set(alive.map(({ state }) => state))])}.`]);
      if (!mine.length) {
        card(`I cannot tell who has port ${port}: no row of your \`ss\` has it as local port.`, [
          ["`ss` shows listening sockets with `-l`, all of them with `-a`, UDP with `-u`: `ss -tuanp`."],
          ["A TCP socket that is bound and does not listen is in no table.", said("not_listed")],
          ["Each container has a table of its own.", said("other_network")],
        ], { kind: "unknown", port });
      } else {
        const title = listen.length ? `Port ${port} is held by ${list([...new Set(listen.map(holder))].slice(0, 4))}.`
          : alive.length ? `Nobody listens on port ${port}; ${times(alive.length, "connection")} hold it.` : `Nobody listens on port ${port}; it is in \`TIME-WAIT\`.`;
        card(title, notes, { port });
      }
    }
    const groups = new Map();
    for (const row of rows.filter(open)) {
      const key = `${row.proto} ${row.local.port}`;
      groups.set(key, [...(groups.get(key) ?? []), row]);
    }
    for (const [key, mine] of groups) if (mine.length > 1) cards.push(shared(key, mine));
    const full = rows.filter((row) => row.state === "LISTEN" && !row.netstat && row.rq > row.sq);
    for (const row of full.slice(0, 4)) {
      card(`The queue of ${shown(row)} is full: ${holder(row)} does not call \`accept()\` often enough.`, [
        [`${times(row.rq, "connection")} wait (\`Recv-Q\`), and the backlog is ${row.sq} (\`Send-Q\`).`, said("queue_told")],
        ["A backlog of n holds n + 1.", said("queue_size")],
        ["The next SYN is dropped, and the client waits.", said("queue")],
        ["Let the program accept sooner, or raise the backlog of `listen()` and `net.core.somaxconn`."],
      ], { kind: "failed", call: "accept" });
    }
    const grouped = (state, by_) => {
      const found = new Map();
      for (const row of rows.filter((one) => one.state === state)) found.set(by_(row), [...(found.get(by_(row)) ?? []), row]);
      return [...found].slice(0, 3);
    };
    for (const [who, mine] of grouped("CLOSE-WAIT", holder)) {
      card(`${who} has not closed ${times(mine.length, "connection")} whose peer has ended: \`CLOSE-WAIT\`.`, [
        [`To ${list([...new Set(mine.map(({ peer }) => q(place(peer))))].slice(0, 3))}. It stays so until the program calls \`close()\`.`],
        ["The program reads end of file, `b''`, and can still send.", said("close_wait")],
        ["Close the socket where `recv()` returns nothing; `with` does it on every path."],
      ], { kind: "failed", call: "close" });
    }
    for (const [peer, mine] of grouped("SYN-SENT", (row) => place(row.peer))) {
      const here = rows.find((row) => row.state === "LISTEN" && row.local.port === mine[0].peer.port && covers(row.place, mine[0].peer.host) && row.rq > row.sq);
      card(`No answer came from ${q(peer)}: ${times(mine.length, "`connect()` waits", "calls of `connect()` wait")} in \`SYN-SENT\`.`, [
        here ? [`The queue of the server is full, which is in this table too: ${shown(here)}.`, said("silent")] : ["The SYN was not answered: a firewall drops it, the server's queue is full, or no machine is there.", said("silent")],
        ["If nothing comes, it ends with `ETIMEDOUT`.", said("silent_drop")],
      ], { kind: "pending", call: "connect", errno: "ETIMEDOUT", page: data.pages?.ETIMEDOUT ?? "" });
    }
    const ports = new Map();
    for (const row of rows.filter(({ state }) => state === "TIME-WAIT")) ports.set(row.local.port, (ports.get(row.local.port) ?? 0) + 1);
    const quiet = [...ports].filter(([port]) => !asked.has(port) && typeof port === "number");
    if (quiet.length) {
      const served = quiet.filter(([port]) => rows.some((row) => open(row) && row.local.port === port)).map(([port]) => port);
      card(`${times([...ports.values()].reduce((a, b) => a + b, 0), "connection is", "connections are")} in \`TIME-WAIT\`: this end closed first.`, [
        [`Local ports: ${list(quiet.slice(0, 6).map(([port, n]) => (n > 1 ? `${port} (${n} times)` : `${port}`)))}${quiet.length > 6 ? " and others" : ""}. They belong to no program, and go after a minute.`, said("time_wait_minute")],
        [`${served.length ? `A server that restarts on ${list(served.map(String), "or")} needs` : "A server on one of these ports needs"} \`SO_REUSEADDR\`.`, said("time_wait")],
      ]);
    }
    const listening = rows.filter((row) => open(row));
    const local = listening.filter((row) => isLoop(row.place)), wide = listening.filter((row) => ["0.0.0.0", "::", ":: V6ONLY"].includes(row.place));
    const names = (mine) => `${list([...new Set(mine.map(shown))].slice(0, 8))}${mine.length > 8 ? " and others" : ""}`;
    if (listening.length) {
      const notes = [];
      if (local.length) notes.push([`For this machine alone: ${names(local)}.`, said("loopback")]);
      const four = wide.filter(({ place: p }) => p === "0.0.0.0"), both = wide.filter(({ place: p }) => p === "::"), six = wide.filter(({ place: p }) => p === ":: V6ONLY");
      if (four.length) notes.push([`On every IPv4 address, and on none of IPv6: ${names(four)}.`, said("wildcard")]);
      if (both.length) notes.push([`On every address, IPv4 and IPv6: ${names(both)}${both.some(({ netstat }) => netstat) ? "; unless `IPV6_V6ONLY` is set, which `netstat` does not tell" : ""}.`, said("wildcard_6")]);
      if (six.length) notes.push([`On every IPv6 address, and on none of IPv4 (\`IPV6_V6ONLY\`): ${names(six)}.`, said("v6only")]);
      const rest = listening.filter((row) => !local.includes(row) && !wide.includes(row));
      if (rest.length) notes.push([`At one address each: ${names(rest)}.`]);
      card(`${times(listening.length, "socket waits", "sockets wait")} for others; who can reach them?`, notes);
    }
    if (header?.without) card(`I cannot tell what ${times(header.without, "row")} mean, because the column State is missing.`, [["`ss` leaves it out where one state was asked for. Run `ss -tanp`."]], { kind: "unknown" });
    else if (!rows.length && header) card("I cannot tell anything, because the table has no row of TCP or UDP.", [["Run `ss -tuanp`: all sockets of TCP and UDP, with their programs."], ...(others ? [[`${times(others, "row")} of other kinds were left out.`]] : [])], { kind: "unknown" });
    if (rows.some(({ local: l }) => typeof l.port === "string" && l.port !== "*")) cards.at(-1)?.notes.push(["Some ports stand as names; `ss -n` shows the numbers."]);
    return cards;
  }

  /** Why several sockets have one port, or that they overlap. */
  function shared(key, mine) {
    const [proto, port] = key.split(" ");
    const notes = [], table = data.sharing[proto];
    const spot = (row, other) => {
      if (table[row.place]) return row.place === "127.0.0.2" ? "127.0.0.1" : row.place;
      return isV6(row.place) ? "::1" : "127.0.0.1";
    };
    let overlap = false;
    const told = new Set();
    mine.slice(0, 6).forEach((one, index) => mine.slice(index + 1, 6).forEach((other) => {
      let first = spot(one), second = spot(other);
      if (first === second && one.place !== other.place) {
        if (second === "::1") { first = ":: V6ONLY"; second = "127.0.0.1"; } // no common address
        else second = "127.0.0.2";
      }
      const [claim, ...need] = table[first][second];
      overlap ||= need.length > 0;
      const pair = one.place === other.place ? `Two sockets have ${shown(one)}` : `${shown(one)} and ${shown(other)}`;
      const text = need.length ? `${pair}: they overlap, so both have ${list(need.map((o) => `\`${o}\``), "or")}.` : `${pair} have no address in common.`;
      if (!told.has(text)) notes.push([text, claim]);
      told.add(text);
      if (need.length && proto === "TCP" && isWild(one.local.host) !== isWild(other.local.host) && !told.has("specific")) {
        told.add("specific");
        notes.push(["The one at the narrower address gets the connections to it.", said("specific")]);
      }
    }));
    const who = [...new Set(mine.map(holder))].slice(0, 4);
    return {
      kind: "note", title: `${mine.length} sockets have ${proto} port ${q(port)}${overlap ? ", and overlap" : ""}: ${list(who)}.`, notes, kicker: "", call: "", errno: "",
      page: "", names: null, ways: [], more: [], port: number(port),
    };
  }

  // --- all of it ---------------------------------------------------------------------

  const unknown = (title, ...notes) => ({ kind: "unknown", title, notes: notes.map((text) => (Array.isArray(text) ? text : [text])), ways: [], more: [], kicker: "", call: "", errno: "", page: "", names: null });

  function doubtful({ error, block }) {
    if (error.resolver !== undefined) {
      const card = unknown("The name was not found: no socket has been connected or bound yet.",
        [`This comes from the resolver, \`getaddrinfo()\`${error.resolver ? `; ${error.resolver} is its number and no errno` : ""}.`, said("resolver")],
        "Is the host spelt right? `getent hosts NAME` asks the same files and servers.");
      return { ...card, kind: "failed", call: "getaddrinfo", page: data.pages?.EAI_ADDRFAMILY ?? "" };
    }
    return unknown(`I cannot tell, because ${error.doubt}.`, block ? "Paste the whole traceback, and say on which system it was." : "Say on which system it was: paste the lines around it.");
  }

  /** The answers to a pasted text: {read, cards, cut}. */
  function explain(pasted) {
    let text = String(pasted), cut = 0;
    if (text.length > LONGEST) {
      cut = text.length;
      text = `${text.slice(0, LONGEST / 2)}\n${text.slice(-LONGEST / 2)}`;
    }
    // eslint-disable-next-line no-control-regex
    text = text.replace(/\u001b\[[\d;?]*[A-Za-z]/g, "").replace(/\r\n?/g, "\n").replace(/[\u0000-\u0008\u000b-\u001f\u007f\ufeff]/g, "").replace(/[\u00a0\u202f]/g, " ");
    const lines = text.split("\n").map((line) => line.slice(0, WIDEST));
    const read = [];
    if (!text.trim()) return { read, cards: [], cut };

    const trace = fromStrace(lines), table = fromSs(lines), python = tracebacks(lines);
    if (python.blocks.length) read.push("a traceback");
    if (trace.taken.size) read.push("strace");
    if (table.taken.size) read.push(table.rows.some(({ netstat }) => netstat) ? "netstat" : "ss");

    const found = [], doubts = [], asked = new Map();
    for (const block of python.blocks) {
      const made = block.type && fromTraceback(block);
      if (made?.f) { if (made.calls.length || !COMMON.has(made.error.name)) add(made); else block.bare = made; } else if (made) doubts.push(made);
      block.said = Boolean(made);
    }
    found.push(...trace.found);
    let one = 0;
    lines.forEach((line, index) => {
      if (!line.trim() || trace.taken.has(index) || table.taken.has(index) || python.taken.has(index)) return;
      const m = /^\s*(?:port\s+|:)?(\d{1,5})\s*\??\s*$/i.exec(line) ?? (/\b(ss|netstat|lsof)\b/.test(line) ? /:(\d{1,5})\b/.exec(line) : null);
      if (m) asked.set(Number(m[1]), "");
      if (one >= 400 || m) return;
      const made = fromLine(line);
      if (!made) return;
      one += 1;
      if (made.f) add(made); else doubts.push(made);
    });
    if (one && !read.includes("a traceback")) read.push("a line of a log");

    function add(made) {
      const at = place(made.address);
      const same = found.find((other) => other.from !== "strace" && other.error.name === made.error.name
        && (!made.calls.length || !other.calls.length || other.calls.some((call) => made.calls.includes(call)))
        && (!at || !place(other.address) || place(other.address) === at || other.address.port === made.address.port));
      if (!same) return void found.push(made);
      if (!same.calls.length) same.calls = made.calls;
      if (!same.address && made.address) { same.address = made.address; Object.assign(same.f, made.address); same.f.mask = same.f.mask & kindsAt(made.address) || same.f.mask; }
      if (!same.error.system && made.error.system) same.error = { ...same.error, system: made.error.system, number: made.error.number };
    }

    for (const made of found) {
      const { f } = made;
      const server = made.calls.some((call) => call === "bind" || call === "listen") || made.error.name === "EADDRINUSE";
      if (table.rows.length && typeof f.port === "number" && f.port > 0) {
        if (["EADDRINUSE", "ECONNREFUSED", "ETIMEDOUT"].includes(made.error.name)) {
          const held = heldIn(table.rows, f, server);
          if (held) f.held = held;
          asked.set(f.port, f.mask & TCP ? "TCP" : "UDP");
          if (made.error.name === "ECONNREFUSED" && held?.listen && !held.elsewhere) {
            made.notes.push(["In your `ss` somebody listens there: it began later, or `ss` was run on another machine or in another container.", said("other_network")]);
          }
          if (made.error.name === "EADDRINUSE" && !held && !table.rows.some((row) => row.local.port === f.port)) {
            made.notes.push(["No row of your `ss` has this port: it was run without `-a`, in another container, or too late; or the holder is bound and does not listen.", said("not_listed")]);
          }
        }
      }
    }

    let cards = found.map(answer);
    cards.push(...doubts.map(doubtful).filter((card, index, all) => all.findIndex(({ title }) => title === card.title) === index));
    if (table.taken.size) cards.push(...ssAnswers(table, asked));
    if (trace.notes.length) cards.push({ kind: "note", title: "These calls succeeded, and may surprise.", notes: trace.notes, ways: [], more: [], kicker: "", call: "", errno: "", page: "", names: null });
    if (trace.taken.size && !trace.found.length) {
      cards.unshift(trace.calls ? { kind: "note", title: `No call failed: ${times(trace.calls, "call")} of sockets succeeded.`, notes: [], ways: [], more: [], kicker: "", call: "", errno: "", page: "", names: null }
        : unknown("I cannot tell, because no call of the trace is complete.", "A line of `strace` ends with ` = ` and what the call returned. Paste whole lines."));
    }
    if (trace.unread && trace.calls) cards.at(-1).notes.push([`${times(trace.unread, "line")} of the trace were cut off and not read.`]);
    if (!cards.length) cards = [nothing(python.blocks, text)];
    const more = cards.length - MOST;
    return { read, cards: cards.slice(0, MOST), cut, more: Math.max(0, more) };
  }

  function nothing(blocks, text) {
    const ended = blocks.filter(({ type }) => type).at(-1);
    if (ended?.bare) {
      return unknown(`I cannot tell, because ${q(ended.bare.error.name)} is given by many calls, and no line of the traceback calls a socket.`,
        "Paste the whole traceback, with the lines of the program in it.");
    }
    if (ended) return unknown(`I cannot tell: ${q(ended.type)} is not an error of a socket call.`, "This page knows the errors of `bind()`, `listen()`, `accept()`, `connect()`, `send()`, `recv()` and `shutdown()`.");
    if (blocks.length) return unknown("I cannot tell, because the end of the traceback is missing.", "The error stands in its last line, such as `OSError: [Errno 98] Address already in use`.");
    if (/\b(execve|openat|read|write|mmap)\(.*\)\s+= /.test(text)) return unknown("I cannot tell, because the trace has no call of a socket.", "Run `strace -f -e trace=network PROGRAM`.");
    if (/curl: \((7|28|56)\)/.test(text)) return unknown("I cannot tell: `curl` names no errno without `-v`.", "Run it with `-v`, and paste all of it.");
    return unknown("I cannot tell, because there is no errno, no traceback, no strace and no table of ss in your text.",
      "Paste the whole traceback; or what `strace -f -e trace=network PROGRAM` prints; or `ss -tuanp`.");
  }

  globalThis.explain = explain;

  // --- the page ----------------------------------------------------------------------

  const box = globalThis.document?.getElementById("explain");
  if (!box) return;
  const field = box.querySelector("textarea"), status = box.querySelector(".explain-said"), answers = box.querySelector(".explain-answers");

  function make(tag, attributes = {}, ...content) {
    const element = document.createElement(tag);
    for (const [name, value] of Object.entries(attributes)) if (value) element.setAttribute(name, value);
    element.append(...content);
    return element;
  }

  /** Text with `code` in backticks. */
  const words = (text) => text.split("`").map((part, index) => (index % 2 ? make("code", { class: "docutils literal" }, part) : part));
  const plain = (text) => text.replaceAll("`", "");

  /** A claim: its sentence, which leads to its home. */
  function proof(claim) {
    const sentence = data.claims[claim];
    if (!sentence) return [];
    const home = data.homes?.[claim];
    return [make("li", {}, home ? make("a", { href: home }, ...words(sentence)) : make("span", {}, ...words(sentence)))];
  }

  const slot = (side, name) => make("span", { class: `slot ${side}${name ? "" : " empty"}` },
    make("span", { class: "side" }, side), " ", make("span", { class: "name" }, name || "—"));

  function drawWay(way, page) {
    const parts = [make("p", { class: "explain-cause" }, ...words(`${way.call ? `\`${way.call}()\`: ` : ""}${way.cause}`))];
    if (way.because) parts.push(make("p", { class: "explain-because" }, ...words(`It fits: ${way.because}.`)));
    parts.push(make("p", {}, make("strong", {}, "What to do: "), ...words(way.cure)));
    if (way.lines && !way.unshown) parts.push(make("details", {}, make("summary", {}, "The cure, as it was tried"), make("pre", { tabindex: "0" }, way.lines)));
    if (way.unshown) parts.push(make("p", { class: "explain-small" }, ...words(`The cure was not tried: ${way.unshown}.`)));
    const proved = way.proofs.flatMap(proof);
    const where = page ? make("li", {}, make("a", { href: page }, "Provoked, with its program"), make("span", { class: "explain-small" }, ` on ${way.kinds}; ${data.where}`)) : "";
    parts.push(make("p", { class: "explain-label" }, "Proved by"), make("ul", { class: "explain-proofs" }, ...proved, where));
    return make("li", {}, ...parts);
  }

  function drawCard(card) {
    const parts = [];
    if (card.kicker) parts.push(make("p", { class: "explain-kicker" }, ...words(card.kicker + (card.count > 1 ? `, ${card.count} times` : ""))));
    parts.push(make("h3", {}, ...words(card.title)));
    if (card.state) parts.push(make("p", { class: "explain-state" }, ...words(card.state)));
    if (card.names) parts.push(make("p", {}, make("span", { class: "card" }, slot("local", card.names[0]), slot("peer", card.names[1]))));
    if (card.quoted) parts.push(make("pre", { tabindex: "0", class: "explain-quoted", "aria-label": "The line of your text" }, card.quoted.slice(0, 400)));
    for (const [text, claim] of card.notes) parts.push(make("div", { class: "explain-note" }, make("p", {}, ...words(text)), ...(claim ? [make("ul", { class: "explain-proofs" }, ...proof(claim))] : [])));
    if (card.ways.length) {
      if (card.ways.length > 1) parts.push(make("p", { class: "explain-label" }, card.sure === false ? "Which is yours? The commonest first" : "It fits more than one way"));
      parts.push(make("ol", { class: `explain-ways${card.ways.length > 1 ? "" : " alone"}` }, ...card.ways.map((way) => drawWay(way, card.page))));
    }
    if (card.more.length) {
      parts.push(make("details", { class: "explain-more" }, make("summary", {}, `${times(card.more.length, "more way")} ${card.sure ? "to it, which your text does not point to" : "to it"}`),
        make("ol", { class: "explain-ways" }, ...card.more.slice(0, 20).map((way) => drawWay(way, card.page)))));
    }
    const links = [];
    if (card.page && card.errno) links.push(make("a", { href: card.page }, `All about ${card.errno}`));
    if (card.walk && data.explorer) links.push(make("a", { href: `${data.explorer}#${card.walk}` }, "The learned machine says the same: open it there"));
    if (links.length) parts.push(make("p", { class: "explain-links" }, ...links));
    return make("section", { class: `explain-card ${card.kind}`, "data-call": card.call, "data-errno": card.errno }, ...parts);
  }

  let last = "";
  function show() {
    if (field.value === last) return;
    last = field.value;
    const { cards, cut, read, more } = explain(last);
    answers.replaceChildren(...cards.map(drawCard));
    if (more) answers.append(make("p", { class: "explain-small" }, `${times(more, "more answer")} are not shown: paste less.`));
    const head = cards[0] ? `${times(cards.length, "answer")}${read.length ? ` from ${list(read)}` : ""}. ${plain(cards[0].kicker ? `${cards[0].kicker}. ` : "")}${plain(cards[0].title)}` : "";
    status.textContent = cut ? `Your text has ${cut.toLocaleString("en")} characters: the first and the last ${(LONGEST / 2).toLocaleString("en")} were read. ${head}` : head;
  }

  let timer = 0;
  field.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(show, 150);
  });
  for (const button of box.querySelectorAll("[data-example]")) {
    button.addEventListener("click", () => {
      field.value = box.querySelector(`template[data-name="${button.dataset.example}"]`).content.textContent;
      field.scrollTop = 0;
      show();
    });
  }
  box.querySelector(".explain-clear").addEventListener("click", () => {
    field.value = "";
    show();
    field.focus();
  });
  box.parentElement.querySelector(".without-script")?.remove();
  box.hidden = false;
  if (field.value) show();
})();
