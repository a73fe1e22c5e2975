"""connect() on a new TCP socket sets its local and its peer name."""

import socket


def names_after_connect():
    """Return the local name before connect(), then both after it.

    >>> before, local, peer = names_after_connect()
    >>> before, local[0], peer[0]
    (('0.0.0.0', 0), '127.0.0.1', '127.0.0.1')
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.settimeout(5)
        before = client.getsockname()
        client.connect(listener.getsockname())
        return before, client.getsockname(), client.getpeername()


def main():
    before, local, peer = names_after_connect()
    print("local name before connect():", before)
    print("local name after connect(): ", local)
    print("peer name after connect():  ", peer)


if __name__ == "__main__":
    main()
