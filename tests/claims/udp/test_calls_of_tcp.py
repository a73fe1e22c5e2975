"""Proofs about calls of TCP on a UDP socket: listen(), accept(), shutdown()."""

import errno
import socket
from concurrent.futures import ThreadPoolExecutor

from snippets.udp import (
    listen_is_not_for_datagrams,
)
from tests.claims.helpers import code, udp


def test_listen_fails():
    """`listen()` on a UDP socket fails with `EOPNOTSUPP`."""
    assert listen_is_not_for_datagrams.listen_on_udp() == errno.EOPNOTSUPP


def test_accept_fails():
    """`accept()` on a UDP socket in blocking mode fails at once with `EOPNOTSUPP`."""
    with udp("127.0.0.1", 0) as receiver:
        receiver.settimeout(None)
        assert code(receiver.accept) == errno.EOPNOTSUPP


def test_shutdown_read_ends_a_waiting_recv():
    """After `shutdown(SHUT_RD)` on a connected UDP socket a blocking `recv()` returns
    `b''` when nothing waits, a non-blocking one fails with `EAGAIN`, and datagrams are
    still received."""
    with udp("127.0.0.1", 0) as peer, udp() as sock:
        sock.connect(peer.getsockname())
        sock.setblocking(True)
        sock.shutdown(socket.SHUT_RD)
        assert code(sock.recv, 9, socket.MSG_DONTWAIT) == errno.EAGAIN
        assert sock.recv(9) == b""
        peer.sendto(b"late", sock.getsockname())
        assert sock.recv(9) == b"late"
        assert sock.recv(9) == b""


def test_shutdown_outlives_connect():
    """`connect()` to another peer does not undo `shutdown(SHUT_WR)` on a UDP socket:
    `send()` still fails with `EPIPE`."""
    with udp("127.0.0.1", 0) as one, udp("127.0.0.1", 0) as other, udp() as sock:
        sock.connect(one.getsockname())
        sock.shutdown(socket.SHUT_WR)
        assert code(sock.send, b"x") == errno.EPIPE
        sock.connect(other.getsockname())
        assert sock.getpeername() == other.getsockname()
        assert code(sock.send, b"x") == errno.EPIPE


def test_shutdown_wakes_a_waiting_recvfrom():
    """On an unconnected UDP socket `shutdown(SHUT_RD)` fails with `ENOTCONN`, and yet a
    blocking `recvfrom()` of another thread returns `b''`, with no address."""
    with udp("127.0.0.1", 0) as sock, ThreadPoolExecutor(1) as pool:
        sock.settimeout(None)
        waiting = pool.submit(sock.recvfrom, 1024)
        assert code(sock.shutdown, socket.SHUT_RD) == errno.ENOTCONN
        assert waiting.result(5) == (b"", None)
