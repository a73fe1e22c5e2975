"""Proofs about errors that come from routes and neighbours."""

import errno
import socket

import pytest

from lab.isolation import networks
from snippets.errors import (
    no_route,
    routes_that_refuse,
)
from tests.claims.errors.helpers import BOTH, IPV4, IPV6, LOOPBACK, opened, plain
from tests.claims.helpers import IP_RECVERR, TCP, UDP, code

needs = pytest.mark.needs


@pytest.mark.scope("IPv4", because="its closed routes are those of IPv4")
@needs("private_net")
def test_sendto_is_told_of_the_route():
    """UDP `sendto()` fails with the errno that `connect()` gives: `ENETUNREACH` without
    a route, and `EHOSTUNREACH`, `EACCES` or `EINVAL` where a route of the type
    unreachable, prohibit or blackhole leads there."""
    assert no_route.connect_to(no_route.FAR, TCP) == "ENETUNREACH"
    assert no_route.connect_to(no_route.FAR, UDP) == "ENETUNREACH"
    assert code(opened(UDP).sendto, b"x", no_route.FAR) == errno.ENETUNREACH
    networks.closed_routes()
    expected = {"unreachable": "EHOSTUNREACH", "prohibit": "EACCES"}
    expected |= {"blackhole": "EINVAL"}
    for kind, host in routes_that_refuse.ROUTES.items():
        assert routes_that_refuse.error_of(TCP, host) == expected[kind]
        assert routes_that_refuse.error_of(UDP, host) == expected[kind]
        number = getattr(errno, expected[kind])
        assert code(opened(UDP).sendto, b"x", (host, 9)) == number


@needs("private_net", "sysctl")
def test_interface_down_is_network_unreachable():
    """When the only interface towards an address goes down, `connect()` fails with
    `ENETUNREACH`: the routes are gone with it."""
    for family in BOTH:
        if family == IPV6:
            networks.remove_link()
        networks.link(family)
        far = (networks.FAR[family], 9)
        assert code(opened(UDP, family).connect, far) is None
        networks.unplug()
        for kind in (TCP, UDP):
            assert code(opened(kind, family).connect, far) == errno.ENETUNREACH


@needs("private_net", "sysctl")
def test_silent_neighbour_is_host_unreachable():
    """When a machine on the own network does not answer, TCP `connect()` fails with
    `EHOSTUNREACH`, and `send()` on a UDP socket succeeds."""
    networks.link(IPV4)
    neighbour = (networks.NEIGHBOUR[IPV4], 9)
    sender = opened(UDP)
    sender.connect(neighbour)
    assert sender.send(b"x") == 1
    assert code(plain().connect, neighbour) == errno.EHOSTUNREACH


@needs("private_net", "sysctl")
def test_recverr_tells_of_a_silent_neighbour():
    """A connected UDP socket is told that its peer's machine does not answer only if
    `IP_RECVERR` is set: then `recv()` fails with `EHOSTUNREACH`."""
    networks.link(IPV4)
    curious, other = opened(UDP), opened(UDP)
    curious.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
    for sock in (other, curious):
        sock.connect((networks.NEIGHBOUR[IPV4], 9))
        sock.send(b"x")
    assert code(curious.recv, 1) == errno.EHOSTUNREACH
    assert other.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


@pytest.mark.scope("IPv4", because="from `::1` the call is not refused")
@needs("private_net", "sysctl")
def test_loopback_address_cannot_leave():
    """An IPv4 socket bound to `127.0.0.1` gets `EINVAL` from `connect()` to another
    machine to which a route leads, on TCP and UDP; where none leads there,
    `ENETUNREACH`."""
    far = (networks.FAR[IPV4], 9)
    for expected in (errno.ENETUNREACH, errno.EINVAL):
        for kind in (TCP, UDP):
            sock = plain(kind)
            sock.bind((LOOPBACK[IPV4], 0))
            assert code(sock.connect, far) == expected
        if expected == errno.ENETUNREACH:
            networks.link(IPV4)
    assert code(plain(UDP).connect, far) is None
