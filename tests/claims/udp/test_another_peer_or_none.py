"""Proofs about another peer for a UDP socket, or none: AF_UNSPEC."""

import errno
import socket

import pytest
from pyroute2 import IPRoute

from lab.isolation import networks
from snippets.udp import (
    peer_can_be_changed_and_removed,
)
from snippets.udp.peer_can_be_changed_and_removed import remove_peer
from tests.claims.helpers import code, udp
from tests.claims.udp.helpers import NOBODY, nothing_left

needs = pytest.mark.needs


def test_connect_again_changes_the_peer():
    """A second `connect()` on a UDP socket changes the peer and keeps the local address
    and port.
    """
    with udp("127.0.0.1", 0) as first, udp("127.0.0.2", 0) as second, udp() as client:
        client.connect(first.getsockname())
        local = client.getsockname()
        assert code(client.connect, second.getsockname()) is None
        assert client.getsockname() == local
        assert client.getpeername() == second.getsockname()
        client.send(b"hello")
        assert second.recvfrom(1024) == (b"hello", local)


def test_old_peer_becomes_a_stranger():
    """What the first peer of a UDP socket sends after `connect()` to another peer is
    not received.
    """
    with udp("127.0.0.1", 0) as first, udp("127.0.0.1", 0) as second, udp() as client:
        client.connect(first.getsockname())
        client.connect(second.getsockname())
        first.sendto(b"first", client.getsockname())
        second.sendto(b"second", client.getsockname())
        assert client.recv(1024) == b"second"
        assert nothing_left(client)


def add_address(network: IPRoute, address: str) -> None:
    """Give lo one more address. Only for a proof that needs("private_net")."""
    lo = network.link_lookup(ifname="lo")[0]
    network.addr("add", index=lo, address=address, prefixlen=32)


@pytest.mark.scope("IPv4", because="its second address is one of IPv4")
@needs("private_net")
def test_second_connect_keeps_an_old_choice():
    """A UDP socket keeps the local address that its first `connect()` chose, even where
    the route to the second peer would choose another.
    """
    with IPRoute() as network:
        add_address(network, "203.0.113.5")
    with udp() as fresh, udp() as client:
        fresh.connect(("203.0.113.5", 9))
        assert fresh.getsockname()[0] == "203.0.113.5"
        client.connect(NOBODY)
        before = client.getsockname()
        client.connect(("203.0.113.5", 9))
        assert client.getsockname() == before and before[0] == "127.0.0.1"
        assert client.getpeername() == ("203.0.113.5", 9)


@pytest.mark.scope("IPv4", because="its second address is one of IPv4")
@needs("private_net")
def test_unspec_lets_the_kernel_choose_again():
    """With `AF_UNSPEC` between two `connect()` calls, the second one chooses the local
    address anew.
    """
    with IPRoute() as network:
        add_address(network, "203.0.113.5")
    with udp() as client:
        client.connect(NOBODY)
        assert client.getsockname()[0] == "127.0.0.1"
        remove_peer(client)
        client.connect(("203.0.113.5", 9))
        assert client.getsockname()[0] == "203.0.113.5"


def free_port() -> int:
    """A port that a `bind()` which follows at once can ask for by number."""
    with udp("127.0.0.1", 0) as sock:
        return sock.getsockname()[1]


def test_unspec_removes_the_peer():
    """On Linux `connect()` with the family `AF_UNSPEC` removes the peer of a UDP
    socket: `send()` fails with `EDESTADDRREQ`, and if the socket was bound to a port
    number, strangers are received again.
    """
    with udp("127.0.0.1", free_port()) as sock, udp() as stranger:
        sock.connect(NOBODY)
        remove_peer(sock)
        assert code(sock.getpeername) == errno.ENOTCONN
        assert code(sock.send, b"hello") == errno.EDESTADDRREQ
        stranger.sendto(b"stranger", sock.getsockname())
        assert sock.recv(1024) == b"stranger"


def test_unspec_gives_back_an_ephemeral_port():
    """Where `connect()` has set the local name of a UDP socket, `AF_UNSPEC` removes it:
    the name is `('0.0.0.0', 0)` again.
    """
    names = peer_can_be_changed_and_removed.names_with_each_peer()
    (first, _), (second, _), removed = names
    assert first == second and first[0] == "127.0.0.1" and first[1] > 0
    assert removed == (("0.0.0.0", 0), "ENOTCONN")


