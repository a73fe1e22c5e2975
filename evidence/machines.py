"""Machines: what each call on a socket does in each state, as the lab learned it.

A walk is a series of inputs from the start. It is written `tcp: bind, connect`, by
whoever writes one: pages, data, links into the explorer. What its last input gives may
follow: `tcp: bind, connect -> ok | 127.0.0.1:asked | server`.
"""

import re
from collections.abc import Iterable, Sequence
from functools import cached_property, lru_cache
from pathlib import Path
from typing import NamedTuple

import msgspec

from evidence import sources as code
from evidence import store

KINDS = {
    "tcp": ("TCP over IPv4", "socket(AF_INET, SOCK_STREAM)"),
    "tcp6": ("TCP over IPv6", "socket(AF_INET6, SOCK_STREAM)"),
    "udp": ("UDP over IPv4", "socket(AF_INET, SOCK_DGRAM)"),
    "unix-stream": ("Unix stream", "socket(AF_UNIX, SOCK_STREAM)"),
    "unix-datagram": ("Unix datagram", "socket(AF_UNIX, SOCK_DGRAM)"),
}
NAMES = tuple(f"{kind}-{size}" for size in ("core", "full") for kind in KINDS)
# Where the lab has the scene of each kind: what a machine was learned from.
SCENES = {
    "tcp": ("lab.machines.scenes.tcp", "Tcp4"),
    "tcp6": ("lab.machines.scenes.tcp", "Tcp6"),
    "udp": ("lab.machines.scenes.udp", "Udp"),
    "unix-stream": ("lab.machines.scenes.unix", "UnixStream"),
    "unix-datagram": ("lab.machines.scenes.unix", "UnixDatagram"),
}
LEARNING = (  # the same for all kinds
    ("lab.machines.learner", "learn"),
    ("lab.machines.learner", "try_words"),
    ("lab.machines.learning", "finished"),
)
WALK = "`tcp: bind, connect`, nor `tcp: bind, connect -> ok | local name | peer name`"


class Misspelt(store.EvidenceError):
    """A walk that is none; the text says what is wrong with it, and what there is."""


class Input(msgspec.Struct, frozen=True):
    """One thing that can happen: the call, its meaning, and whose act it is."""

    call: str
    meaning: str
    by: str  # you, others


class State(msgspec.Struct, frozen=True):
    """A state: its name, the socket's two names there, the inputs that lead to it."""

    name: str
    local: str
    peer: str
    word: list[str]


class Learned(msgspec.Struct, frozen=True):
    """How big a machine is, and how much was asked to learn it and to check it."""

    states: int
    inputs: int
    queries: int
    checked: str

    @property
    def checked_words(self) -> int:
        """How many sequences it was checked with."""
        return int(self.checked.split()[0].replace(",", ""))


class Output(NamedTuple):
    """What an input gives: the outcome, and the socket's two names afterwards."""

    outcome: str
    local: str
    peer: str


class Transition(NamedTuple):
    """What one input does in one state."""

    state: str
    given: str
    outcome: str
    local: str
    peer: str
    after: str

    @property
    def output(self) -> Output:
        """What can be seen of it."""
        return Output(self.outcome, self.local, self.peer)


class Machine(msgspec.Struct, dict=True):
    """A file of evidence/measured/machines/.

    `transitions` has a line for each state, and in it [inputs, outcome, next state] for
    all inputs that end alike, without the last where the state stays.
    """

    machine: str
    socket: str
    made_by: str
    size: str
    inputs: dict[str, Input]
    rules: dict[str, str]
    notes: dict[str, str]
    start: str
    states: list[State]
    transitions: dict[str, list[list[str]]]
    learned: Learned
    platform: str
    date: str
    sources: str
    digest: str = ""

    @property
    def kind(self) -> str:
        """`tcp` of the machine `tcp-full`."""
        return kind_of(self.machine)

    @cached_property
    def rows(self) -> tuple[Transition, ...]:
        """A transition for each input of each state, in the order of both.

        Raises KeyError for one that is missing, ValueError for a line of another form.
        """
        names = {state.name: (state.local, state.peer) for state in self.states}
        rows = []
        for state in names:
            ends = {
                given: end
                for inputs, *end in self.transitions[state]
                for given in inputs.split()
            }
            for given in self.inputs:
                outcome, after = (*ends[given], state)[:2]
                rows.append(Transition(state, given, outcome, *names[after], after))
        return tuple(rows)

    @cached_property
    def steps(self) -> dict[tuple[str, str], Transition]:
        """{(state, input): transition}."""
        return {(row.state, row.given): row for row in self.rows}


def kind_of(name: str) -> str:
    """The kind of socket of a machine.

    >>> kind_of("unix-stream-core")
    'unix-stream'
    """
    return name.rpartition("-")[0]


def path_of(name: str) -> Path:
    """Where a machine is kept."""
    return store.measured("machines", f"{name}.json")


def load(name: str) -> Machine:
    """A machine by name, for instance `tcp-core`.

    Raises EvidenceError where there is none, or it is damaged.
    """
    if name not in NAMES:
        raise store.EvidenceError(f"no machine {name!r}; there are {', '.join(NAMES)}")
    path = path_of(name)
    machine = store.load_once(path, Machine)
    try:
        machine.steps  # noqa: B018 - made here, so that what is missing is told here
    except (KeyError, ValueError) as error:
        raise store.EvidenceError(
            f"{store.shown(path)} is damaged, in its transitions, {error}: "
            f"{store.cure(path)}"
        ) from None
    return machine


