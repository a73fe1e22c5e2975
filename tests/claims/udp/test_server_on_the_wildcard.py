"""Proofs about a UDP server on the wildcard: from which address it replies."""

import socket

import pytest

from snippets.udp import (
    reply_from_the_asked_address,
    wildcard_server_replies_from_another_address,
)
from tests.claims.helpers import udp
from tests.claims.udp.helpers import in_short, nothing_left

needs = pytest.mark.needs


@pytest.mark.scope("IPv4", because="which address is chosen differs there")
def test_wildcard_server_replies_from_another_address():
    """A UDP server bound to the wildcard and asked at `127.0.0.5` replies from
    `127.0.0.1` if it uses plain `sendto()`.
    """
    asked, answered = wildcard_server_replies_from_another_address.asked_and_answered()
    assert asked == ("127.0.0.5", answered[1])
    assert answered[0] == "127.0.0.1"


@pytest.mark.scope("IPv4", because="which address is chosen differs there")
@needs("packets")
def test_connected_client_refuses_reply_from_another_address(wire):
    """A UDP client connected to `127.0.0.5` does not receive the reply that a server on
    the wildcard sends from `127.0.0.1`; ICMP refuses it.
    """
    with udp("0.0.0.0", 0) as server, udp() as client, udp() as marker:
        port = server.getsockname()[1]
        client.connect(("127.0.0.5", port))
        client.send(b"request")
        _, source = server.recvfrom(1024)
        server.sendto(b"reply", source)
        marker.sendto(b"marker", server.getsockname())
        assert server.recv(1024) == b"marker"
        assert nothing_left(client)
        packets = wire()
        assert ("UDP", ("127.0.0.1", port), source, 5) in in_short(packets)
        kinds = [p["kind"] for p in packets if p["protocol"] == "ICMP"]
        assert kinds == ["dest-unreach port-unreachable"]


@pytest.mark.scope("IPv4", because="IPv6 has an option of its own")
def test_pktinfo_lets_a_server_reply_from_the_asked_address():
    """With the Linux option `IP_PKTINFO` a UDP server on the wildcard is told which
    address was asked, and `sendmsg()` can reply from it.
    """
    asked, answered = reply_from_the_asked_address.asked_and_answered()
    assert asked[0] == "127.0.0.5" and answered == asked
    with udp("0.0.0.0", 0) as server, udp() as client:
        server.setsockopt(socket.IPPROTO_IP, reply_from_the_asked_address.IP_PKTINFO, 1)
        client.sendto(b"hello", ("127.0.0.7", server.getsockname()[1]))
        _, [(_, _, info)], _, _ = server.recvmsg(1024, 1024)
        assert info[8:12] == socket.inet_aton("127.0.0.7")  # ipi_addr


def test_server_bound_to_an_address_replies_from_it():
    """A UDP server bound to `127.0.0.5` replies from `127.0.0.5`, and a connected
    client receives the reply.
    """
    with udp("127.0.0.5", 0) as server, udp() as client:
        client.connect(server.getsockname())
        client.send(b"request")
        _, source = server.recvfrom(1024)
        server.sendto(b"reply", source)
        assert client.recvfrom(1024) == (b"reply", server.getsockname())


@pytest.mark.scope("IPv4", because="the address is one of IPv4")
def test_group_address_is_no_source():
    """A UDP socket bound to a multicast or broadcast address can send, and what it
    sends comes from an ordinary address of the machine."""
    for host in ("224.0.0.251", "255.255.255.255"):
        with udp("127.0.0.1", 0) as receiver, udp(host, 0) as sender:
            sender.sendto(b"x", receiver.getsockname())
            _, (address, port) = receiver.recvfrom(9)
            assert address == "127.0.0.1"
            assert sender.getsockname() == (host, port)
