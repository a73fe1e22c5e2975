"""socketserver.TCPServer binds, listens, and accepts for you."""

import socket
import socketserver


class Answer(socketserver.BaseRequestHandler):
    """Send back in capital letters what the client sends."""

    def handle(self):
        self.request.settimeout(5)
        self.request.sendall(self.request.recv(1024).upper())


def serve_one_client():
    """Return whether SO_REUSEADDR is set, and the client's answer.

    >>> serve_one_client()
    (False, b'PING')
    """
    with socketserver.TCPServer(("127.0.0.1", 0), Answer) as server:
        server.timeout = 5
        listener = server.socket
        option = socket.SOL_SOCKET, socket.SO_REUSEADDR
        reuse = listener.getsockopt(*option) == 1
        address = server.server_address
        with socket.create_connection(address, timeout=5) as client:
            client.sendall(b"ping")
            server.handle_request()  # accept(), handle(), close()
            return reuse, client.recv(1024)


def main():
    reuse, reply = serve_one_client()
    print("SO_REUSEADDR is set:", reuse)
    print("the client read", reply)


if __name__ == "__main__":
    main()
