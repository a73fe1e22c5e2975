"""Proofs about a TCP peer that is gone without a word: cut off, or switched off."""

import errno
import select
import socket

import pytest

from lab.isolation import networks
from snippets.tcp import patience_with_peers
from tests.claims.helpers import code, failure, listen_on
from tests.claims.tcp.helpers import new_client

needs = pytest.mark.needs
TCP_OPTION = socket.IPPROTO_TCP


def connected() -> tuple[socket.socket, socket.socket]:
    """A connection: the client's end and the server's, which outlives the listener."""
    with listen_on() as listener:
        client = new_client()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
    conn.settimeout(5)
    return client, conn


def keep_alive(sock: socket.socket) -> None:
    """Ask after one second of silence, and give up one second later: the shortest."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for option in (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT):
        sock.setsockopt(TCP_OPTION, option, 1)


@needs("private_net")
def test_vanished_peer_is_not_noticed():
    """When the network to a TCP peer is cut, this end is told nothing, even if the
    peer's program ends: `poll()` reports no more than before, a non-blocking `recv()`
    fails with `EAGAIN`, and `send()` succeeds.
    """
    client, conn = connected()
    with client, conn:
        poll = select.poll()
        poll.register(client, select.POLLIN | select.POLLOUT | select.POLLRDHUP)
        assert poll.poll(0) == [(client.fileno(), select.POLLOUT)]
        networks.drop("input")
        conn.close()
        assert poll.poll(0) == [(client.fileno(), select.POLLOUT)]
        client.setblocking(False)
        assert failure(client.recv, 1) == errno.EAGAIN
        assert client.send(b"x") == 1


@needs("private_net")
def test_keepalive_ends_a_silent_connection():
    """With `SO_KEEPALIVE`, a `recv()` that waits for a TCP peer which has vanished
    fails with `ETIMEDOUT`, after `TCP_KEEPIDLE` seconds of silence and `TCP_KEEPCNT`
    probes, `TCP_KEEPINTVL` seconds apart."""
    client, conn = connected()
    with client, conn:
        keep_alive(client)
        client.settimeout(20)
        networks.drop("input")
        assert failure(client.recv, 1) == errno.ETIMEDOUT


@needs("packets")
def test_keepalive_is_answered_by_the_kernel(wire):
    """A keepalive probe of TCP is answered by the peer's kernel: its program is told
    nothing, and need not read."""
    client, conn = connected()
    with client, conn:
        keep_alive(client)
        poll = select.poll()
        poll.register(conn, select.POLLIN | select.POLLRDHUP)
        wire()  # the handshake
        packets = []
        while len(packets) < 2:
            assert poll.poll(100) == []
            packets += wire()
        probe, answer = packets[:2]
        assert tuple(probe["source"]) == client.getsockname()
        assert tuple(answer["source"]) == conn.getsockname()
        assert (probe["flags"], answer["flags"]) == (["ACK"], ["ACK"])
        assert poll.poll(0) == []


@needs("private_net")
def test_keepalive_is_off_and_slow():
    """A new TCP socket has `SO_KEEPALIVE` off; with this option alone, in a new
    network, the first probe goes out after 7,200 seconds, and 9 probes, 75 seconds
    apart, must fail.
    """
    with new_client() as sock:
        assert sock.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE) == 0
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        options = (socket.TCP_KEEPIDLE, socket.TCP_KEEPINTVL, socket.TCP_KEEPCNT)
        assert [sock.getsockopt(TCP_OPTION, o) for o in options] == [7200, 75, 9]


@needs("private_net")
def test_user_timeout_ends_unacknowledged_data():
    """With `TCP_USER_TIMEOUT`, a TCP connection to a peer that has vanished ends when
    sent data stays unacknowledged for that many milliseconds: `recv()` fails with
    `ETIMEDOUT`, and the next `send()` with `EPIPE`."""
    client, conn = connected()
    with client, conn:
        client.setsockopt(TCP_OPTION, socket.TCP_USER_TIMEOUT, 300)
        networks.drop("input")
        client.sendall(b"x")
        assert failure(client.recv, 1) == errno.ETIMEDOUT
        assert failure(client.send, b"x") == errno.EPIPE


def test_accepted_socket_inherits_its_patience():
    """An accepted socket has its listening socket's `TCP_USER_TIMEOUT`,
    `TCP_KEEPIDLE`, `TCP_KEEPINTVL` and `TCP_KEEPCNT`."""
    values = {
        socket.TCP_USER_TIMEOUT: 12345,
        socket.TCP_KEEPIDLE: 11,
        socket.TCP_KEEPINTVL: 12,
        socket.TCP_KEEPCNT: 3,
    }
    with listen_on() as listener, new_client() as client:
        for option, value in values.items():
            listener.setsockopt(TCP_OPTION, option, value)
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            for option, value in values.items():
                assert conn.getsockopt(TCP_OPTION, option) == value
                assert client.getsockopt(TCP_OPTION, option) != value
    assert patience_with_peers.accepted() == patience_with_peers.PATIENCE


@needs("private_net")
def test_vanished_peer_that_comes_back_goes_on():
    """A TCP connection whose network was cut for a while goes on when it is back: what
    was sent meanwhile arrives, if neither end has given up."""
    client, conn = connected()
    with client, conn:
        networks.drop("input")
        client.sendall(b"meanwhile")
        networks.remove_firewall()
        assert conn.recv(9) == b"meanwhile"
        assert code(client.send, b"x") is None
