"""What the proofs about errors use: sockets that stay open to the end of a proof."""

import socket

from tests.claims.helpers import TCP

IPV4, IPV6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
LOOPBACK = {IPV4: "127.0.0.1", IPV6: "::1"}
BOTH = (IPV4, IPV6)
held: list[socket.socket] = []  # open to the end of a proof


def opened(kind: int = TCP, family: int = IPV4) -> socket.socket:
    """A socket that stays open; 5 s for what blocks."""
    held.append(socket.socket(family, kind))
    held[-1].settimeout(5)
    return held[-1]


def plain(kind: int = TCP, family: int = IPV4) -> socket.socket:
    """A socket that blocks, as the kernel makes it."""
    sock = opened(kind, family)
    sock.setblocking(True)
    return sock


def opened_listener(family: int = IPV4, backlog: int = 5) -> socket.socket:
    """A listening socket on a port that the kernel chose."""
    listener = opened(TCP, family)
    listener.bind((LOOPBACK[family], 0))
    listener.listen(backlog)
    return listener


def impatient(family: int = IPV4) -> socket.socket:
    """A blocking TCP socket that gives up after a second without an answer."""
    sock = plain(TCP, family)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
    return sock
