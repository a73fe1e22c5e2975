"""listen() fails on a UDP socket: datagrams have no connections."""

import errno
import socket


def listen_on_udp():
    """Return the errno of listen() on a bound UDP socket.

    Linux has two names for this number. Python prints ENOTSUP.

    >>> listen_on_udp() == errno.EOPNOTSUPP == errno.ENOTSUP
    True
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        try:
            receiver.listen()
        except OSError as error:
            return error.errno


def main():
    refused = listen_on_udp() == errno.EOPNOTSUPP
    print("listen() failed with EOPNOTSUPP:", refused)


if __name__ == "__main__":
    main()
