"""Two sockets cannot bind the same address and port."""

import errno
import socket


def bind_a_taken_port():
    """Return the error of bind() to an address in use.

    >>> bind_a_taken_port()
    'EADDRINUSE'
    """
    with socket.socket() as owner, socket.socket() as latecomer:
        owner.bind(("127.0.0.1", 0))
        try:
            latecomer.bind(owner.getsockname())
        except OSError as error:
            return errno.errorcode[error.errno]
        return None


def main():
    print("bind() to a taken port fails with", bind_a_taken_port())


if __name__ == "__main__":
    main()
