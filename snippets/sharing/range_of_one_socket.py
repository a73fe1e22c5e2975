"""IP_LOCAL_PORT_RANGE: some sockets take their ports elsewhere."""

# Needs: a loopback of its own

import socket
import struct

IP_LOCAL_PORT_RANGE = 51  # <linux/in.h>, since Linux 6.3


def limit(sock, first, last):
    """Let bind() and connect() choose only a port from first to last."""
    value = struct.pack("=I", last << 16 | first)
    sock.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, value)


def ports(first, last):
    """Return the ports that as many sockets get, in order."""
    clients = [socket.socket() for _ in range(first, last + 1)]
    for client in clients:
        limit(client, first, last)
        client.bind(("127.0.0.1", 0))
    found = [client.getsockname()[1] for client in clients]
    for client in clients:
        client.close()
    return sorted(found)


def main():
    print("four sockets got", *ports(40000, 40003))


if __name__ == "__main__":
    main()
