"""A connected Unix datagram socket hears its peer, and nobody else."""

import contextlib
import errno
import socket
import tempfile


def send_to_a_connected_socket():
    """Return the error of a datagram from a third socket.

    >>> send_to_a_connected_socket()
    'EPERM'
    """
    kind = socket.AF_UNIX, socket.SOCK_DGRAM
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        socket.socket(*kind) as receiver,
        socket.socket(*kind) as peer,
        socket.socket(*kind) as stranger,
    ):
        receiver.bind("receiver")
        peer.bind("peer")
        receiver.connect(peer.getsockname())
        try:
            stranger.sendto(b"hello", receiver.getsockname())
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print("a stranger's sendto():", send_to_a_connected_socket())


if __name__ == "__main__":
    main()
