"""Measures who may share a port with whom: every ordered pair of sockets, tried.

Each pair gets a port that no pair before it had, in a private network where nobody
else has one. Nothing waits for a clock: a socket is in TIME_WAIT when it has received
the other end's FIN, and recv() says when that is.
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from evidence import calls, sharing, store, systems
from evidence.sharing import (
    IN_USE,
    INVALID,
    LISTEN_IN_USE,
    MARKS,
    OPTIONS,
    PLACES,
    SHARED,
    Pair,
    Sharing,
    Side,
    pairs,
    section,
)
from lab.isolation import child, namespace

FIRST_PORT = 2000
PEER_PORT = FIRST_PORT - 1
FAILURES = {
    ("bind", "EADDRINUSE"): IN_USE,
    ("bind", "EINVAL"): INVALID,
    ("listen", "EADDRINUSE"): LISTEN_IN_USE,
}
# struct linger, socket(7): on, 0 s, so that close() leaves no trace.
RESET = b"\1\0\0\0\0\0\0\0"


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


def attempt(call: Callable[..., object], *arguments: Any) -> str | None:
    """The name of the errno with which a call fails, or None."""
    try:
        call(*arguments)
    except OSError as error:
        if error.errno is None:  # no answer of the kernel
            raise
        return calls.errno_name(error.errno)
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
    """Bind several sockets to one port, all kept open; returns a mark for each.

    Raises Surprise for an outcome that has no mark.
    """
    marks = ""
    with ExitStack() as stack:
        for side in sides:
            sock = stack.enter_context(new_socket(side))
            failed = attempt(sock.bind, (side.host, port))
            if failed is None:
                marks += SHARED
            elif mark := FAILURES.get(("bind", failed)):
                marks += mark
            else:
                raise Surprise(f"bind() fails with {failed}: {side}")
    return marks


def try_chains(chains: list[list[Side]]) -> list[str]:
    """try_chain() of each, on ports of their own."""
    return [try_chain(sides, FIRST_PORT + n) for n, sides in enumerate(chains)]


def sections() -> list[str]:
    """The sections of the evidence, in order: as many jobs."""
    return list(dict.fromkeys(name for name, _ in sharing.row_names()))


def try_section(name: str) -> dict[Pair, str]:
    """The marks of one section's pairs, tried in this process's network.

    A pair has the same port wherever it is tried, so several sections may follow one
    another in one network. Raises Surprise.
    """
    ports = enumerate(pairs(), FIRST_PORT)
    return {pair: try_pair(pair, port) for port, pair in ports if section(pair) == name}


def measure() -> dict[Pair, str]:
    """Every pair there is, tried: {pair: mark}, in the order of pairs(). About 10 s.

    Raises Missing where the machine has no private network or no IPv6, Surprise for
    an outcome that has no mark.
    """
    for need in ("private_net", "ipv6"):
        if reason := namespace.abilities()[need]:
            raise namespace.Missing(need, reason)
    found: dict[Pair, str] = {}
    for marks in child.run_each(try_section, sections()):
        found |= marks
    return {pair: found[pair] for pair in pairs()}


def measure_and_write(everything: bool) -> str:
    """Measure and write evidence/measured/sharing.json; returns what was done.

    Unless everything is asked for, that is done only where the file is missing, damaged
    or stale. A result that is the old one keeps its platform and day. Raises Missing,
    Surprise, EvidenceError; nothing is written then.
    """
    path = store.measured(sharing.FILE)
    old = store.kept(path, Sharing)
    if old and not everything and not sharing.stale(old):
        return f"{old.pairs} pairs: still those of the code as it is"
    marks = measure()
    new = Sharing(
        platform=systems.here(),
        date="",
        sources=sharing.made_from(),
        pairs=len(marks),
        places=PLACES,
        options=OPTIONS,
        marks=MARKS,
        rows=sharing.as_rows(marks),
    )
    found = store.dated(new, old)
    if found.platform == systems.here():
        systems.note()
    store.save(path, found)
    unchanged = old is not None and store.same(new, old)
    return f"{len(marks)} pairs: {'unchanged' if unchanged else 'written'}"
