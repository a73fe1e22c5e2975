"""In which order calls and packets stand: that of cause, not of luck.

Of two processes either may be scheduled first, and then the clock says nothing. A call
that receives stands after the packet that it received, and that packet stands with the
call that sent it.
"""

import ast

from lab.runs.events import Call, Sent, Value
from lab.runs.names import plain, receives
from lab.runs.values import text

NOTHING = -1  # the place of a call that neither sent a packet nor waited for one


def by_cause(calls: list[Call], packets: list[Sent]) -> list[Call]:
    """Sort calls so that each receiver follows its sender; each lane keeps its order.

    The place of a call is that of the first packet it sent, or just behind the packet
    that completed what it received, and never before its lane's earlier calls.
    """
    lanes = list(dict.fromkeys(call.lane for call in calls))
    latest = dict.fromkeys(lanes, NOTHING)
    taken: dict[str, int] = {}
    places: list[tuple[int, int, int]] = []
    for index, call in enumerate(calls):
        if call.packets:
            place = packets.index(call.packets[0]) * 2
        else:
            place = awaited(call, packets, taken)
        latest[call.lane] = place = max(latest[call.lane], place)
        places.append((place, lanes.index(call.lane), index))
    return [calls[index] for _, _, index in sorted(places)]


def awaited(call: Call, packets: list[Sent], taken: dict[str, int]) -> int:
    """The place just behind the packet that let a waiting call return, or NOTHING.

    taken: how much each socket has received so far; what this call received is added.
    """
    if call.returned.error == "KeyboardInterrupt":  # pressed when the client had ended
        return len(packets) * 2
    result = call.returned.result
    if result is None:
        return NOTHING
    arriving = [
        (number, sent)
        for number, sent in enumerate(packets)
        if receives(call, sent.packet)
    ]
    last = None
    if call.call == "accept" and result.items[1].brackets:  # not Unix
        last = end_of_handshake(result.items[1], arriving)
    elif call.call.startswith("recv"):
        last = last_received(call.socket, size(result), arriving, taken)
    return NOTHING if last is None else last * 2 + 1


def end_of_handshake(peer: Value, arriving: list[tuple[int, Sent]]) -> int | None:
    """The number of the ACK of the connection that accept() returned with its peer."""
    host, port = ast.literal_eval(text(peer, {}))[:2]
    for number, sent in arriving:
        packet = sent.packet
        if packet.source == (plain(host), port) and packet.flags == ["ACK"]:
            return number
    return None


def last_received(
    socket: str, received: int, arriving: list[tuple[int, Sent]], taken: dict[str, int]
) -> int | None:
    """The number of the packet with the last byte, or the datagram, that was received.

    received: how many bytes; taken: see awaited(). On UDP datagrams are counted.
    """
    datagrams = any(sent.packet.protocol == "UDP" for _, sent in arriving)
    taken[socket] = taken.get(socket, 0) + (1 if datagrams else received)
    arrived = 0
    for number, sent in arriving:
        arrived += 1 if datagrams else sent.packet.payload
        if datagrams or received:
            complete = arrived >= taken[socket]
        else:
            complete = "FIN" in (sent.packet.flags or ())
        if complete:
            return number
    return None


def size(result: Value) -> int:
    """How much a recv call returned: bytes, a count, or a tuple that begins so.

    >>> size(Value(text="b'hello'")), size(Value(text="5"))
    (5, 5)
    """
    if result.brackets:
        result = result.items[0]
    value = ast.literal_eval(result.text)
    return value if isinstance(value, int) else len(value)
