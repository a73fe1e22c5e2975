"""A connected TCP socket cannot connect() again, not even elsewhere."""

import errno
import socket


def connect_twice():
    """Return the error of the second connect(), and if the peer stays.

    >>> connect_twice()
    ('EISCONN', True)
    """
    with (
        socket.socket() as listener,
        socket.socket() as other,
        socket.socket() as client,
    ):
        for server in (listener, other):
            server.bind(("127.0.0.1", 0))
            server.listen()
        # No settimeout(): it makes the socket non-blocking, and there
        # the kernel lets one more connect() succeed and do nothing.
        client.connect(listener.getsockname())
        try:
            client.connect(other.getsockname())
        except OSError as error:
            failure = errno.errorcode[error.errno]
        else:
            failure = None
        return failure, client.getpeername() == listener.getsockname()


def main():
    failure, same_peer = connect_twice()
    print("the second connect() fails with", failure)
    print("the client keeps its first peer:", same_peer)


if __name__ == "__main__":
    main()
