"""Proofs about who is heard by a connected UDP socket, and sending elsewhere."""

import errno
import socket

import pytest

from snippets.udp import (
    connected_socket_filters,
    queued_datagram_survives_connect,
    sendto_elsewhere_while_connected,
)
from tests.claims.helpers import UDP, code, udp
from tests.claims.udp.helpers import nothing_left

needs = pytest.mark.needs


def test_connected_socket_filters():
    """Of the datagrams that arrive after `connect()`, a UDP socket receives those of
    its peer and no others.
    """
    first, second = connected_socket_filters.received_by_connected_socket()
    assert (first, second) == (b"from the peer", "EAGAIN")


@needs("private_net")
def test_same_port_at_another_address_is_a_stranger():
    """A connected UDP socket compares address and port: a datagram from the peer's port
    at another address is not received.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        client.connect(peer.getsockname())
        with udp("127.0.0.2", peer.getsockname()[1]) as stranger:
            stranger.sendto(b"stranger", client.getsockname())
        peer.sendto(b"peer", client.getsockname())
        assert client.recv(1024) == b"peer"
        assert nothing_left(client)


def test_connected_server_hears_its_peer_only():
    """A UDP server that calls `connect()` with the address of a client receives only
    that client's datagrams from then on.
    """
    with udp("127.0.0.1", 0) as server, udp() as client, udp() as other:
        address = server.getsockname()
        client.sendto(b"client", address)
        _, source = server.recvfrom(1024)
        server.connect(source)
        other.sendto(b"other", address)
        client.sendto(b"client again", address)
        assert server.recv(1024) == b"client again"
        assert nothing_left(server)


@needs("packets")
def test_stranger_finds_the_port_closed(wire):
    """A stranger's datagram to a connected UDP socket is refused by ICMP, as if the
    port were closed.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client, udp() as stranger:
        client.connect(peer.getsockname())
        stranger.connect(client.getsockname())
        stranger.send(b"hello")
        assert code(stranger.recv, 1024) == errno.ECONNREFUSED
        datagram, refusal = wire()
        assert datagram["protocol"] == "UDP"
        assert refusal["kind"] == "dest-unreach port-unreachable"


def test_queued_datagram_survives_connect():
    """A datagram that a stranger sent to a UDP socket before `connect()` is still
    returned by `recv()` after it.
    """
    received = queued_datagram_survives_connect.received_after_connect()
    assert received == [b"from a stranger", b"from the peer"]


def test_recvfrom_unmasks_a_queued_datagram():
    """After `connect()`, `recvfrom()` returns a queued datagram with the address of the
    stranger who sent it.
    """
    with (
        udp("127.0.0.1", 0) as peer,
        udp("127.0.0.1", 0) as stranger,
        udp("127.0.0.1", 0) as receiver,
    ):
        stranger.sendto(b"early", receiver.getsockname())
        receiver.connect(peer.getsockname())
        assert receiver.recvfrom(1024) == (b"early", stranger.getsockname())
        assert receiver.getpeername() != stranger.getsockname()


def test_recvfrom_on_connected_socket_gives_the_peer():
    """A connected UDP socket may use `recvfrom()`; with a datagram of its peer it
    returns the peer's address.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        client.connect(peer.getsockname())
        peer.sendto(b"hello", client.getsockname())
        assert client.recvfrom(1024) == (b"hello", client.getpeername())


def test_connected_socket_takes_its_peers_datagrams():
    """Of two UDP sockets that share a local address and port by `SO_REUSEADDR`, the one
    connected to a client gets that client's datagrams, and the unconnected one gets the
    rest.
    """
    reuse = (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    with udp() as general, udp() as special, udp() as client, udp() as other:
        general.setsockopt(*reuse)
        special.setsockopt(*reuse)
        client.bind(("127.0.0.1", 0))
        general.bind(("127.0.0.1", 0))
        address = general.getsockname()
        special.bind(address)
        special.connect(client.getsockname())
        client.sendto(b"client", address)
        other.sendto(b"other", address)
        assert (special.recv(1024), general.recv(1024)) == (b"client", b"other")
        assert nothing_left(special) and nothing_left(general)


# Sending elsewhere


def test_sendto_elsewhere_while_connected():
    """On Linux `sendto()` on a connected UDP socket sends to the given address and
    leaves the peer as it is.
    """
    result = sendto_elsewhere_while_connected.sendto_elsewhere()
    assert result == (b"not for the peer", True)


def test_reply_from_elsewhere_is_filtered():
    """A connected UDP socket that uses `sendto()` to ask another address does not
    receive the reply.
    """
    with udp("127.0.0.1", 0) as peer, udp("127.0.0.1", 0) as other, udp() as client:
        client.connect(peer.getsockname())
        client.sendto(b"request", other.getsockname())
        _, source = other.recvfrom(1024)
        assert source == client.getsockname()
        other.sendto(b"reply", source)
        peer.sendto(b"peer", source)
        assert client.recv(1024) == b"peer"
        assert nothing_left(client)


@needs("ipv6")
def test_connected_ipv6_socket_sends_to_ipv4():
    """An unbound IPv6 UDP socket connected to `::1` can `sendto()` a mapped IPv4
    address, although its own local address is `::1`."""
    with udp("127.0.0.1", 0) as receiver, socket.socket(socket.AF_INET6, UDP) as sock:
        sock.connect(("::1", 9))
        assert sock.getsockname()[0] == "::1"
        sock.sendto(b"x", ("::ffff:127.0.0.1", receiver.getsockname()[1]))
        assert receiver.recvfrom(9) == (b"x", ("127.0.0.1", sock.getsockname()[1]))
