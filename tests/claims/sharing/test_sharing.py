"""Proofs about ports: which one `bind()` may take, and who shares one with whom."""

import ctypes
import errno
import os
import select
import socket
import struct
from pathlib import Path

import pytest

from lab.isolation.namespace import CLONE_NEWNET, write_sysctl
from snippets.sharing import (
    address_now_port_later,
    closed_listener_loses_its_queue,
    last_bound_receives,
    only_reuseport_lets_two_listen,
    ports_limit_connections,
    range_of_one_socket,
    restart_meets_time_wait,
    restart_needs_reuseaddr_twice,
    socket_connects_to_itself,
    specific_address_wins,
    who_holds_the_port,
)
from snippets.sharing.address_now_port_later import IP_BIND_ADDRESS_NO_PORT
from snippets.udp.peer_can_be_changed_and_removed import remove_peer

needs = pytest.mark.needs

HOST = "127.0.0.1"
RANGE = range(40000, 40004)  # the ephemeral ports of a proof that shrinks the range
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
REUSEADDR, REUSEPORT = socket.SO_REUSEADDR, socket.SO_REUSEPORT
STATES = {"01": "ESTABLISHED", "06": "TIME_WAIT", "0A": "LISTEN"}  # <net/tcp_states.h>
SECOND = 100  # ticks in /proc/net/tcp


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


def reset(conn: socket.socket) -> None:
    """Close a connection with a reset, so that nothing of it stays behind."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


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
    reset(conn)
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


@needs("sysctl")
def test_tw_reuse_does_not_help_bind():
    """With `net.ipv4.tcp_tw_reuse` on, `bind()` to a port whose connection is in
    `TIME_WAIT` still fails with `EADDRINUSE`."""
    write_sysctl("net.ipv4.tcp_tw_reuse", "1")
    listener = listening()
    name = listener.getsockname()
    close_in_order(*reversed(connected(listener)))
    listener.close()
    assert [row[:2] for row in connections()] == [(name[1], "TIME_WAIT")]
    assert code(new().bind, name) == errno.EADDRINUSE


@needs("sysctl")
def test_full_buckets_leave_no_time_wait():
    """With `net.ipv4.tcp_max_tw_buckets` at 0, no connection stays behind in
    `TIME_WAIT`, and the server can bind its port again at once."""
    write_sysctl("net.ipv4.tcp_max_tw_buckets", "0")
    listener = listening()
    name = listener.getsockname()
    close_in_order(*reversed(connected(listener)))
    listener.close()
    assert connections() == []
    assert bound(address=name).getsockname() == name


def test_restart_needs_reuseaddr_twice():
    """Where `SO_REUSEADDR` is the only option, `bind()` to an address that a connection
    holds in `TIME_WAIT` succeeds only if both sockets, the old one and the new one,
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


# Load sharing, and what is lost when a socket leaves


def receivers(senders, group: list[socket.socket]) -> list[int]:
    """Which socket of the group gets the next datagram of each sender."""
    found = []
    for sender in senders:
        sender.send(b"x")
        [ready] = select.select(group, [], [], 5)[0]
        ready.recv(10)
        found.append(group.index(ready))
    return found


def test_client_name_decides_the_listener():
    """With `SO_REUSEPORT`, the address and port of the client decide which listening
    socket gets its connection: the same client name reaches the same socket again."""
    one = listening(REUSEPORT)
    two = listening(REUSEPORT, address=one.getsockname())
    reached = {port: set() for port in range(20001, 20041)}
    for port in [*reached, *reached, *reached]:
        client = bound(TCP, REUSEADDR, address=(HOST, port))
        client.connect(one.getsockname())
        [ready] = select.select([one, two], [], [], 5)[0]
        reset(ready.accept()[0])
        assert code(client.recv, 1) == errno.ECONNRESET
        reached[port].add(ready)
    assert all(len(listeners) == 1 for listeners in reached.values())
    assert set.union(*reached.values()) == {one, two}


def queues_of_two(clients: int = 40) -> tuple[list, list]:
    """Two listeners on one port by `SO_REUSEPORT`, and clients that wait in both."""
    one = listening(REUSEPORT)
    two = listening(REUSEPORT, address=one.getsockname())
    for listener in (one, two):
        listener.listen(clients)
        listener.setblocking(False)
    waiting = [new() for _ in range(clients)]
    for client in waiting:
        client.connect(one.getsockname())
    return [one, two], waiting


def accepted(listener: socket.socket) -> list[tuple[str, int]]:
    """The peers of all connections in the queue of a non-blocking listener."""
    peers = []
    while True:
        try:
            peers.append(listener.accept()[1])
        except BlockingIOError:
            return peers


