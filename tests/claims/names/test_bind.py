"""Proofs about the local name that bind() gives."""

import errno
import socket
from pathlib import Path

import pytest

from lab.isolation import networks
from lab.isolation.namespace import (
    add_loopback_addresses,
    set_up_loopback,
    write_sysctl,
)
from snippets.names import (
    bind_fills_the_local_name,
)
from tests.claims.helpers import (
    HOST,
    IP_BIND_ADDRESS_NO_PORT,
    IP_FREEBIND,
    TCP,
    UDP,
    failure,
    listen_on,
)

needs = pytest.mark.needs


def test_new_socket_has_no_names():
    """A new IPv4 socket has the local name `('0.0.0.0', 0)` and no peer name."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            assert sock.getsockname() == ("0.0.0.0", 0)
            assert failure(sock.getpeername) == errno.ENOTCONN


def test_bind_fills_the_local_name():
    """`bind()` sets the local name and no peer name: `getpeername()` fails with
    `ENOTCONN`."""
    before, after, peer = bind_fills_the_local_name.names_after_bind()
    assert before == ("0.0.0.0", 0)
    assert after[0] == "127.0.0.1"
    assert after[1] > 0
    assert peer == "ENOTCONN"


def test_bind_to_port_zero_chooses_a_port():
    """Without reuse options, `bind()` to port 0 takes a free ephemeral port at once."""
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    for kind in (TCP, UDP):
        with socket.socket(type=kind) as sock, socket.socket(type=kind) as other:
            sock.bind(("127.0.0.1", 0))
            port = sock.getsockname()[1]
            assert int(limits[0]) <= port <= int(limits[1])
            assert failure(other.bind, ("127.0.0.1", port)) == errno.EADDRINUSE


def test_bind_address_no_port_waits_for_connect():
    """With the option `IP_BIND_ADDRESS_NO_PORT`, `bind()` to port 0 sets the address
    alone, and `connect()` chooses the port."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        client.bind(("127.0.0.9", 0))
        assert client.getsockname() == ("127.0.0.9", 0)
        client.connect(listener.getsockname())
        address, port = client.getsockname()
        assert address == "127.0.0.9"
        assert port > 0


def test_bind_takes_the_port_that_was_asked_for():
    """`bind()` to a port other than 0 gives the socket exactly that port."""
    with socket.socket() as scout:
        scout.bind(("127.0.0.1", 0))
        free = scout.getsockname()
    with socket.socket() as sock:
        sock.bind(free)
        assert sock.getsockname() == free


def test_bind_keeps_the_wildcard():
    """A socket that is bound to the wildcard has the wildcard as its local address."""
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        address, port = sock.getsockname()
        assert address == "0.0.0.0"
        assert port > 0


def test_bind_to_the_empty_host_is_the_wildcard():
    """In Python, the empty host `''` means the wildcard `0.0.0.0`."""
    with socket.socket() as sock:
        sock.bind(("", 0))
        assert sock.getsockname()[0] == "0.0.0.0"


@pytest.mark.scope("IPv4", because="IPv6 has one loopback address, no network of them")
def test_bind_accepts_any_loopback_address():
    """`bind()` takes other addresses of `127.0.0.0/8` than `127.0.0.1` too, for
    instance `127.0.0.2` and `127.255.255.254`.
    """
    for address in ("127.0.0.2", "127.200.3.4", "127.255.255.254"):
        with socket.socket() as sock:
            sock.bind((address, 0))
            assert sock.getsockname()[0] == address


@needs("private_net")
def test_bind_rejects_an_address_of_another_machine():
    """`bind()` to an address of another machine fails with `EADDRNOTAVAIL`."""
    with socket.socket() as sock:
        assert failure(sock.bind, ("192.0.2.1", 0)) == errno.EADDRNOTAVAIL
        assert sock.getsockname() == ("0.0.0.0", 0)


@needs("private_net")
def test_freebind_takes_an_address_of_another_machine():
    """With the option `IP_FREEBIND`, `bind()` takes an address of another machine."""
    with socket.socket() as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        sock.bind(("192.0.2.1", 0))
        assert sock.getsockname()[0] == "192.0.2.1"


