"""Proofs about the queue of a listening TCP socket: how long it is, and when full."""

import errno
import select
import socket
from pathlib import Path

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.tcp import (
    full_backlog_leaves_connect_waiting,
    listening_socket_reports_its_queue,
)
from tests.claims.helpers import failure, listen_on, reset
from tests.claims.tcp.helpers import bind_to, flags, new_client

needs = pytest.mark.needs


def test_listen_again_changes_the_backlog():
    """`listen()` may be called again, and then sets a new backlog."""
    with listen_on(backlog=0) as listener:
        listener.listen(2)
        clients = [new_client() for _ in range(3)]  # listen(0) holds one
        assert [c.connect_ex(listener.getsockname()) for c in clients] == [0, 0, 0]


def test_backlog_holds_one_more():
    """With no `accept()`, `listen(n)` lets n + 1 clients connect one after another;
    the next one stays in progress.
    """
    for backlog in (0, 1, 5):
        with listen_on(backlog=backlog) as listener:
            clients = [new_client() for _ in range(backlog + 1)]
            for client in clients:
                client.connect(listener.getsockname())
                assert client.getpeername() == listener.getsockname()
            latecomer = new_client()
            latecomer.setblocking(False)
            code = latecomer.connect_ex(listener.getsockname())
            assert code == errno.EINPROGRESS
            assert failure(latecomer.getpeername) == errno.ENOTCONN


def test_full_backlog_leaves_connect_waiting():
    """When the queue is full, `connect()` is not refused: it stays in progress."""
    result = full_backlog_leaves_connect_waiting.fill_the_queue(3)
    assert result == ("EINPROGRESS", "ENOTCONN")


@needs("packets")
def test_full_queue_drops_the_syn(wire):
    """A full queue drops the SYN without an answer; it is sent again, and answered
    when there is room."""
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        wire()
        with new_client() as latecomer:
            latecomer.setblocking(False)
            latecomer.connect_ex(listener.getsockname())
            conn, _ = listener.accept()
            with conn:
                assert select.select([], [latecomer], [], 10)[1] == [latecomer]
            port = latecomer.getsockname()[1]
            own = [p for p in wire() if port in (p["source"][1], p["destination"][1])]
            assert flags(own)[:2] == ["SYN", "SYN"]
            assert flags(own)[-2:] == ["SYN ACK", "ACK"]
            assert "RST" not in " ".join(flags(own))


def late_connect(address: tuple[str, int], latecomer: socket.socket) -> tuple[int, int]:
    """What a non-blocking connect() and then getpeername() report."""
    latecomer.setblocking(False)
    return latecomer.connect_ex(address), failure(latecomer.getpeername)


@needs("sysctl")
def test_somaxconn_caps_the_backlog():
    """`listen()` lowers a backlog above `net.core.somaxconn` to that value, and
    reports no error."""
    write_sysctl("net.core.somaxconn", "2")
    with listen_on(backlog=100) as listener:
        clients = [new_client() for _ in range(3)]  # a backlog of 2 holds three
        assert [c.connect_ex(listener.getsockname()) for c in clients] == [0, 0, 0]
        found = late_connect(listener.getsockname(), new_client())
        assert found == (errno.EINPROGRESS, errno.ENOTCONN)


@needs("sysctl")
def test_somaxconn_is_read_by_listen():
    """A new value of `net.core.somaxconn` counts from the next `listen()`; sockets
    that listen already keep their backlog."""
    queue = listening_socket_reports_its_queue.waiting_and_backlog
    with listen_on(backlog=100) as listener:
        write_sysctl("net.core.somaxconn", "2")
        assert queue(listener) == (0, 100)
        listener.listen(100)
        assert queue(listener) == (0, 2)


def test_listen_in_python_asks_for_128():
    """In Python, `listen()` without an argument sets a backlog of 128."""
    with bind_to() as listener:
        listener.listen()
        queue = listening_socket_reports_its_queue.waiting_and_backlog(listener)
        assert queue == (0, 128)


