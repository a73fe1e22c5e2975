"""Proofs about sockets that are connected to themselves."""

import errno

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.sharing import (
    socket_connects_to_itself,
)
from tests.claims.helpers import HOST, TCP, UDP, code
from tests.claims.sharing.helpers import RANGE, REUSEADDR, bound, new, port_of

needs = pytest.mark.needs


@needs("sysctl")
def test_socket_connects_to_itself():
    """An unbound TCP socket that calls `connect()` to a free ephemeral port of its own
    machine can be given that very port, and then it is connected to itself.
    """
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    client = new()
    client.connect((HOST, RANGE[0]))
    assert client.getsockname() == client.getpeername() == (HOST, RANGE[0])
    client.sendall(b"echo")
    assert client.recv(100) == b"echo"
    assert code(new(TCP, REUSEADDR).bind, (HOST, RANGE[0])) == errno.EADDRINUSE


@needs("packets")
def test_self_connection_is_a_handshake_with_itself(wire):
    """A TCP socket that is connected to itself has sent a SYN, has answered this with
    SYN and ACK, and has answered that with ACK; no socket listens."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    assert socket_connects_to_itself.names_and_echo(RANGE[0]) == (
        (HOST, RANGE[0]),
        (HOST, RANGE[0]),
        b"hello",
    )
    handshake = wire()[:3]
    assert [p["flags"] for p in handshake] == [["SYN"], ["SYN", "ACK"], ["ACK"]]
    for packet in handshake:
        assert packet["source"] == packet["destination"] == [HOST, RANGE[0]]


def ends_of_tries(port: int, tries: int) -> set[int | None]:
    """How `connect()` to a port of its own machine ends, each time from a new socket.

    No more tries once a socket is connected to itself.
    """
    ends: set[int | None] = set()
    for _ in range(tries):
        with new() as client:
            ends.add(code(client.connect, (HOST, port)))
            if None in ends:
                assert client.getsockname() == client.getpeername() == (HOST, port)
                return ends
    return ends


@needs("sysctl")
def test_client_that_tries_again_meets_itself():
    """A TCP client that calls `connect()` again and again to a port of its own machine
    where nobody listens is refused, and at some time connected to itself, if
    `connect()` can choose that port.
    """
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    assert ends_of_tries(40004, 2000) - {errno.ECONNREFUSED} == {None}


@needs("sysctl")
def test_every_second_port_is_not_met():
    """While `connect()` finds a free port among those that it takes first, every second
    one from the first of the range, it does not connect a socket to itself at one of
    the others."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    assert ends_of_tries(40005, 1000) == {errno.ECONNREFUSED}
    taken = [bound(address=(HOST, port)) for port in range(40000, 40010, 2)]
    assert ends_of_tries(40005, 1000) - {errno.ECONNREFUSED} == {None}
    assert len(taken) == 5


@needs("sysctl")
def test_port_outside_the_range_is_not_met():
    """`connect()` to a port outside of the ephemeral range, or to a reserved one in it,
    does not connect a socket to itself."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40009")
    assert ends_of_tries(39998, 1000) == {errno.ECONNREFUSED}
    write_sysctl("net.ipv4.ip_local_reserved_ports", "40004")
    assert ends_of_tries(40004, 1000) == {errno.ECONNREFUSED}


@needs("sysctl")
def test_another_source_address_is_not_met():
    """A client that has bound another address than the one it connects to is not
    connected to itself: with the same port it is refused."""
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    client = bound(address=("127.0.0.9", 0))
    assert port_of(client) == RANGE[0]
    assert code(client.connect, (HOST, RANGE[0])) == errno.ECONNREFUSED


@needs("sysctl")
def test_udp_socket_can_be_its_own_peer():
    """An unbound UDP socket that calls `connect()` to a free port of the range can be
    given that very port too: it then receives what it sends.
    """
    write_sysctl("net.ipv4.ip_local_port_range", f"{RANGE[0]} {RANGE[0]}")
    sock = new(UDP)
    sock.connect((HOST, RANGE[0]))
    assert sock.getsockname() == sock.getpeername() == (HOST, RANGE[0])
    sock.send(b"hello")
    assert sock.recv(100) == b"hello"
