"""Proofs about ports: which one `bind()` may take, and who shares one with whom."""

import ctypes
import errno
import select
import socket
import struct
from pathlib import Path

import pytest

from lab.namespace import write_sysctl
from snippets.sharing import (
    address_now_port_later,
    last_bound_receives,
    only_reuseport_lets_two_listen,
    restart_meets_time_wait,
    restart_needs_reuseaddr_twice,
)
from snippets.sharing.address_now_port_later import IP_BIND_ADDRESS_NO_PORT

needs = pytest.mark.needs

HOST = "127.0.0.1"
RANGE = range(40000, 40004)  # the ephemeral ports of a proof that shrinks the range
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
REUSEADDR, REUSEPORT = socket.SO_REUSEADDR, socket.SO_REUSEPORT
STATES = {"01": "ESTABLISHED", "06": "TIME_WAIT", "0A": "LISTEN"}  # <net/tcp_states.h>
PORT_RANGE = Path("/proc/sys/net/ipv4/ip_local_port_range")
IP_LOCAL_PORT_RANGE = 51  # <linux/in.h>; not in the socket module of Python 3.11
SECOND = 100  # ticks in /proc/net/tcp


def new(kind: int = TCP, *options: int) -> socket.socket:
    """A socket with these options set; 5 s for what blocks."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.settimeout(5)
    for option in options:
        sock.setsockopt(socket.SOL_SOCKET, option, 1)
    return sock


def own_range(port: int) -> bytes:
    """The value of IP_LOCAL_PORT_RANGE for a range of one port."""
    return struct.pack("=I", port << 16 | port)


def bound(kind: int = TCP, *options: int, address=(HOST, 0)) -> socket.socket:
    """A socket with these options, bound; on a port that the kernel chose."""
    sock = new(kind, *options)
    sock.bind(address)
    return sock


def listening(*options: int, address=(HOST, 0)) -> socket.socket:
    """A listening socket with these options."""
    listener = bound(TCP, *options, address=address)
    listener.listen(20)
    return listener


def code(call, *arguments) -> int | None:
    """The errno a call fails with, or None if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return None


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
    rows = Path("/proc/self/net/tcp").read_text().splitlines()[1:]
    fields = [row.split() for row in rows]
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


# A restart, and what the run before has left behind


@needs("private_net")
def test_restart_meets_time_wait():
    """A connection that the server closed first stays behind in `TIME_WAIT`, and
    without `SO_REUSEADDR`, `bind()` to the server's port then fails with
    `EADDRINUSE`."""
    assert restart_meets_time_wait.restart() == "EADDRINUSE"
    [(port, state, _)] = connections()
    assert state == "TIME_WAIT"
    assert code(new().bind, ("0.0.0.0", port)) == errno.EADDRINUSE


@needs("private_net")
def test_client_that_closes_first_keeps_time_wait():
    """When the client closes first, the `TIME_WAIT` is at its end, and the server can
    bind its port again at once, without any option."""
    listener = listening()
    client, conn = connected(listener)
    name, client_port = listener.getsockname(), port_of(client)
    close_in_order(client, conn)
    listener.close()
    assert [row[:2] for row in connections()] == [(client_port, "TIME_WAIT")]
    assert bound(address=name).getsockname() == name


@needs("private_net")
def test_reset_leaves_no_time_wait():
    """A connection that ends with a reset leaves no `TIME_WAIT`, and its port is free
    at once."""
    listener = listening()
    name = listener.getsockname()
    client, conn = connected(listener)
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()
    assert code(client.recv, 1) == errno.ECONNRESET
    listener.close()
    assert connections() == []
    assert bound(address=name).getsockname() == name


@needs("sysctl")
def test_time_wait_lasts_a_minute():
    """`TIME_WAIT` lasts 60 seconds on Linux, whatever `net.ipv4.tcp_fin_timeout` is."""
    write_sysctl("net.ipv4.tcp_fin_timeout", "5")
    listener = listening()
    client, conn = connected(listener)
    close_in_order(conn, client)
    listener.close()
    [(_, state, ticks_left)] = connections()
    assert state == "TIME_WAIT"
    assert 50 * SECOND < ticks_left <= 60 * SECOND


def test_restart_needs_reuseaddr_twice():
    """`SO_REUSEADDR` on the new socket alone does not help against `TIME_WAIT`, nor
    on the old one alone: of these, `bind()` to that address succeeds only if both
    have it.
    """
    pairs = [(old, new) for old in (0, 1) for new in (0, 1)]
    ends = [restart_needs_reuseaddr_twice.restart(*pair) for pair in pairs]
    assert ends == ["EADDRINUSE", "EADDRINUSE", "EADDRINUSE", "bound"]


