"""Turns what one run left behind into a recording: same behaviour, same bytes.

Three things differ from run to run and mean nothing: the time of day, the port
numbers that the kernel chose, and which of two processes was scheduled first. Times
are dropped. Chosen ports are renumbered in the order in which they appear. Calls are
put in the order of cause: a call that receives comes after the packet it received,
that packet belongs to the call that sent it.
"""

import ast
import errno
import re
import socket

FIRST_PORT = 50001  # stands for the first port that the kernel chose
OPTION_PREFIX = {
    socket.SOL_SOCKET: ("SOL_SOCKET", "SO_"),
    socket.IPPROTO_IP: ("IPPROTO_IP", "IP_"),
    socket.IPPROTO_IPV6: ("IPPROTO_IPV6", "IPV6_"),
    socket.IPPROTO_TCP: ("IPPROTO_TCP", "TCP_"),
}
# Not in the socket module of Python 3.11, but in <linux/in.h>.
OPTION_NAMES = {
    (socket.IPPROTO_IP, 8): "IP_PKTINFO",
    (socket.IPPROTO_IP, 24): "IP_BIND_ADDRESS_NO_PORT",
    (socket.IPPROTO_IP, 51): "IP_LOCAL_PORT_RANGE",
}


def recording(raw: dict, programs: list[str], decode) -> dict:
    """The canonical form of `lab.runs.stage`'s result.

    programs: the snippet ids, the server first where there are two.
    decode: packet bytes -> fields, `lab.isolation.capture.decode`.
    Returns sockets (name, family, type, lane), lanes, steps and printed lines. A step
    has socket, call, args, result or error, names that changed, packets sent.
    """
    calls, sockets, lanes = join_events(raw["events"], programs)
    packets = [decode(bytes.fromhex(data)) for _, data in raw["packets"] or ()]
    for packet, (moment, _) in zip(packets, raw["packets"] or (), strict=True):
        packet["time"] = moment
    if len(lanes) > 1:
        move_lost_names(calls)
    follow_names(calls, sockets)
    assign_packets(calls, packets)
    calls = in_order_of_cause(calls, packets)
    rename = port_numbers(calls)
    give_labels(calls, sockets)

    def still(value):
        """Replace the ports that the kernel chose, wherever they are printed."""
        if isinstance(value, str):
            return re.sub(
                r"(?<![\w.])\d{4,5}(?![\w.])|(?<=\D\.)\d{4,5}(?!\w)",
                lambda found: str(rename.get(int(found[0]), found[0])),
                value,
            )
        if isinstance(value, list):
            return [still(item) for item in value]
        if isinstance(value, int) and not isinstance(value, bool):
            return rename.get(value, value)
        return value

    def shown_packet(packet: dict) -> dict:
        fields = {key: packet[key] for key in ("protocol", "source", "destination")}
        fields["source"], fields["destination"] = (
            still(fields["source"]),
            still(fields["destination"]),
        )
        rest = ("flags", "kind", "payload")
        return fields | {key: packet[key] for key in rest if key in packet}

    steps = []
    for call in calls:
        step = {"lane": lanes.index(call["lane"])} if len(lanes) > 1 else {}
        step |= {"socket": sockets[call["socket"]]["name"], "call": call["call"]}
        step["args"] = still(arguments(call, sockets))
        if "error" in call:
            code = call.get("errno")
            step["error"] = errno_name(code) if code else call["error"]
        elif "result" in call:
            step["result"] = still(text(call["result"], sockets))
            if call["call"] == "connect_ex" and step["result"] != "0":
                step["result"] = errno_name(int(step["result"]))
        if call["names"]:
            step["names"] = {
                sockets[number]["name"]: [still(name) for name in names]
                for number, names in call["names"].items()
            }
        if call["packets"]:
            step["packets"] = [shown_packet(packet) for packet in call["packets"]]
        steps.append(step)
    shown_sockets = [
        {key: sock[key] for key in ("name", "family", "type", "made_by")}
        | ({"lane": lanes.index(sock["lane"])} if len(lanes) > 1 else {})
        for sock in sockets.values()
        if sock["name"]
    ]
    return {
        "lanes": [lane[1] for lane in lanes],
        "sockets": shown_sockets,
        "steps": steps,
        "printed": [still(lines) for lines in raw["printed"]],
    }


