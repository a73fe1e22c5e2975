"""Measures who may share a port with whom: every ordered pair of sockets, tried.

Each pair gets a port that no pair before it had, in a private network where nobody
else has one. Nothing waits for a clock: a socket is in TIME_WAIT when it has received
the other end's FIN, and recv() says when that is.
"""

import errno
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date

from evidence import store, systems
from evidence.sharing import (
    IN_USE,
    INVALID,
    LISTEN_IN_USE,
    MARKS,
    OPTIONS,
    PLACES,
    SHARED,
    Pair,
    Side,
    as_table,
    pairs,
    section,
)
from lab.isolation import namespace

PROCESSES = 2
FIRST_PORT = 2000
PEER_PORT = FIRST_PORT - 1
FAILURES = {
    ("bind", "EADDRINUSE"): IN_USE,
    ("bind", "EINVAL"): INVALID,
    ("listen", "EADDRINUSE"): LISTEN_IN_USE,
}
RESET = b"\1\0\0\0\0\0\0\0"  # struct linger: on, 0 s, so that close() leaves no trace


class Surprise(Exception):
    """A pair that ended in a way for which the evidence has no mark."""


def new_socket(side: Side) -> socket.socket:
    """The socket of one side, with its options, not bound yet."""
    family = socket.AF_INET6 if ":" in side.host else socket.AF_INET
    kind = socket.SOCK_STREAM if side.protocol == "TCP" else socket.SOCK_DGRAM
    sock = socket.socket(family, kind)
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, side.v6only)
    for option in side.options:
        sock.setsockopt(socket.SOL_SOCKET, getattr(socket, option), 1)
    return sock


@contextmanager
def first_socket(side: Side, state: str, port: int) -> Iterator[None]:
    """Holds a port in one of STATES; TIME_WAIT stays behind for a minute."""
    with ExitStack() as stack:
        sock = stack.enter_context(new_socket(side))
        sock.bind((side.host, port))
        if state == "listening":
            sock.listen()
        elif state != "bound" and side.protocol == "UDP":
            sock.connect((peer_host(side), PEER_PORT))
        elif state != "bound":
            peer = stack.enter_context(connect(sock, peer_host(side)))
            if state == "TIME_WAIT":
                sock.shutdown(socket.SHUT_WR)
                peer.recv(1)
                peer.close()
                sock.recv(1)  # returns once the FIN is here: TIME_WAIT has begun
                sock.close()
            else:
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        yield


def peer_host(side: Side) -> str:
    """The loopback address that a bound socket connects to; see CONNECTED."""
    if ":" not in side.host:
        return "127.0.0.1"
    return "::ffff:127.0.0.1" if side.host.startswith("::ffff:") else "::1"


def connect(sock: socket.socket, host: str) -> socket.socket:
    """Connect a TCP socket to a listener that lives for it only; returns the peer."""
    with socket.socket(sock.family) as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, PEER_PORT))
        listener.listen()
        sock.connect((host, PEER_PORT))
        return listener.accept()[0]


def attempt(call, *arguments) -> str | None:
    """The name of the errno with which a call fails, or None."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return None


def try_pair(pair: Pair, port: int) -> str:
    """Bind the second socket beside the first one; returns one of MARKS.

    Raises Surprise for any other outcome, OSError if the first socket fails.
    """
    first, state, second = pair
    with first_socket(first, state, port), new_socket(second) as sock:
        call, failed = "bind", attempt(sock.bind, (second.host, port))
        if failed is None and second.protocol == "TCP":
            call, failed = "listen", attempt(sock.listen)
    if failed is None:
        return SHARED
    try:
        return FAILURES[call, failed]
    except KeyError:
        raise Surprise(f"{call}() fails with {failed}: {pair}") from None


def try_chain(sides: list[Side], port: int) -> str:
    """Bind several sockets to one port, all kept open; returns a mark for each."""
    marks = ""
    with ExitStack() as stack:
        for side in sides:
            sock = stack.enter_context(new_socket(side))
            failed = attempt(sock.bind, (side.host, port))
            marks += SHARED if failed is None else FAILURES["bind", failed]
    return marks


def try_chains(chains: list[list[Side]]) -> list[str]:
    """try_chain() of each, on ports of their own."""
    return [try_chain(sides, FIRST_PORT + n) for n, sides in enumerate(chains)]


def try_share(share: int) -> dict[Pair, str]:
    """Every PROCESSES-th section, in this process's network."""
    sections = list(dict.fromkeys(map(section, pairs())))
    mine = set(sections[share::PROCESSES])
    todo = [pair for pair in pairs() if section(pair) in mine]
    return {pair: try_pair(pair, FIRST_PORT + n) for n, pair in enumerate(todo)}


def measure() -> dict[Pair, str]:
    """Every pair there is, tried: {pair: mark}, in the order of pairs().

    Raises Missing where the machine has no private network.
    """
    found: dict[Pair, str] = {}
    for share in namespace.run_each(try_share, range(PROCESSES)):
        found |= share
    return {pair: found[pair] for pair in pairs()}


def write() -> str:
    """Measure and write evidence/sharing.json; returns a line on what was done."""
    marks = measure()
    path = store.measured() / "sharing.json"
    found = {"pairs": len(marks), "places": PLACES, "options": OPTIONS, "marks": MARKS}
    found |= as_table(marks)
    old = store.load_dict(path.name) if path.exists() else {}
    if all(old.get(key) == value for key, value in found.items()):
        return f"{len(marks)} pairs: unchanged"
    noted = {"platform": systems.note(), "date": date.today().isoformat()}
    store.save(path, noted | found)
    return f"{len(marks)} pairs: written"
