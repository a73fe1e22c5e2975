"""What the proofs about shared ports use: sockets with options, and what is left."""

import os
import select
import socket
from pathlib import Path

from lab.isolation.namespace import write_sysctl
from tests.claims.helpers import HOST, TCP

RANGE = range(40000, 40004)  # the ephemeral ports of a proof that shrinks the range
REUSEADDR, REUSEPORT = socket.SO_REUSEADDR, socket.SO_REUSEPORT
STATES = {  # <net/tcp_states.h>
    "01": "ESTABLISHED",
    "04": "FIN_WAIT_1",
    "05": "FIN_WAIT_2",
    "06": "TIME_WAIT",
    "08": "CLOSE_WAIT",
    "0A": "LISTEN",
}


def new(kind: int = TCP, *options: int, user: int = 0) -> socket.socket:
    """A socket with these options set; 5 s for what blocks.

    user: whose it is; other ones than 0 are there for a proof with a second user.
    """
    if user:
        os.seteuid(user)
    sock = socket.socket(socket.AF_INET, kind)
    if user:
        os.seteuid(0)
    sock.settimeout(5)
    for option in options:
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
    return sock


def bound(kind: int = TCP, *options: int, address=(HOST, 0), user=0) -> socket.socket:
    """A socket with these options, bound; on a port that the kernel chose."""
    sock = new(kind, *options, user=user)
    sock.bind(address)
    return sock


def listening(*options: int, address=(HOST, 0), user: int = 0) -> socket.socket:
    """A listening socket with these options."""
    listener = bound(TCP, *options, address=address, user=user)
    listener.listen(20)
    return listener


def connected(listener: socket.socket) -> tuple[socket.socket, socket.socket]:
    """A connection: the client's end and the server's."""
    client = new()
    client.connect(listener.getsockname())
    conn, _ = listener.accept()
    conn.settimeout(5)
    return client, conn


def close_in_order(first: socket.socket, second: socket.socket) -> None:
    """Close a connection; the first to close is in `TIME_WAIT` afterwards."""
    first.shutdown(socket.SHUT_WR)
    assert second.recv(1) == b""
    second.close()
    assert first.recv(1) == b""
    first.close()


def connections() -> list[tuple[int, str, int]]:
    """(local port, state, ticks left) of each TCP socket of this network."""
    tables = [Path("/proc/self/net/tcp"), Path("/proc/self/net/tcp6")]
    texts = [table.read_text() for table in tables if table.exists()]
    fields = [row.split() for text in texts for row in text.splitlines()[1:]]
    return [
        (int(f[1].split(":")[1], 16), STATES[f[3]], int(f[5].split(":")[1], 16))
        for f in fields
    ]


def port_of(sock: socket.socket) -> int:
    """The local port."""
    return sock.getsockname()[1]


def shrink_range() -> None:
    """Leave four ephemeral ports in this proof's network."""
    limits = f"{RANGE.start} {RANGE.stop - 1}"
    write_sysctl("net.ipv4.ip_local_port_range", limits)


def two_servers() -> list[socket.socket]:
    """Two listening sockets on ports outside the small range."""
    return [listening(address=(HOST, port)) for port in (20001, 20002)]


def receivers(senders, group: list[socket.socket]) -> list[int]:
    """Which socket of the group gets the next datagram of each sender."""
    found = []
    for sender in senders:
        sender.send(b"x")
        [ready] = select.select(group, [], [], 5)[0]
        ready.recv(10)
        found.append(group.index(ready))
    return found


def accepted(listener: socket.socket) -> list[tuple[str, int]]:
    """The peers of all connections in the queue of a non-blocking listener."""
    peers = []
    while True:
        try:
            peers.append(listener.accept()[1])
        except BlockingIOError:
            return peers
