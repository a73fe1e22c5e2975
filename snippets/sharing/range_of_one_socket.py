"""IP_LOCAL_PORT_RANGE: this socket takes its port elsewhere."""

import socket
import struct

IP_LOCAL_PORT_RANGE = 51  # <linux/in.h>, since Linux 6.3


def limit(sock, first, last):
    """Let bind() and connect() choose a port from first to last."""
    limits = struct.pack("=I", last << 16 | first)
    sock.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, limits)


def port_between(first, last):
    """Return the port that the kernel chooses from this range.

    >>> 40000 <= port_between(40000, 40999) <= 40999
    True
    """
    with socket.socket() as client:
        limit(client, first, last)
        client.bind(("127.0.0.1", 0))
        return client.getsockname()[1]


def main():
    port = port_between(40000, 40999)
    print("a port from 40000 to 40999:", 40000 <= port <= 40999)


if __name__ == "__main__":
    main()
