"""A socket can be bound once; a second bind() fails."""

import errno
import socket


def bind_twice():
    """Return the error of a second bind() on the same socket.

    >>> bind_twice()
    'EINVAL'
    """
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        try:
            sock.bind(("127.0.0.1", 0))
        except OSError as error:
            return errno.errorcode[error.errno]
        return None


def main():
    print("the second bind() fails with", bind_twice())


if __name__ == "__main__":
    main()
