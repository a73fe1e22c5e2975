"""An ordinary user may not bind a port below 1024."""

# Needs: an ordinary user

import errno
import socket


def bind_to(port):
    """Return "success", or the name of the error."""
    with socket.socket() as sock:
        try:
            sock.bind(("127.0.0.1", port))
        except OSError as error:
            return errno.errorcode[error.errno]
        return "success"


def main():
    for port in (80, 1023, 1024):
        print(f"bind() to port {port}: {bind_to(port)}")


if __name__ == "__main__":
    main()
