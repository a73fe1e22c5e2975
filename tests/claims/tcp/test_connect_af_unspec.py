"""Proofs about connect() with the family AF_UNSPEC, which ends a TCP connection."""

import errno
import socket

from snippets.tcp import (
    unspec_ends_a_connection,
)
from snippets.tcp.unspec_ends_a_connection import disconnect
from tests.claims.helpers import failure, listen_on
from tests.claims.tcp.helpers import bind_to, new_client


def test_unspec_ends_a_connection():
    """On Linux `connect()` with the family `AF_UNSPEC` ends a TCP connection with a
    reset, and the socket can connect again: the old peer reads `ECONNRESET`.
    """
    result = unspec_ends_a_connection.connect_to_one_and_then_another()
    assert result == ("ECONNRESET", True)
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn = listener.accept()[0]
        disconnect(client)
        assert failure(client.getpeername) == errno.ENOTCONN
        assert failure(conn.recv, 1) == errno.ECONNRESET
        conn.close()


def test_unspec_leaves_an_error():
    """After `AF_UNSPEC` has ended a TCP connection, the next `send()` or `recv()` fails
    with `ECONNRESET`, and later ones fail as on a new socket.
    """
    for call, argument, later in (
        (socket.socket.send, b"x", errno.EPIPE),
        (socket.socket.recv, 1, errno.ENOTCONN),
    ):
        with listen_on() as listener, new_client() as client:
            assert failure(call, client, argument) == later
            client.connect(listener.getsockname())
            disconnect(client)
            assert failure(call, client, argument) == errno.ECONNRESET
            assert failure(call, client, argument) == later


def test_unspec_gives_back_a_chosen_port():
    """After `AF_UNSPEC` on a TCP socket, a local port that the kernel chose is free for
    others, although `getsockname()` still shows it.
    """
    with listen_on() as listener, new_client() as client, socket.socket() as other:
        client.connect(listener.getsockname())
        port = client.getsockname()[1]
        assert failure(other.bind, ("127.0.0.1", port)) == errno.EADDRINUSE
        disconnect(client)
        assert client.getsockname() == ("0.0.0.0", port)
        other.bind(("127.0.0.1", port))
        assert other.getsockname() == ("127.0.0.1", port)


def test_unspec_keeps_a_named_port():
    """After `AF_UNSPEC` on a TCP socket, an address and a port that `bind()` asked for
    by number stay taken.
    """
    with bind_to() as reserved:
        name = reserved.getsockname()
    with listen_on() as listener, new_client() as client, socket.socket() as other:
        client.bind(name)
        client.connect(listener.getsockname())
        disconnect(client)
        assert client.getsockname() == name
        assert failure(other.bind, name) == errno.EADDRINUSE


def test_unspec_ends_listening():
    """`AF_UNSPEC` on a listening TCP socket ends the listening: a client in the queue
    is reset, new ones are refused, and `listen()` can begin anew.
    """
    with bind_to() as reserved:
        name = reserved.getsockname()
    with socket.socket() as listener, new_client() as queued, new_client() as late:
        listener.settimeout(5)
        listener.bind(name)
        listener.listen()
        queued.connect(name)
        disconnect(listener)
        assert failure(queued.recv, 1) == errno.ECONNRESET
        assert failure(listener.accept) == errno.EINVAL
        assert failure(late.connect, name) == errno.ECONNREFUSED
        listener.listen()
        with new_client() as client:
            client.connect(name)
            conn, source = listener.accept()
            assert source == client.getsockname()
            conn.close()
