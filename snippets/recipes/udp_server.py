"""A UDP server: answers each question until Ctrl-C."""

# Run: python udp_server.py [HOST [PORT]]

import socket
import sys


def serve(server):
    """Answer what begins with a question mark, in capital letters."""
    while True:
        try:
            request, client = server.recvfrom(65535)
        except ConnectionResetError:
            continue  # Windows: an earlier answer was refused
        # A sender can be forged. An answer that were answered, by
        # ourselves or by another such server, would have no end.
        if not request.startswith(b"?"):
            continue
        print(*client[:2], "asked", request, flush=True)
        try:
            server.sendto(b"!" + request[1:].upper(), client)
        except OSError as error:
            print(*client[:2], "cannot be answered:", error, flush=True)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as server:
        server.bind((host, port))
        print("waiting on", *server.getsockname()[:2], flush=True)
        try:
            serve(server)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
