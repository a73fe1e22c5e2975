"""A TCP server: sends back to each client all that the client sent.

Run: python tcp_server.py [HOST [PORT]]
"""

import socket
import sys


def open_listener(host="127.0.0.1", port=0):
    """Return a listening socket; port 0 lets the system choose one."""
    # create_server() calls bind() and listen(). On POSIX it first sets
    # SO_REUSEADDR: without it, a restart can fail with EADDRINUSE
    # while old connections are in TIME_WAIT.
    return socket.create_server((host, port))


def echo(conn):
    """Read until the client's end of file, then send it all back."""
    received = b""
    while data := conn.recv(4096):
        received += data
    conn.sendall(received)
    return received


def serve(listener):
    """Serve clients one after another, until Ctrl-C."""
    while True:
        conn, peer = listener.accept()
        with conn:
            conn.settimeout(5)  # a silent client must not stop the others
            try:
                print(peer, "sent", echo(conn))
            except OSError as error:
                print(peer, "was lost:", error)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with open_listener(host, port) as listener:
        print("listening on", *listener.getsockname(), flush=True)
        try:
            serve(listener)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