def test_accepted_socket_inherits_reuseaddr():
    """An accepted socket has the `SO_REUSEADDR` that its listening socket had when the
    connection was made."""
    listener = listening()
    one, two = new(), new()
    one.connect(listener.getsockname())
    assert select.select([listener], [], [], 5)[0] == [listener]
    listener.setsockopt(socket.SOL_SOCKET, REUSEADDR, 1)
    two.connect(listener.getsockname())
    accepted = [listener.accept()[0] for _ in "12"]
    options = [c.getsockopt(socket.SOL_SOCKET, REUSEADDR) for c in accepted]
    assert options == [0, 1]


def test_time_wait_has_the_option_of_the_connection():
    """For a socket in `TIME_WAIT` its own `SO_REUSEADDR` counts, not the one of the
    listening socket that it came from."""
    results = []
    for on_listener, on_connection in ((1, 0), (0, 1)):
        listener = new()
        listener.setsockopt(socket.SOL_SOCKET, REUSEADDR, on_listener)
        listener.bind((HOST, 0))
        listener.listen()
        name = listener.getsockname()
        client, conn = connected(listener)
        conn.setsockopt(socket.SOL_SOCKET, REUSEADDR, on_connection)
        close_in_order(conn, client)
        listener.close()
        results.append(code(new(TCP, REUSEADDR).bind, name))
    assert results == [errno.EADDRINUSE, None]


def test_open_connection_keeps_the_port():
    """An accepted connection that is still open keeps the port taken when its listening
    socket is closed; `SO_REUSEADDR` in both runs helps here too."""
    results = []
    for options in ((), (REUSEADDR,)):
        listener = listening(*options)
        name = listener.getsockname()
        client, conn = connected(listener)
        listener.close()
        results.append(code(new(TCP, *options).bind, name))
        conn.sendall(b"still open")
        assert client.recv(100) == b"still open"
    assert results == [errno.EADDRINUSE, None]


@needs("ipv6")
def test_ipv6_wildcard_holds_the_ipv4_port():
    """Without `IPV6_V6ONLY`, a socket bound to the IPv6 wildcard `::` holds its port on
    all IPv4 addresses too: `bind()` to one of them fails with `EADDRINUSE`."""
    for only_v6, expected in ((0, errno.EADDRINUSE), (1, None)):
        for kind in (TCP, UDP):
            for host in ("0.0.0.0", HOST):
                owner = socket.socket(socket.AF_INET6, kind)
                owner.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_v6)
                owner.bind(("::", 0))
                assert code(new(kind).bind, (host, port_of(owner))) == expected


# Two sockets on one port


def test_only_reuseport_lets_two_listen():
    """With `SO_REUSEADDR` two TCP sockets can bind one local name, but the second
    `listen()` fails with `EADDRINUSE`; with `SO_REUSEPORT` both can listen."""
    listen_twice = only_reuseport_lets_two_listen.listen_twice
    assert listen_twice(REUSEADDR) == "EADDRINUSE"
    assert listen_twice(REUSEPORT) == "listening"


def test_reuseaddr_respects_a_listening_socket():
    """`SO_REUSEADDR` on both does not let `bind()` take the port of a socket that
    already listens: it fails with `EADDRINUSE`, for the wildcard too."""
    _, port = (listener := listening(REUSEADDR)).getsockname()
    for address in (HOST, "0.0.0.0"):
        assert code(new(TCP, REUSEADDR).bind, (address, port)) == errno.EADDRINUSE
    listener.close()
    assert code(new(TCP, REUSEADDR).bind, (HOST, port)) is None


def test_reuseport_gives_each_connection_to_one():
    """Of two TCP sockets that listen on one port by `SO_REUSEPORT`, each connection
    reaches exactly one."""
    one = listening(REUSEPORT)
    two = listening(REUSEPORT, address=one.getsockname())
    for _ in range(10):
        client = new()
        client.connect(one.getsockname())
        ready, _, _ = select.select([one, two], [], [], 5)
        assert len(ready) == 1
        assert ready[0].accept()[1] == client.getsockname()


