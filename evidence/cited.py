"""What public test suites say of sockets, held against this project's answers.

The statements are in evidence/cited/kernel_suites.txt, in our own words. No socket is
opened here, so the build may use it.
"""

import re
from typing import NamedTuple

from evidence import claims, machines, sharing, store
from evidence.sharing import Pair, Side

STATEMENTS = store.cited("kernel_suites.txt")
ERRNO = re.compile(r"\bE[A-Z]{4,}\b")
WORD = re.compile(r"([\w-]+-full): ([\w ]+?) = ([\w ]+?)(?: \[(\S+) (\S+)\])?")
CELL = re.compile(r"cell (\w+) (\w+): (.+?), (.+?) = (.)")
ROW = re.compile(r"error (\w+) on (.+?) = (\w+)")


class Statement(NamedTuple):
    """One thing that a test checks; `answers` says where this project has it."""

    suite: str
    file: str
    test: str
    text: str
    answers: tuple[str, ...]

    @property
    def leaves_a_choice(self) -> bool:
        """Whether the test accepts more than one outcome."""
        return self.text.startswith("either ")


def read(text: str | None = None) -> list[Statement]:
    """The statements of a text, of the file if none is given, in order."""
    suite = file = ""
    found = []
    for line in (text or STATEMENTS.read_text()).splitlines():
        if heading := re.fullmatch(r"\[(.+) \| (.+)\]", line):
            suite, file = heading.groups()
        elif line and not line.startswith("#"):
            test, said, answer = line.split(" | ")
            answers = tuple(answer.split(" and "))
            found.append(Statement(suite, file, test, said, answers))
    return found


def kind_of(answer: str) -> str:
    """Which part of the project gives an answer, in words."""
    kinds = {
        "a word of a state machine": WORD,
        "a cell of the port-sharing matrix": CELL,
        "a row of the error reference": ROW,
    }
    return next((k for k, form in kinds.items() if form.fullmatch(answer)), "a claim")


def complaint(statement: Statement) -> str | None:
    """Why the project does not say what a statement says, or None if it does.

    The answer must exist and have the outcome that is written after it; each errno
    that the statement names must be that outcome, or in the claim's sentence.
    """
    told = []
    for answer in statement.answers:
        try:
            expected, found = outcomes(answer)
        except KeyError as missing:
            return f"{answer}: there is no {missing}"
        if expected != found:
            return f"{answer}: the evidence says {found}"
        told.append(found)
    named, said = (set(ERRNO.findall(t)) for t in (statement.text, " ".join(told)))
    if statement.leaves_a_choice:
        return None if named & said else f"none of {named} in {told}"
    return f"no {named - said} in {told}" if named - said else None


def outcomes(answer: str) -> tuple[str, str]:
    """(what an answer expects, what the evidence has); a claim's is its sentence.

    Raises KeyError for what does not exist.
    """
    if word := WORD.fullmatch(answer):
        machine, inputs, expected, *names = word.groups()
        outcome, *now = walk(machine, inputs.split())
        if names[0]:
            return " ".join([expected, *names]), " ".join([outcome, *now])
        return expected, outcome
    if cell := CELL.fullmatch(answer):
        protocol, state, one, two, expected = cell.groups()
        first, second = (Side(protocol, *side(text)) for text in (one, two))
        mark = sharing.load().mark(Pair(first, state, second))
        return in_words(expected), in_words(mark)
    if row := ROW.fullmatch(answer):
        name, sockets, expected = row.groups()
        rows = {
            (row["id"], kind): row["errno"]
            for row in store.load_dict("errors.json")["rows"]
            for kind in row["sockets"]
        }
        return expected, rows[name, sockets]
    sentence = claims.read()[answer].sentence
    return sentence, sentence


def side(text: str) -> tuple[str, str]:
    """`:: V6ONLY no option` -> (`:: V6ONLY`, `no option`)."""
    option = next(o for o in sharing.OPTIONS if text.endswith(f" {o}"))
    return text.removesuffix(f" {option}"), option


def in_words(mark: str) -> str:
    """A mark of the matrix, with the errno that it stands for."""
    return sharing.MARKS[mark]


def walk(machine: str, inputs: list[str]) -> tuple[str, str, str]:
    """Follow a word through a learned machine: the last outcome, and the two names."""
    return machines.follow(machines.load(machine), [inputs])[0][-1]
