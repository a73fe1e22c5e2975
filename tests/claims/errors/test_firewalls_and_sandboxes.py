"""Proofs about errors that come from firewalls, sandboxes and missing rights."""

import errno

import pytest

from lab.isolation import networks
from snippets.errors import (
    low_port_needs_a_right,
)
from tests.claims.errors.helpers import (
    BOTH,
    IPV4,
    IPV6,
    LOOPBACK,
    impatient,
    opened,
    opened_listener,
)
from tests.claims.helpers import TCP, UDP, code

needs = pytest.mark.needs


@needs("private_net")
def test_prohibited_is_another_errno_on_ipv6():
    """Where a firewall answers a SYN with ICMP administratively prohibited, `connect()`
    fails with `EHOSTUNREACH` on IPv4 and with `EACCES` on IPv6."""
    servers = {family: opened_listener(family) for family in BOTH}
    networks.reject(networks.ADMIN_PROHIBITED)
    codes = {f: code(opened(TCP, f).connect, servers[f].getsockname()) for f in BOTH}
    assert codes == {IPV4: errno.EHOSTUNREACH, IPV6: errno.EACCES}


@needs("private_net")
def test_firewall_can_refuse_for_a_server():
    """Where a firewall answers a SYN with ICMP port unreachable, `connect()` fails with
    `ECONNREFUSED` although the server listens."""
    server = opened_listener()
    assert code(opened().connect, server.getsockname()) is None
    networks.reject(networks.PORT_UNREACHABLE)
    assert code(opened().connect, server.getsockname()) == errno.ECONNREFUSED


@needs("private_net")
def test_own_firewall_is_told_to_udp_only():
    """Where the machine's own firewall drops what is sent, UDP `sendto()` fails
    with `EPERM`, and TCP `connect()` is not told: it ends with `ETIMEDOUT`."""
    server = opened_listener()
    networks.drop("output")
    assert code(opened(UDP).sendto, b"x", server.getsockname()) == errno.EPERM
    assert code(impatient().connect, server.getsockname()) == errno.ETIMEDOUT


@needs("private_net")
def test_sandbox_gives_permission_denied():
    """In a Landlock sandbox, `bind()` and `connect()` on TCP fail with `EACCES`, and on
    UDP they succeed."""
    server = opened_listener()
    networks.forbid_ports(bind=True, connect=True)
    here = (LOOPBACK[IPV4], 0)
    assert code(opened().bind, here) == errno.EACCES
    assert code(opened().connect, server.getsockname()) == errno.EACCES
    assert code(opened(UDP).bind, here) is None
    assert code(opened(UDP).connect, server.getsockname()) is None


@needs("private_net")
def test_low_ports_are_low_for_ipv6_too():
    """The limit of `net.ipv4.ip_unprivileged_port_start` holds for IPv6 as well: an
    ordinary user gets `EACCES` below it."""
    networks.ordinary_user()
    assert low_port_needs_a_right.bind_to(1023) == "EACCES"
    assert low_port_needs_a_right.bind_to(1024) == "success"
    for kind in (TCP, UDP):
        codes = [code(opened(kind, IPV6).bind, ("::1", port)) for port in (1023, 1024)]
        assert codes == [errno.EACCES, None]
