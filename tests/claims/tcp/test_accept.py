"""Proofs about accept(): in which order, and what the new socket inherits."""

import errno
import os
import resource
import select
import socket
import struct

from snippets.tcp import (
    accept_returns_a_reset_connection,
    accepted_socket_inherits_options,
)
from tests.claims.helpers import failure, listen_on, reset
from tests.claims.tcp.helpers import bind_to, new_client


def test_accept_keeps_the_order():
    """`accept()` returns connections in the order in which they were made, if they were
    made one after another.
    """
    with listen_on() as listener:
        clients = [new_client() for _ in range(4)]
        for client in clients:
            client.connect(listener.getsockname())
        peers = [listener.accept()[1] for _ in clients]
        assert peers == [client.getsockname() for client in clients]


def test_waiting_connection_makes_the_listener_readable():
    """`select()` reports a listening socket as readable exactly while a connection
    waits in its queue."""
    with listen_on() as listener, new_client() as client:
        assert select.select([listener], [], [], 0)[0] == []
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        conn, _ = listener.accept()
        with conn:
            assert select.select([listener], [], [], 0)[0] == []


def test_accept_on_an_empty_queue():
    """A non-blocking `accept()` on an empty queue fails with `EAGAIN`."""
    with listen_on() as listener:
        listener.setblocking(False)
        assert failure(listener.accept) == errno.EAGAIN


def test_accept_without_descriptors():
    """When the process may open no more descriptors, `accept()` fails with `EMFILE`,
    and the connection stays in the queue."""
    with listen_on() as listener, new_client() as client:
        listener.settimeout(None)
        client.connect(listener.getsockname())
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            code = failure(listener.accept)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert code == errno.EMFILE
        conn, peer = listener.accept()
        conn.close()
        assert peer == client.getsockname()


def test_accepted_socket_inherits_options():
    """An accepted socket has its listening socket's values of `SO_REUSEADDR`,
    `SO_KEEPALIVE`, `SO_LINGER`, `SO_RCVBUF` and `TCP_NODELAY`."""
    with bind_to() as listener, new_client() as client:
        values = []
        for level, option, value, size in (
            (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1, 4),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1, 4),
            (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7), 8),
            (socket.SOL_SOCKET, socket.SO_RCVBUF, 5000, 4),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1, 4),
        ):
            listener.setsockopt(level, option, value)
            values.append((level, option, size))
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            for asked in values:
                inherited = conn.getsockopt(*asked)
                assert inherited == listener.getsockopt(*asked)
                assert inherited != client.getsockopt(*asked)  # not the default


def test_options_are_copied_at_the_handshake():
    """An option that the listening socket gets after the handshake is not on the
    accepted socket, although `accept()` comes later."""
    before, after, _ = accepted_socket_inherits_options.options_of_accepted_socket()
    assert (before, after) == (True, False)


def test_accepted_socket_is_blocking():
    """On Linux an accepted socket is in blocking mode, although its listening socket
    has `O_NONBLOCK`."""
    with listen_on() as listener, new_client() as client:
        listener.setblocking(False)
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        conn, _ = listener.accept()
        with conn:
            assert not os.get_blocking(listener.fileno())
            assert os.get_blocking(conn.fileno())


def test_accepted_socket_has_no_timeout():
    """In Python, the timeout of a listening socket is not passed on: the accepted
    socket has that of `socket.setdefaulttimeout()`, which is none unless it was called.
    """
    _, _, timeout = accepted_socket_inherits_options.options_of_accepted_socket()
    assert timeout is None
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert listener.gettimeout() == 5
            assert os.get_blocking(conn.fileno())
            assert conn.gettimeout() is None
    socket.setdefaulttimeout(7)
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert conn.gettimeout() == 7


# Connections that were reset before


def test_accept_returns_a_reset_connection():
    """On Linux `accept()` returns a connection that the client has reset, with the
    client's address; then `recv()` fails with `ECONNRESET`."""
    result = accept_returns_a_reset_connection.accept_a_reset_connection()
    assert result == (True, "ECONNRESET")


def test_reset_connection_has_no_peer_name():
    """On a connection that was reset before `accept()`, `getpeername()` fails with
    `ENOTCONN`: only `accept()` tells who it was."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        name = client.getsockname()
        reset(client)
        conn, peer = listener.accept()
        with conn:
            assert failure(conn.recv, 1) == errno.ECONNRESET
            assert peer == name
            assert failure(conn.getpeername) == errno.ENOTCONN


def test_data_outlives_the_reset():
    """Data that arrived before the client reset the connection can still be read after
    `accept()`; then `recv()` fails with `ECONNRESET`."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        client.send(b"early")
        reset(client)
        conn, _ = listener.accept()
        with conn:
            hang_up = select.poll()
            hang_up.register(conn, 0)
            assert hang_up.poll(5000)  # the reset has arrived
            assert conn.recv(100) == b"early"
            assert failure(conn.recv, 1) == errno.ECONNRESET
