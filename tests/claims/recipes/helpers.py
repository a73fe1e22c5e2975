"""What the proofs about the recipes use: listening sockets, full and closed."""

import socket

from tests.claims.helpers import HOST


def closed() -> socket.socket:
    """A socket that is bound and does not listen."""
    sock = socket.socket()
    sock.bind((HOST, 0))
    return sock
