"""Proofs about connect() on UDP: what it sets, and what it does not do."""

import errno

import pytest

from snippets.udp import (
    connect_sends_nothing,
    connect_succeeds_without_receiver,
)
from tests.claims.helpers import code, udp
from tests.claims.udp.helpers import NOBODY, in_short, nothing_left

needs = pytest.mark.needs


@needs("packets")
def test_connect_sends_no_packet(wire):
    """`connect()` on a UDP socket sends no packet."""
    with udp("127.0.0.1", 0) as receiver, udp() as client:
        client.connect(receiver.getsockname())
        assert wire() == []
        client.send(b"first")
        sent = ("UDP", client.getsockname(), receiver.getsockname(), 5)
        assert in_short(wire()) == [sent]


@needs("packets")
def test_bind_and_close_send_no_packet(wire):
    """`bind()` and `close()` send no packet on a UDP socket, connected or not."""
    with udp("127.0.0.1", 0) as receiver, udp() as marker:
        udp("127.0.0.1", 0).close()
        client = udp("127.0.0.1", 0)
        client.connect(receiver.getsockname())
        client.close()
        assert wire() == []
        marker.sendto(b"marker", receiver.getsockname())
        assert [packet["payload"] for packet in wire()] == [6]


def test_connect_sets_both_names():
    """`connect()` on an unbound UDP socket sets its peer address, an ephemeral port
    and, if the interface of the route has an address, its local address.
    """
    before, after, received = connect_sends_nothing.names_around_connect()
    assert before == (("0.0.0.0", 0), "ENOTCONN")
    assert received == "EAGAIN"
    assert [host for host, _ in after] == ["127.0.0.1", "127.0.0.1"]
    with udp("127.0.0.1", 0) as receiver, udp() as client:
        client.connect(receiver.getsockname())
        host, port = client.getsockname()
        assert host == "127.0.0.1" and port > 0
        assert client.getpeername() == receiver.getsockname()


def test_connect_replaces_the_wildcard():
    """On a UDP socket bound to the wildcard, `connect()` puts one local address in its
    place and keeps the port.
    """
    with udp("0.0.0.0", 0) as server, udp("127.0.0.1", 0) as peer:
        port = server.getsockname()[1]
        server.connect(peer.getsockname())
        assert server.getsockname() == ("127.0.0.1", port)


def test_connected_socket_has_one_local_address():
    """A UDP socket whose wildcard `connect()` has replaced no longer receives what its
    peer sends to another address of the machine.
    """
    with udp("0.0.0.0", 0) as server, udp("127.0.0.1", 0) as peer:
        elsewhere = ("127.0.0.5", server.getsockname()[1])
        peer.sendto(b"before", elsewhere)
        assert server.recv(1024) == b"before"
        server.connect(peer.getsockname())
        peer.sendto(b"after", elsewhere)
        assert nothing_left(server)
        peer.sendto(b"here", server.getsockname())
        assert server.recv(1024) == b"here"


def test_bound_socket_may_connect():
    """A UDP socket bound to a specific address may call `connect()`, and keeps that
    address and its port.
    """
    with udp("127.0.0.5", 0) as client, udp("127.0.0.1", 0) as peer:
        bound = client.getsockname()
        client.connect(peer.getsockname())
        assert client.getsockname() == bound
        client.send(b"hello")
        assert peer.recvfrom(1024) == (b"hello", bound)


def test_getpeername_fails_before_connect():
    """`getpeername()` on a bound but unconnected UDP socket fails with `ENOTCONN`."""
    with udp("127.0.0.1", 0) as receiver:
        assert code(receiver.getpeername) == errno.ENOTCONN


def test_connect_succeeds_where_nobody_receives():
    """`connect()` on a UDP socket succeeds although nobody receives at that address."""
    connected = connect_succeeds_without_receiver.connect_to_closed_port()
    assert connected == (None, True)
    with udp() as client:
        assert code(client.connect, NOBODY) is None
        assert client.getpeername() == NOBODY


def test_connect_to_port_zero_succeeds():
    """`connect()` to port 0 succeeds on a UDP socket and sets the local name, but
    `getpeername()` still fails with `ENOTCONN`.
    """
    with udp() as client:
        assert code(client.connect, ("127.0.0.1", 0)) is None
        host, port = client.getsockname()
        assert host == "127.0.0.1" and port > 0
        assert code(client.getpeername) == errno.ENOTCONN


def test_peer_port_zero_means_any_port():
    """After `connect()` to port 0 a UDP socket receives from every port of that
    address, and from no other address.
    """
    with (
        udp("127.0.0.1", 0) as one,
        udp("127.0.0.1", 0) as two,
        udp("127.0.0.2", 0) as stranger,
        udp() as client,
    ):
        client.connect(("127.0.0.1", 0))
        for sender in (stranger, one, two):
            sender.sendto(b"hello", client.getsockname())
        assert client.recvfrom(1024) == (b"hello", one.getsockname())
        assert client.recvfrom(1024) == (b"hello", two.getsockname())
        assert nothing_left(client)


def test_sendto_port_zero_fails():
    """`sendto()` to port 0 fails with `EINVAL` on a UDP socket."""
    with udp() as sender:
        assert code(sender.sendto, b"hello", ("127.0.0.1", 0)) == errno.EINVAL
        assert code(sender.sendto, b"hello", NOBODY) is None


def test_socket_may_be_its_own_peer():
    """A UDP socket may `connect()` to its own local address; it then receives what it
    sends.
    """
    with udp("127.0.0.1", 0) as alone:
        alone.connect(alone.getsockname())
        assert alone.getpeername() == alone.getsockname()
        alone.send(b"to myself")
        assert alone.recv(1024) == b"to myself"


@needs("private_net")
def test_failed_connect_binds_a_port():
    """A `connect()` that fails with `ENETUNREACH` still binds an ephemeral port on an
    unbound UDP socket.
    """
    with udp() as client:
        assert code(client.connect, ("203.0.113.1", 9)) == errno.ENETUNREACH
        host, port = client.getsockname()
        assert host == "0.0.0.0" and port > 0
        assert code(client.getpeername) == errno.ENOTCONN


@needs("private_net")
def test_failed_connect_keeps_the_peer():
    """A connected UDP socket keeps its peer when another `connect()` fails with
    `ENETUNREACH`.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        client.connect(peer.getsockname())
        assert code(client.connect, ("203.0.113.1", 9)) == errno.ENETUNREACH
        assert client.getpeername() == peer.getsockname()
        client.send(b"still here")
        assert peer.recv(1024) == b"still here"


@needs("packets")
def test_peer_close_is_not_noticed(wire):
    """When the peer of a UDP socket is closed, no packet says so, and the socket keeps
    its peer address.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        address = peer.getsockname()
        client.connect(address)
        peer.close()
        assert wire() == []
        assert nothing_left(client)
        assert client.getpeername() == address
        client.send(b"hello")
        assert in_short(wire())[0] == ("UDP", client.getsockname(), address, 5)