def join_events(events: list[dict], programs: list[str]):
    """Starts with returns, and sockets with the call that made them.

    Returns calls in the order of their return, sockets by number, and lanes: one for
    each thread of each process, as (key, name to show), in order of appearance.
    """
    calls, sockets, started, adopted = [], {}, {}, {}
    lanes, processes = [], []
    for event in events:
        process, _, thread = event["lane"].partition(" ")
        if process not in processes:
            processes.append(process)
        index = processes.index(process)
        shown = programs[index] if index < len(programs) else f"child {index}"
        if thread != "MainThread":
            shown += f", {thread}"
        lane = (event["lane"], shown)
        if lane not in lanes:
            lanes.append(lane)
        if "start" in event:
            started[lane] = event["time"]
        elif "adopted" in event:
            adopted[event["adopted"]] = event
        else:
            event["lane"], event["packets"] = lane, []
            event["start"] = started.pop(lane, event["time"])
            if event["call"] == "socket":
                sockets[event["socket"]] = new_socket(event, lane, "socket")
            for number in made_by(event.get("result")):
                sockets[number] = new_socket(adopted[number], lane, event["call"])
            if event.get("label"):
                sockets[event["socket"]]["label"] = event["label"]
            calls.append(event)
    return calls, sockets, lanes


def new_socket(event: dict, lane: tuple, made_by: str) -> dict:
    """What is known of a socket when it is made."""
    return {
        "family": event["family"],
        "type": event["type"],
        "lane": lane,
        "made_by": made_by,
        "label": None,
        "name": None,
    }


def made_by(result) -> list[str]:
    """The numbers of the sockets inside a result: accept() gives one."""
    if isinstance(result, dict):
        if "socket" in result:
            return [result["socket"]]
        return made_by(result.get("tuple") or result.get("list"))
    if isinstance(result, list):
        return [number for item in result for number in made_by(item)]
    return []


def move_lost_names(calls: list[dict]) -> None:
    """Tell of a connection's end where the program is told of it.

    When the peer in another process closes, the peer name goes at once, and is seen to
    be gone after whichever call comes next. That is luck; the call that returns end of
    file or an error is not.
    """
    connected: set[str] = set()
    lost: dict[str, list] = {}
    for call in calls:
        told = "error" in call or (call.get("result") or {}).get("value") == "b''"
        removes = call["call"] in ("close", "connect", "connect_ex")
        for number, (local, peer) in list(call["names"].items()):
            if peer is not None:
                connected.add(number)
            elif number in connected and local is not None and not (told or removes):
                lost[number] = call["names"].pop(number)
        if told and call["socket"] in lost:
            call["names"].setdefault(call["socket"], lost.pop(call["socket"]))


def follow_names(calls: list[dict], sockets: dict) -> None:
    """Note on each call the names that its socket had after it."""
    current = dict.fromkeys(sockets, (None, None))
    for call in calls:
        before = current[call["socket"]]
        for number, names in call["names"].items():
            current[number] = tuple(names)
        call["before"], call["after"] = before, current[call["socket"]]


def is_end(name, end: list) -> bool:
    """Whether a socket name covers one end, (host, port), of a packet."""
    if not isinstance(name, list) or end[1] is None or name[1] != end[1]:
        return False
    host = name[0].removeprefix("::ffff:")
    return host in (end[0].removeprefix("::ffff:"), "0.0.0.0", "::")


