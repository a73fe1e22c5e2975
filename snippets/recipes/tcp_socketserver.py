"""A TCP server with socketserver, a thread for each client."""

import contextlib
import socket
import socketserver
import threading
import time

SECONDS = 60  # for one client, however slowly it sends or reads


class Echo(socketserver.BaseRequestHandler):
    """Serves one client: sends back what it sends."""

    def handle(self):
        conn, end = self.request, time.monotonic() + SECONDS
        while True:
            conn.settimeout(max(end - time.monotonic(), 0.001))
            data = conn.recv(4096)
            if not data:
                return
            conn.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """Calls bind() and listen() when it is made."""

    allow_reuse_address = True  # SO_REUSEADDR; otherwise off
    request_queue_size = 128  # the backlog; otherwise 5

    def __init__(self, *arguments):
        self.conns = set()
        super().__init__(*arguments)

    def process_request(self, conn, peer):
        self.conns.add(conn)
        super().process_request(conn, peer)

    def shutdown_request(self, conn):
        self.conns.discard(conn)
        with contextlib.suppress(OSError):
            conn.shutdown(socket.SHUT_RDWR)  # ends recv() in its thread
        super().shutdown_request(conn)

    def server_close(self):
        for conn in list(self.conns):  # do not wait for idle clients
            with contextlib.suppress(OSError):
                conn.shutdown(socket.SHUT_RDWR)
        super().server_close()  # waits for the threads


def ask(address, line):
    """Return what the server sends back; closes after the server."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(line)
        answer = client.recv(4096)
        client.shutdown(socket.SHUT_WR)  # that was all
        return answer + client.recv(4096)  # b"": it has closed


def main():
    with Server(("127.0.0.1", 0), Echo) as server:
        print("listening on", *server.server_address)
        # A server alone calls serve_forever() right here.
        threading.Thread(target=server.serve_forever).start()
        try:
            print("answer:", ask(server.server_address, b"hello\n"))
        finally:
            server.shutdown()


if __name__ == "__main__":
    main()
