"""Proofs about errors that come from routes and neighbours."""

import errno
import socket

import pytest
from pyroute2 import IPRoute

from lab.isolation import networks
from lab.isolation.namespace import write_sysctl
from snippets.errors import (
    no_route,
    routes_that_refuse,
)
from tests.claims.errors.helpers import (
    BOTH,
    IPV4,
    IPV6,
    LOOPBACK,
    impatient,
    opened,
    opened_listener,
    plain,
)
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
    """When a machine on the same network does not answer, TCP `connect()` fails with
    `EHOSTUNREACH`, and `send()` on a UDP socket succeeds.
    """
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


@needs("private_net")
def test_no_route_can_come_from_outside():
    """Where the SYN is answered with ICMP "no route", `connect()` fails with
    `ENETUNREACH`, although it has sent a packet."""
    servers = {family: opened_listener(family) for family in BOTH}
    networks.reject(networks.NO_ROUTE)
    for family, server in servers.items():
        sock = opened(TCP, family)
        assert code(sock.connect, server.getsockname()) == errno.ENETUNREACH


@pytest.mark.scope("IPv4", because="the codes of IPv6 are other ones")
@needs("private_net")
def test_icmp_code_decides_the_errno():
    """On IPv4 the code of an ICMP "destination unreachable" that answers the SYN
    decides how `connect()` fails: 0 and 9 give `ENETUNREACH`, 2 gives `ENOPROTOOPT`, 3
    gives `ECONNREFUSED`, and 1, 10 and 13 give `EHOSTUNREACH`."""
    server = opened_listener()
    expected = {0: errno.ENETUNREACH, 9: errno.ENETUNREACH}
    expected |= {2: errno.ENOPROTOOPT, 3: errno.ECONNREFUSED}
    expected |= dict.fromkeys((1, 10, 13), errno.EHOSTUNREACH)
    for icmp, number in expected.items():
        networks.reject(icmp, networks.NFT_REJECT_ICMP_UNREACH)
        assert code(opened().connect, server.getsockname()) == number
        networks.remove_firewall()


@needs("private_net", "sysctl")
def test_full_device_is_told_to_those_who_ask():
    """Where the queue of the network interface is full, UDP `sendto()` fails with
    `ENOBUFS` if `IP_RECVERR` is set, and otherwise succeeds, and the datagram is
    lost."""
    networks.link()
    networks.slow_link()
    neighbour = (networks.NEIGHBOUR[IPV4], 9)
    networks.know_neighbour()
    with opened(UDP) as unaware, opened(UDP) as curious:
        curious.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
        codes = {code(unaware.sendto, bytes(1000), neighbour) for _ in range(200)}
        assert codes == {None}
        assert code(curious.sendto, bytes(1000), neighbour) == errno.ENOBUFS


@pytest.mark.scope("IPv4", because="IPv6 has an option of its own for it")
@needs("private_net", "sysctl")
def test_joining_a_group_needs_a_route():
    """`setsockopt()` for `IP_ADD_MEMBERSHIP` fails with `ENODEV` where it names no
    interface and no route leads to the group; with the address of an interface it
    succeeds."""
    networks.link()
    with opened(UDP) as sock:
        sock.bind(("0.0.0.0", 0))
        for interface, expected in (
            ("0.0.0.0", errno.ENODEV),
            (networks.HERE[IPV4], None),
        ):
            group = socket.inet_aton("239.1.2.3") + socket.inet_aton(interface)
            option = (socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, group)
            assert code(sock.setsockopt, *option) == expected


@needs("private_net")
def test_loopback_that_is_down_is_silent():
    """Where the loopback has been switched off, TCP `connect()` to `127.0.0.1` gets no
    answer and ends with `ETIMEDOUT`, and to `::1` it fails with `EADDRNOTAVAIL`."""
    servers = {family: opened_listener(family) for family in BOTH}
    for family, server in servers.items():
        assert code(opened(TCP, family).connect, server.getsockname()) is None
    with IPRoute() as network:
        network.link("set", ifname="lo", state="down")
    expected = {IPV4: errno.ETIMEDOUT, IPV6: errno.EADDRNOTAVAIL}
    for family, server in servers.items():
        sock = impatient(family)
        assert code(sock.connect, server.getsockname()) == expected[family]


@needs("private_net", "sysctl")
def test_wildcard_lives_without_ipv6():
    """Where IPv6 is switched off with `disable_ipv6`, a socket can still be bound to
    `::`, and without `IPV6_V6ONLY` it serves IPv4 clients."""
    for interface in ("all", "default", "lo"):
        write_sysctl(f"net.ipv6.conf.{interface}.disable_ipv6", "1")
    assert code(opened(TCP, IPV6).bind, ("::1", 0)) == errno.EADDRNOTAVAIL
    server = opened(TCP, IPV6)
    server.bind(("::", 0))
    server.listen()
    port = server.getsockname()[1]
    assert code(opened().connect, ("127.0.0.1", port)) is None
    assert server.accept()[1][0] == "::ffff:127.0.0.1"