def test_listening_socket_reports_its_queue():
    """On a listening socket `TCP_INFO` holds the number of connections that wait, as
    `tcpi_unacked`, and the backlog, as `tcpi_sacked`."""
    found = listening_socket_reports_its_queue.watch_the_queue(clients=3, backlog=5)
    assert found == ((3, 5), (2, 5))


def test_full_queue_is_counted():
    """The kernel adds one to `ListenOverflows` in `/proc/net/netstat` for a SYN that a
    full queue drops."""

    def overflows() -> int:
        lines = Path("/proc/net/netstat").read_text().splitlines()
        names, values = (line.split() for line in lines if line.startswith("TcpExt"))
        return int(values[names.index("ListenOverflows")])

    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        before = overflows()
        with new_client() as latecomer:
            late_connect(listener.getsockname(), latecomer)
            assert overflows() - before == 1


@needs("packets", "sysctl")
def test_abort_on_overflow_drops_the_syn_too(wire):
    """A SYN that finds the queue full gets no answer even if
    `net.ipv4.tcp_abort_on_overflow` is 1."""
    write_sysctl("net.ipv4.tcp_abort_on_overflow", "1")
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        wire()
        with new_client() as latecomer:
            found = late_connect(listener.getsockname(), latecomer)
            assert found == (errno.EINPROGRESS, errno.ENOTCONN)
            port = latecomer.getsockname()[1]
            first.send(b"x")
            packets = wire()
            assert packets[-1]["source"][1] != port  # what came after the SYN
            own = [p for p in packets if port in (p["source"][1], p["destination"][1])]
            assert flags(own) == ["SYN"]


def handshake_at_a_full_queue() -> tuple[socket.socket, socket.socket, list]:
    """A listening socket whose queue is full, a client whose handshake has not ended
    there, and the clients in the queue.

    TCP_DEFER_ACCEPT of tcp(7) puts the end of a handshake off until data arrives.
    """
    listener = bind_to()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    listener.listen(2)
    late, *queued = clients = [new_client() for _ in range(4)]
    for client in clients:
        client.connect(listener.getsockname())
        if client is not late:
            client.send(b"x")
    return listener, late, queued


def test_handshake_may_end_at_a_full_queue():
    """A client can be connected while the queue has no room for it: `accept()` returns
    its connection later, when others have left the queue."""
    listener, late, queued = handshake_at_a_full_queue()
    with listener, late:
        late.send(b"late")  # the server drops it, and the client's kernel repeats it
        assert late.getpeername() == listener.getsockname()
        queue = listening_socket_reports_its_queue.waiting_and_backlog(listener)
        assert queue == (3, 2)
        peers = [listener.accept()[1] for _ in queued]
        assert peers == [client.getsockname() for client in queued]
        conn, peer = listener.accept()
        with conn:
            assert (peer, conn.recv(100)) == (late.getsockname(), b"late")


@needs("sysctl")
def test_abort_on_overflow_resets_the_connected():
    """If `net.ipv4.tcp_abort_on_overflow` is 1, a connected client for which the queue
    has no room is reset: `recv()` fails with `ECONNRESET`."""
    write_sysctl("net.ipv4.tcp_abort_on_overflow", "1")
    listener, late, _queued = handshake_at_a_full_queue()
    with listener, late:
        late.send(b"late")
        assert failure(late.recv, 1) == errno.ECONNRESET


def test_full_queue_ends_in_etimedout():
    """If the queue stays full, a blocking `connect()` fails with `ETIMEDOUT` in the
    end."""
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        with socket.socket() as latecomer:
            latecomer.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)  # one retry
            code = failure(latecomer.connect, listener.getsockname())
            assert code == errno.ETIMEDOUT


def test_reset_connection_keeps_its_place():
    """A connection that the client has reset keeps its place in the queue until
    `accept()`."""
    with listen_on(backlog=0) as listener, new_client() as client:
        client.connect(listener.getsockname())
        reset(client)
        found = late_connect(listener.getsockname(), new_client())
        assert found == (errno.EINPROGRESS, errno.ENOTCONN)
        conn, _ = listener.accept()
        with conn:
            assert failure(conn.recv, 1) == errno.ECONNRESET
