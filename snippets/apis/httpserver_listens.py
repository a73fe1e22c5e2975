"""http.server.HTTPServer is a TCPServer that sets SO_REUSEADDR."""

import http.server
import socket


def options_of_the_server():
    """Return whether SO_REUSEADDR is set, and the local address.

    >>> options_of_the_server()
    (True, '127.0.0.1')
    """
    handler = http.server.BaseHTTPRequestHandler
    with http.server.HTTPServer(("127.0.0.1", 0), handler) as server:
        listener = server.socket
        option = socket.SOL_SOCKET, socket.SO_REUSEADDR
        reuse = listener.getsockopt(*option) == 1
        return reuse, listener.getsockname()[0]


def main():
    reuse, address = options_of_the_server()
    print("SO_REUSEADDR is set:", reuse)
    print("listening on", address)


if __name__ == "__main__":
    main()
