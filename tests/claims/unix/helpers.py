"""What the proofs about Unix sockets use: sockets with a name or without."""

import socket

from tests.claims.helpers import unix

KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


def stream(name: str | None = None) -> socket.socket:
    """A Unix stream socket, listening if a name is given."""
    sock = unix(socket.SOCK_STREAM, name)
    if name is not None:
        sock.listen()
    return sock


def datagram(name: str | None = None) -> socket.socket:
    """A Unix datagram socket, bound if a name is given."""
    return unix(socket.SOCK_DGRAM, name)
