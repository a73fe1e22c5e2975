"""connect() names both ends of a UDP socket and sends no packet."""

import errno
import socket


def unused_address():
    """Return an address that nobody receives on."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        return closed.getsockname()


def both_names(client):
    """Return the local address, and the peer address or an errno."""
    try:
        return client.getsockname(), client.getpeername()
    except OSError as error:
        return client.getsockname(), errno.errorcode[error.errno]


def names_around_connect(address):
    """Return the two names of a new socket before and after connect().

    >>> nobody = unused_address()
    >>> before, after = names_around_connect(nobody)
    >>> before
    (('0.0.0.0', 0), 'ENOTCONN')
    >>> after[0][0], after[1] == nobody
    ('127.0.0.1', True)
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        before = both_names(client)
        client.connect(address)
        return before, both_names(client)


def main():
    before, after = names_around_connect(unused_address())
    print("local and peer before:", *before)
    print("local and peer after: ", *after)
    print("connect() succeeded, though nobody receives there")


if __name__ == "__main__":
    main()
