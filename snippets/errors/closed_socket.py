"""A closed socket has no descriptor: every call on it fails."""

import errno
import socket


def bind_after_close():
    """Return the error of a bind() on a closed socket.

    >>> bind_after_close()
    'EBADF'
    """
    sock = socket.socket()
    sock.close()
    try:
        sock.bind(("127.0.0.1", 0))
    except OSError as error:
        return errno.errorcode[error.errno]


def main():
    print("bind() after close() fails with", bind_after_close())


if __name__ == "__main__":
    main()
