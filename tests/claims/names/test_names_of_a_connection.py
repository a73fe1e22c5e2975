"""Proofs about the two names of a connection, and when they end."""

import errno
import socket

from tests.claims.helpers import failure, listen_on


def test_two_ends_mirror_each_other():
    """The local name of one end of a connection is the peer name of the other."""
    with listen_on("127.0.0.5") as listener, socket.socket() as client:
        client.settimeout(5)
        client.bind(("127.0.0.9", 0))
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert conn.getsockname() == client.getpeername()
            assert conn.getpeername() == client.getsockname()
            assert conn.getsockname() != conn.getpeername()


def test_connections_differ_by_their_peer():
    """Two connections to one server address have the same local name there, and
    different peer names."""
    with listen_on() as listener, socket.socket() as one, socket.socket() as two:
        for client in (one, two):
            client.settimeout(5)
            client.connect(listener.getsockname())
        first, _ = listener.accept()
        second, _ = listener.accept()
        with first, second:
            assert first.getsockname() == second.getsockname()
            assert first.getpeername() == one.getsockname()
            assert second.getpeername() == two.getsockname()
            assert first.getpeername() != second.getpeername()


def test_one_local_name_for_two_peers():
    """Two TCP sockets that share a local name by `SO_REUSEADDR` can connect to two
    different peers."""
    with (
        listen_on("127.0.0.1") as here,
        listen_on("127.0.0.2") as there,
        socket.socket() as one,
        socket.socket() as two,
    ):
        for client in (one, two):
            client.settimeout(5)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.9", 0))
        two.bind(one.getsockname())
        one.connect(here.getsockname())
        two.connect(there.getsockname())
        assert one.getsockname() == two.getsockname()
        assert one.getpeername() == here.getsockname()
        assert two.getpeername() == there.getsockname()


def test_two_names_belong_to_one_connection():
    """While a TCP connection exists, another `connect()` from the same local name to
    the same peer fails with `EADDRNOTAVAIL`."""
    with listen_on() as listener, socket.socket() as one, socket.socket() as two:
        for client in (one, two):
            client.settimeout(5)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.9", 0))
        two.bind(one.getsockname())
        one.connect(listener.getsockname())
        assert failure(two.connect, listener.getsockname()) == errno.EADDRNOTAVAIL
        one.sendall(b"still here")
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(1024) == b"still here"


def test_peer_name_ends_with_the_connection():
    """When a TCP connection is closed in both directions, `getpeername()` fails with
    `ENOTCONN`, and the local name remains."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        local = client.getsockname()
        conn, _ = listener.accept()
        client.shutdown(socket.SHUT_WR)
        assert client.getpeername() == listener.getsockname()
        conn.close()
        assert client.recv(1) == b""
        assert failure(client.getpeername) == errno.ENOTCONN
        assert client.getsockname() == local


def test_closed_socket_has_no_names():
    """After `close()`, `getsockname()` and `getpeername()` fail with `EBADF`."""
    with listen_on() as listener:
        client = socket.socket()
        client.settimeout(5)
        client.connect(listener.getsockname())
        client.close()
        assert failure(client.getsockname) == errno.EBADF
        assert failure(client.getpeername) == errno.EBADF
