"""A link-local address needs an interface, and this number is none."""

import errno
import socket


def bind_to_a_missing_interface():
    """Return the error of bind() to fe80::1 on interface 9999.

    >>> bind_to_a_missing_interface()
    'ENODEV'
    """
    with socket.socket(socket.AF_INET6, socket.SOCK_STREAM) as sock:
        try:
            sock.bind(("fe80::1", 0, 0, 9999))
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print(
        "bind() on an interface that is not there fails with",
        bind_to_a_missing_interface(),
    )


if __name__ == "__main__":
    main()
