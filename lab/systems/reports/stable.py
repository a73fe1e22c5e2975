"""A port stays unshared after the socket that was bound to it is closed; see stable.md.

unshare --user --map-root-user --net sh -c 'ip link set lo up && python3 stable.py'
"""

import errno
import socket
from pathlib import Path

IP_BIND_ADDRESS_NO_PORT = 24
PORT = 40000


def client(address):
    """A TCP socket that is bound to an address, and to no port yet."""
    sock = socket.socket()
    sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
    sock.bind((address, 0))
    return sock


def outcome(sock, peer):
    """ "ok", or the name of the error of connect()."""
    try:
        sock.connect(peer)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "ok"


def main():
    Path("/proc/sys/net/ipv4/ip_local_port_range").write_text(f"{PORT} {PORT}")
    with (
        socket.create_server(("127.0.0.1", 9)) as server,
        client("127.0.0.2") as one,
        client("127.0.0.3") as two,
    ):
        print("first client:", outcome(one, server.getsockname()))
        with socket.socket() as bound:
            bound.bind(("127.0.0.4", PORT))
            print("while a socket is bound:", outcome(two, server.getsockname()))
        print("after it was closed:", outcome(two, server.getsockname()))


if __name__ == "__main__":
    main()