def test_closed_listener_loses_its_queue():
    """When one of two sockets that listen by `SO_REUSEPORT` is closed, the clients that
    wait in its queue are reset, although the other one still listens."""
    (one, two), clients = queues_of_two()
    one.close()
    served = accepted(two)
    lost = [c for c in clients if c.getsockname() not in served]
    assert 0 < len(served) < len(clients)
    assert {code(client.recv, 1) for client in lost} == {errno.ECONNRESET}
    assert closed_listener_loses_its_queue.what_became_of_the_client() == "reset"


@needs("sysctl")
def test_migrate_req_saves_the_queue():
    """With `net.ipv4.tcp_migrate_req` set to 1, the clients that wait in the queue of a
    closed listener are accepted by another one that shares its port by
    `SO_REUSEPORT`."""
    write_sysctl("net.ipv4.tcp_migrate_req", "1")
    (one, two), clients = queues_of_two()
    one.close()
    assert sorted(accepted(two)) == sorted(c.getsockname() for c in clients)


def test_new_socket_moves_udp_senders():
    """When a third UDP socket joins two that share a name by `SO_REUSEPORT`, the
    datagrams of some senders reach another socket than before, and not only the new
    one."""
    group = [bound(UDP, REUSEPORT)]
    name = group[0].getsockname()
    group.append(bound(UDP, REUSEPORT, address=name))
    senders = [new(UDP) for _ in range(120)]
    for sender in senders:
        sender.connect(name)
    before = receivers(senders, group)
    assert receivers(senders, group) == before
    group.append(bound(UDP, REUSEPORT, address=name))
    after = receivers(senders, group)
    moves = set(zip(before, after, strict=True))
    assert moves == {(0, 0), (0, 1), (1, 1), (1, 2)}


def test_closed_socket_loses_its_datagrams():
    """Datagrams that wait in a UDP socket are lost when it is closed, although another
    one shares its name by `SO_REUSEPORT`; their senders get no error."""
    one = bound(UDP, REUSEPORT)
    two = bound(UDP, REUSEPORT, address=one.getsockname())
    senders = [new(UDP) for _ in range(40)]
    for sender in senders:
        sender.connect(one.getsockname())
        sender.send(b"first")
    one.close()
    assert [code(sender.send, b"second") for sender in senders] == [None] * 40
    two.setblocking(False)
    got = []
    while code(lambda: got.append(two.recv(100))) is None:
        pass
    assert got.count(b"second") == 40
    assert 0 < got.count(b"first") < 40


@needs("second_user")
def test_reuseport_needs_one_user():
    """With `SO_REUSEPORT`, `bind()` to the port of another user's socket fails with
    `EADDRINUSE`, for root too; what counts is the effective user at `socket()`."""
    for kind in (TCP, UDP):
        for owner, stranger in ((0, 1), (1, 0)):
            first = bound(kind, REUSEPORT, user=owner)
            name = first.getsockname()
            assert code(new(kind, REUSEPORT, user=stranger).bind, name) == (
                errno.EADDRINUSE
            )
            assert code(new(kind, REUSEPORT, user=owner).bind, name) is None


# Stealing a port


def test_specific_address_takes_from_the_wildcard():
    """Where a UDP socket on the wildcard and one on `127.0.0.1` share a port, by
    `SO_REUSEADDR` or `SO_REUSEPORT`, the one on `127.0.0.1` receives all datagrams to
    that address, whichever was bound last."""
    assert specific_address_wins.who_receives() == ([b"one", b"two", b"three"], [])
    for option in (REUSEADDR, REUSEPORT):
        for hosts in (("0.0.0.0", HOST), (HOST, "0.0.0.0")):
            one = bound(UDP, option, address=(hosts[0], 0))
            two = bound(UDP, option, address=(hosts[1], port_of(one)))
            specific = hosts.index(HOST)
            senders = [new(UDP) for _ in range(20)]
            for sender in senders:
                sender.connect((HOST, port_of(one)))
            assert set(receivers(senders, [one, two])) == {specific}


def test_specific_listener_takes_from_the_wildcard():
    """Where one TCP socket listens on the wildcard and one on `127.0.0.1`, with
    `SO_REUSEPORT` and the same port, the one on `127.0.0.1` gets all connections to
    that address."""
    everywhere = listening(REUSEPORT, address=("0.0.0.0", 0))
    specific = listening(REUSEPORT, address=(HOST, port_of(everywhere)))
    clients = [new() for _ in range(20)]
    for client in clients:
        client.connect(specific.getsockname())
        assert select.select([everywhere, specific], [], [], 5)[0] == [specific]
        assert specific.accept()[1] == client.getsockname()


