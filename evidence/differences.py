"""Where other systems differ from home, the system on which all else was measured.

evidence/measured/systems/ID.json has what `make systems` found on one of them: how much
was asked, and each difference. Why it differs, and what to do about it, is told by hand
in evidence/cited/differences.json; what nobody explains is listed as unexplained.
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec

from evidence import store
from evidence.claims import Proof
from evidence.sharing import Pair

FOLDER = "systems"
CITED = "differences.json"
CURE = "run `make systems`"
DIMENSIONS = (
    "first protocol",
    "first place",
    "first option",
    "state",
    "second protocol",
    "second place",
    "second option",
)


class Difference(msgspec.Struct, frozen=True, omit_defaults=True):
    """One thing that ends otherwise than at home.

    id: `proof CLAIM`, `pairs HOME > THERE, PLACES`, `error WAY`, `sequence KIND INPUT`.
    home, there: how it ends. count: of pairs, kinds of sockets or sequences.
    where: what it holds for, in words: of pairs the sides, of errors the kinds of
    socket, of sequences the shortest one.
    """

    id: str
    home: str
    there: str
    count: int = 1
    where: tuple[str, ...] = ()


class Asked(msgspec.Struct, frozen=True):
    """How much was tried: proofs, pairs, ways to an error, sequences of calls.

    skipped: proofs and ways that need what that system has not, by the need. unsteady:
    sequences that did not end alike each time, and are no difference.
    """

    proofs: int
    pairs: int
    errors: int
    sequences: int
    skipped: dict[str, list[str]]
    unsteady: int = 0


class System(msgspec.Struct):
    """evidence/measured/systems/ID.json. packages: what it was started from.

    platform: home, with which it was compared. kernel: "" on gVisor, which is none.
    texts: of each proof that was run there, the digest of its text. A proof that is
    new or has changed since was not tried there.
    """

    id: str
    title: str
    kernel: str
    packages: list[str]
    python: str
    platform: str
    date: str
    asked: Asked
    differences: list[Difference]
    texts: dict[str, str] = {}
    digest: str = ""


class Explained(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Why some systems differ: by hand, with a source.

    covers: ids of differences, with `*` for any words.
    reason: "" where nobody knows it. built: it is about how kernels are built, and
    nothing about sockets.
    """

    title: str
    systems: list[str]
    what: str
    todo: str
    reason: str
    source: str
    url: str
    covers: list[str]
    built: bool = False


class ExplainedFile(msgspec.Struct, forbid_unknown_fields=True):
    """evidence/cited/differences.json."""

    looked_up: str
    differences: list[Explained]


def ids() -> list[str]:
    """The systems that were measured, in the order of their names."""
    return [path.stem for path in files()]


def load(system: str) -> System:
    """What was found on a system. Raises EvidenceError."""
    return store.load_once(store.measured(FOLDER, f"{system}.json"), System)


def files() -> list[Path]:
    """The files that hold them."""
    return sorted(store.measured(FOLDER).glob("*.json"))


def of(name: str) -> list[tuple[System, Difference]]:
    """The differences with an id, and the system of each. Raises EvidenceError."""
    return [
        (system, difference)
        for system in map(load, ids())
        for difference in system.differences
        if difference.id == name
    ]


def ended(system: System, proof: Proof) -> str:
    """How a proof ended on a system: passed, differs, or not tried.

    A difference in how kernels are built says nothing of sockets: not tried. Raises
    EvidenceError.
    """
    if system.texts.get(proof.id) != store.digest(proof.source):
        return "not tried"
    for one in system.differences:
        if one.id == f"proof {proof.id}":
            told = reason_of(system.id, one)
            return "not tried" if told and told.built else "differs"
    return "passed"


def explained() -> list[Explained]:
    """What is told of differences by hand. Raises EvidenceError."""
    return store.load_once(store.cited(CITED), ExplainedFile).differences


def reason_of(system: str, difference: Difference) -> Explained | None:
    """What is told of a difference; None if it is unexplained. Raises EvidenceError."""
    for one in explained():
        if system in one.systems and any(
            fnmatchcase(difference.id, pattern) for pattern in one.covers
        ):
            return one
    return None


Box = tuple[frozenset[str], ...]  # of each dimension, the values that occur together


def parts(pair: Pair) -> tuple[str, ...]:
    """A pair by its dimensions."""
    return (*pair.first, pair.state, *pair.second)


def boxes(pairs: Iterable[Pair]) -> list[Box]:
    """The fewest that this finds: every combination of a box's values is such a pair.

    >>> from evidence.sharing import Side
    >>> sides = [Side("TCP", "::1", one) for one in ("no option", "SO_REUSEADDR")]
    >>> [box] = boxes(Pair(one, "bound", two) for one in sides for two in sides)
    >>> sorted(box[2]) == sorted(box[6]) == ["SO_REUSEADDR", "no option"]
    True
    """
    found = {tuple(frozenset([value]) for value in parts(pair)) for pair in pairs}
    size = 0
    while len(found) != size:
        size = len(found)
        for dimension in reversed(range(len(DIMENSIONS))):
            found = merged(found, dimension)
    return sorted(found, key=lambda box: [sorted(values) for values in box])


def merged(found: Iterable[Box], dimension: int) -> set[Box]:
    """The boxes that differ in one dimension alone, made one."""
    groups: dict[Box, set[str]] = {}
    for box in found:
        others = (*box[:dimension], *box[dimension + 1 :])
        groups.setdefault(others, set()).update(box[dimension])
    return {
        (*others[:dimension], frozenset(values), *others[dimension:])
        for others, values in groups.items()
    }


def size_of(box: Box) -> int:
    """How many pairs a box has."""
    count = 1
    for values in box:
        count *= len(values)
    return count