def starts(kind: str) -> tuple[code.Key, ...]:
    """The definitions that a machine is made by, with all that they reach.

    Its own scene is among them, the other kinds' are not.
    """
    return (SCENES[kind], *LEARNING)


def made_from(kind: str) -> str:
    """The digest of the code that learns a machine of this kind, as it is now."""
    return made_from_at(kind, code.project())


@lru_cache(maxsize=2 * len(KINDS))
def made_from_at(kind: str, project: code.Project) -> str:
    """The digest of the code as it was at some time."""
    return project.digest(*starts(kind))


def made_from_files(kind: str) -> list[Path]:
    """The files which hold that code."""
    return code.files(*starts(kind))


def stale(machine: Machine) -> bool:
    """Whether the code has changed since it learned this machine."""
    return machine.sources != made_from(machine.kind)


def follow(machine: Machine, word: Iterable[str]) -> list[Transition]:
    """What the machine does, input by input. Raises Misspelt for an unknown input."""
    state, done = machine.start, []
    for given in word:
        if given not in machine.inputs:
            known = ", ".join(machine.inputs)
            raise Misspelt(f"no {given!r} in {machine.kind}; there are {known}")
        step = machine.steps[state, given]
        done.append(step)
        state = step.after
    return done


class Walk(NamedTuple):
    """Inputs to the full machine of a kind, and what the last one is said to give.

    ends: the outcome, or outcome, local name and peer name; () says nothing.
    """

    kind: str
    inputs: tuple[str, ...]
    ends: tuple[str, ...] = ()

    def __str__(self) -> str:
        ends = f" -> {' | '.join(self.ends)}" if self.ends else ""
        return f"{self.kind}: {', '.join(self.inputs)}{ends}"

    @property
    def fragment(self) -> str:
        """How addresses of the explorer end that show this walk."""
        return f"{self.kind}:{','.join(self.inputs)}"

    @property
    def machine(self) -> Machine:
        """The machine that is walked. Raises EvidenceError."""
        return load(f"{self.kind}-full")

    def steps(self) -> list[Transition]:
        """What the machine does. Raises EvidenceError, Misspelt for what cannot be."""
        try:
            done = follow(self.machine, self.inputs)
        except Misspelt as error:
            raise Misspelt(f"'{self}': {error}") from None
        for step in done:
            if step.outcome.startswith("nothing"):
                raise Misspelt(
                    f"'{self}': {step.given} cannot happen there, {step.outcome}"
                )
        return done

    def complaint(self) -> str | None:
        """What the machine gives at the end, where that is not what is said."""
        gives = self.steps()[-1].output
        return " | ".join(gives) if gives[: len(self.ends)] != self.ends else None


def read_walk(text: str) -> Walk:
    """A walk in the notation that stands at the top. Raises Misspelt.

    >>> read_walk("udp: bind, connect -> ok | 127.0.0.1:asked | server").ends
    ('ok', '127.0.0.1:asked', 'server')
    >>> read_walk("udp:bind,connect")
    Walk(kind='udp', inputs=('bind', 'connect'), ends=())
    """
    found = re.fullmatch(
        r"\s*([\w-]+):\s*(\w+(?:\s*,\s*\w+)*)(?:\s+->\s+(.*\S))?\s*", text
    )
    if not found:
        raise Misspelt(f"{text!r} is no {WALK}")
    kind, inputs, ends = found.groups()
    if kind not in KINDS:
        raise Misspelt(f"{text!r} begins with none of the known {', '.join(KINDS)}")
    return Walk(
        kind,
        tuple(re.split(r"\s*,\s*", inputs)),
        tuple(ends.split(" | ")) if ends else (),
    )


def differences(ours: Machine, theirs: Machine) -> list[str]:
    """Where two machines differ, by words that show it; [] if they are the same.

    They are walked side by side from the start; names of states do not matter.
    """
    if ours.inputs.keys() != theirs.inputs.keys():
        only = ours.inputs.keys() ^ theirs.inputs.keys()
        return [f"inputs that one of them does not have: {', '.join(sorted(only))}"]
    queue: list[tuple[str, str, tuple[str, ...]]] = [(ours.start, theirs.start, ())]
    seen = {queue[0][:2]}
    found = []
    for left, right, word in queue:
        for given in ours.inputs:
            mine, other = ours.steps[left, given], theirs.steps[right, given]
            if mine.output != other.output:
                found.append(
                    f"after {', '.join(word) or 'the start'}: {given} gave "
                    f"{' | '.join(mine.output)}, and gives "
                    f"{' | '.join(other.output)} here"
                )
            elif (mine.after, other.after) not in seen:
                seen.add((mine.after, other.after))
                queue.append((mine.after, other.after, (*word, given)))
    return found


def disagreements(
    machine: Machine, tried: Iterable[tuple[Sequence[str], Sequence[Output]]]
) -> list[str]:
    """Words on which a socket did not do what the machine says.

    tried: words, and what the socket gave for each of their inputs.
    """
    found = []
    for word, done in tried:
        told = [step.output for step in follow(machine, word)]
        if told != list(done):
            found.append(
                f"{', '.join(word)}: {shown(told)} by the machine, "
                f"{shown(done)} by the socket"
            )
    return found


def shown(outputs: Iterable[Output]) -> str:
    """Outputs in a message."""
    return "; ".join(" | ".join(output) for output in outputs)