@needs("second_user")
def test_reuseaddr_asks_for_no_user():
    """With `SO_REUSEADDR` on both, a UDP socket of another user can bind the name of a
    socket of root, and then receives all its datagrams."""
    server = bound(UDP, REUSEADDR, user=0)
    thief = bound(UDP, REUSEADDR, user=1, address=server.getsockname())
    sender = new(UDP)
    sender.connect(server.getsockname())
    assert receivers([sender] * 5, [server, thief]) == [1] * 5


@needs("second_user")
def test_both_options_let_another_user_in():
    """Where both UDP sockets have `SO_REUSEADDR` and `SO_REUSEPORT`, the second one
    may belong to another user: `SO_REUSEADDR` alone lets it in."""
    server = bound(UDP, REUSEADDR, REUSEPORT, user=0)
    name = server.getsockname()
    assert code(new(UDP, REUSEPORT, user=1).bind, name) == errno.EADDRINUSE
    assert code(new(UDP, REUSEADDR, REUSEPORT, user=1).bind, name) is None


@needs("second_user")
def test_other_user_can_listen_first():
    """Before the `listen()` of a TCP server with `SO_REUSEADDR`, a socket of another
    user with that option can bind its name and listen, and then the server's `listen()`
    fails with `EADDRINUSE`; after it, the other one's `bind()` does."""
    server = bound(TCP, REUSEADDR, user=0)
    thief = bound(TCP, REUSEADDR, user=1, address=server.getsockname())
    thief.listen()
    assert code(server.listen) == errno.EADDRINUSE
    safe = listening(REUSEADDR, user=0)
    late = new(TCP, REUSEADDR, user=1)
    assert code(late.bind, safe.getsockname()) == errno.EADDRINUSE


def test_option_removed_after_bind_locks_the_port():
    """When a UDP socket has set `SO_REUSEADDR` or `SO_REUSEPORT` back to 0 after its
    `bind()`, no other socket can share its name: `EADDRINUSE`."""
    for option in (REUSEADDR, REUSEPORT):
        owner = bound(UDP, option)
        owner.setsockopt(socket.SOL_SOCKET, option, 0)
        for other in ((REUSEADDR,), (REUSEPORT,), (REUSEADDR, REUSEPORT)):
            end = code(new(UDP, *other).bind, owner.getsockname())
            assert end == errno.EADDRINUSE
        owner.setsockopt(socket.SOL_SOCKET, option, 1)
        assert code(new(UDP, option).bind, owner.getsockname()) is None


def test_reuseport_removed_from_a_listener_lets_others_in():
    """When a TCP socket that listens has set `SO_REUSEPORT` back to 0, another one with
    that option can still bind its name and listen, and then gets all connections."""
    server = listening(REUSEPORT)
    name = server.getsockname()
    server.setsockopt(socket.SOL_SOCKET, REUSEPORT, 0)
    thief = listening(REUSEPORT, address=name)
    for _ in range(20):
        client = new()
        client.connect(name)
        assert select.select([server, thief], [], [], 5)[0] == [thief]
        assert thief.accept()[1] == client.getsockname()


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
def test_connect_and_bind_begin_at_opposite_ports():
    """TCP `connect()` takes every second port, beginning with the first of the range,
    while one of these is free; `bind()` to port 0 takes the others first."""
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
    """With the option `IP_LOCAL_PORT_RANGE` a socket takes its port from a range of its
    own inside the common one, in `bind()` to port 0 and in `connect()`."""
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
    """`IP_LOCAL_PORT_RANGE` can only narrow the common range: limits outside of it have
    no effect."""
    shrink_range()
    for kind in (TCP, UDP):
        clients = [new(kind) for _ in RANGE]
        for client in clients:
            range_of_one_socket.limit(client, 20000, 20003)
            client.bind((HOST, 0))
        assert {port_of(client) for client in clients} == set(RANGE)


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
    """A TCP `connect()` to a free ephemeral port of its own machine can be given that
    very port, and then the socket is connected to itself."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    client = new()
    client.connect((HOST, RANGE[0]))
    assert client.getsockname() == client.getpeername() == (HOST, RANGE[0])
    client.sendall(b"echo")
    assert client.recv(100) == b"echo"
    assert code(new(TCP, REUSEADDR).bind, (HOST, RANGE[0])) == errno.EADDRINUSE


def ends_of_tries(port: int, tries: int) -> set[int | None]:
    """How `connect()` to a port of its own machine ends, each time from a new socket.

    No more tries once a socket is connected to itself.
    """
    ends: set[int | None] = set()
    for _ in range(tries):
        with new() as client:
            ends.add(code(client.connect, (HOST, port)))
            if None in ends:
                assert client.getsockname() == client.getpeername() == (HOST, port)
                return ends
    return ends


@needs("packets")
def test_self_connection_is_a_handshake_with_itself(wire):
    """A TCP socket that is connected to itself has sent a SYN, has answered this with
    SYN and ACK, and has answered that with ACK; no socket listens."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    assert socket_connects_to_itself.names_and_echo(RANGE[0]) == (
        (HOST, RANGE[0]),
        (HOST, RANGE[0]),
        b"hello",
    )
    handshake = wire()[:3]
    assert [p["flags"] for p in handshake] == [["SYN"], ["SYN", "ACK"], ["ACK"]]
    for packet in handshake:
        assert packet["source"] == packet["destination"] == [HOST, RANGE[0]]


