"""A TCP server that sends back to each client what the client sends."""

# Run: python tcp_server.py [HOST [PORT]]

import socket
import sys
import time

SECONDS = 5  # for one client: meanwhile the others wait


def open_listener(host="127.0.0.1", port=0):
    """Return a listening socket; port 0 lets the system choose one."""
    # create_server() calls bind() and listen(). On POSIX it first sets
    # SO_REUSEADDR: without it, a restart can fail with EADDRINUSE
    # while old connections are in TIME_WAIT.
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family)


def echo(conn):
    """Send back what the client sends, until its end of file."""
    count, end = 0, time.monotonic() + SECONDS
    while True:
        # What is left of the time, for all calls together: a client
        # that sends a byte now and then has no more of it.
        conn.settimeout(max(end - time.monotonic(), 0.001))
        data = conn.recv(4096)
        if not data:
            return count
        conn.sendall(data)
        count += len(data)


def serve(listener):
    """Serve clients one after another, until Ctrl-C."""
    while True:
        conn, peer = listener.accept()
        with conn:
            try:
                print(peer, "sent", echo(conn), "bytes")
            except OSError as error:
                print(peer, "was lost:", error)


def main():
    host = sys.argv[1] if len(sys.argv) > 1 else "127.0.0.1"
    port = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    with open_listener(host, port) as listener:
        print("listening on", *listener.getsockname()[:2], flush=True)
        try:
            serve(listener)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
