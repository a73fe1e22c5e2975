"""The tracer's events, joined: calls with their starts, sockets with their makers."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TypeAlias

import msgspec

from evidence.runs import Names, Packet


class Value(msgspec.Struct):
    """A Python value as the reader would type it.

    Either a text, or the number of a socket, or items between brackets; key: the name
    under which it was handed over, if it was.
    """

    text: str = ""
    socket: str = ""
    brackets: str = ""
    items: list["Value"] = []
    key: str = ""


class Event(msgspec.Struct, kw_only=True, tag_field="event"):
    """A line of the tracer. lane: the process and the name of its thread."""

    lane: str
    socket: str


class Made(Event, tag="made"):
    """A socket object is there. by: the call that made it, see evidence.runs.Socket."""

    by: str
    family: str
    type: str


class Started(Event, tag="started"):
    """A call begins. time: in nanoseconds."""

    call: str
    time: int


class Returned(Event, tag="returned"):
    """A call has ended, with a result, an error, or neither, which makes a socket.

    names: of each socket whose names changed, those that it has now; line: of the
    program, which made the call.
    """

    call: str
    time: int
    names: dict[str, Names]
    line: int | None = None
    label: str | None = None
    args: list[Value] = []
    result: Value | None = None
    error: str | None = None
    errno: int | None = None


AnyEvent: TypeAlias = Made | Started | Returned


@dataclass(eq=False)
class Socket:
    """A socket of a run. label: its variable; name: how the recording calls it."""

    family: str
    type: str
    made_by: str
    lane: int
    label: str | None = None
    name: str = ""


@dataclass(eq=False)
class Call:
    """A call from its start to its return, in nanoseconds.

    names: of the sockets whose names changed, by number; before, after: the names of
    its own socket; packets: those that it sent, and those that answer them.
    """

    returned: Returned
    lane: int
    start: int
    names: dict[str, Names]
    before: Names = (None, None)
    after: Names = (None, None)
    packets: list["Sent"] = field(default_factory=list)

    @property
    def call(self) -> str:
        """The method that was called."""
        return self.returned.call

    @property
    def socket(self) -> str:
        """The number of its socket."""
        return self.returned.socket

    @property
    def end(self) -> int:
        """When it returned."""
        return self.returned.time


@dataclass(eq=False)
class Sent:
    """A captured packet, when the kernel sent it, and the call that it belongs to.

    raw: its bytes, from the IP header.
    """

    time: int
    packet: Packet
    raw: bytes = b""
    owner: Call | None = None


@dataclass
class Run:
    """What the programs of one run did.

    calls: in the order in which they returned; sockets: by number; lanes: the names of
    the threads of each process, in the order in which they appear.
    """

    calls: list[Call]
    sockets: dict[str, Socket]
    lanes: list[str]


def read(text: str) -> list[AnyEvent]:
    """The events in the lines that a tracer wrote. Raises msgspec.DecodeError."""
    decoder = msgspec.json.Decoder(AnyEvent)
    return [decoder.decode(line) for line in text.splitlines()]


def join(events: Iterable[AnyEvent], programs: list[str]) -> Run:
    """Starts with returns, and sockets with the call that made them.

    programs: the snippet ids, in the order in which their processes started.
    """
    run = Run([], {}, [])
    lanes: dict[str, int] = {}
    started: dict[int, int] = {}
    for event in events:
        if event.lane not in lanes:
            lanes[event.lane] = len(lanes)
            run.lanes.append(lane_name(event.lane, list(lanes), programs))
        lane = lanes[event.lane]
        if isinstance(event, Made):
            made = Socket(event.family, event.type, event.by, lane)
            run.sockets[event.socket] = made
        elif isinstance(event, Started):
            started[lane] = event.time
        else:
            start = started.pop(lane, event.time)
            run.calls.append(Call(event, lane, start, dict(event.names)))
            if event.label:
                run.sockets[event.socket].label = event.label
    return run


def lane_name(lane: str, lanes: list[str], programs: list[str]) -> str:
    """How a thread of a process is shown: by its program, or as `child 1`.

    lane, lanes: as the tracer has them, for instance `4711 MainThread`.

    >>> lane_name("8 MainThread", ["7 MainThread", "8 MainThread"], ["tcp.a"])
    'child 1'
    >>> lane_name("7 Thread-1", ["7 MainThread", "7 Thread-1"], ["tcp.a"])
    'tcp.a, Thread-1'
    """
    process, _, thread = lane.partition(" ")
    processes = dict.fromkeys(each.partition(" ")[0] for each in lanes)
    index = list(processes).index(process)
    shown = programs[index] if index < len(programs) else f"child {index}"
    return shown if thread == "MainThread" else f"{shown}, {thread}"


def sockets_in(value: Value | None) -> list[str]:
    """The numbers of the sockets inside a result: accept() gives one."""
    if value is None:
        return []
    if value.socket:
        return [value.socket]
    return [number for item in value.items for number in sockets_in(item)]
