"""Proofs about ephemeral ports: which one the kernel chooses, and if none is free."""

import errno
import socket
import struct

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.sharing import (
    range_of_one_socket,
)
from snippets.udp.peer_can_be_changed_and_removed import remove_peer
from tests.claims.helpers import HOST, TCP, UDP, code
from tests.claims.sharing.helpers import (
    RANGE,
    REUSEADDR,
    bound,
    listening,
    new,
    port_of,
    shrink_range,
    two_servers,
)

needs = pytest.mark.needs


@needs("sysctl")
def test_port_zero_comes_from_the_range():
    """`bind()` to port 0 takes its port from `net.ipv4.ip_local_port_range`."""
    shrink_range()
    for kind in (TCP, UDP):
        taken = [bound(kind) for _ in RANGE]
        assert {port_of(sock) for sock in taken} == set(RANGE)


@needs("sysctl")
def test_bind_finds_no_free_port():
    """When every port of the range is taken on an address, and no reuse option is
    set, `bind()` to that address and port 0 fails with `EADDRINUSE`.
    """
    shrink_range()
    for kind in (TCP, UDP):
        taken = [bound(kind) for _ in RANGE]
        assert code(new(kind).bind, (HOST, 0)) == errno.EADDRINUSE
        taken.pop().close()
        assert code(new(kind).bind, (HOST, 0)) is None


@needs("sysctl")
def test_listen_finds_no_free_port():
    """When every port of the range is taken, `listen()` on an unbound socket fails with
    `EADDRINUSE`."""
    shrink_range()
    taken = [bound() for _ in RANGE]
    assert code(new().listen) == errno.EADDRINUSE
    taken.pop().close()
    assert code(new().listen) is None


@needs("sysctl")
def test_tcp_connect_finds_no_free_port():
    """When every port of the range has been taken by `bind()`, `connect()` on an
    unbound TCP socket fails with `EADDRNOTAVAIL`.
    """
    shrink_range()
    server, _ = two_servers()
    taken = [bound() for _ in RANGE]
    assert code(new().connect, server.getsockname()) == errno.EADDRNOTAVAIL
    taken.pop().close()
    assert code(new().connect, server.getsockname()) is None


@needs("sysctl")
def test_udp_connect_finds_no_free_port():
    """When every port of the range is taken, `connect()` and `sendto()` on an unbound
    UDP socket fail with `EAGAIN`, in blocking mode too."""
    shrink_range()
    peer = (HOST, 20001)
    taken = [bound(UDP) for _ in RANGE]
    blocking = socket.socket(type=UDP)
    assert code(blocking.connect, peer) == errno.EAGAIN
    assert code(blocking.sendto, b"x", peer) == errno.EAGAIN
    taken.pop().close()
    assert code(blocking.sendto, b"x", peer) is None


@needs("sysctl")
def test_unspec_needs_no_free_port():
    """Where no port is free, `connect()` with the family `AF_UNSPEC` still succeeds on
    an unbound UDP socket, which has no port afterwards either."""
    shrink_range()
    taken = [bound(UDP) for _ in RANGE]
    with socket.socket(type=UDP) as sock:
        assert code(sock.connect, (HOST, 20001)) == errno.EAGAIN
        remove_peer(sock)
        assert sock.getsockname() == ("0.0.0.0", 0)
    assert len(taken) == len(RANGE)


@needs("sysctl")
def test_timeout_hides_the_lack_of_a_port():
    """In Python, after `settimeout()`, such a `sendto()` is tried until the time is
    over, and raises `TimeoutError`."""
    shrink_range()
    taken = [bound(UDP) for _ in RANGE]
    sender = new(UDP)
    sender.settimeout(0.05)
    with pytest.raises(TimeoutError):
        sender.sendto(b"x", (HOST, 20001))
    taken.pop().close()
    assert sender.sendto(b"x", (HOST, 20001)) == 1


@needs("sysctl")
def test_reserved_ports_are_not_chosen():
    """The kernel never chooses a port of `net.ipv4.ip_local_reserved_ports`; `bind()`
    to its number works as before."""
    shrink_range()
    write_sysctl("net.ipv4.ip_local_reserved_ports", f"{RANGE[0]}-{RANGE[2]}")
    server, _ = two_servers()
    only = bound()
    assert port_of(only) == RANGE[3]
    assert code(new().bind, (HOST, 0)) == errno.EADDRINUSE
    assert code(new().connect, server.getsockname()) == errno.EADDRNOTAVAIL
    assert code(new().bind, (HOST, RANGE[1])) is None


