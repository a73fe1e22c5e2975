"""A stream without a peer has nobody to send to."""

import errno
import socket


def send_before_connect():
    """Return the error of send() on a new TCP socket.

    >>> send_before_connect()
    'EPIPE'
    """
    with socket.socket() as sock:
        try:
            sock.send(b"hello")
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print("send() before connect() fails with", send_before_connect())


if __name__ == "__main__":
    main()
