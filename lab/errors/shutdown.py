"""Ways to an error of shutdown()."""

import socket

from lab.errors.kit import IP, Kit
from lab.errors.registry import cure, provokes


@provokes(ENOTCONN=IP, see="shutdown(2)")
@cure("Connect first.")
def shutdown_without_peer(kit: Kit) -> None:
    """The socket has no peer."""
    sock, connected = kit.bound(), kit.pair()[0]
    with kit.fails():
        sock.shutdown(socket.SHUT_WR)
    connected.shutdown(socket.SHUT_WR)
