"""Proofs about calls that give no name, and calls that choose one."""

import errno
import socket

import pytest

from lab.isolation.namespace import write_sysctl
from tests.claims.helpers import IP_BIND_ADDRESS_NO_PORT, failure, listen_on

needs = pytest.mark.needs


def test_failed_tcp_calls_give_no_name():
    """`send()`, `recvfrom()`, and `sendto()` without flags fail on a new TCP socket and
    leave it unbound."""
    with listen_on() as listener, socket.socket() as sock:
        address = listener.getsockname()
        assert failure(sock.send, b"hello") == errno.EPIPE
        assert sock.getsockname() == ("0.0.0.0", 0)
        assert failure(sock.recvfrom, 1024) == errno.ENOTCONN
        assert sock.getsockname() == ("0.0.0.0", 0)
        assert failure(sock.sendto, b"hello", address) == errno.EPIPE
        assert sock.getsockname() == ("0.0.0.0", 0)


def leave_one_ephemeral_port() -> int:
    """Leave this proof's network a single port for the kernel to choose; returns it."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    return 40000


@needs("sysctl")
def test_connect_can_share_a_port():
    """When every ephemeral port has been taken by `connect()`, another `connect()`
    shares one: two unbound TCP sockets with different peers then have the same
    local name.
    """
    with listen_on() as here, listen_on() as there:
        port = leave_one_ephemeral_port()
        with socket.socket() as one, socket.socket() as two:
            one.settimeout(5)
            two.settimeout(5)
            one.connect(here.getsockname())
            two.connect(there.getsockname())
            assert one.getsockname() == two.getsockname() == ("127.0.0.1", port)
            assert one.getpeername() != two.getpeername()


@needs("sysctl")
def test_bind_to_port_zero_shares_no_port():
    """Without reuse options, `bind()` to port 0 fails with `EADDRINUSE` when no
    ephemeral port is free on that address, although `connect()` could share one.
    """
    with listen_on() as here, listen_on() as there:
        port = leave_one_ephemeral_port()
        with socket.socket() as one, socket.socket() as two:
            one.settimeout(5)
            two.settimeout(5)
            one.connect(here.getsockname())
            assert failure(two.bind, ("127.0.0.1", 0)) == errno.EADDRINUSE
            two.connect(there.getsockname())
            assert two.getsockname() == one.getsockname() == ("127.0.0.1", port)


@needs("sysctl")
def test_bind_address_no_port_shares_a_port():
    """With the option `IP_BIND_ADDRESS_NO_PORT`, two TCP sockets that are bound to one
    address and port 0 can share a port, if their peers differ."""
    with listen_on() as here, listen_on() as there:
        port = leave_one_ephemeral_port()
        with socket.socket() as one, socket.socket() as two:
            for client, listener in ((one, here), (two, there)):
                client.settimeout(5)
                client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                client.bind(("127.0.0.9", 0))
                client.connect(listener.getsockname())
            assert one.getsockname() == two.getsockname() == ("127.0.0.9", port)


@needs("private_net")
def test_fastopen_fills_both_names():
    """`sendto()` with the flag `MSG_FASTOPEN` connects a new TCP socket and sets both
    names."""
    with listen_on() as listener, socket.socket() as client:
        client.sendto(b"hello", socket.MSG_FASTOPEN, listener.getsockname())
        address, port = client.getsockname()
        assert address == "127.0.0.1"
        assert port > 0
        assert client.getpeername() == listener.getsockname()


def test_listen_on_udp_gives_no_name():
    """A `listen()` that fails on a new UDP socket leaves it unbound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert failure(sock.listen) == errno.EOPNOTSUPP
        assert sock.getsockname() == ("0.0.0.0", 0)
