"""A bound TCP socket refuses connections until it listens."""

import errno
import socket


def connect_before_and_after_listen():
    """Return how connect() ends before listen(), then after it.

    >>> connect_before_and_after_listen()
    ('ECONNREFUSED', 'connected')
    """
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        before = try_to_connect(server.getsockname())
        server.listen()
        after = try_to_connect(server.getsockname())
        return before, after


def try_to_connect(address):
    """Return 'connected' or the name of the error."""
    with socket.socket() as client:
        client.settimeout(5)
        try:
            client.connect(address)
        except OSError as error:
            return errno.errorcode[error.errno]
        return "connected"


def main():
    before, after = connect_before_and_after_listen()
    print("after bind(), connect() ends with:  ", before)
    print("after listen(), connect() ends with:", after)


if __name__ == "__main__":
    main()