def fit(call: dict, packet: dict, here: str, there: str) -> int:
    """How well a packet fits a call's socket: 2 both ends, 1 the local one, 0 not."""
    best = 0
    for local, peer in (call["before"], call["after"]):
        if is_end(local, packet[here]):
            best = max(best, 2 if is_end(peer, packet[there]) else 1)
    return best


def assign_packets(calls: list[dict], packets: list[dict]) -> None:
    """Give each packet to the call that sent it, a reply to the call it answers."""
    for index, packet in enumerate(packets):
        owner = None if is_reply(packet, calls) else sender(packet, calls)
        owner = owner or answered(packet, packets[:index])
        if owner is None:  # sent by the end of the process: goes with its last call
            owner = max(
                (call for call in calls if call["start"] <= packet["time"]),
                key=lambda call: call["start"],
                default=calls[0],
            )
        packet["owner"] = owner
        owner["packets"].append(packet)


def sender(packet: dict, calls: list[dict]) -> dict | None:
    """The last call, begun before the packet, on the socket the packet came from."""
    fitting = [
        (fit(call, packet, "source", "destination"), call["start"], number)
        for number, call in enumerate(calls)
        if call["start"] <= packet["time"]
        and fit(call, packet, "source", "destination")
    ]
    return calls[max(fitting)[2]] if fitting else None


def is_reply(packet: dict, calls: list[dict]) -> bool:
    """Whether the kernel sent this by itself, in answer to a packet."""
    if packet["protocol"] == "UDP":
        return False
    if packet["protocol"] != "TCP":
        return True
    flags = packet["flags"]
    if "RST" in flags:  # close() sends one too, where data was left unread
        return not any(
            call["start"] <= packet["time"] <= call["time"]
            and (call["before"][1] or call["call"] == "close")
            and fit(call, packet, "source", "destination")
            for call in calls
        )
    bare = packet["payload"] == 0 and "FIN" not in flags
    return bare and "ACK" in flags


def answered(packet: dict, earlier: list[dict]) -> dict | None:
    """The call that owns the last packet which went the other way."""
    for other in reversed(earlier):
        if packet["protocol"] == "TCP":
            match = other["source"] == packet["destination"]
            match = match and other["destination"] == packet["source"]
        else:
            match = other["source"][0] == packet["destination"][0]
        if match:
            return other["owner"]
    return None


def in_order_of_cause(calls: list[dict], packets: list[dict]) -> list[dict]:
    """Sort calls so that each receiver follows its sender; each lane keeps its order.

    The place of a call is that of the first packet it sent, or just behind the packet
    that completed what it received, and never before its lane's earlier calls.
    """
    lanes = list(dict.fromkeys(call["lane"] for call in calls))
    consumed: dict[str, int] = {}
    latest = dict.fromkeys(lanes, -1)
    order = {}
    for index, call in enumerate(calls):
        sent = [packets.index(packet) * 2 for packet in call["packets"]]
        place = sent[0] if sent else awaited(call, packets, consumed)
        latest[call["lane"]] = place = max(latest[call["lane"]], place)
        order[index] = (place, lanes.index(call["lane"]), index)
    return [calls[index] for index in sorted(order, key=order.get)]


def awaited(call: dict, packets: list[dict], consumed: dict[str, int]) -> int:
    """The place just behind the packet that let a waiting call return, or -1."""
    name, result = call["call"], call.get("result")
    if call.get("error") == "KeyboardInterrupt":  # pressed when the client had ended
        return len(packets) * 2
    arriving = [
        (number, packet)
        for number, packet in enumerate(packets)
        if fit(call, packet, "destination", "source")
    ]
    if name == "accept" and result and "tuple" in result["tuple"][1]:  # not Unix
        host, port = ast.literal_eval(text(result["tuple"][1], {}))[:2]
        peer = [host.removeprefix("::ffff:"), port]  # an IPv4 client of an IPv6 socket
        for number, packet in arriving:
            if packet["source"] == peer and packet.get("flags") == ["ACK"]:
                return number * 2 + 1
    elif name.startswith("recv") and result:
        datagrams = packets and any(p["protocol"] == "UDP" for _, p in arriving)
        received = received_bytes(result)
        key = call["socket"]
        consumed[key] = consumed.get(key, 0) + (1 if datagrams else received)
        total = 0
        for number, packet in arriving:
            total += 1 if datagrams else packet["payload"]
            end = not datagrams and received == 0 and "FIN" in packet.get("flags", ())
            if end or ((received or datagrams) and total >= consumed[key]):
                return number * 2 + 1
    return -1


