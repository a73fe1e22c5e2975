"""A UDP datagram over IPv4 carries up to 65,507 bytes."""

import errno
import socket


def send_bytes(count):
    """Return how many bytes were sent, or the name of the error.

    >>> send_bytes(65507), send_bytes(65508)
    (65507, 'EMSGSIZE')
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        try:
            return sender.sendto(bytes(count), receiver.getsockname())
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print("65,508 bytes in one datagram:", send_bytes(65508))


if __name__ == "__main__":
    main()