@needs("sysctl")
def test_client_that_tries_again_meets_itself():
    """A TCP client that calls `connect()` again and again to a port of its own machine
    where nobody listens is refused, and one day connected to itself, if `connect()`
    can choose that port."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    assert ends_of_tries(40004, 2000) - {errno.ECONNREFUSED} == {None}


@needs("sysctl")
def test_every_second_port_is_not_met():
    """While `connect()` finds a free port among those that it takes first, every second
    one from the first of the range, it does not connect a socket to itself at one of
    the others."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    assert ends_of_tries(40005, 1000) == {errno.ECONNREFUSED}
    taken = [bound(address=(HOST, port)) for port in range(40000, 40010, 2)]
    assert ends_of_tries(40005, 1000) - {errno.ECONNREFUSED} == {None}
    assert len(taken) == 5


@needs("sysctl")
def test_port_outside_the_range_is_not_met():
    """`connect()` to a port outside of the ephemeral range, or to a reserved one in it,
    does not connect a socket to itself."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    assert ends_of_tries(39998, 1000) == {errno.ECONNREFUSED}
    write_sysctl("net.ipv4.ip_local_reserved_ports", "40004")
    assert ends_of_tries(40004, 1000) == {errno.ECONNREFUSED}


@needs("sysctl")
def test_another_source_address_is_not_met():
    """A client that has bound another address than the one it connects to is not
    connected to itself: with the same port it is refused."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    client = bound(address=("127.0.0.9", 0))
    assert port_of(client) == RANGE[0]
    assert code(client.connect, (HOST, RANGE[0])) == errno.ECONNREFUSED