@needs("sysctl")
def test_connect_and_bind_begin_at_opposite_ports():
    """TCP `connect()` takes every second port, beginning with the first of the range,
    while one of these is free; on TCP, `bind()` to port 0 takes the others first."""
    server, _ = two_servers()
    for first in (40000, 40101):
        limits = f"{first} {first + 9}"
        write_sysctl("net.ipv4.ip_local_port_range", limits)
        clients = [new() for _ in range(10)]
        for client in clients:
            client.connect(server.getsockname())
        ports = [port_of(client) for client in clients]
        assert set(ports[:5]) == set(range(first, first + 10, 2))
        assert set(ports[5:]) == set(range(first + 1, first + 10, 2))
        first += 200
        limits = f"{first} {first + 9}"
        write_sysctl("net.ipv4.ip_local_port_range", limits)
        ports = [port_of(sock) for sock in [bound() for _ in range(10)]]
        assert set(ports[:5]) == set(range(first + 1, first + 10, 2))
        assert set(ports[5:]) == set(range(first, first + 10, 2))


@needs("private_net")
def test_range_of_one_socket():
    """With the option `IP_LOCAL_PORT_RANGE`, which Linux 5.10 has not, a socket
    takes its port from a range of its own inside the common one, in `bind()` to
    port 0 and in `connect()`."""
    assert 40000 <= range_of_one_socket.port_between(40000, 40001) <= 40001
    server, _ = two_servers()
    for kind in (TCP, UDP):
        early = [new(kind) for _ in RANGE]
        for client in early:
            range_of_one_socket.limit(client, RANGE[0], RANGE[-1])
            client.bind((HOST, 0))
        assert {port_of(client) for client in early} == set(RANGE)
        for client in early:
            client.close()
        clients = [new(kind) for _ in RANGE]
        for client in clients:
            range_of_one_socket.limit(client, RANGE[0], RANGE[-1])
            client.connect(server.getsockname())
        assert {port_of(client) for client in clients} == set(RANGE)
    late = new()
    range_of_one_socket.limit(late, RANGE[0], RANGE[-1])
    assert code(late.connect, server.getsockname()) == errno.EADDRNOTAVAIL


@needs("sysctl")
def test_range_of_one_socket_cannot_be_wider():
    """`IP_LOCAL_PORT_RANGE`, which Linux 5.10 has not, can only narrow the common
    range: limits outside of it have no effect."""
    shrink_range()
    for kind in (TCP, UDP):
        clients = [new(kind) for _ in RANGE]
        for client in clients:
            range_of_one_socket.limit(client, 20000, 20003)
            client.bind((HOST, 0))
        assert {port_of(client) for client in clients} == set(RANGE)


def test_used_up_own_range():
    """When all ports of a socket's own `IP_LOCAL_PORT_RANGE`, which Linux 5.10 has
    not, are taken, `bind()` to port 0 fails with `EADDRINUSE`."""
    with new() as first, new() as second:
        for sock in (first, second):
            range_of_one_socket.limit(sock, 45000, 45000)
        first.bind((HOST, 0))
        assert port_of(first) == 45000
        assert code(second.bind, (HOST, 0)) == errno.EADDRINUSE


def test_client_port_blocks_a_server():
    """A connected client holds its ephemeral port: `bind()` of a server to that
    port, on the client's address or the wildcard, fails with `EADDRINUSE`, even if
    the server alone sets `SO_REUSEADDR`.
    """
    listener = listening()
    client = new()
    client.connect(listener.getsockname())
    for address in (HOST, "0.0.0.0"):
        server = new(TCP, REUSEADDR)
        assert code(server.bind, (address, port_of(client))) == errno.EADDRINUSE


def test_own_range_wants_two_ordered_numbers():
    """`IP_LOCAL_PORT_RANGE`, which Linux 5.10 has not, with a lower end above the
    upper one fails with `EINVAL`, for TCP and UDP."""
    ip_local_port_range = 51  # <linux/in.h>
    wrong = struct.pack("I", 40001 << 16 | 40002)  # the upper end comes first
    for kind in (TCP, UDP):
        with bound(kind) as sock:
            told = (socket.IPPROTO_IP, ip_local_port_range, wrong)
            assert code(sock.setsockopt, *told) == errno.EINVAL


@needs("sysctl")
def test_udp_port_is_not_shared_between_peers():
    """Two UDP sockets of one address do not share a port that the kernel chooses, even
    if their peers differ: with one port in the range the second `connect()` fails with
    `EAGAIN`, and succeeds from another address.
    """
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    with new(UDP) as first, new(UDP) as second, new(UDP) as third:
        first.connect((HOST, 9))
        assert code(second.connect, (HOST, 10)) == errno.EAGAIN
        third.bind(("127.0.0.2", 0))
        third.connect((HOST, 10))
        assert port_of(third) == port_of(first) == 40000
