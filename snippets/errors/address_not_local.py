"""bind() takes only addresses that this machine has."""

import errno
import socket

DOCUMENTATION_ADDRESS = "192.0.2.1"  # RFC 5737: no machine has it


def bind_to(host):
    """Return "success", or the name of the error.

    >>> bind_to("127.0.0.1"), bind_to("192.0.2.1")
    ('success', 'EADDRNOTAVAIL')
    """
    with socket.socket() as sock:
        try:
            sock.bind((host, 0))
        except OSError as error:
            return errno.errorcode[error.errno]
        return "success"


def main():
    for host in ("127.0.0.1", "0.0.0.0", DOCUMENTATION_ADDRESS):
        print(f"bind() to {host}: {bind_to(host)}")


if __name__ == "__main__":
    main()