@needs("sysctl")
def test_nonlocal_bind_takes_an_address_of_another_machine():
    """With `net.ipv4.ip_nonlocal_bind` at 1, for IPv6 `net.ipv6.ip_nonlocal_bind`,
    `bind()` takes an address of another machine."""
    for family, far in networks.FAR.items():
        for kind in (TCP, UDP):
            with socket.socket(family, kind) as sock:
                assert failure(sock.bind, (far, 0)) == errno.EADDRNOTAVAIL
                version = 4 if family == socket.AF_INET else 6
                write_sysctl(f"net.ipv{version}.ip_nonlocal_bind", "1")
                sock.bind((far, 0))
                assert sock.getsockname()[0] == far
                write_sysctl(f"net.ipv{version}.ip_nonlocal_bind", "0")


@pytest.mark.scope("IPv4", because="IPv6 refuses the address there too, see the proof")
@needs("private_net")
def test_network_without_addresses_takes_any():
    """In a new network namespace in which no IPv4 address has been set up, `bind()`
    takes an IPv4 address that no interface has; `connect()` fails with `ENETUNREACH`.
    """
    networks.new_network()
    for kind in (TCP, UDP):
        with socket.socket(type=kind) as sock, socket.socket(type=kind) as client:
            sock.bind(("203.0.113.1", 0))
            assert sock.getsockname()[0] == "203.0.113.1"
            assert failure(client.connect, ("127.0.0.1", 9)) == errno.ENETUNREACH
        with socket.socket(socket.AF_INET6, kind) as sock:
            address = ("2001:db8:ffff::1", 0)
            assert failure(sock.bind, address) == errno.EADDRNOTAVAIL
    set_up_loopback()
    with socket.socket() as sock:
        assert failure(sock.bind, ("203.0.113.1", 0)) == errno.EADDRNOTAVAIL


@pytest.mark.scope("TCP IPv6", "UDP IPv6")
@needs("private_net")
def test_python_overwrites_the_interface_of_a_link_local_address():
    """In Python, `bind()` and `connect()` take the interface of a link-local address
    from the fourth field alone: without it `('fe80::1%lo', 0)` fails with `EINVAL`;
    `create_connection()` reads the name after `%`."""
    add_loopback_addresses(["fe80::1"])
    lo = socket.if_nametoindex("lo")
    for kind in (TCP, UDP):
        with socket.socket(socket.AF_INET6, kind) as sock:
            assert failure(sock.connect, ("fe80::1%lo", 9)) == errno.EINVAL
        with socket.socket(socket.AF_INET6, kind) as sock:
            assert failure(sock.bind, ("fe80::1%lo", 0)) == errno.EINVAL
            sock.bind(("fe80::1", 0, 0, lo))
            assert sock.getsockname()[3] == lo
    v6 = socket.AF_INET6
    with socket.socket(v6) as listener, socket.socket(v6) as client:
        listener.bind(("fe80::1", 0, 0, lo))
        listener.listen()
        port = listener.getsockname()[1]
        client.connect(("fe80::1", port, 0, lo))
        with socket.create_connection(("fe80::1%lo", port), 5) as other:
            assert other.getpeername() == listener.getsockname()


def test_bind_takes_one_address():
    """In Python, `bind()` of a TCP or UDP socket takes one argument, a tuple of host
    and port: two arguments, or a port that is a string, raise `TypeError`, and a host
    that is not found raises `socket.gaierror`.
    """
    for kind in (TCP, UDP):
        with socket.socket(socket.AF_INET, kind) as sock:
            for wrong in ((HOST, 0), ((HOST, "80"),), (HOST,), ([HOST, 0],)):
                with pytest.raises(TypeError):
                    sock.bind(*wrong)
            with pytest.raises(socket.gaierror):
                sock.bind(("no such host.invalid", 0))
            sock.bind((HOST, 0))


@needs("sysctl")
@pytest.mark.scope("IPv4", because="the container's cable has an address of IPv4 alone")
def test_sysctls_belong_to_the_network():
    """Each network namespace has its own `net.ipv4.ip_local_port_range` and
    `net.ipv4.ip_unprivileged_port_start`: what the host sets does not reach a container
    that has a network of its own."""
    inner = networks.container()
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    write_sysctl("net.ipv4.ip_unprivileged_port_start", "80")
    with networks.within(inner):
        theirs = [socket.socket(), socket.socket()]
    ours = [socket.socket(), socket.socket()]
    networks.give_up_capabilities()
    for sock in (theirs[0], ours[0]):
        sock.bind((HOST, 0))
    assert theirs[0].getsockname()[1] != 40000 == ours[0].getsockname()[1]
    assert failure(theirs[1].bind, (HOST, 80)) == errno.EACCES
    ours[1].bind((HOST, 80))
    for sock in (*theirs, *ours):
        sock.close()
