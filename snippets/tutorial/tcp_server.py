"""A first TCP server: it answers in capital letters."""

import socket


def open_server():
    """Return a socket with a name, on which clients can call."""
    server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    server.bind(("127.0.0.1", 0))
    server.listen()
    return server


def serve(server):
    """Answer one client after another, each until it closes."""
    while True:
        conn, client = server.accept()
        with conn:
            conn.settimeout(5)
            while text := conn.recv(1024):
                conn.sendall(text.upper())
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
