"""Proofs about the names that connect() gives."""

import errno
import socket

import pytest

from snippets.names import (
    connect_fills_both_names,
)
from tests.claims.helpers import failure, listen_on


def test_connect_fills_both_names():
    """`connect()` on a new TCP socket sets the local name and the peer name."""
    before, local, peer = connect_fills_both_names.names_after_connect()
    assert before == ("0.0.0.0", 0)
    assert local[0] == "127.0.0.1"
    assert peer[0] == "127.0.0.1"
    assert len({local[1], peer[1], 0}) == 3


@pytest.mark.scope("IPv4", because="which address is chosen differs there")
def test_connect_chooses_a_specific_local_address():
    """A TCP `connect()` that succeeds gives an unbound socket a specific local address,
    not the wildcard.
    """
    with listen_on("127.0.0.5") as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        assert client.getsockname()[0] == "127.0.0.1"
        assert client.getpeername() == listener.getsockname()


def test_connect_replaces_a_bound_wildcard():
    """A TCP `connect()` that succeeds replaces a bound wildcard by a specific address,
    and keeps the port.
    """
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.bind(("0.0.0.0", 0))
        _, port = client.getsockname()
        client.connect(listener.getsockname())
        assert client.getsockname() == ("127.0.0.1", port)


def test_connect_keeps_a_bound_address():
    """`connect()` keeps a specific address and a port that `bind()` has set."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.bind(("127.0.0.9", 0))
        bound = client.getsockname()
        client.connect(listener.getsockname())
        assert bound[0] == "127.0.0.9"
        assert client.getsockname() == bound


def test_connect_to_the_wildcard_reaches_loopback():
    """An unbound TCP socket that connects to `0.0.0.0` reaches `127.0.0.1`."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        _, port = listener.getsockname()
        client.connect(("0.0.0.0", port))
        assert client.getpeername() == ("127.0.0.1", port)


@pytest.mark.scope("IPv4", because="over IPv6 this connection is refused")
def test_connect_to_the_wildcard_from_a_bound_address():
    """A TCP socket bound to a specific address that connects to `0.0.0.0` reaches that
    same address."""
    with listen_on("127.0.0.9") as listener, socket.socket() as client:
        client.settimeout(5)
        _, port = listener.getsockname()
        client.bind(("127.0.0.9", 0))
        client.connect(("0.0.0.0", port))
        assert client.getpeername() == ("127.0.0.9", port)


def test_local_name_is_set_before_the_handshake_ends():
    """While a non-blocking `connect()` is in progress, the socket has a local name,
    and `getpeername()` fails with `ENOTCONN`."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.settimeout(5)
        first.connect(listener.getsockname())  # fills the queue
        with socket.socket() as client:
            client.setblocking(False)
            started = client.connect_ex(listener.getsockname())
            assert started == errno.EINPROGRESS
            address, port = client.getsockname()
            assert address == "127.0.0.1"
            assert port > 0
            assert failure(client.getpeername) == errno.ENOTCONN


def test_refused_connect_leaves_no_peer():
    """After a refused `connect()`, `getpeername()` fails with `ENOTCONN`."""
    with socket.socket() as deaf, socket.socket() as client:
        deaf.bind(("127.0.0.1", 0))
        client.settimeout(5)
        assert failure(client.connect, deaf.getsockname()) == errno.ECONNREFUSED
        assert failure(client.getpeername) == errno.ENOTCONN
