"""A TCP server with socketserver, a thread for each client."""

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
    daemon_threads = True  # the end does not wait for idle clients


def ask(address, line):
    """Return the server's answer, a line."""
    with socket.create_connection(address, timeout=5) as client:
        client.sendall(line)
        answer = b""
        while not answer.endswith(b"\n"):  # it may come in parts
            data = client.recv(4096)
            if not data:
                raise ConnectionError("the server closed too early")
            answer += data
        client.shutdown(socket.SHUT_WR)  # that was all
        client.recv(1)  # b"": the server has closed
        return answer


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
