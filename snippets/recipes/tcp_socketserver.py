"""A TCP server with socketserver, a thread for each client."""

import socket
import socketserver
import threading


class Echo(socketserver.BaseRequestHandler):
    """Serves one client: sends back what it sends."""

    def handle(self):
        conn = self.request
        conn.settimeout(60)  # not for ever
        while data := conn.recv(4096):
            conn.sendall(data)


class Server(socketserver.ThreadingTCPServer):
    """Calls bind() and listen() when it is made."""

    allow_reuse_address = True  # SO_REUSEADDR; otherwise off
    request_queue_size = 128  # the backlog; otherwise 5


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
