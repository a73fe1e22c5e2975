"""A gate: words on a page are no wider than the proof that they cite.

Three things are looked for in each line that states or cites a claim:

* a kind of socket that the proof did not run over, or `Unix` without its type;
* a citation that drops a word which limits its claim: unless, without, TCP …; it may
  stand in a heading, in the head of the table, or follow from the claims beside it;
* a universal word: any, every, never …

Either the words are brought in line, or somebody has read them and entered them in
reviewed.txt with a reason. An entry holds the claim's sentence by its digest and the
line itself, so that a change of either asks again. The pages of a project that has no
such list are not looked at.
"""

import re
from collections.abc import Iterator

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

from docs._ext.claims import domain
from docs._ext.claims.text import parse_role
from docs._ext.claims.unmarked import FENCE, reviewed
from evidence import claims, store

logger = getLogger(__name__)
FILE = "_ext/claims/reviewed.txt"  # of `page: claim digest: line = reason`
ROLE = re.compile(r"\{(claim|proved)\}(`+)(.+?)\2(?!`)")
LIMITS = re.compile(  # "Without reuse options, …" is what the page's head says
    r"\b(?:(?i:unless|neither|except|by default|only if|alone)|without(?! a name)"
    r"|stream|datagram|IPv4|IPv6|TCP|UDP|ordinary user)\b"
)
IMPLIED = {"TCP": "stream", "UDP": "datagram"}
PAIRS = ({"TCP", "UDP"}, {"IPv4", "IPv6"}, {"stream", "datagram"})  # all that there are
UNIVERSAL = re.compile(  # "nobody listens" is said of one address, and so is its kind
    r"\b(?:any|every(?! (?:ephemeral |second )?port)|never|always|no longer|cannot"
    r"|in any case|whatever"
    r"|nobody(?! (?:listens|receives|accepts|answers|waits|has|read|calls)))\b",
    re.I,
)
UNIX = re.compile(r"\bUnix\b(?! (?:stream|datagram|seqpacket|and|or|domain|path))")
HEADING = re.compile(r"#+ ")
MANUAL = re.compile(r"\b(?:tcp|udp)\(7\)")  # what a manual page is about
SUBJECT = re.compile(r"subject: *(.+)")
Line = tuple[int, str, str, str]  # its number, heading and subject, claim, text


def cited(source: str) -> Iterator[Line]:
    """Each claim that a page states or cites in running text, with its line.

    >>> list(cited("# TCP\\n\\nIt fails, {proved}`says who <tcp.x>`."))
    [(3, 'TCP', 'tcp.x', 'It fails, {proved}`says who <tcp.x>`.')]
    """
    ticks, subject, headings, table, term, before = None, "", [""], "", "", ""
    for number, line in enumerate(source.splitlines(), 1):
        table = (table or line) if line.startswith("|") else ""
        term = before if line.startswith(": ") else term if line[:2] == "  " else ""
        before = line
        if fence := FENCE.match(line):
            if ticks is None:
                ticks = fence[1] if fence[1].startswith("`") else None
            elif fence[1] == ticks:
                ticks = None
        elif ticks is None and HEADING.match(line):
            headings = [*headings[: line.index(" ") - 1], line.lstrip("# ")]
        elif ticks is None and (found := SUBJECT.match(line)):
            subject = found[1]
        elif ticks is None:
            for _, _, text in ROLE.findall(line):
                around = " ".join(filter(None, (subject, *headings, table, term)))
                yield number, around, parse_role(text)[1], line.strip()


def upper(found: re.Match[str]) -> str:
    """A match in capitals."""
    return found[0].upper()


def word_of(word: str) -> str:
    """A limit as it is within a sentence: `Unless` is `unless`, `TCP` is itself."""
    return word if word.isupper() or word.startswith("IP") else word.lower()


def limits(sentence: str) -> set[str]:
    """The words that limit a claim.

    >>> sorted(limits("On TCP it fails, unless `TCP_NODELAY` is set."))
    ['TCP', 'unless']

    UDP has datagrams and TCP a stream, so that the one word says the other.
    """
    found = {word_of(word) for word in LIMITS.findall(claims.plain(sentence))}
    return found - {more for one, more in IMPLIED.items() if one in found}


