"""A TCP client that sends a line and prints what comes back."""

# Needs: tcp_server.py running; give its host and port

import socket
import sys


def ask(host, port, line):
    """Return the client's two names and the server's answer, a line."""
    with socket.create_connection((host, port), timeout=5) as client:
        local, peer = client.getsockname(), client.getpeername()
        client.sendall(line)
        answer = b""
        while not answer.endswith(b"\n"):  # it may come in parts
            data = client.recv(4096)
            if not data or len(answer) > 65536:
                raise ConnectionError("no line came back")
            answer += data
    return local, peer, answer


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tcp_client.py HOST PORT (see tcp_server.py)")
    host, port = sys.argv[1], int(sys.argv[2])
    local, peer, answer = ask(host, port, b"hello\n")
    print("local name:", local)
    print("peer name: ", peer)
    print("answer:    ", answer)


if __name__ == "__main__":
    main()
