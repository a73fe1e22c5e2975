"""connect() names both ends of a UDP socket and sends no packet."""

import errno
import socket


def both_names(client):
    """Return the local address, and the peer address or an errno."""
    try:
        return client.getsockname(), client.getpeername()
    except OSError as error:
        return client.getsockname(), errno.errorcode[error.errno]


def names_around_connect():
    """Return both names before and after, and what the peer received.

    >>> before, after, received = names_around_connect()
    >>> before
    (('0.0.0.0', 0), 'ENOTCONN')
    >>> after[0][0], after[1][0], received
    ('127.0.0.1', '127.0.0.1', 'EAGAIN')
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        receiver.bind(("127.0.0.1", 0))
        before = both_names(client)
        client.connect(receiver.getsockname())
        after = both_names(client)
        receiver.setblocking(False)
        try:
            return before, after, receiver.recv(1024)
        except BlockingIOError as error:
            return before, after, errno.errorcode[error.errno]


def main():
    before, after, received = names_around_connect()
    print("local and peer before connect():", *before)
    print("local and peer after connect(): ", *after)
    print("the receiver found nothing to read:", received)


if __name__ == "__main__":
    main()
