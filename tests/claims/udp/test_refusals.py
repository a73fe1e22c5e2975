"""Proofs about refused datagrams: ICMP, and who is told of it."""

import errno
import os
import select
import socket
import sys

import pytest

from lab.isolation.namespace import write_sysctl
from lab.isolation.networks import NEIGHBOUR, container, drop, within
from snippets.recipes import udp_client
from snippets.udp import (
    every_second_send_fails,
    refusal_reaches_connected_sockets_only,
)
from tests.claims.helpers import IP_RECVERR, code, udp
from tests.claims.udp.helpers import NOBODY, in_short, nothing_left

needs = pytest.mark.needs


def wait_for_refusal(sock: socket.socket) -> None:
    """Wait for a pending error without taking it."""
    poll = select.poll()
    poll.register(sock, select.POLLERR)
    [(_, events)] = poll.poll(5000)
    assert events & select.POLLERR


@needs("packets")
def test_closed_port_answers_with_icmp(wire):
    """The kernel answers a unicast datagram to a closed UDP port with an ICMP
    packet: port unreachable.
    """
    with udp() as client:
        client.connect(NOBODY)
        client.send(b"hello")
        wait_for_refusal(client)
        datagram, refusal = wire()
        assert in_short([datagram]) == [("UDP", client.getsockname(), NOBODY, 5)]
        assert refusal["protocol"] == "ICMP"
        assert refusal["kind"] == "dest-unreach port-unreachable"
        assert refusal["destination"][0] == client.getsockname()[0]


def test_refusal_is_reported_by_recv():
    """On a connected UDP socket the first `send()` to a closed port succeeds, and the
    `recv()` that waits for a reply fails with `ECONNREFUSED`.
    """
    with udp() as client:
        client.connect(NOBODY)
        assert client.send(b"hello") == 5
        assert code(client.recv, 1024) == errno.ECONNREFUSED
    with pytest.raises(ConnectionRefusedError):
        udp_client.ask(NOBODY, b"hello")


@needs("packets")
def test_refusal_is_reported_by_send(wire):
    """On a connected UDP socket a pending refusal makes the next `send()` fail with
    `ECONNREFUSED`, and that `send()` sends no packet.
    """
    with udp() as client:
        client.connect(NOBODY)
        client.send(b"1")
        wait_for_refusal(client)
        assert code(client.send, b"22") == errno.ECONNREFUSED
        assert client.send(b"333") == 3
        sent = [p["payload"] for p in wire() if p["protocol"] == "UDP"]
        assert sent == [1, 3]


@needs("packets")
def test_every_second_send_fails(wire):
    """While a port stays closed, every second `send()` to it on a connected UDP socket
    fails with `ECONNREFUSED`, if each refusal arrives before the next call.
    """
    reports = every_second_send_fails.send_to_closed_port(6)
    assert reports == ["sent", "ECONNREFUSED"] * 3
    sent = [packet["protocol"] for packet in wire()]
    assert sent == ["UDP", "ICMP"] * 3


def test_refusal_is_reported_once():
    """One ICMP refusal makes one call on a connected UDP socket fail with
    `ECONNREFUSED`; later calls do not report it again.
    """
    with udp() as client:
        client.connect(NOBODY)
        client.send(b"hello")
        assert code(client.recv, 1024) == errno.ECONNREFUSED
        assert nothing_left(client)
        assert code(client.send, b"hello") is None


def test_so_error_takes_the_refusal():
    """`getsockopt(SO_ERROR)` on a connected UDP socket returns a pending `ECONNREFUSED`
    and clears it.
    """
    with udp() as client:
        client.connect(NOBODY)
        client.send(b"hello")
        wait_for_refusal(client)
        pending = (socket.SOL_SOCKET, socket.SO_ERROR)
        assert client.getsockopt(*pending) == errno.ECONNREFUSED
        assert client.getsockopt(*pending) == 0
        assert nothing_left(client)


def test_refusal_outlives_connect():
    """A pending refusal outlives `connect()` to another peer: the first `send()` to the
    new peer then fails with `ECONNREFUSED`.
    """
    with udp("127.0.0.1", 0) as receiver, udp() as client:
        client.connect(NOBODY)
        client.send(b"hello")
        wait_for_refusal(client)
        assert code(client.connect, receiver.getsockname()) is None
        assert code(client.send, b"first") == errno.ECONNREFUSED
        assert code(client.send, b"second") is None
        assert receiver.recv(1024) == b"second"


