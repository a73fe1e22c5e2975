"""Two TCP sockets listen on one port with SO_REUSEPORT only."""

import errno
import socket


def listen_twice(option):
    """Return how the second listen() ends when both have the option.

    >>> listen_twice(socket.SO_REUSEADDR)
    'EADDRINUSE'
    >>> listen_twice(socket.SO_REUSEPORT)
    'listening'
    """
    with socket.socket() as first, socket.socket() as second:
        first.setsockopt(socket.SOL_SOCKET, option, 1)
        second.setsockopt(socket.SOL_SOCKET, option, 1)
        first.bind(("127.0.0.1", 0))
        second.bind(first.getsockname())  # works with either option
        first.listen()
        try:
            second.listen()
        except OSError as error:
            return errno.errorcode[error.errno]
        return "listening"


def main():
    print("with SO_REUSEADDR:", listen_twice(socket.SO_REUSEADDR))
    print("with SO_REUSEPORT:", listen_twice(socket.SO_REUSEPORT))


if __name__ == "__main__":
    main()
