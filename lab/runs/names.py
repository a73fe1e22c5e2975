"""The names that a socket had before and after each call."""

from evidence.runs import Name, Names, Packet
from lab.runs.events import Call, Run

End = tuple[str, int | None]  # of a packet: address and port
ENDS_A_NAME = ("close", "connect", "connect_ex")  # calls that take a peer name away
MAPPED = "::ffff:"  # an IPv4 address as an IPv6 socket shows it, RFC 4291


def follow(run: Run) -> None:
    """Note on each call the names that its socket had before and after it."""
    current: dict[str, Names] = dict.fromkeys(run.sockets, (None, None))
    for call in run.calls:
        call.before = current[call.socket]
        current |= call.names
        call.after = current[call.socket]


def tell_losses_late(calls: list[Call]) -> None:
    """Tell of a connection's end where the program is told of it.

    When the peer in another process closes, the peer name goes at once, and is seen to
    be gone after whichever call comes next. That is luck; the call that returns end of
    file or an error is not.
    """
    connected: set[str] = set()
    lost: dict[str, Names] = {}
    for call in calls:
        told = is_told(call)
        for number, (local, peer) in list(call.names.items()):
            if peer is not None:
                connected.add(number)
            elif told or call.call in ENDS_A_NAME:
                continue
            elif number in connected and local is not None:
                lost[number] = call.names.pop(number)
        if told and call.socket in lost:
            call.names.setdefault(call.socket, lost.pop(call.socket))


def is_told(call: Call) -> bool:
    """Whether a call tells its program that the connection has ended."""
    returned = call.returned
    empty = returned.result is not None and returned.result.text == "b''"
    return returned.error is not None or empty


def plain(address: str) -> str:
    """An address as its packets have it.

    >>> plain("::ffff:127.0.0.1"), plain("::1")
    ('127.0.0.1', '::1')
    """
    return address.removeprefix(MAPPED)


def covers(name: Name, end: End) -> bool:
    """Whether a socket's name covers one end of a packet.

    >>> covers(["0.0.0.0", 80], ("127.0.0.1", 80)), covers(None, ("127.0.0.1", 80))
    (True, False)
    """
    if not isinstance(name, list) or end[1] is None or name[1] != end[1]:
        return False
    host = plain(str(name[0]))
    return host in (plain(end[0]), "0.0.0.0", "::")


def fit(call: Call, here: End, there: End) -> int:
    """How well two ends of a packet fit a call's socket.

    2: both names do; 1: the local one does; 0: not.
    """
    best = 0
    for local, peer in (call.before, call.after):
        if covers(local, here):
            best = max(best, 2 if covers(peer, there) else 1)
    return best


def sends(call: Call, packet: Packet) -> int:
    """How well a packet fits a call's socket as its sender: see fit()."""
    return fit(call, packet.source, packet.destination)


def receives(call: Call, packet: Packet) -> int:
    """How well a packet fits a call's socket as its receiver: see fit()."""
    return fit(call, packet.destination, packet.source)
