"""connect() can change the peer of a UDP socket, or remove it."""

import ctypes
import errno
import socket
import struct


def remove_peer(sock):
    """Call connect(2) with AF_UNSPEC, which Python cannot say."""
    libc = ctypes.CDLL(None, use_errno=True)
    address = struct.pack("H14x", socket.AF_UNSPEC)
    if libc.connect(sock.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "peer not removed")


def both_names(client):
    """Return the local address, and the peer address or an errno."""
    try:
        return client.getsockname(), client.getpeername()
    except OSError as error:
        return client.getsockname(), errno.errorcode[error.errno]


def names_with_each_peer():
    """Return both names: with a peer, with another, with none.

    >>> names_with_each_peer()[-1]
    (('0.0.0.0', 0), 'ENOTCONN')
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as first,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as second,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        names = []
        for peer in (first, second):
            peer.bind(("127.0.0.1", 0))
            client.connect(peer.getsockname())
            names.append(both_names(client))
        remove_peer(client)
        return [*names, both_names(client)]


def main():
    for local, peer in names_with_each_peer():
        print("local", local, "peer", peer)


if __name__ == "__main__":
    main()
