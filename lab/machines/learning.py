"""From what the learner found to a machine as evidence has it: names, rules, checks."""

from collections.abc import Sequence

from evidence import machines, store, systems
from evidence.machines import KINDS, Learned, Machine, State, disagreements
from lab.machines.found import Found, Tried
from lab.machines.jobs import Job
from lab.machines.state_names import name_states

CHECKED_WITH = 10_000  # random sequences that were not used in learning
SEED = 2  # of these sequences
RULES = {
    "outcome": "`ok`, an errno, what a call returned in words, or `nothing: ` and the "
    "reason why the input was not done",
    "caps": "one byte, one datagram, one client may wait; an input that would add "
    "another one does nothing",
    "asked": "the port or file that bind() asked for",
    "chosen": "a port or name that the kernel chose; its value is not kept",
    "*": "every address of the machine, 0.0.0.0 or ::",
    "—": "no name",
    "server, other, closed": "a peer by its role; no open socket has the name `closed`",
    "blocking": "the socket does not block, except where an input says that it waits",
}


class NotLearned(Exception):
    """A machine that is not good enough to be kept; the text says why."""


def job_of(name: str) -> Job:
    """What `each()` is to do to learn a machine, and to check it."""
    return Job(name, learn=True, words=CHECKED_WITH, seed=SEED)


def relearned(name: str, found: Found, tried: Sequence[Tried], sources: str) -> Machine:
    """The new machine, made here. Raises NotLearned where tried words contradict it.

    sources: the digest of the code when the learning began; it may have changed since.
    """
    machine = finished(name, found, len(tried))
    machine.platform = systems.here()
    machine.sources = sources
    if wrong := disagreements(machine, tried):
        raise NotLearned(f"{name} is not learned well enough: {wrong[0]}")
    return machine


def finished(name: str, found: Found, checked: int) -> Machine:
    """What the learner found, with names for its states, as a record.

    checked: how many other sequences agree. Who found it, and when, is entered later.
    Raises NotLearned where the file could not hold it.
    """
    kind, _, size = name.rpartition("-")
    title, call = KINDS[kind]
    names = name_states(found)
    return Machine(
        machine=name,
        socket=title,
        made_by=call,
        size=size,
        inputs=found.inputs,
        rules=RULES,
        notes={str(n): note for n, note in enumerate(found.notes, 1)},
        start=names[0],
        states=[
            State(state_name, state.local, state.peer, list(state.word))
            for state_name, state in zip(names, found.states, strict=True)
        ],
        transitions={names[n]: fold(found, names, n) for n in range(len(names))},
        learned=Learned(
            states=len(names),
            inputs=len(found.inputs),
            queries=found.figures.queries,
            checked=f"{checked:,} other random sequences",
        ),
        platform="",
        date="",
        sources="",
    )


def fold(found: Found, names: list[str], state: int) -> list[list[str]]:
    """The transitions of a state as the file has them: what ends alike is one line.

    The file tells a state's names once, so each way there must show the same; raises
    NotLearned where one does not.
    """
    lines: dict[tuple[str, ...], list[str]] = {}
    for given, came in found.ends[state].items():
        output, after = came.output, came.after
        there = found.states[after]
        if (output.local, output.peer) != (there.local, there.peer):
            raise NotLearned(
                f"{names[state]}, {given}: shows {output.local} and {output.peer}, and "
                f"{names[after]} {there.local} and {there.peer}"
            )
        end = (output.outcome,) if after == state else (output.outcome, names[after])
        lines.setdefault(end, []).append(given)
    return [[" ".join(given), *end] for end, given in lines.items()]


def keep(machine: Machine) -> bool:
    """Write the file of a machine; whether it is another one than before."""
    path = machines.path_of(machine.machine)
    old = store.kept(path, Machine)
    systems.note()
    store.save(path, store.dated(machine, old))
    return old is None or not store.same(machine, old)
