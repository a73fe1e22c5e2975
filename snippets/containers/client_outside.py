"""A client outside a container tries the sockets of a server inside."""

# Needs: server_inside.py running in a container; give its two ports

import errno
import socket
import sys

CONTAINER = "192.0.2.2"  # its address, as it is seen from outside


def attempt(host, port):
    """Return both names after connect(), or the name of its error."""
    with socket.socket() as client:
        client.settimeout(5)
        try:
            client.connect((host, port))
        except OSError as error:
            return errno.errorcode[error.errno]
        names = client.getsockname(), client.getpeername()
        client.recv(1)  # end of file: the server has closed
        return names


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: client_outside.py PORT PORT (of the server)")
    private, public = int(sys.argv[1]), int(sys.argv[2])
    print("bound to 127.0.0.1:", attempt(CONTAINER, private))
    print("127.0.0.1 out here:", attempt("127.0.0.1", private))
    print("bound to 0.0.0.0:  ", attempt(CONTAINER, public))


if __name__ == "__main__":
    main()