def test_refusal_overtakes_queued_datagrams():
    """On a connected UDP socket `recv()` reports a pending refusal before it returns
    datagrams that arrived earlier.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        client.connect(peer.getsockname())
        peer.sendto(b"last words", client.getsockname())
        peer.close()
        client.send(b"hello")
        wait_for_refusal(client)
        assert code(client.recv, 1024) == errno.ECONNREFUSED
        assert client.recv(1024) == b"last words"


@needs("packets")
def test_unconnected_socket_is_told_nothing(wire):
    """Unless it asks for it, an unconnected UDP socket is not told of an ICMP refusal:
    each `sendto()` to a closed port succeeds, and no error is pending.
    """
    told = refusal_reaches_connected_sockets_only.what_each_socket_is_told()
    assert told == ("EAGAIN", "ECONNREFUSED")
    wire()
    with udp() as sender, udp("127.0.0.1", 0) as receiver:
        assert [sender.sendto(b"hello", NOBODY) for _ in range(3)] == [5, 5, 5]
        sender.sendto(b"hello", receiver.getsockname())
        assert receiver.recv(1024) == b"hello"
        refusals = [p for p in wire() if p["protocol"] == "ICMP"]
        assert len(refusals) == 3
        assert sender.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert nothing_left(sender)


def test_recverr_reports_refusals_without_connect():
    """With the Linux option `IP_RECVERR`, or `IPV6_RECVERR`, an unconnected UDP socket
    is told of a refusal: its next `sendto()` fails with `ECONNREFUSED`, whatever the
    address.
    """
    with udp("127.0.0.1", 0) as receiver, udp() as sender:
        sender.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        for address in (NOBODY, receiver.getsockname()):
            assert sender.sendto(b"lost", NOBODY) == 4
            wait_for_refusal(sender)
            assert code(sender.sendto, b"hello", address) == errno.ECONNREFUSED
        assert nothing_left(receiver)


@pytest.mark.scope("IPv4", because="IPv6 has a record of another form")
def test_error_queue_names_the_refused_address():
    """With `IP_RECVERR`, `recvmsg()` with the flag `MSG_ERRQUEUE` returns what the
    ICMP packet quotes of a refused datagram, and the address it was sent to.
    """
    with udp() as sender:
        sender.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sender.sendto(b"hello", NOBODY)
        wait_for_refusal(sender)
        data, [(*kind, error)], _, address = sender.recvmsg(
            1024, 1024, socket.MSG_ERRQUEUE
        )
        assert (data, address) == (b"hello", NOBODY)
        assert kind == [socket.IPPROTO_IP, IP_RECVERR]
        assert int.from_bytes(error[:4], sys.byteorder) == errno.ECONNREFUSED


def test_refusal_from_elsewhere_is_not_reported():
    """A connected UDP socket is not told when a datagram that `sendto()` sent to
    another address is refused.
    """
    with udp("127.0.0.1", 0) as peer, udp() as client:
        client.connect(peer.getsockname())
        client.sendto(b"hello", NOBODY)
        peer.sendto(b"peer", client.getsockname())
        assert client.recv(1024) == b"peer"
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert nothing_left(client)


@needs("private_net")
def test_firewall_hides_a_closed_port():
    """Where a firewall drops the datagrams, a connected UDP socket is told nothing:
    each `send()` succeeds, and no error is pending.
    """
    drop("input")
    with udp() as sender:
        sender.connect(NOBODY)
        assert [sender.send(b"hello") for _ in range(3)] == [5, 5, 5]
        assert sender.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert nothing_left(sender)


@needs("private_net")
def test_six_refusals_are_sent_at_once():
    """Of 20 datagrams that come at once from another machine, each to a closed port,
    Linux refuses 6; of 20 that come through the loopback it refuses all.
    """
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # packets keep their order
    with within(container()):
        # By default another refusal falls due each second. Here it is each ten, so
        # that none does while the proof runs.
        write_sysctl("net.ipv4.icmp_ratelimit", "10000")
        receiver = udp(NEIGHBOUR[socket.AF_INET], 0)
    for answering, refused in ((receiver, 6), (udp("127.0.0.1", 0), 20)):
        host, _ = answering.getsockname()
        senders = [udp() for _ in range(20)]
        for port, sender in enumerate(senders, start=1):
            sender.connect((host, port))
            assert sender.send(b"hello") == 5
        with answering, udp() as last:
            last.sendto(b"hello", answering.getsockname())
            _, source = answering.recvfrom(1024)
            answering.sendto(b"all refusals are here", source)
            last.recv(1024)
        errors = [s.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for s in senders]
        assert errors.count(errno.ECONNREFUSED) == refused
        assert errors.count(0) == 20 - refused


def test_error_queue_tells_type_and_code():
    """With `IP_RECVERR`, the error queue of a UDP socket tells the type and the code of
    the ICMP packet: 3 and 3 over IPv4, 1 and 4 over IPv6, for a port that is closed."""
    expected = {socket.AF_INET: (2, 3, 3), socket.AF_INET6: (3, 1, 4)}
    with udp() as sender:
        sender.setsockopt(socket.IPPROTO_IP, IP_RECVERR, 1)
        sender.sendto(b"hello", NOBODY)
        wait_for_refusal(sender)
        notes = sender.recvmsg(1024, 1024, socket.MSG_ERRQUEUE)[1]
        [(level, _, error)] = notes
        family = {0: socket.AF_INET, 41: socket.AF_INET6}[level]
        assert tuple(error[4:7]) == expected[family]  # struct sock_extended_err