def test_unspec_gives_back_the_port_of_bind_zero():
    """A UDP socket bound to an address and port 0 keeps that address after `AF_UNSPEC`,
    but loses the port that the kernel chose.
    """
    with udp("127.0.0.5", 0) as sock, udp() as other:
        address = sock.getsockname()
        sock.connect(NOBODY)
        assert sock.getsockname() == address
        remove_peer(sock)
        assert sock.getsockname() == ("127.0.0.5", 0)
        assert code(other.bind, address) is None


def test_unspec_gives_back_the_port_of_sendto():
    """A port that `sendto()` has bound is lost after `AF_UNSPEC`, and the name is
    `('0.0.0.0', 0)` again.
    """
    with udp() as sock:
        sock.sendto(b"hello", NOBODY)
        bound = sock.getsockname()
        assert bound[0] == "0.0.0.0" and bound[1] > 0
        sock.connect(NOBODY)
        remove_peer(sock)
        assert sock.getsockname() == ("0.0.0.0", 0)


def test_unspec_closes_a_port_the_kernel_chose():
    """A UDP server bound to the wildcard and port 0 has no port after `AF_UNSPEC`: a
    client of its old port is refused.
    """
    with udp("0.0.0.0", 0) as server, udp() as client:
        client.connect(("127.0.0.1", server.getsockname()[1]))
        client.send(b"before")
        server.connect(server.recvfrom(1024)[1])
        remove_peer(server)
        assert server.getsockname() == ("0.0.0.0", 0)
        client.send(b"after")
        assert code(client.recv, 1024) == errno.ECONNREFUSED


def test_unspec_keeps_a_bound_port():
    """A UDP socket bound to an address and a port number keeps both after
    `AF_UNSPEC`.
    """
    address = ("127.0.0.5", free_port())
    with udp(*address) as sock:
        sock.connect(NOBODY)
        remove_peer(sock)
        assert code(sock.getpeername) == errno.ENOTCONN
        assert sock.getsockname() == address


@needs("private_net")
def test_unspec_restores_the_wildcard():
    """A UDP socket bound to the wildcard and a port number has the wildcard again after
    `connect()` and `AF_UNSPEC`.
    """
    port = free_port()
    with udp("0.0.0.0", port) as sock:
        sock.connect(NOBODY)
        assert sock.getsockname() == ("127.0.0.1", port)
        remove_peer(sock)
        assert sock.getsockname() == ("0.0.0.0", port)


def test_unspec_forgets_the_device():
    """On Linux `AF_UNSPEC` also removes the network device that `SO_BINDTODEVICE` has
    set on a UDP socket.
    """
    device = (socket.SOL_SOCKET, socket.SO_BINDTODEVICE)
    with udp() as sock:
        sock.setsockopt(*device, b"lo")
        sock.connect(NOBODY)
        assert sock.getsockopt(*device, 16) == b"lo\0"
        remove_peer(sock)
        assert sock.getsockopt(*device, 16) == b""


def test_bind_succeeds_after_unspec():
    """`bind()` succeeds again on a UDP socket whose local name `AF_UNSPEC` has
    removed.
    """
    with udp() as sock:
        sock.connect(NOBODY)
        assert code(sock.bind, ("127.0.0.5", 0)) == errno.EINVAL
        remove_peer(sock)
        assert code(sock.bind, ("127.0.0.5", 0)) is None
        assert sock.getsockname()[0] == "127.0.0.5"


@pytest.mark.scope("IPv4", because="from `::1` the call is not refused")
@needs("private_net", "sysctl")
def test_loopback_choice_bars_other_machines():
    """An IPv4 UDP socket keeps the loopback address that its first `connect()` chose,
    and then `connect()` and `sendto()` to another machine fail with `EINVAL`; after
    `AF_UNSPEC` both succeed."""
    networks.link()
    far = (networks.FAR[socket.AF_INET], 9)
    with udp() as sock:
        sock.connect(("127.0.0.1", 9))
        assert code(sock.connect, far) == errno.EINVAL
        assert code(sock.sendto, b"hello", far) == errno.EINVAL
        assert sock.getpeername() == ("127.0.0.1", 9)
        remove_peer(sock)
        assert code(sock.sendto, b"hello", far) is None
        assert code(sock.connect, far) is None
