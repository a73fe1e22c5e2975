"""A TCP client that asks a local server over IPv4, then over IPv6."""

# Needs: dual_stack_server.py running; give its host and port

import socket
import sys


def ask(host, port):
    """Return the address connected to, and the answer, a line."""
    with socket.create_connection((host, port), timeout=5) as client:
        answer = b""
        while not answer.endswith(b"\n"):  # it may come in parts
            data = client.recv(4096)
            if not data:
                raise ConnectionError("the server closed too early")
            answer += data
        return client.getpeername()[0], answer.decode().rstrip()


def main():
    if len(sys.argv) != 3 or not sys.argv[2].isdigit():
        sys.exit("usage: python dual_stack_client.py HOST PORT")
    # The server names the wildcard; the loopback addresses reach it.
    for host in ("127.0.0.1", "::1"):
        try:
            print(*ask(host, int(sys.argv[2])), sep=" says: ")
        except OSError as error:
            print(host, "cannot be reached:", error)


if __name__ == "__main__":
    main()
