"""Without a route to the address, connect() fails at once."""

# Needs: no route to 203.0.113.1

import errno
import socket

FAR = ("203.0.113.1", 9)  # a documentation address, RFC 5737


def connect_to(address, kind):
    """Return the name of the error that connect() gives."""
    with socket.socket(type=kind) as sock:
        try:
            sock.connect(address)
        except OSError as error:
            return errno.errorcode[error.errno]
        return "success"


def main():
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        print(f"connect() on {kind.name}: {connect_to(FAR, kind)}")


if __name__ == "__main__":
    main()
