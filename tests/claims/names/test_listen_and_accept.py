"""Proofs about the names of a listening socket and of an accepted one."""

import errno
import socket

from snippets.names import (
    wildcard_listener_specific_connection,
)
from tests.claims.helpers import failure, listen_on


def test_listen_keeps_the_local_name():
    """`listen()` does not change the local name of a bound socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.5", 0))
        bound = listener.getsockname()
        listener.listen()
        assert bound[0] == "127.0.0.5"
        assert listener.getsockname() == bound


def test_listening_socket_has_no_peer():
    """A listening socket has no peer name, even when a client has connected to it."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        assert failure(listener.getpeername) == errno.ENOTCONN
        conn, _ = listener.accept()
        conn.close()
        assert failure(listener.getpeername) == errno.ENOTCONN


def test_accepted_socket_has_both_names():
    """The socket that `accept()` returns has both names, unless the client has
    reset the connection; its local port is the port of the listening socket.
    """
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert conn.getsockname() == listener.getsockname()
            assert conn.getpeername() == client.getsockname()


def test_accept_returns_the_peer_name():
    """The address that `accept()` returns is the client's local name."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        conn, address = listener.accept()
        with conn:
            assert address == client.getsockname()
            assert address == conn.getpeername()


def test_accept_keeps_the_listener_names():
    """`accept()` does not change the names of the listening socket."""
    with listen_on("0.0.0.0") as listener, socket.socket() as client:
        client.settimeout(5)
        before = listener.getsockname()
        client.connect(("127.0.0.5", before[1]))
        conn, _ = listener.accept()
        conn.close()
        assert before[0] == "0.0.0.0"
        assert listener.getsockname() == before


def test_wildcard_listener_specific_connection():
    """Behind a wildcard listening socket, the accepted socket has as local address the
    one that the client connected to."""
    listening, accepted = wildcard_listener_specific_connection.names_at_the_server()
    assert listening[0] == "0.0.0.0"
    assert accepted == ("127.0.0.5", listening[1])
