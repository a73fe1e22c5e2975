"""A recording as rows to show: calls, packets between ends, cards where names change.

Plain functions; the sequence picture, its table and the call flow are drawn from them.
"""

from dataclasses import dataclass, field

# Calls that only ask, change nothing and send nothing: the cards show the answer.
QUIET = frozenset({"getsockname", "getpeername"})


@dataclass
class Row:
    """One row. kind is call, packet or card; lanes are counted from the left."""

    kind: str
    lane: int
    text: str = ""
    outcome: str = ""
    failed: bool = False
    target: int = 0
    loop: bool = False  # a packet that the socket has sent to itself
    names: list = field(default_factory=list)


@dataclass
class Story:
    """What a picture shows: lane titles and rows from top to bottom."""

    lanes: list[str]
    rows: list[Row]


def story(recording: dict, only: set[str] | None = None) -> Story:
    """The rows of a recording. only: the sockets to show, all if None."""
    lanes, lane_of = lanes_of(recording)
    sockets_in = [list(lane_of.values()).count(number) for number in range(len(lanes))]
    ports = port_lanes(recording, lane_of)
    rows: list[Row] = []
    for step in recording["steps"]:
        name = step["socket"]
        if (only and name not in only) or not worth_showing(step):
            continue
        lane = lane_of[name]
        owner = f"{name}." if sockets_in[lane] > 1 and step["call"] != "socket" else ""
        text = f"{owner}{step['call']}({step['args']})"
        if step["call"] == "socket":
            text = f"{name} = socket({step['args']})"
        result = step.get("result", "None")
        outcome = step.get("error", "" if result == "None" else result)
        failed = "error" in step
        rows.append(Row("call", lane, text, outcome, failed))
        rows += packet_rows(step, ports, lane, len(lanes))
        for socket, names in step.get("names", {}).items():
            if names != [None, None]:
                rows.append(Row("card", lane_of[socket], socket, names=names))
    return Story(lanes, rows)


def worth_showing(step: dict) -> bool:
    """Whether a step did more than ask, or did it with an error or a packet."""
    return step["call"] not in QUIET or bool(step.get("packets")) or "error" in step


def lanes_of(recording: dict) -> tuple[list[str], dict[str, int]]:
    """Lane titles from left to right, and the lane of each socket.

    Two programs have a lane each, the client on the left. In one program each end has
    one: a listening socket shares it with the sockets it accepted. Ends that others
    come to (listening, or bound and never connected) stand on the right.
    """
    if len(recording["lanes"]) > 1:
        order = list(reversed(range(len(recording["lanes"]))))
        titles = [recording["lanes"][n].rpartition(".")[2] + ".py" for n in order]
        places = {s["name"]: order.index(s["lane"]) for s in recording["sockets"]}
        return titles, places
    groups: list[list[str]] = []
    accepting: dict[str, list[str]] = {}
    for sock in recording["sockets"]:
        if sock["made_by"] == "accept":
            listener = who_accepted(recording, sock["name"])
            accepting[listener].append(sock["name"])
        else:
            accepting[sock["name"]] = [sock["name"]]
            groups.append(accepting[sock["name"]])
    groups.sort(key=lambda group: is_server(recording, group[0]))
    places = {name: n for n, group in enumerate(groups) for name in group}
    return [", ".join(group) for group in groups], places


def who_accepted(recording: dict, name: str) -> str:
    """The listening socket whose accept() made this one."""
    for step in recording["steps"]:
        if step["call"] == "accept" and name in step.get("names", {}):
            return step["socket"]
    return recording["sockets"][0]["name"]


def is_server(recording: dict, name: str) -> bool:
    """Whether a socket waits for others: it listens, or is bound and never connects."""
    done = {s["call"] for s in recording["steps"] if s["socket"] == name}
    return "listen" in done or ("bind" in done and not done & {"connect", "connect_ex"})


def port_lanes(recording: dict, lane_of: dict[str, int]) -> dict:
    """{(address, port) and port: lane of the socket with that local name}."""
    ports: dict = {}
    for step in recording["steps"]:
        for socket, (local, _) in step.get("names", {}).items():
            if isinstance(local, list) and local[1]:
                ports.setdefault(tuple(local[:2]), lane_of[socket])
                ports.setdefault(local[1], lane_of[socket])
    return ports


def packet_rows(step: dict, ports: dict, lane: int, lanes: int) -> list[Row]:
    """The packets of one step. An end that no lane has stands at the other side."""
    rows: list[Row] = []
    elsewhere = 0 if lane else max(lanes - 1, 0)
    for packet in step.get("packets", ()):
        here, there = packet["source"], packet["destination"]
        if here[1] is None and rows:  # ICMP: the way back of what provoked it
            source, target = rows[-1].target, rows[-1].lane
        else:
            # One port on two addresses: the socket on this very address comes first.
            source, target = (
                ports.get(tuple(end), ports.get(end[1], elsewhere))
                for end in (here, there)
            )
        text, loop = packet_text(packet), here == there and here[1] is not None
        rows.append(Row("packet", source, text, target=target, loop=loop))
    return rows


def packet_text(packet: dict) -> str:
    """A packet in few words: `SYN`, `5 bytes`, `FIN ACK`, `UDP, 5 bytes`.

    >>> packet_text({"protocol": "TCP", "flags": ["PSH", "ACK"], "payload": 5})
    '5 bytes'
    """
    size = f"{packet['payload']} byte{'s' * (packet['payload'] != 1)}"
    if packet["protocol"] == "TCP":
        flags = [flag for flag in packet["flags"] if flag != "PSH"]
        if packet["payload"]:
            flags = [flag for flag in flags if flag != "ACK"]
            return ", ".join([" ".join(flags), size]) if flags else size
        return " ".join(flags)
    if "kind" in packet:
        return "ICMP " + packet["kind"].rpartition(" ")[2].replace("-", " ")
    return f"{packet['protocol']}, {size}"
