"""socketserver.UDPServer binds a socket and answers with sendto()."""

import socket
import socketserver


class Answer(socketserver.DatagramRequestHandler):
    """Send back in capital letters what the datagram held."""

    def handle(self):
        self.wfile.write(self.rfile.read().upper())


def serve_one_datagram():
    """Return the reply, and whether it came from the server.

    >>> serve_one_datagram()
    (b'HELLO', True)
    """
    with (
        socketserver.UDPServer(("127.0.0.1", 0), Answer) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        server.timeout = 5
        client.settimeout(5)
        receiver = server.socket
        address = receiver.getsockname()
        client.sendto(b"hello", address)
        server.handle_request()
        reply, source = client.recvfrom(1024)
        return reply, source == address


def main():
    reply, from_server = serve_one_datagram()
    print("the client was answered:", reply)
    print("the answer came from the server:", from_server)


if __name__ == "__main__":
    main()
