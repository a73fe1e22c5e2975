"""send() on a UDP socket without a peer fails, yet it binds a port."""

import errno
import socket


def send_without_a_peer():
    """Return the errno name, and the local address after the call.

    >>> name, (host, port) = send_without_a_peer()
    >>> name, host, port > 0
    ('EDESTADDRREQ', '0.0.0.0', True)
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        try:
            sender.send(b"hello")
        except OSError as error:
            return errno.errorcode[error.errno], sender.getsockname()


def main():
    name, address = send_without_a_peer()
    print("send() failed with", name)
    print("local address after it:", address)


if __name__ == "__main__":
    main()
