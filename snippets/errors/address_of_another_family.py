"""An IPv4 socket takes no IPv6 address, whatever its object says."""

import errno
import socket


def connect_to_the_other_family():
    """Return the error of an IPv4 socket in an object for IPv6.

    >>> connect_to_the_other_family()
    'EAFNOSUPPORT'
    """
    ipv4 = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    with socket.socket(
        socket.AF_INET6, socket.SOCK_STREAM, fileno=ipv4.detach()
    ) as sock:
        try:
            sock.connect(("::1", 8080))
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print("connect() fails with", connect_to_the_other_family())


if __name__ == "__main__":
    main()
