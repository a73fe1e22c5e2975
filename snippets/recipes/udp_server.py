"""A UDP server: answers each datagram until Ctrl-C."""

import socket
import sys


def serve(server):
    """Answer each datagram with its text in capital letters."""
    while True:
        request, client = server.recvfrom(65535)
        print(*client, "asked", request, flush=True)
        try:
            server.sendto(request.upper(), client)
        except OSError as error:
            print(*client, "cannot be answered:", error, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind((host, port))
        print("waiting on", *server.getsockname(), flush=True)
        try:
            serve(server)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
