"""What others say of sockets, in our own words, held against what we measured.

* netsem.json: the rules of the Netsem project, with our verdict on each;
* kernel_suites.txt: what public test suites expect, and where our answer is;
* kernel_selftests.txt: what one of these tests expects of eight sockets on one port.

They are written by hand, and cured by hand. The two files about errors are read in
`evidence.errors`.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import msgspec

from evidence import claims, errors, sharing, store
from evidence.machines import Misspelt, Walk, read_walk
from evidence.sharing import Pair, Side

NETSEM = "netsem.json"
SUITES = "kernel_suites.txt"
SELFTESTS = "kernel_selftests.txt"
VERDICTS = ("agrees", "changed since", "cannot be seen")
ERRNO = re.compile(r"\bE[A-Z]{4,}\b")
CELL = re.compile(r"cell (\w+) (\w+): (.+?), (.+?) -> (.)")
WAY = re.compile(r"error (\w+) on (.+?) -> (\w+)")
CLAIM = re.compile(r"\w+\.\w+")
STATEMENT = "`test | statement | answer` below a `[suite | file]`"
ANSWER = (
    "answer: an id of a claim, `tcp: bind, bind -> EINVAL`, "
    "`cell TCP bound: PLACE OPTION, PLACE OPTION -> MARK`, or "
    "`error WAY on SOCKETS -> ERRNO`"
)


# The rules of Netsem


class Rule(msgspec.Struct, forbid_unknown_fields=True):
    """A rule: what it says of which sockets, our verdict, and what that rests on."""

    sockets: str
    says: str
    verdict: str  # one of VERDICTS
    seen: list[str] = []  # walks, with what their last input gives
    claims: list[str] = []  # ids of proofs
    elsewhere: str = ""  # what it says of systems that we have not measured
    note: str = ""

    @property
    def walks(self) -> list[Walk]:
        """What was seen. Raises Misspelt."""
        return [read_walk(text) for text in self.seen]


class Netsem(msgspec.Struct, forbid_unknown_fields=True):
    """evidence/cited/netsem.json; `rules` are in the order of the file."""

    about: str
    source: str
    systems: list[str]
    rules: dict[str, Rule]


def netsem() -> Netsem:
    """The rules of Netsem. Raises EvidenceError."""
    return store.load(store.cited(NETSEM), Netsem)


def call_of(rule: str) -> str:
    """The call that a rule is about.

    >>> call_of("connect_5a")
    'connect'
    """
    return rule.partition("_")[0]


def netsem_complaints(rules: dict[str, Rule]) -> list[str]:
    """What the machines and the proofs do not bear out."""
    return [
        f"{name}: {complaint}"
        for name, rule in rules.items()
        for complaint in rule_complaints(rule)
    ]


def rule_complaints(rule: Rule) -> Iterator[str]:
    """What does not bear out the verdict on one rule."""
    if rule.verdict not in VERDICTS:
        yield f"the verdict is none of {', '.join(VERDICTS)}"
    if (rule.verdict == "cannot be seen") == bool(rule.seen or rule.claims):
        yield f"{rule.verdict!r}, and decided by {rule.seen + rule.claims}"
    for text in rule.seen:
        try:
            gives = read_walk(text).complaint()
        except Misspelt as error:
            yield str(error)
            continue
        if gives:
            yield f"{text}, but it gives {gives}"
    for claim in rule.claims:
        if claim not in claims.read():
            yield f"no claim {claim}"


# What public test suites say


class Claim(NamedTuple):
    """An answer that is a statement with a proof."""

    id: str


class Cell(NamedTuple):
    """An answer that is a cell of the matrix of shared ports, and its mark."""

    pair: Pair
    mark: str


class Way(NamedTuple):
    """An answer that is a row of the error reference, and its errno."""

    id: str
    sockets: str
    errno: str


Answer = Claim | Walk | Cell | Way


class Statement(NamedTuple):
    """One thing that a test checks; `answers` says where this project has it."""

    suite: str
    file: str
    test: str
    text: str
    answers: tuple[Answer, ...]

    @property
    def leaves_a_choice(self) -> bool:
        """Whether the test accepts more than one outcome."""
        return self.text.startswith("either ")


def read_lines(path: Path) -> Iterator[tuple[int, str]]:
    """The lines of a file that are neither comments nor empty, with their numbers.

    Raises EvidenceError where there is no file, or it is no text.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise store.EvidenceError(
            f"no {store.shown(path)}: {store.cure(path)}"
        ) from None
    except ValueError as error:
        raise store.EvidenceError(
            f"{store.shown(path)} is damaged, {error}: {store.cure(path)}"
        ) from None
    for number, line in enumerate(text.splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            yield number, line


def malformed(path: Path, number: int, text: str, form: str) -> store.EvidenceError:
    """The complaint about a line, with what it should look like."""
    place = f"{store.shown(path)}:{number}"
    return store.EvidenceError(f"{place}: {text!r} is no {form}: {store.cure(path)}")


def suites(path: Path | None = None) -> list[Statement]:
    """The statements of kernel_suites.txt, or of a file like it, in order.

    Raises EvidenceError with file, line and the right form of a line that has none.
    """
    path = path or store.cited(SUITES)
    suite = file = ""
    found = []
    for number, line in read_lines(path):
        if heading := re.fullmatch(r"\[(.+) \| (.+)\]", line):
            suite, file = heading.groups()
            continue
        parts = line.split(" | ", 2)  # an answer may have more of them
        if len(parts) != 3 or not suite:
            raise malformed(path, number, line, STATEMENT)
        test, said, told = parts
        answers = []
        for text in told.split(" and "):
            try:
                answers.append(read_answer(text))
            except Misspelt as error:
                raise malformed(path, number, text, f"{ANSWER} ({error})") from None
        found.append(Statement(suite, file, test, said, tuple(answers)))
    return found


def read_answer(text: str) -> Answer:
    """An answer as its line has it. Raises Misspelt.

    >>> read_answer("error bind_closed on TCP/IPv4 -> EBADF").sockets
    'TCP/IPv4'
    """
    if cell := CELL.fullmatch(text):
        protocol, state, one, two, mark = cell.groups()
        if mark not in sharing.MARKS:
            raise Misspelt(f"{mark!r} is none of {' '.join(sharing.MARKS)}")
        first, second = (Side(protocol, *side(place)) for place in (one, two))
        return Cell(Pair(first, state, second), mark)
    if way := WAY.fullmatch(text):
        return Way(*way.groups())
    if CLAIM.fullmatch(text):
        return Claim(text)
    walk = read_walk(text)
    if not walk.ends:
        raise Misspelt("it does not say what its last input gives")
    return walk


def side(text: str) -> tuple[str, str]:
    """`:: V6ONLY no option` -> (`:: V6ONLY`, `no option`). Raises Misspelt."""
    for option in sharing.OPTIONS:
        if text.endswith(f" {option}"):
            return text.removesuffix(f" {option}"), option
    raise Misspelt(f"{text!r} ends with none of {', '.join(sharing.OPTIONS)}")


def suite_complaint(statement: Statement) -> str | None:
    """Why the project does not say what a statement says, or None if it does.

    The answer must exist and have the outcome that is written after it; each errno
    that the statement names must be that outcome, or in the claim's sentence.
    """
    problem = contradiction(statement)
    return f"{statement.file}, {statement.test}: {problem}" if problem else None


def contradiction(statement: Statement) -> str | None:
    """What is wrong with the answers of a statement."""
    told = []
    for answer in statement.answers:
        try:
            expected, found = outcomes(answer)
        except Misspelt as error:
            return str(error)
        except KeyError as missing:
            return f"there is no {missing}"
        if expected != found:
            return f"{expected}, and the evidence says {found}"
        told.append(found)
    named, said = (set(ERRNO.findall(t)) for t in (statement.text, " ".join(told)))
    if statement.leaves_a_choice:
        return None if named & said else f"none of {named} in {told}"
    return f"no {named - said} in {told}" if named - said else None


def outcomes(answer: Answer) -> tuple[str, str]:
    """(what an answer expects, what the evidence has); a claim's is its sentence.

    Raises KeyError for what does not exist, Misspelt for what cannot be walked.
    """
    match answer:
        case Walk():
            gives = answer.steps()[-1].output[: len(answer.ends)]
            return " | ".join(answer.ends), " | ".join(gives)
        case Cell():
            mark = sharing.load().mark(answer.pair)
            return sharing.MARKS[answer.mark], sharing.MARKS[mark]
        case Way():
            return answer.errno, errno_of(answer.id, answer.sockets)
        case Claim():
            sentence = claims.read()[answer.id].sentence
            return sentence, sentence


def errno_of(way: str, sockets: str) -> str:
    """The errno of a row of the error reference. Raises KeyError, EvidenceError."""
    for row in errors.load().rows:
        if row.id == way and sockets in row.sockets:
            return row.errno
    raise KeyError(f"{way} on {sockets}")


# What bind_wildcard.c of Linux expects


class Sharers(NamedTuple):
    """Two places that TCP sockets bind on one port, and what becomes of eight of them.

    plain: a mark for each bind() after the first one, `+` or `-`; reuse: the same where
    the first two sockets have SO_REUSEADDR, or SO_REUSEPORT.
    """

    first: str
    second: str
    plain: str
    reuse: str


def selftests() -> list[Sharers]:
    """The lines of kernel_selftests.txt.

    Raises EvidenceError with file, line and the right form of a line that has none.
    """
    path = store.cited(SELFTESTS)
    found = []
    for number, line in read_lines(path):
        parts = line.split(" | ")
        marks = "".join(parts[2:])
        if len(parts) != 4 or len(marks) != 14 or set(marks) - {"+", "-"}:
            raise malformed(
                path, number, line, "`place | place | ----+-- | +---+--`, 7 marks each"
            )
        found.append(Sharers(*parts))
    return found
