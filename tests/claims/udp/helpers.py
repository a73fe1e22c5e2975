"""What the proofs about UDP use: what is left to read, and packets in short."""

import errno
import socket

from tests.claims.helpers import code

NOBODY = ("127.0.0.1", 9)  # no kernel chooses this port, and nobody receives there


def nothing_left(sock: socket.socket) -> bool:
    """Whether `recv()` has neither a datagram nor an error to return."""
    sock.setblocking(False)
    return code(sock.recv, 1024) == errno.EAGAIN


def in_short(packets: list[dict]) -> list[tuple]:
    """Packets as (protocol, source, destination, payload)."""
    keys = ("source", "destination")
    return [
        (p["protocol"], *(tuple(p[key]) for key in keys), p["payload"]) for p in packets
    ]
