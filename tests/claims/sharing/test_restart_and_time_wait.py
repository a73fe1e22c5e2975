"""Proofs about a restart, and what the run before has left behind: `TIME_WAIT`."""

import errno
import select
import socket

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.sharing import (
    restart_meets_time_wait,
    restart_needs_reuseaddr_twice,
)
from tests.claims.helpers import HOST, TCP, code, destroy, reset
from tests.claims.sharing.helpers import (
    REUSEADDR,
    bound,
    close_in_order,
    connected,
    connections,
    listening,
    new,
    port_of,
)

needs = pytest.mark.needs
SECOND = 100  # ticks in /proc/net/tcp


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
    """When the client closes first, the `TIME_WAIT` is at the client's end, and the
    server can bind its port again at once, without any option.
    """
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
    """`TIME_WAIT` lasts 60 seconds on Linux, whether `net.ipv4.tcp_fin_timeout` is 5 or
    120.
    """
    for seconds in ("5", "120"):
        write_sysctl("net.ipv4.tcp_fin_timeout", seconds)
        listener = listening()
        client, conn = connected(listener)
        close_in_order(conn, client)
        listener.close()
        _, state, ticks_left = connections()[-1]
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


@needs("private_net")
def test_half_closed_connection_holds_the_port():
    """While the client has not closed its end, a connection that the server has closed
    is in `FIN_WAIT_2` and holds the port; with `SO_REUSEADDR` in both runs, `bind()`
    succeeds."""
    for options in ([], [REUSEADDR]):
        listener = listening(*options)
        name = listener.getsockname()
        client, conn = connected(listener)
        conn.close()
        assert client.recv(1) == b""
        listener.close()
        assert (name[1], "FIN_WAIT_2") in [row[:2] for row in connections()]
        expected = None if options else errno.EADDRINUSE
        assert code(new(TCP, *options).bind, name) == expected
        assert code(new(TCP, REUSEADDR).bind, name) == expected
        client.close()


@pytest.mark.scope("IPv4", because="the connection is asked for by family")
@needs("private_net")
def test_administrator_ends_time_wait():
    """An administrator's `ss --kill` ends a `TIME_WAIT`: `bind()` without
    `SO_REUSEADDR` then succeeds."""
    listener = listening()
    client, conn = connected(listener)
    name, client_name = listener.getsockname(), client.getsockname()
    close_in_order(conn, client)
    listener.close()
    assert code(new().bind, name) == errno.EADDRINUSE
    destroy(name, client_name)
    assert bound(address=name).getsockname() == name


@needs("private_net")
def test_new_connection_takes_over_time_wait():
    """A new connection with the client name of one in `TIME_WAIT`, to a server that
    listens again, replaces the old one.
    """
    listener = listening(REUSEADDR)
    client, conn = connected(listener)
    name, client_name = listener.getsockname(), client.getsockname()
    close_in_order(conn, client)
    assert "TIME_WAIT" in [state for _, state, _ in connections()]
    again = bound(TCP, REUSEADDR, address=client_name)
    again.connect(name)
    served, source = listener.accept()
    assert source == client_name
    assert "TIME_WAIT" not in [state for _, state, _ in connections()]
    served.close()
