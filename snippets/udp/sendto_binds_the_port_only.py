"""The first sendto() gives a UDP socket a port, but no address."""

import socket


def addresses_around_sendto():
    """Return the local address before and after, and the one seen.

    >>> before, after, seen = addresses_around_sendto()
    >>> before, after[0], seen[0]
    (('0.0.0.0', 0), '0.0.0.0', '127.0.0.1')
    >>> after[1] == seen[1]
    True
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.settimeout(5)
        receiver.bind(("127.0.0.1", 0))
        before = sender.getsockname()
        sender.sendto(b"hello", receiver.getsockname())
        after = sender.getsockname()
        _, seen = receiver.recvfrom(1024)
        return before, after, seen


def main():
    before, after, seen = addresses_around_sendto()
    print("local address before sendto():", before)
    print("local address after sendto(): ", after)
    print("source that the receiver saw: ", seen)


if __name__ == "__main__":
    main()