def test_sharing_needs_the_same_option_twice():
    """With `SO_REUSEADDR` or `SO_REUSEPORT` on only one of two sockets, or one of them
    on each, the second `bind()` fails with `EADDRINUSE`."""
    addr, port = (REUSEADDR,), (REUSEPORT,)
    unequal = [(addr, ()), ((), addr), (port, ()), ((), port)]
    for first, second in [*unequal, (addr, port), (port, addr)]:
        for kind in (TCP, UDP):
            owner = bound(kind, *first)
            latecomer = new(kind, *second)
            assert code(latecomer.bind, owner.getsockname()) == errno.EADDRINUSE


def test_first_socket_may_set_the_option_late():
    """On Linux the first socket can set `SO_REUSEADDR` or `SO_REUSEPORT` even after its
    own `bind()`, if it is before that of the second."""
    for option in (REUSEADDR, REUSEPORT):
        for kind in (TCP, UDP):
            first, second = bound(kind), new(kind, option)
            assert code(second.bind, first.getsockname()) == errno.EADDRINUSE
            first.setsockopt(socket.SOL_SOCKET, option, 1)
            assert code(second.bind, first.getsockname()) is None


def test_last_bound_receives():
    """Two UDP sockets with `SO_REUSEADDR` alone can bind one local name; while
    neither is connected, the one bound last receives every unicast datagram.
    """
    got_last, got_first = last_bound_receives.who_receives()
    assert (got_last, got_first) == ([b"one", b"two", b"three"], [])


def test_reuseport_keeps_a_udp_sender_together():
    """Of two UDP sockets that share a local name by `SO_REUSEPORT`, one receives all
    datagrams of one sender."""
    one = bound(UDP, REUSEPORT)
    two = bound(UDP, REUSEPORT, address=one.getsockname())
    for _ in range(5):
        sender, receivers = new(UDP), []
        for _ in range(5):
            sender.sendto(b"x", one.getsockname())
            ready, _, _ = select.select([one, two], [], [], 5)
            receivers += ready
            ready[0].recv(1)
        assert receivers in ([one] * 5, [two] * 5)


# Ports that the kernel chooses


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


@needs("sysctl")
def test_socket_connects_to_itself():
    """A TCP `connect()` to a free ephemeral port of the own machine can be given that
    very port, and then the socket is connected to itself."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    client = new()
    client.connect((HOST, RANGE[0]))
    assert client.getsockname() == client.getpeername() == (HOST, RANGE[0])
    client.sendall(b"echo")
    assert client.recv(100) == b"echo"
    assert code(new(TCP, REUSEADDR).bind, (HOST, RANGE[0])) == errno.EADDRINUSE


@needs("sysctl")
def test_low_port_needs_a_capability():
    """Without the capability `CAP_NET_BIND_SERVICE`, `bind()` to a port below
    `net.ipv4.ip_unprivileged_port_start`, 1024 by default, fails with `EACCES`."""
    setting = "net.ipv4.ip_unprivileged_port_start"
    default = Path("/proc/sys", *setting.split(".")).read_text()
    assert int(default) == 1024
    assert code(new().bind, (HOST, 1023)) is None
    write_sysctl(setting, "80")
    version_3_of_this_process = struct.pack("Ii", 0x20080522, 0)
    assert ctypes.CDLL(None).capset(version_3_of_this_process, bytes(24)) == 0
    for kind in (TCP, UDP):
        ends = [code(new(kind).bind, (HOST, port)) for port in (79, 80)]
        assert ends == [errno.EACCES, None]


def test_socket_may_have_a_range_of_its_own():
    """With the Linux option `IP_LOCAL_PORT_RANGE` a socket takes port 0 from a range of
    its own within that of the machine; when its ports are taken, `bind()` fails with
    `EADDRINUSE`, and a range that lies outside is ignored."""
    low, high = map(int, PORT_RANGE.read_text().split())
    with new() as one, new() as two, new() as outside:
        for sock in (one, two):
            sock.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, own_range(45000))
        one.bind((HOST, 0))
        assert one.getsockname()[1] == 45000
        assert code(two.bind, (HOST, 0)) == errno.EADDRINUSE
        assert low < 45000 < high
        outside.setsockopt(socket.IPPROTO_IP, IP_LOCAL_PORT_RANGE, own_range(low - 1))
        outside.bind((HOST, 0))
        assert low <= outside.getsockname()[1] <= high


@needs("sysctl")
def test_autobind_reuse_shares_the_last_port():
    """When every port of the range is taken, `bind()` to port 0 shares one with
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
    `connect()` does not share that port between clients: `EADDRNOTAVAIL` if there is no
    other; after `close()` it does."""
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
