"""bind() after connect() is too late: the local name is taken."""

import errno
import socket


def bind_after_connect():
    """Return the error of bind() on a connected socket.

    >>> bind_after_connect()
    'EINVAL'
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.settimeout(5)
        client.connect(listener.getsockname())
        try:
            client.bind(("127.0.0.9", 0))
        except OSError as error:
            return errno.errorcode[error.errno]
        return None


def main():
    print("bind() after connect() fails with", bind_after_connect())


if __name__ == "__main__":
    main()
