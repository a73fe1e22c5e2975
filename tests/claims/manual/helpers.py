"""What the proofs about the manual pages use: sockets and raw addresses."""

import socket

from tests.claims.helpers import code

BROADCAST = (socket.SOL_SOCKET, socket.SO_BROADCAST, 1)


def inet(kind: int, *address) -> socket.socket:
    """An IPv4 socket, bound if an address is given; 5 s for what blocks."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.settimeout(5)
    if address:
        sock.bind(address)
    return sock


def peek(sock: socket.socket) -> int | None:
    """The errno of a recv() that would not wait."""
    sock.setblocking(False)
    return code(sock.recv, 1024)
