"""A recording as rows to show: calls, packets between ends, cards where names change.

Plain functions; the sequence picture, its table and the call flow are drawn from them.
"""

from collections.abc import Collection
from dataclasses import dataclass, field, replace

from evidence.calls import ASK, is_errno
from evidence.runs import Names, Packet, Recording, Socket, Step

NO_NAMES: Names = (None, None)
PENDING = ("EINPROGRESS", "EALREADY", "EAGAIN")  # not yet
REACH = ("connect", "connect_ex")  # return when the other end has answered
MAKING = ("socket", "fromfd")  # calls that make a socket, and are no method of another
End = tuple[str, int | None]


@dataclass
class Row:
    """One row. kind is call, packet, outcome or card; lanes are counted from the left.

    step: the number of the call that it belongs to, from 1. text: the call, the words
    on the packet, or whose card it is; target: where the packet goes; loop: whether the
    socket has sent it to itself; look: data, ack, reset, other, of a packet.
    """

    kind: str
    lane: int
    text: str = ""
    outcome: str = ""
    failed: bool = False
    target: int = 0
    loop: bool = False
    look: str = ""
    names: Names = NO_NAMES
    step: int = 0


@dataclass
class Story:
    """What a picture shows: lane titles and rows from top to bottom.

    steps: the calls of the recording that are shown, in their order.
    """

    lanes: list[str]
    rows: list[Row]
    steps: list[Step] = field(default_factory=list)


def story(recording: Recording, only: Collection[str] = ()) -> Story:
    """The rows of a recording. only: the sockets to show, all if there are none."""
    lanes, lane_of = lanes_of(recording)
    sockets_in = [list(lane_of.values()).count(number) for number in range(len(lanes))]
    ports = port_lanes(recording, lane_of)
    told = Story(lanes, [])
    for step in recording.steps:
        if (only and step.socket not in only) or not worth_showing(step):
            continue
        lane = lane_of[step.socket]
        crowded = sockets_in[lane] > 1 or len(lanes) > 2
        call = call_row(step, lane, named=crowded)
        packets = packet_rows(step, ports, lane, len(lanes))
        rows = [call, *packets]
        if packets and learned_from_packets(step):
            rows.append(replace(call, kind="outcome"))
            call.outcome, call.failed = "", False
        for socket, names in step.names.items():
            if names != NO_NAMES:
                rows.append(Row("card", lane_of[socket], socket, names=names))
        told.steps.append(step)
        for row in rows:
            row.step = len(told.steps)
        told.rows += rows
    return told


def learned_from_packets(step: Step) -> bool:
    """Whether the outcome of a call came with its packets, and so stands below them.

    What `connect()` returns at once, it says before the answer has come.
    """
    said = step.error or step.result or ""
    return said not in PENDING and (is_errno(said) or step.call in REACH)


def worth_showing(step: Step) -> bool:
    """Whether a step did more than ask, or did it with an error or a packet."""
    return step.call not in ASK or bool(step.packets) or step.error is not None


def call_row(step: Step, lane: int, named: bool) -> Row:
    """The row of a call. named: whether it says on which socket it was made."""
    if step.call in MAKING:
        text = f"{step.socket} = {step.call}({step.args})"
    else:
        owner = f"{step.socket}." if named else ""
        text = f"{owner}{step.call}({step.args})"
    result = "" if step.result in (None, "None") else step.result
    return Row("call", lane, text, step.error or result or "", step.error is not None)


