"""What the learner found out about a socket, before its states have names."""

from dataclasses import dataclass
from typing import NamedTuple

from evidence.machines import Input, Output
from lab.machines.scenes.base import Facts

Word = tuple[str, ...]  # inputs, one after the other


class Tried(NamedTuple):
    """A word, and what the socket gave for each of its inputs."""

    word: Word
    outputs: list[Output]


@dataclass(frozen=True)
class Reached:
    """One state: the shortest word to it, and what the kernel says there."""

    word: Word
    local: str
    peer: str
    facts: Facts


@dataclass(frozen=True)
class End:
    """What an input gives in a state, and the number of the state that follows."""

    output: Output
    after: int


@dataclass(frozen=True)
class Figures:
    """What it took to learn a machine."""

    queries: int  # words that L* asked
    steps: int  # inputs in all words, those of the oracle among them
    seconds: float


@dataclass(frozen=True)
class Found:
    """A machine whose states have numbers, in order of their shortest words."""

    inputs: dict[str, Input]
    notes: tuple[str, ...]
    states: list[Reached]
    ends: list[dict[str, End]]  # for each state, by input
    figures: Figures
