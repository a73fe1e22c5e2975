"""Sequences of the explorer that other pages start it with.

A recorded run is followed on the machine of its socket's kind, an error is looked up
there. Both give a walk that ends as was recorded, or none: no sequence is typed.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path

from evidence import machines
from evidence.calls import is_errno
from evidence.errors import Kind
from evidence.machines import Machine, Transition, Walk
from evidence.runs import Name, Recording, Step
from evidence.sharing import Pair

OF_KIND: dict[Kind, str] = {
    "TCP/IPv4": "tcp",
    "TCP/IPv6": "tcp6",
    "UDP/IPv4": "udp",
    "Unix stream": "unix-stream",
    "Unix datagram": "unix-datagram",
}
MADE_BY = {call: kind for kind, (_, call) in machines.KINDS.items()}
SAME = {"connect_ex": "connect", "sendall": "send", "recvfrom": "recv"}
OF_PLACE = {
    ("TCP", "127.0.0.1"): "tcp",
    ("TCP", "::1"): "tcp6",
    ("UDP", "127.0.0.1"): "udp",
}
# Which bind() meets a first socket with that option, in that state.
OWNERS = {
    ("no option", "bound"): "bind_taken",
    ("SO_REUSEADDR", "bound"): "bind_shared",
    ("SO_REUSEADDR", "listening"): "bind_served",
}
# What the arguments of a call must have to be the input with that name.
NAMED = {
    "setsockopt": "SO_REUSEADDR, 1",
    "getsockopt": "SO_ERROR",
    "shutdown_write": "SHUT_WR",
    "shutdown_read": "SHUT_RD",
}
SILENT = ("socket", "getsockname", "getpeername", "close", "settimeout", "setblocking")


def made_from() -> list[Path]:
    """The files that these sequences come from."""
    return [machines.path_of(f"{kind}-full") for kind in machines.KINDS]


def machine_of(kind: str) -> Machine | None:
    """The full machine, or None where it has not been learned: the explorer says so.

    Raises EvidenceError for a damaged one.
    """
    name = f"{kind}-full"
    return machines.load(name) if machines.path_of(name).exists() else None


def function_of(call: str) -> str:
    """`connect(server), not waiting` -> `connect`."""
    name = call.partition("(")[0]
    return SAME.get(name, name)


def to_error(kind: Kind, call: str, errno: str) -> Walk | None:
    """The shortest walk whose last call fails so; None if the machine has none.

    Raises EvidenceError.
    """
    machine = machine_of(OF_KIND[kind]) if kind in OF_KIND else None
    if machine is None:
        return None
    words = {state.name: tuple(state.word) for state in machine.states}
    found = [
        (*words[step.state], step.given)
        for step in machine.rows
        if step.outcome == errno
        and function_of(machine.inputs[step.given].call) == function_of(call)
    ]
    return Walk(machine.kind, min(found, key=len)) if found else None


def shape(name: Name) -> str:
    """What a name is, whatever its numbers: "—", "*", or "name"."""
    if not name or name in (["0.0.0.0", 0], ["::", 0, 0, 0]):
        return "—"
    host = name[0] if isinstance(name, list) else ""
    return "*" if host in ("0.0.0.0", "::") else "name"


def shape_of(name: str) -> str:
    """The same of a machine's name: `*:chosen` -> `*`."""
    return name if name == "—" else "*" if name.startswith("*") else "name"


def calls_on(recording: Recording, socket: str) -> Iterator[Step]:
    """The calls on one socket that can change something."""
    for step in recording.steps:
        if step.socket == socket and step.call not in SILENT:
            yield step


def of_recording(recording: Recording, socket: str) -> Walk | None:
    """The walk that does what a socket of a run did, with the same outcomes and names.

    None where its kind has no machine, where a call is none of its inputs, or where the
    run ended otherwise than the machine says. What others did may stand between the
    calls. Raises EvidenceError.
    """
    made = next(one for one in recording.sockets if one.name == socket)
    kind = MADE_BY.get(f"socket({made.family}, {made.type})")
    if kind is None or made.made_by != "socket":
        return None
    machine = machine_of(kind)
    if machine is None:
        return None
    steps = list(calls_on(recording, socket))
    word = fitting(machine, socket, steps, machine.start)
    return Walk(kind, tuple(word)) if word else None


def of_pair(pair: Pair) -> Walk | None:
    """The walk of the second socket of a pair, where the machine has such a first one.

    Both are bound to one address of the loopback; None for every other pair.
    """
    first, state, second = pair
    kind = OF_PLACE.get((second.protocol, second.place))
    owner = OWNERS.get((first.option, state))
    reuse = {"no option": [], "SO_REUSEADDR": ["reuse_address"]}.get(second.option)
    if first[:2] != second[:2] or kind is None or owner is None or reuse is None:
        return None
    inputs = (*reuse, owner)
    machine = machine_of(kind)
    known = machine.inputs if machine else ()
    return Walk(kind, inputs) if all(name in known for name in inputs) else None


def walks_of(recording: Recording) -> dict[str, Walk]:
    """{socket: its walk} of those that called at least twice. Raises EvidenceError.

    Where calls of a run failed, it is about the sockets that made them.
    """
    failing = {
        step.socket for step in recording.steps if step.error and is_errno(step.error)
    }
    about = [
        name for name in recording.socket_names() if name in failing or not failing
    ]
    walks = {name: of_recording(recording, name) for name in about}
    return {
        name: walk
        for name, walk in walks.items()
        if walk and len(list(calls_on(recording, name))) > 1
    }


def fitting(
    machine: Machine, socket: str, steps: list[Step], state: str
) -> list[str] | None:
    """Inputs that fit all steps from a state on; others may act once before each."""
    if not steps:
        return []
    first, *rest = steps
    for given, after in ways_on(machine, state):
        for step in matching(machine, socket, first, after):
            word = fitting(machine, socket, rest, step.after)
            if word is not None:
                return [*given, step.given, *word]
    return None


def ways_on(machine: Machine, state: str) -> Iterator[tuple[list[str], str]]:
    """([], state), then each act of others that can be there, and where it leads."""
    yield [], state
    for name, one in machine.inputs.items():
        step = machine.steps[state, name]
        if one.by == "others" and not step.outcome.startswith("nothing"):
            yield [name], step.after


def matching(
    machine: Machine, socket: str, step: Step, state: str
) -> Iterable[Transition]:
    """What the machine does in a state that looks like a recorded step."""
    failed = step.error if step.error and is_errno(step.error) else None
    for name, one in machine.inputs.items():
        gives = machine.steps[state, name]
        function = function_of(step.call)
        if one.by != "you" or function_of(one.call) != function:
            continue
        if NAMED.get(name, NAMED.get(function, "")) not in step.args:
            continue
        if is_errno(gives.outcome) != bool(failed):
            continue
        if failed and gives.outcome != failed:
            continue
        names = step.names.get(socket)
        shapes = (shape_of(gives.local), shape_of(gives.peer))
        if names is None or tuple(map(shape, names)) == shapes:
            yield gives