@needs("sysctl")
def test_udp_socket_can_be_its_own_peer():
    """A UDP `connect()` to a free port of the range can be given that very port too:
    the socket then receives what it sends."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    sock = new(UDP)
    sock.connect((HOST, RANGE[0]))
    assert sock.getsockname() == sock.getpeername() == (HOST, RANGE[0])
    sock.send(b"hello")
    assert sock.recv(100) == b"hello"


# Who has the port


def rows_of(port: int, table: str = "tcp") -> list[list[str]]:
    """Lines of /proc/net/tcp or udp, split, whose local port is this one."""
    lines = Path("/proc/self/net", table).read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return [f for f in fields if int(f[1].split(":")[1], 16) == port]


@needs("private_net")
def test_proc_line_of_a_listener():
    """In `/proc/net/tcp`, a socket that listens on `127.0.0.1` and port 8080 has the
    local name `0100007F:1F90` and the state `0A`; one connected to it has that name as
    its peer name, and the state `01`."""
    listener = listening(address=(HOST, 8080))
    [line] = rows_of(8080)
    assert line[1:4] == ["0100007F:1F90", "00000000:0000", "0A"]
    assert line[4] == "00000000:00000000"
    client = new()
    client.connect(listener.getsockname())
    assert rows_of(8080)[0][4] == "00000000:00000001"
    [line] = rows_of(port_of(client))
    assert line[2:4] == ["0100007F:1F90", "01"]


def test_inode_leads_to_the_process():
    """The inode in a line of `/proc/net/tcp` is the number in the link `socket:[…]`
    that the owner of the socket has in `/proc/PID/fd`."""
    listener = listening()
    [line] = rows_of(port_of(listener))
    link = Path(f"/proc/{os.getpid()}/fd/{listener.fileno()}").readlink()
    assert str(link) == f"socket:[{line[9]}]"
    holders = who_holds_the_port.holders(port_of(listener))
    assert holders == [("tcp", "LISTEN", [os.getpid()])]


def test_udp_lines_have_two_states():
    """In `/proc/net/udp`, a bound socket has the state `07`, and a connected one
    `01`."""
    server, client = bound(UDP), new(UDP)
    client.connect(server.getsockname())
    states = [rows_of(port_of(sock), "udp")[0][3] for sock in (server, client)]
    assert states == ["07", "01"]


def test_bound_tcp_socket_is_not_in_proc():
    """A TCP socket that is bound and nothing more is not in `/proc/net/tcp`, and all
    the same `bind()` to its port fails with `EADDRINUSE`."""
    sock = bound()
    assert rows_of(port_of(sock)) == []
    assert code(new().bind, sock.getsockname()) == errno.EADDRINUSE
    sock.listen()
    assert len(rows_of(port_of(sock))) == 1


def asked_of_the_kernel(states: int) -> list[tuple[int, int]]:
    """(state, local port) of TCP sockets, by the netlink interface of sock_diag(7)."""
    diag_by_family, dump, request = 20, 0x300, 1
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as netlink:
        body = struct.pack("BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, states)
        body += bytes(48)
        flags = dump | request
        netlink.send(
            struct.pack("IHHII", 16 + len(body), diag_by_family, flags, 1, 0) + body
        )
        answer, found = netlink.recv(65536), []
    while answer:
        length, kind = struct.unpack_from("IH", answer)
        if kind == diag_by_family:
            found.append((answer[17], struct.unpack_from("!H", answer, 20)[0]))
        answer = answer[(length + 3) & ~3 :]
    return found


@needs("private_net")
def test_kernel_can_list_bound_sockets():
    """Asked by netlink, as in sock_diag(7), the kernel lists a TCP socket that is bound
    and nothing more, if the question names state 13, bound and inactive."""
    sock, listener = bound(), listening()
    usual_states = (1 << 13) - 1
    assert asked_of_the_kernel(usual_states) == [(10, port_of(listener))]
    assert asked_of_the_kernel(1 << 13) == [(7, port_of(sock))]


def test_child_keeps_the_port():
    """A forked child that inherited a listening socket keeps its port taken after the
    parent has closed it; the socket is then found in the child's `/proc/PID/fd`."""
    listener = listening()
    name = listener.getsockname()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until the parent closes its end
        os._exit(0)
    listener.close()
    assert code(new().bind, name) == errno.EADDRINUSE
    assert who_holds_the_port.holders(name[1]) == [("tcp", "LISTEN", [child])]
    os.close(writing)
    os.waitpid(child, 0)
    assert code(new().bind, name) is None


@needs("private_net")
def test_other_network_has_its_own_table():
    """A socket is in `/proc/net/tcp` of its own network namespace only, and in another
    one its name can be bound."""
    listener = listening()
    port = port_of(listener)
    assert len(rows_of(port)) == 1
    assert ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0
    assert rows_of(port) == []
    assert code(new().bind, ("0.0.0.0", port)) is None
    assert listener.getsockname() == (HOST, port)


@needs("private_net")
def test_some_lines_have_no_process():
    """In `/proc/net/tcp`, a connection that waits for `accept()` and one in `TIME_WAIT`
    have the inode 0: they belong to no process."""
    listener = listening()
    client = new()
    client.connect(listener.getsockname())

    def inodes(state):
        lines = rows_of(port_of(listener))
        return [line[9] for line in lines if STATES[line[3]] == state]

    assert inodes("ESTABLISHED") == ["0"]
    conn, _ = listener.accept()
    conn.settimeout(5)
    assert inodes("ESTABLISHED") == [str(os.fstat(conn.fileno()).st_ino)]
    close_in_order(conn, client)
    assert inodes("TIME_WAIT") == ["0"]


@needs("second_user")
def test_other_users_descriptors_are_hidden():
    """An ordinary user sees the sockets of all users in `/proc/net/tcp`, but to look
    into another user's `/proc/PID/fd` fails with `EACCES`."""
    listener = listening()
    ours = os.getpid()
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setresuid(1, 1, 1)
        seen = len(rows_of(port_of(listener)))
        end = code(os.listdir, f"/proc/{ours}/fd")
        os.write(writing, f"{seen} {end}".encode())
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 100).decode() == f"1 {errno.EACCES}"
    os.wait()


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


def test_used_up_own_range():
    """When all ports of a socket's own `IP_LOCAL_PORT_RANGE` are taken, `bind()` to
    port 0 fails with `EADDRINUSE`."""
    with new() as first, new() as second:
        for sock in (first, second):
            range_of_one_socket.limit(sock, 45000, 45000)
        first.bind((HOST, 0))
        assert port_of(first) == 45000
        assert code(second.bind, (HOST, 0)) == errno.EADDRINUSE


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
