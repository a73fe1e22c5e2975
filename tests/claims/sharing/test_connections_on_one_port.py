"""Proofs about connections that have one local port, and how many there can be."""

import errno
import socket

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.sharing import (
    address_now_port_later,
    ports_limit_connections,
)
from snippets.sharing.address_now_port_later import IP_BIND_ADDRESS_NO_PORT
from tests.claims.helpers import HOST, TCP, UDP, code, reset
from tests.claims.sharing.helpers import (
    RANGE,
    REUSEADDR,
    REUSEPORT,
    bound,
    close_in_order,
    connected,
    connections,
    listening,
    new,
    port_of,
    shrink_range,
    two_servers,
)

needs = pytest.mark.needs


@needs("sysctl")
def test_connections_share_a_port():
    """Connections to different servers can have the same local port, if `connect()`
    chose it."""
    shrink_range()
    clients = [new() for _ in (*RANGE, *RANGE)]
    for server, half in zip(two_servers(), (clients[:4], clients[4:]), strict=True):
        name = server.getsockname()
        assert [code(client.connect, name) for client in half] == [None] * 4
        assert {port_of(client) for client in half} == set(RANGE)
        assert code(new().connect, name) == errno.EADDRNOTAVAIL


@needs("sysctl")
def test_bound_port_is_not_shared():
    """Without reuse options, a port that a client has taken by `bind()` to port 0
    serves one connection: no other socket of that address can take it, not even to
    connect to another server."""
    shrink_range()
    one, two = two_servers()
    clients = [bound() for _ in RANGE]
    codes = [code(client.connect, one.getsockname()) for client in clients]
    assert codes == [None] * 4
    assert code(new().bind, (HOST, 0)) == errno.EADDRINUSE
    assert code(new().connect, two.getsockname()) == errno.EADDRNOTAVAIL


def test_address_now_port_later():
    """With `IP_BIND_ADDRESS_NO_PORT`, `bind()` to port 0 sets the address and leaves
    the port 0; `connect()` then chooses the port."""
    at_bind, at_connect = address_now_port_later.local_names()
    assert at_bind == ("127.0.0.9", 0)
    assert at_connect[0] == "127.0.0.9"
    assert at_connect[1] > 0


@needs("sysctl")
def test_address_without_port_shares_ports():
    """Clients that bind with `IP_BIND_ADDRESS_NO_PORT` can share a local port towards
    different servers."""
    shrink_range()
    clients = [new() for _ in (*RANGE, *RANGE)]
    for server, half in zip(two_servers(), (clients[:4], clients[4:]), strict=True):
        for client in half:
            client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            client.bind(("127.0.0.9", 0))
            client.connect(server.getsockname())
        names = {client.getsockname() for client in half}
        assert names == {("127.0.0.9", port) for port in RANGE}


@needs("sysctl")
def test_each_source_address_has_the_whole_range():
    """Each source address has the whole range to itself: from two addresses, twice as
    many sockets connect to one server, although each was bound to port 0 before."""
    shrink_range()
    for server in two_servers():
        for host in ("127.0.0.2", "127.0.0.3"):
            clients = [new() for _ in RANGE]
            for client in clients:
                if port_of(server) == 20002:
                    client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                client.bind((host, 0))
                client.connect(server.getsockname())
            assert {port_of(client) for client in clients} == set(RANGE)
            for client in clients:
                reset(client)


@needs("sysctl")
def test_ports_limit_connections():
    """With a range of four ports, a client has four connections to one server; four
    more to another server or from another address; and four in all, if it calls
    `bind()` with port 0 before `connect()`."""
    shrink_range()
    count = ports_limit_connections.connections
    assert count(1) == (4, "EADDRNOTAVAIL")
    assert count(2) == (8, "EADDRNOTAVAIL")
    assert count(1, ["127.0.0.1", "127.0.0.2"]) == (8, "EADDRINUSE")
    assert count(2, ["127.0.0.1"]) == (4, "EADDRINUSE")


@needs("sysctl")
def test_time_wait_uses_up_the_range():
    """With `net.ipv4.tcp_tw_reuse` off, `connect()` fails with `EADDRNOTAVAIL` while
    each port of the range belongs to a connection to that server that the client has
    closed first; `connect()` to another server succeeds."""
    write_sysctl("net.ipv4.tcp_tw_reuse", "0")
    shrink_range()
    one, two = two_servers()
    for _ in RANGE:
        close_in_order(*connected(one))
    waiting = {row[0] for row in connections() if row[1] == "TIME_WAIT"}
    assert waiting == set(RANGE)
    assert code(new().connect, one.getsockname()) == errno.EADDRNOTAVAIL
    assert code(new().connect, two.getsockname()) is None


@needs("sysctl")
def test_autobind_reuse_shares_the_last_port():
    """When every port of the range is taken, `bind()` to port 0 on TCP shares one with
    `SO_REUSEADDR` on both sockets only if `net.ipv4.ip_autobind_reuse` is 1, and not if
    both have `SO_REUSEPORT` too."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    for setting in ("0", "1"):
        write_sysctl("net.ipv4.ip_autobind_reuse", setting)
        for options in ([], [REUSEADDR], [REUSEPORT], [REUSEADDR, REUSEPORT]):
            with bound(TCP, *options), new(TCP, *options) as second:
                shared = setting == "1" and options == [REUSEADDR]
                expected = None if shared else errno.EADDRINUSE
                assert code(second.bind, (HOST, 0)) == expected


@needs("sysctl")
def test_bound_socket_stops_the_sharing():
    """While another socket is bound to the port by its number, even on another address,
    `connect()` does not share that port between clients, and fails with `EADDRNOTAVAIL`
    if no other port is free; once that socket is closed, `connect()` shares it, on
    Linux 6.18.
    """
    with listening(address=(HOST, 9)) as server, new() as one, new() as two:
        write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
        for client, address in ((one, "127.0.0.2"), (two, "127.0.0.3")):
            client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            client.bind((address, 0))
        one.connect(server.getsockname())
        with bound(address=("127.0.0.4", 40000)):
            found = code(two.connect, server.getsockname())
            assert found == errno.EADDRNOTAVAIL
        two.connect(server.getsockname())
        assert one.getsockname()[1] == two.getsockname()[1] == 40000


@needs("sysctl")
def test_udp_port_zero_may_be_taken():
    """On UDP, `bind()` to port 0 can take a port that another socket has, if both have
    `SO_REUSEADDR` or both have `SO_REUSEPORT`."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    for option in (REUSEADDR, REUSEPORT):
        with (
            bound(UDP, option) as one,
            bound(UDP, option) as two,
            new(UDP) as last,
        ):
            assert one.getsockname() == two.getsockname() == (HOST, 40000)
            assert code(last.bind, (HOST, 0)) == errno.EADDRINUSE