def faults(
    proof: claims.Proof, kinds: list[str], around: str, line: str, beside: set[str]
) -> list[str]:
    """What is wider in a line than in the claim that it states or cites.

    kinds: the sockets of its proof, such as `TCP IPv4`. around: the headings above it.
    beside: the limits of all claims that the line cites.
    """
    plain = ROLE.sub(lambda role: parse_role(role[3])[0], line)
    found = []
    covered = set().union(*(pair for pair in PAIRS if pair <= beside))
    words = LIMITS.findall(f"{MANUAL.sub(upper, around)} {plain}")
    said = {word_of(word) for word in words}
    if missing := limits(proof.sentence) - said - covered:
        found.append(
            f"it drops {', '.join(sorted(missing))} of its claim: {proof.sentence}"
        )
    if wide := sorted({word.lower() for word in UNIVERSAL.findall(plain)}):
        found.append(f"{', '.join(wide)}: is it proved for all of them?")
    types = {kind for kind in kinds if kind.startswith("Unix")}
    if UNIX.search(plain) and len(types) == 1:
        found.append(f"Unix without its type: proved for {types.pop()} sockets alone")
    return found


def unproved_kinds(proof: claims.Proof, kinds: list[str]) -> list[str]:
    """The kinds of socket that a claim names and its proof did not use."""
    used = " ".join(kinds)
    named = re.findall(r"\b(?:TCP|UDP|Unix|IPv6)\b(?! port)", proof.sentence)
    return [kind for kind in dict.fromkeys(named) if kinds and kind not in used]


def note(app: Sphinx, page: str, content: list[str]) -> None:
    """Remember the lines of a page that is read."""
    domain.of(app.env).data["cited"][page] = list(cited(content[0]))


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Complain of words that nobody has read, and of entries whose line is gone."""
    path, ours = app.srcdir / FILE, domain.of(env)
    if not path.exists() or ours.known.error:
        return
    left = {
        entry.rpartition(" = ")[0]: number
        for entry, number in reviewed(path.read_text(encoding="utf-8")).items()
    }
    now = set()
    for page, lines in sorted(ours.data["cited"].items()):
        for number, around, claim, line in lines:
            proof = ours.known.proofs.get(claim)
            if proof is None or not ours.known.proved(claim):
                continue
            entry = f"{page}: {claim} {store.digest(proof.sentence)[:6]}: {line}"
            beside = set().union(
                *(
                    limits(ours.known.proofs[other].sentence)
                    for _, _, other, text in lines
                    if text == line and other in ours.known.proofs
                )
            )
            told = faults(proof, ours.known.kinds(claim), around, line, beside)
            if told:
                now.add(entry)
            if told and entry not in left:
                domain.complain(
                    page,
                    number,
                    f"wider than {claim}? {'; '.join(told)}\n  say what is proved, or "
                    f"add this line to docs/{FILE} with a reason:\n{entry} = why",
                )
    check_kinds(ours)
    for entry, number in left.items():
        if entry not in now:
            logger.warning(
                "docs/%s, line %s: line or claim has changed, read it again: %s",
                FILE,
                number,
                entry,
                type="evidence",
            )


def check_kinds(ours: domain.ClaimDomain) -> None:
    """Complain of claims that name a kind of socket over which they were not proved."""
    for said in ours.all("states"):
        proof = ours.known.proofs.get(said.claim)
        if proof and (more := unproved_kinds(proof, ours.known.kinds(said.claim))):
            used = claims.scope_in_words(ours.known.kinds(said.claim))
            domain.complain(
                said.page,
                said.line,
                f"{said.claim} names {', '.join(more)}; its proof used {used}: run it "
                "over all that it names, or name less",
            )


def setup(app: Sphinx) -> None:
    app.connect("source-read", note)
    app.connect("env-updated", check)
