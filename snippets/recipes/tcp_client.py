"""A TCP client: sends one line and prints all that comes back."""

# Needs: tcp_server.py running; give its host and port

import socket
import sys


def ask(host, port, line):
    """Return the client's two names and the whole answer."""
    with socket.create_connection((host, port), timeout=5) as client:
        local, peer = client.getsockname(), client.getpeername()
        client.sendall(line)
        client.shutdown(socket.SHUT_WR)  # the server reads end of file
        answer = b""
        while data := client.recv(4096):
            answer += data
    return local, peer, answer


def main():
    if len(sys.argv) != 3:
        sys.exit("usage: tcp_client.py HOST PORT, as tcp_server.py shows")
    host, port = sys.argv[1], int(sys.argv[2])
    local, peer, answer = ask(host, port, b"hello\n")
    print("local name:", local)
    print("peer name: ", peer)
    print("answer:    ", answer)


if __name__ == "__main__":
    main()