def received_bytes(result: dict) -> int:
    """How much a recv call returned: bytes, a count, or a tuple that begins so."""
    if "tuple" in result:
        result = result["tuple"][0]
    value = ast.literal_eval(result["value"])
    return value if isinstance(value, int) else len(value)


def port_numbers(calls: list[dict]) -> dict[int, int]:
    """{port the kernel chose: number shown}, in the order in which they appear."""
    rename: dict[int, int] = {}
    for call in calls:
        asked = re.findall(r"\d+", text({"tuple": call.get("args", [])}, {}))
        for local, _ in call["names"].values():
            if isinstance(local, list) and local[1] and str(local[1]) not in asked:
                rename.setdefault(local[1], FIRST_PORT + len(rename))
    return rename


def give_labels(calls: list[dict], sockets: dict) -> None:
    """Name each socket after its variable, and tell two of the same name apart."""
    order = dict.fromkeys(call["socket"] for call in calls)
    for call in calls:
        order |= dict.fromkeys(made_by(call.get("result")))
    taken: set[str] = set()
    for number in order:
        wanted = sockets[number]["label"] or "socket"
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} {count}"
        taken.add(name)
        sockets[number]["name"] = name


def text(value: dict, sockets: dict) -> str:
    """A value as the reader would type it; a socket by its name."""
    if "socket" in value:
        return sockets[value["socket"]]["name"] if sockets else "socket"
    for shape, ends in (("tuple", "()"), ("list", "[]")):
        if shape in value:
            items = [text(item, sockets) for item in value[shape]]
            comma = "," if shape == "tuple" and len(items) == 1 else ""
            return ends[0] + ", ".join(items) + comma + ends[1]
    return value["value"]


def arguments(call: dict, sockets: dict) -> str:
    """The arguments of a call, constants by the names that the manual uses."""
    if call["call"] == "socket":
        return f"{call['family']}, {call['type']}"
    values = [text(value, sockets) for value in call.get("args", ())]
    if call["call"] in ("setsockopt", "getsockopt"):
        level, option = int(values[0]), int(values[1])
        level_name, prefix = OPTION_PREFIX.get(level, (values[0], "-"))
        values[0] = level_name
        values[1] = OPTION_NAMES.get((level, option)) or constant(prefix, option)
    elif call["call"] == "shutdown":
        values[0] = constant("SHUT_", int(values[0]))
    return ", ".join(values)


def errno_name(code: int) -> str:
    """The name of an errno, the one of the man pages where Linux has two.

    >>> errno_name(errno.EOPNOTSUPP), errno_name(errno.EAGAIN)
    ('EOPNOTSUPP', 'EAGAIN')
    """
    return "EOPNOTSUPP" if code == errno.EOPNOTSUPP else errno.errorcode[code]


def constant(prefix: str, value: int) -> str:
    """The socket module's name for a value; options of other families are left out.

    >>> constant("SHUT_", 1), constant("SO_", socket.SO_REUSEADDR)
    ('SHUT_WR', 'SO_REUSEADDR')
    """
    others = ("SO_J1939_", "SO_VM_")
    names = [
        n for n in dir(socket) if n.startswith(prefix) and not n.startswith(others)
    ]
    return next((n for n in names if getattr(socket, n) == value), str(value))
