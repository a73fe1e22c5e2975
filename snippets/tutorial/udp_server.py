"""A first UDP server: it answers in capital letters."""

import socket


def open_server():
    """Return a socket with a name, to which datagrams can come."""
    server = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    server.bind(("127.0.0.1", 0))
    return server


def serve(server):
    """Answer one datagram after another."""
    while True:
        text, client = server.recvfrom(1024)
        if text == text.upper():
            continue  # or two servers would answer each other
        server.sendto(text.upper(), client)
        print("answered", *client, flush=True)


def main():
    with open_server() as server:
        print("waiting at", *server.getsockname(), flush=True)
        try:
            serve(server)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
