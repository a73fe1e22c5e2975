"""Proofs about errors that come from an address or a port."""

import errno
import os
import socket
import struct

import pytest

from lab.isolation import networks
from lab.isolation.namespace import write_sysctl
from snippets.errors import (
    address_not_local,
    port_range_exhausted,
)
from tests.claims.errors.helpers import IPV4, IPV6, held, opened
from tests.claims.helpers import IP_FREEBIND, TCP, UDP, code, in_c

needs = pytest.mark.needs


def test_freebind_takes_any_address():
    """With the Linux option `IP_FREEBIND`, `bind()` takes an address that no interface
    has."""
    address = address_not_local.DOCUMENTATION_ADDRESS
    assert address_not_local.bind_to(address) == "EADDRNOTAVAIL"
    sock = opened()
    sock.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
    sock.bind((address, 0))
    assert sock.getsockname()[0] == address


@needs("private_net", "sysctl", "ipv6")
def test_new_ipv6_address_must_wait():
    """An IPv6 address that is still checked for duplicates cannot be bound:
    `EADDRNOTAVAIL`."""
    networks.link(IPV6)
    networks.new_address("2001:db8::77")
    assert code(opened(TCP, IPV6).bind, ("2001:db8::77", 0)) == errno.EADDRNOTAVAIL
    assert code(opened(TCP, IPV6).bind, (networks.HERE[IPV6], 0)) is None


@needs("private_net", "sysctl", "ipv6")
def test_without_ipv6_there_is_no_address():
    """Where IPv6 is switched off with `disable_ipv6`, `bind()` and `connect()` to `::1`
    fail with `EADDRNOTAVAIL`, and making the socket succeeds."""
    write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    for kind in (TCP, UDP):
        assert code(opened(kind, IPV6).bind, ("::1", 0)) == errno.EADDRNOTAVAIL
        assert code(opened(kind, IPV6).connect, ("::1", 9)) == errno.EADDRNOTAVAIL


@needs("private_net", "sysctl")
def test_no_port_left_has_three_errnos():
    """The lack of a free port is `EADDRINUSE` from `bind()` and `listen()`,
    `EADDRNOTAVAIL` from TCP `connect()`, and `EAGAIN` from UDP `connect()` and
    `sendto()`."""
    networks.port_range(40000, 40000)
    assert port_range_exhausted.errors_without_a_port() == {
        "bind() to port 0": "EADDRINUSE",
        "listen()": "EADDRINUSE",
        "TCP connect()": "EADDRNOTAVAIL",
        "UDP connect()": "EAGAIN",
        "UDP sendto()": "EAGAIN",
    }


@needs("ipv6")
def test_mapped_address_is_unreachable():
    """With `IPV6_V6ONLY`, `connect()` to an IPv4-mapped address fails with
    `ENETUNREACH`, on TCP and UDP."""
    for kind in (TCP, UDP):
        for only in (1, 0):
            sock = opened(kind, IPV6)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
            found = code(sock.connect, ("::ffff:127.0.0.1", 9))
            without = errno.ECONNREFUSED if kind == TCP else None
            assert found == (errno.ENETUNREACH if only else without)


@needs("ipv6")
def test_bound_address_decides_the_version():
    """An IPv6 socket bound to `::1` gets `ENETUNREACH` from `connect()` to
    `::ffff:127.0.0.1`, and one bound to `::ffff:127.0.0.1` gets `EAFNOSUPPORT` from
    `connect()` to `::1`; UDP `sendto()` fails alike."""
    mapped = "::ffff:127.0.0.1"
    for local, far, expected in (
        ("::1", mapped, errno.ENETUNREACH),
        (mapped, "::1", errno.EAFNOSUPPORT),
    ):
        for kind in (TCP, UDP):
            sock = opened(kind, IPV6)
            sock.bind((local, 0))
            assert code(sock.connect, (far, 9)) == expected
        sock = opened(UDP, IPV6)
        sock.bind((local, 0))
        assert code(sock.sendto, b"x", (far, 9)) == expected


# Addresses of another family


def test_resolver_refuses_before_the_kernel():
    """In Python, an IPv6 address given to an IPv4 socket raises `socket.gaierror`,
    whose negative number is no errno; the kernel itself would say `EAFNOSUPPORT`."""
    sock = opened()
    with pytest.raises(socket.gaierror) as caught:
        sock.bind(("::1", 0))
    assert caught.value.errno == socket.EAI_ADDRFAMILY < 0
    mistaken = socket.socket(IPV6, TCP, 0, fileno=os.dup(sock.fileno()))
    held.append(mistaken)
    assert code(mistaken.bind, ("::1", 0)) == errno.EAFNOSUPPORT


def in_c_as(function: str, sock: socket.socket, family: int, rest: bytes) -> int | None:
    """The errno of bind(2) or connect(2) with an address that says its family."""
    return in_c(function, sock, struct.pack("=H", family) + rest)


def test_short_address_is_invalid():
    """In C, `bind()` and `connect()` fail with `EINVAL` when the address is shorter
    than 16 bytes for IPv4, or shorter than 24 for IPv6, where a whole one has 28;
    Python never passes a shorter one.
    """
    for kind in (TCP, UDP):
        for function in ("bind", "connect"):
            sock = opened(kind)
            assert in_c_as(function, sock, IPV4, b"\0") == errno.EINVAL
            assert sock.getsockname()[0] == "0.0.0.0"
            assert in_c_as(function, opened(kind), IPV4, bytes(14)) != errno.EINVAL
            sock = opened(kind, IPV6)
            assert (
                in_c_as(function, sock, IPV6, bytes(21)) == errno.EINVAL
            )  # with 2 before
            assert sock.getsockname()[0] == "::"
            assert in_c_as(function, sock, IPV6, bytes(22)) != errno.EINVAL


@needs("ipv6")
def test_bind_forgives_a_missing_family():
    """In C, an IPv4 socket takes the family `AF_UNSPEC` in `bind()` if the address is
    the wildcard; with another address, or on an IPv6 socket, it is `EAFNOSUPPORT`."""
    for kind in (TCP, UDP):
        sock = opened(kind)
        assert in_c_as("bind", sock, 0, bytes(14)) is None
        assert sock.getsockname()[0] == "0.0.0.0"
        loopback = bytes(2) + socket.inet_aton("127.0.0.1") + bytes(8)
        assert in_c_as("bind", opened(kind), 0, loopback) == errno.EAFNOSUPPORT
        assert in_c_as("bind", opened(kind, IPV6), 0, bytes(26)) == errno.EAFNOSUPPORT


def test_other_families_are_refused():
    """In C, `bind()` and `connect()` on an IPv4 TCP socket fail with `EAFNOSUPPORT`
    when the address says `AF_UNIX`, or a family that does not exist."""
    for family in (socket.AF_UNIX, 99):
        for function in ("bind", "connect"):
            sock = opened()
            found = in_c_as(function, sock, family, bytes(108))
            assert found == errno.EAFNOSUPPORT
            assert sock.getsockname() == ("0.0.0.0", 0)
