"""A first UDP client: it asks once and prints the answer."""

# Needs: udp_server.py running; give its host and port

import socket
import sys


def ask(address, text):
    """Return what the server answers."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(5)
        client.connect(address)
        print("my name is", *client.getsockname())
        client.sendall(text)
        return client.recv(1024)


def main():
    if len(sys.argv) != 3:
        sys.exit(f"usage: python {sys.argv[0]} HOST PORT")
    address = sys.argv[1], int(sys.argv[2])
    print(ask(address, b"hello"))


if __name__ == "__main__":
    main()
