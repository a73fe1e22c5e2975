"""A TCP client that asks a local server over IPv4, then over IPv6."""

# Needs: dual_stack_server.py running; give its host and port

import socket
import sys


def ask(host, port):
    """Return all that the server says, until its end of file."""
    with socket.create_connection((host, port), timeout=5) as client:
        client.shutdown(socket.SHUT_WR)  # we have nothing to say
        return b"".join(iter(lambda: client.recv(4096), b"")).decode()


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit("usage: python dual_stack_client.py HOST PORT")
    # The server names the wildcard; the loopback addresses reach it.
    for host in ("127.0.0.1", "::1"):
        try:
            print("at", host, "I am", ask(host, int(sys.argv[2])))
        except OSError as error:
            print(host, "cannot be reached:", error)


if __name__ == "__main__":
    main()
