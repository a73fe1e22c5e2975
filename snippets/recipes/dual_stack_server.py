"""A TCP server on one socket, for IPv4 clients and IPv6 clients."""

# Run: python dual_stack_server.py [PORT]

import ipaddress
import socket
import sys
import time


def open_listener(port=0):
    """Return a socket that listens for IPv6, and for IPv4 too."""
    if socket.has_dualstack_ipv6():
        return socket.create_server(
            ("", port), family=socket.AF_INET6, dualstack_ipv6=True
        )
    return socket.create_server(("", port))  # a machine without IPv6


def plain(host):
    """Return an IPv4 client's address as IPv4 writes it.

    >>> plain("::ffff:192.0.2.1"), plain("::1"), plain("192.0.2.1")
    ('192.0.2.1', '::1', '192.0.2.1')
    """
    address = ipaddress.ip_address(host)
    return str(getattr(address, "ipv4_mapped", None) or address)


def serve(listener):
    """Serve clients one after another, until Ctrl-C."""
    while True:
        conn, peer = listener.accept()
        with conn:
            end = time.monotonic() + 5  # a slow client must not block
            try:
                data = b"?"
                while data:  # until the client's end of file
                    conn.settimeout(max(end - time.monotonic(), 0.001))
                    data = conn.recv(4096)
                print("accept() says", peer[0], flush=True)
                conn.sendall(plain(peer[0]).encode())
            except OSError as error:
                print(peer, "was lost:", error, flush=True)


def main():
    port = int(sys.argv[1]) if len(sys.argv) > 1 else 0
    with open_listener(port) as listener:
        host, port = listener.getsockname()[:2]
        print("listening on", host, port, flush=True)
        try:
            serve(listener)
        except KeyboardInterrupt:
            print("stopped")


if __name__ == "__main__":
    main()
