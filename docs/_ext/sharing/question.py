"""The form "I have this socket, I want that one: may I?", for port-question.js.

It holds the answer to every pair, so the script asks nobody.
"""

import re
from collections.abc import Mapping
from html import escape

import msgspec

from docs._ext.claims.text import anchor
from docs._ext.machines.starting import of_pair
from docs._ext.shared import Refused, code
from docs._ext.sharing.tables import POSSIBLE, Marks
from evidence import differences
from evidence.claims import Proof
from evidence.sharing import OPTIONS, PLACES, STATES, answers

PROGRAM = (
    "matrix.two_sockets_one_port"  # what a reader may copy, for the pair asked for
)
FIELDS = ("protocol", "Protocol"), ("place", "Bound to"), ("option", "Option")


class Reason(msgspec.Struct):
    """A rule and the outcome that it gives; `because` is HTML."""

    mark: str
    claim: str  # its anchor on this page
    because: str


class Elsewhere(msgspec.Struct):
    """Pairs that end otherwise on a system: every combination of `sides`."""

    system: str
    mark: str  # one of the marks, or the call and its errno
    sides: list[list[str]]  # by differences.DIMENSIONS


class Question(msgspec.Struct):
    """What the script reads: names, reasons, and for each pair the letter of one.

    `cells`: {first protocol, its state, second protocol: a line for each first socket,
    in it a letter for each second one}. `walks`: {a pair in words: how the address of
    the explorer ends that shows its second socket}. `elsewhere`: pairs that end
    otherwise on another system; `systems`: all of these.
    """

    places: list[str]
    possible: list[str]
    options: list[str]
    states: dict[str, list[str]]
    reasons: dict[str, Reason]
    cells: dict[str, list[str]]
    walks: dict[str, str]
    elsewhere: list[Elsewhere]
    systems: list[str]


def question(marks: Marks, known: Mapping[str, Proof]) -> Question:
    """The data of the form; known: the proofs by their claims.

    Raises Refused for a rule without a proof, and for a pair that ends otherwise than
    the rules say.
    """
    letters: dict[tuple[str, str], str] = {}
    cells: dict[str, list[str]] = {}
    walks: dict[str, str] = {}
    for pair, said in answers().items():
        first, state, second = pair
        if marks[pair] != said[0]:
            raise Refused(
                f"no rule explains {pair}, which ends with {marks[pair]!r}: add one to "
                "evidence/sharing.py, with a claim and its proof"
            )
        letter = letters.setdefault(said, chr(ord("a") + len(letters)))
        lines = cells.setdefault(f"{first.protocol} {state} {second.protocol}", [])
        if (second.place, second.option) == (PLACES[0], OPTIONS[0]):
            lines.append("")
        lines[-1] += letter
        if walk := of_pair(pair):
            walks[" ".join((*first, state, *second))] = walk.fragment
    reasons = {letter: reason(*said, known) for said, letter in letters.items()}
    return Question(
        PLACES, POSSIBLE, OPTIONS, STATES, reasons, cells, walks, elsewhere(), names()
    )


def elsewhere() -> list[Elsewhere]:
    """The pairs that end otherwise on other systems. Raises EvidenceError."""
    return [
        Elsewhere(
            system.title,
            one.there,
            [line.partition(": ")[2].split(", ") for line in one.where],
        )
        for system in map(differences.load, differences.ids())
        for one in system.differences
        if one.id.startswith("pairs ")
    ]


def names() -> list[str]:
    """The other systems on which the pairs were tried. Raises EvidenceError."""
    found = map(differences.load, differences.ids())
    return [system.title for system in found if system.asked.pairs]


def reason(mark: str, claim: str, known: Mapping[str, Proof]) -> Reason:
    """One rule with its outcome. Raises Refused where the rule has no proof."""
    if claim not in known:
        subject, _, name = claim.partition(".")
        place = f"tests/claims/{subject}/…::test_{name}"
        raise Refused(f"the rule {claim} has no proof: write {place}")
    return Reason(mark, anchor(claim), in_code(known[claim].sentence))


def in_code(sentence: str) -> str:
    """HTML of a sentence with `code` in backticks.

    >>> in_code("`a` < b")
    '<code class="docutils literal">a</code> &lt; b'
    """
    pieces = re.split(r"`(.+?)`", sentence)
    pieces[::2] = [escape(text, quote=False) for text in pieces[::2]]
    pieces[1::2] = map(code, pieces[1::2])
    return "".join(pieces)


def selection(name: str, label: str) -> str:
    """HTML of one choice; the script fills it."""
    return f'<label>{label}<select name="{name}"></select></label>'


def form(data: Question, program: str) -> str:
    """HTML of the form, with its data and the program in templates."""
    mine = "".join(selection(f"first-{name}", label) for name, label in FIELDS)
    wanted = "".join(selection(f"second-{name}", label) for name, label in FIELDS)
    text = msgspec.json.encode(data).decode()
    return (
        '<form class="port-question" hidden>'
        f"<fieldset><legend>I have this socket</legend>{mine}"
        f"{selection('state', 'State')}</fieldset>"
        "<fieldset><legend>I want this one, on the same port</legend>"
        f"{wanted}</fieldset>"
        '<div class="answer" role="status"><p class="verdict"></p>'
        '<p class="reason"></p><p class="cure"></p><p class="elsewhere"></p></div>'
        '<p class="pairs-say">The same for every pair of addresses, with this state '
        "and these options; the first socket is the row. Press a cell to ask.</p>"
        '<div class="pairs" tabindex="0"><table></table></div>'
        '<div class="try"><p>Try it yourself, with this pair:</p>'
        '<button class="copy" type="button" title="Copy the whole program" hidden>'
        f'Copy</button><template class="program">{escape(program)}</template>'
        '<pre tabindex="0"></pre></div>'
        f'<template class="data">{escape(text)}</template></form>'
    )
