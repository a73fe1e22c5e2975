/* Lets Sphinx's search find an error by the message that a reader pastes.
   Sphinx leaves numbers out, and finds nothing if one word of the query is on no page.
   So a query that holds the text, the name or the number of an error is searched for as
   the name of that error, taken from the headings "EADDRINUSE: [Errno 98] Address …";
   in other queries, words that no page has are left out.
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

var splitQuery = (query) => {
  const words = query
    .split(/[^\p{Letter}\p{Number}_\p{Emoji_Presentation}]+/gu)
    .filter((word) => word);
  if (typeof Search === "undefined" || !Search.hasIndex()) return words;
  const error = errorIn(query);
  if (error) return [error.name];
  const { terms, titleterms } = Search._index;
  const stemmer = new Stemmer();
  const known = words.filter((word) => {
    const stem = stemmer.stemWord(word.toLowerCase());
    return Object.hasOwn(terms, stem) || Object.hasOwn(titleterms, stem);
  });
  return known.length ? known : words;
};

/* Sphinx's own numbers, and: a page whose title has words of the query comes before
   others, proofs with their sources come last. */
var Scorer = {
  score: ([page, title, , , score]) => {
    const query = new URLSearchParams(window.location.search).get("q") ?? "";
    const heading = new Set(title.toLowerCase().split(/\W+/));
    const shared = splitQuery(query).filter((word) => heading.has(word.toLowerCase()));
    return score + 3 * shared.length - (page.startsWith("proofs/") ? 10 : 0);
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
