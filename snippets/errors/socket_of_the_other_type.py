"""A stream socket finds a datagram socket at the path."""

import contextlib
import errno
import socket
import tempfile


def connect_to_the_other_type():
    """Return what a stream socket gets from a datagram socket.

    >>> connect_to_the_other_type()
    'EPROTOTYPE'
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as client,
    ):
        server.bind("server")
        try:
            client.connect(server.getsockname())
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print(
        "connect() to a socket of the other type fails with",
        connect_to_the_other_type(),
    )


if __name__ == "__main__":
    main()