def lanes_of(recording: Recording) -> tuple[list[str], dict[str, int]]:
    """Lane titles from left to right, and the lane of each socket.

    Two programs have a lane each, the client on the left. In one program each end has
    one: a listening socket shares it with the sockets it accepted, a socket with its
    duplicates. Ends that others come to (listening, or bound and never connected) stand
    on the right.
    """
    if len(recording.lanes) > 1:
        order = list(reversed(range(len(recording.lanes))))
        titles = [recording.lanes[n].rpartition(".")[2] + ".py" for n in order]
        places = {s.name: order.index(s.lane or 0) for s in recording.sockets}
        return titles, places
    groups: list[list[str]] = []
    group_of: dict[str, list[str]] = {}
    for sock in recording.sockets:
        maker = who_made(recording, sock)
        if maker is None:
            groups.append([])
        group_of[sock.name] = groups[-1] if maker is None else group_of[maker]
        group_of[sock.name].append(sock.name)
    groups.sort(key=lambda group: is_server(recording, group[0]))
    places = {name: n for n, group in enumerate(groups) for name in group}
    return [", ".join(group) for group in groups], places


def who_made(recording: Recording, sock: Socket) -> str | None:
    """The socket whose accept() or dup() made this one, or None."""
    if sock.made_by not in ("accept", "dup"):
        return None
    for step in recording.steps:
        if step.call == sock.made_by and sock.name in step.names:
            return step.socket
    return recording.sockets[0].name


def is_server(recording: Recording, name: str) -> bool:
    """Whether a socket waits for others: it listens, or is bound and never connects."""
    done = {step.call for step in recording.steps if step.socket == name}
    return "listen" in done or ("bind" in done and not done & {"connect", "connect_ex"})


def port_lanes(
    recording: Recording, lane_of: dict[str, int]
) -> dict[End | int | None, int]:
    """{(address, port) and port: lane of the socket with that local name}."""
    ports: dict[End | int | None, int] = {}
    for step in recording.steps:
        for socket, (local, _) in step.names.items():
            if isinstance(local, list) and local[1]:
                host, port = str(local[0]), int(local[1])
                ports.setdefault((host, port), lane_of[socket])
                ports.setdefault(port, lane_of[socket])
    return ports


def packet_rows(
    step: Step, ports: dict[End | int | None, int], lane: int, lanes: int
) -> list[Row]:
    """The packets of one step. An end that no lane has stands at the other side."""
    rows: list[Row] = []
    elsewhere = 0 if lane else max(lanes - 1, 0)
    for packet in step.packets:
        here, there = packet.source, packet.destination
        if here[1] is None and rows:  # ICMP: the way back of what provoked it
            source, target = rows[-1].target, rows[-1].lane
        else:
            # One port on two addresses: the socket on this very address comes first.
            source, target = (
                ports.get(end, ports.get(end[1], elsewhere)) for end in (here, there)
            )
        text, loop = packet_text(packet), here == there and here[1] is not None
        look = packet_look(packet)
        rows.append(Row("packet", source, text, target=target, loop=loop, look=look))
    return rows


def packet_look(packet: Packet) -> str:
    """How its arrow is drawn: data thick, a bare ACK thin, a reset red with a cross."""
    flags = packet.flags or []
    if "RST" in flags or packet.kind is not None:
        return "reset"
    if packet.payload or packet.protocol != "TCP":
        return "data"
    return "ack" if flags == ["ACK"] else "other"


def packet_text(packet: Packet) -> str:
    """A packet in few words: `SYN`, `5 bytes`, `FIN ACK`, `UDP, 5 bytes`.

    >>> ends = {"source": ("::1", 80), "destination": ("::1", 50001)}
    >>> data = Packet(protocol="TCP", **ends, flags=["PSH", "ACK"], payload=5)
    >>> packet_text(data)
    '5 bytes'
    """
    size = f"{packet.payload} byte{'s' * (packet.payload != 1)}"
    if packet.protocol == "TCP":
        flags = [flag for flag in packet.flags or () if flag != "PSH"]
        if packet.payload:
            flags = [flag for flag in flags if flag != "ACK"]
            return ", ".join([" ".join(flags), size]) if flags else size
        return " ".join(flags)
    if packet.kind is not None:
        return "ICMP " + packet.kind.rpartition(" ")[2].replace("-", " ")
    return f"{packet.protocol}, {size}"
