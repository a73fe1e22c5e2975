"""Proofs about talking over UDP, with and without connect()."""

import errno

import pytest

from snippets.recipes import udp_server
from snippets.udp import (
    connected_request_and_reply,
    request_and_reply,
)
from tests.claims.helpers import code, udp
from tests.claims.udp.helpers import in_short

needs = pytest.mark.needs


def test_request_and_reply_need_no_connect():
    """Two UDP sockets exchange a request and a reply with `sendto()` and `recvfrom()`;
    neither needs `connect()`.
    """
    assert request_and_reply.request_and_reply() == (b"HELLO", True)
    with udp("127.0.0.1", 0) as receiver, udp() as sender:
        sender.sendto(b"hello", receiver.getsockname())
        _, source = receiver.recvfrom(1024)
        receiver.sendto(b"reply", source)
        assert sender.recvfrom(1024) == (b"reply", receiver.getsockname())
        assert code(sender.getpeername) == code(receiver.getpeername) == errno.ENOTCONN


def test_connected_socket_needs_no_address():
    """After `connect()` a UDP socket talks to its peer with `send()` and `recv()`,
    without an address.
    """
    result = connected_request_and_reply.connected_request_and_reply()
    assert result == (b"HELLO", True)


def test_unconnected_server_answers_many_clients():
    """One unconnected UDP socket serves many clients, because `recvfrom()` says whom to
    answer.
    """
    with udp("127.0.0.1", 0) as server, udp() as first, udp() as second:
        first.sendto(b"?one", server.getsockname())
        second.sendto(b"?two", server.getsockname())
        server.setblocking(False)
        with pytest.raises(BlockingIOError):  # both were answered, nothing is left
            udp_server.serve(server)
        assert first.recvfrom(1024) == (b"!ONE", server.getsockname())
        assert second.recvfrom(1024) == (b"!TWO", server.getsockname())


@needs("packets")
def test_send_sends_one_packet_to_the_peer(wire):
    """Each `send()` on a connected UDP socket sends one datagram, from its local
    address to its peer.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        client.connect(peer.getsockname())
        client.send(b"hello")
        client.send(b"you")
        ends = client.getsockname(), peer.getsockname()
        assert in_short(wire()) == [("UDP", *ends, 5), ("UDP", *ends, 3)]


def test_datagram_is_received_whole():
    """One `recv()` returns one UDP datagram, never two; what does not fit in its
    buffer is lost."""
    with udp("127.0.0.1", 0) as receiver, udp() as sender:
        for data in (b"ab", b"cdef", b"g"):
            sender.sendto(data, receiver.getsockname())
        assert receiver.recv(100) == b"ab"
        assert receiver.recv(3) == b"cde"
        assert receiver.recv(100) == b"g"


@needs("packets")
def test_empty_datagram_is_delivered(wire):
    """An empty UDP datagram is sent as a packet, and `recv()` returns `b''` for it;
    more datagrams may follow.
    """
    with udp("127.0.0.1", 0) as receiver, udp() as sender:
        sender.connect(receiver.getsockname())
        sender.send(b"")
        sender.send(b"more")
        assert [packet["payload"] for packet in wire()] == [0, 4]
        assert [receiver.recv(1024), receiver.recv(1024)] == [b"", b"more"]
