"""Proofs about calls that need a connection, and those that ignore an address."""

import errno
import socket

from tests.claims.helpers import code, failure, listen_on
from tests.claims.tcp.helpers import bind_to, new_client


def test_send_before_connect():
    """`send()` on a TCP socket that has never begun to connect fails with `EPIPE`."""
    with new_client() as unbound, bind_to() as bound:
        assert failure(unbound.send, b"x") == errno.EPIPE
        assert failure(bound.send, b"x") == errno.EPIPE


def test_recv_before_connect():
    """`recv()` on a TCP socket that has never begun to connect fails with
    `ENOTCONN`.
    """
    with new_client() as unbound, bind_to() as bound:
        assert failure(unbound.recv, 1) == errno.ENOTCONN
        assert failure(bound.recv, 1) == errno.ENOTCONN


def test_shutdown_before_connect():
    """`shutdown()` on a TCP socket that neither listens nor has begun to connect fails
    with `ENOTCONN`; on one that listens, or whose SYN is out, it succeeds."""
    with new_client() as client, bind_to() as bound:
        assert failure(client.shutdown, socket.SHUT_WR) == errno.ENOTCONN
        assert failure(bound.shutdown, socket.SHUT_RDWR) == errno.ENOTCONN
    with listen_on(backlog=0) as full, new_client() as first, new_client() as waiting:
        first.connect(full.getsockname())
        waiting.setblocking(False)
        assert failure(waiting.connect, full.getsockname()) == errno.EINPROGRESS
        assert code(waiting.shutdown, socket.SHUT_WR) is None
        assert code(full.shutdown, socket.SHUT_WR) is None


def test_sendto_does_not_connect():
    """`sendto()` without flags does not connect a TCP socket: it fails with `EPIPE`,
    and the socket stays unbound.
    """
    with listen_on() as listener, new_client() as client:
        assert failure(client.sendto, b"x", listener.getsockname()) == errno.EPIPE
        assert client.getsockname() == ("0.0.0.0", 0)


def test_sendto_ignores_the_address():
    """`sendto()` on a connected TCP socket ignores the address that it is given, and
    sends to the peer."""
    with listen_on() as listener, listen_on() as elsewhere, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert client.sendto(b"x", elsewhere.getsockname()) == 1
            assert conn.recv(10) == b"x"
            elsewhere.setblocking(False)
            assert failure(elsewhere.accept) == errno.EAGAIN


def test_recvfrom_names_nobody():
    """`recvfrom()` on a TCP socket tells no address: in Python it returns `None` in
    its place."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            client.send(b"x")
            assert conn.recvfrom(9) == (b"x", None)
            assert conn.getpeername() == client.getsockname()
