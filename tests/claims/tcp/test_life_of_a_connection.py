"""Proofs about the life of a TCP connection, from its first packet to its last."""

import errno
import os
import select
import signal
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from snippets.recipes import tcp_client, tcp_server
from snippets.tcp import (
    connect_returns_before_accept,
    server_and_client,
)
from tests.claims.helpers import code, destroy, failure, listen_on
from tests.claims.tcp.helpers import flags, new_client

needs = pytest.mark.needs


@needs("packets")
def test_server_and_client(wire):
    """Each end of a TCP connection sends one SYN and, unless it is reset, one FIN,
    if no packet is lost.
    """
    assert server_and_client.conversation() == (b"ping", b"pong", b"")
    assert flags(wire()) == [
        *("SYN", "SYN ACK", "ACK"),  # connect()
        *("PSH ACK", "ACK", "PSH ACK", "ACK"),  # ping and pong
        *("FIN ACK", "ACK", "FIN ACK", "ACK"),  # client.close(), conn.close()
    ]


@needs("packets")
def test_connect_sends_the_syn(wire):
    """`connect()` sends the SYN; `bind()` and `listen()` send nothing."""
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.bind(("127.0.0.1", 0))
        assert wire() == []
        client.connect(listener.getsockname())
        first = wire()[0]
        assert first["flags"] == ["SYN"]
        assert tuple(first["source"]) == client.getsockname()


@needs("packets")
def test_handshake_needs_no_accept(wire):
    """SYN, SYN-ACK and ACK are exchanged although nobody calls `accept()`."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        packets = wire()
        assert flags(packets) == ["SYN", "SYN ACK", "ACK"]
        ends = [tuple(packet["source"]) for packet in packets]
        local, peer = client.getsockname(), listener.getsockname()
        assert ends == [local, peer, local]


def test_connect_returns_before_accept():
    """While its queue has room, `connect()` to a listening TCP socket succeeds although
    nobody calls `accept()` on it.
    """
    result = connect_returns_before_accept.connect_then_accept()
    assert result == (None, True)


@needs("packets")
def test_accept_sends_no_packet(wire):
    """`accept()` sends no packet: it takes a finished connection from a queue."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        assert flags(wire()) == ["SYN", "SYN ACK", "ACK"]
        conn, _ = listener.accept()
        with conn:
            client.sendall(b"x")
            assert conn.recv(1) == b"x"
            assert flags(wire()) == ["PSH ACK", "ACK"]


def test_data_waits_for_accept():
    """Data that a client sends before `accept()` is kept, and read after it."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert client.send(b"early") == 5
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(100) == b"early"


def test_stream_has_no_message_borders():
    """A TCP stream keeps no message borders: one `recv()` can return what two `send()`
    calls sent, and a small `recv()` leaves the rest for the next one."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        client.send(b"ab")
        client.send(b"cd")
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(5)
            assert conn.recv(4, socket.MSG_WAITALL) == b"abcd"
            client.send(b"efgh")
            assert [conn.recv(3), conn.recv(3)] == [b"efg", b"h"]


@needs("packets")
def test_first_close_sends_the_first_fin(wire):
    """The end that calls `close()` first, with nothing left unread, sends the first
    FIN, and the other end then reads `b''`.
    """
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        wire()
        conn.close()
        assert client.recv(1) == b""
        client.close()
        fins = [p for p in wire() if "FIN" in p["flags"]]
        server_port = listener.getsockname()[1]
        assert [p["source"][1] == server_port for p in fins] == [True, False]


def test_recv_returns_nothing_at_the_end():
    """When the peer has closed with nothing left unread, `recv()` returns what it
    had sent, then `b''`.
    """
    with tcp_server.open_listener() as listener, ThreadPoolExecutor(1) as thread:
        listener.settimeout(5)
        address = listener.getsockname()
        asked = thread.submit(tcp_client.ask, *address, b"hello\n")
        conn, seen = listener.accept()
        with conn:
            conn.settimeout(5)
            assert tcp_server.echo(conn) == 6  # bytes, until b""
            assert conn.recv(1) == b""
        assert asked.result(5) == (seen, address, b"hello\n")


def test_shutdown_ends_one_direction():
    """After `shutdown(SHUT_WR)` the peer reads end of file, and can still answer."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        client.shutdown(socket.SHUT_WR)
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(1) == b""
            conn.sendall(b"answer")
            assert client.recv(100) == b"answer"
        assert failure(client.send, b"x") == errno.EPIPE


def test_shutdown_read_keeps_no_data_out():
    """After `shutdown(SHUT_RD)` on a TCP connection `recv()` returns `b''` when nothing
    waits, but data that comes later is received, and `send()` still works."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            conn.shutdown(socket.SHUT_RD)
            assert conn.recv(9) == b""
            client.send(b"late")
            assert conn.recv(9) == b"late"
            assert conn.recv(9) == b""
            assert conn.send(b"answer") == 6
            assert client.recv(9) == b"answer"


def test_end_with_unread_data_is_a_reset():
    """When a program is killed that has read all, the other end's `recv()` returns
    `b''`; when data is unread, it fails with `ECONNRESET`. It is the same with
    `close()`."""
    for unread in (b"", b"more"):
        for killed in (True, False):
            with listen_on() as listener:
                pid = os.fork()
                if pid == 0:
                    client = socket.create_connection(listener.getsockname())
                    client.recv(4)
                    if unread:
                        client.recv(4, socket.MSG_PEEK)
                    client.sendall(b"done")
                    if killed:
                        signal.pause()
                    client.close()
                    os._exit(0)
                conn, _ = listener.accept()
                conn.settimeout(5)
                conn.sendall(b"read" + unread)
                assert conn.recv(4) == b"done"
                if killed:
                    os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                end = code(conn.recv, 1)
                assert end == (errno.ECONNRESET if unread else None)
                conn.close()


@pytest.mark.scope("IPv4", because="the connection is asked for by family")
@needs("private_net")
def test_destroyed_connection_is_aborted():
    """When an administrator ends a TCP connection with `ss --kill`, `recv()` fails with
    `ECONNABORTED` at this end, and with `ECONNRESET` at the other."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        conn.settimeout(5)
        with conn:
            destroy(client.getsockname(), listener.getsockname())
            assert failure(client.recv, 1) == errno.ECONNABORTED
            assert failure(conn.recv, 1) == errno.ECONNRESET
