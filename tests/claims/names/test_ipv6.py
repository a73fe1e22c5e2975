"""Proofs about the names of IPv6 sockets, and IPv4 addresses in them."""

import errno
import socket

import pytest

from lab.isolation.namespace import add_loopback_addresses
from tests.claims.helpers import failure, listen_on

needs = pytest.mark.needs


@needs("ipv6")
def test_new_ipv6_socket_has_no_names():
    """A new IPv6 socket has the local name `('::', 0, 0, 0)` and no peer name."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET6, kind) as sock:
            assert sock.getsockname() == ("::", 0, 0, 0)
            assert failure(sock.getpeername) == errno.ENOTCONN


@needs("ipv6")
def test_ipv6_connect_fills_both_names():
    """`connect()` to `::1` sets both names of a new IPv6 TCP socket, and its local
    address is `::1`."""
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        listener.listen()
        with socket.socket(socket.AF_INET6) as client:
            client.settimeout(5)
            client.connect(listener.getsockname())
            address, port, *_ = client.getsockname()
            assert address == "::1"
            assert port > 0
            assert client.getpeername() == listener.getsockname()


@needs("ipv6")
def test_dual_stack_listener_shows_mapped_addresses():
    """Where `IPV6_V6ONLY` is off, a listening socket on `::` accepts IPv4 clients too,
    and such a connection has names like `::ffff:127.0.0.1`."""
    with socket.socket(socket.AF_INET6) as listener, socket.socket() as client:
        listener.settimeout(5)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        conn, address = listener.accept()
        with conn:
            assert conn.getsockname()[:2] == ("::ffff:127.0.0.1", port)
            assert conn.getpeername() == address
            assert address[:2] == ("::ffff:127.0.0.1", client.getsockname()[1])
            assert client.getpeername() == ("127.0.0.1", port)


@needs("ipv6")
def test_v6only_listener_refuses_ipv4():
    """With `IPV6_V6ONLY`, a listening socket on `::` refuses IPv4 clients."""
    with socket.socket(socket.AF_INET6) as listener, socket.socket() as client:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(("::", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client.settimeout(5)
        assert failure(client.connect, ("127.0.0.1", port)) == errno.ECONNREFUSED
        with socket.create_connection(("::1", port), timeout=5) as other:
            assert other.getpeername()[:2] == ("::1", port)


@needs("ipv6")
def test_mapped_peer_gives_mapped_names():
    """`connect()` of an unbound IPv6 socket to a mapped address such as
    `::ffff:127.0.0.1` gives it a mapped local name too."""
    with listen_on() as listener, socket.socket(socket.AF_INET6) as client:
        mapped = ("::ffff:127.0.0.1", listener.getsockname()[1])
        client.connect(mapped)
        assert client.getsockname()[0] == "::ffff:127.0.0.1"
        assert client.getpeername()[:2] == mapped


@needs("ipv6")
def test_connect_to_the_ipv6_wildcard():
    """An unbound IPv6 TCP socket that connects to `::` reaches `::1`."""
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection(("::", port), timeout=5) as client:
            assert client.getpeername()[:2] == ("::1", port)
            assert listener.accept()[1] == client.getsockname()


@needs("ipv6", "private_net")
def test_connect_to_the_ipv6_wildcard_goes_to_loopback():
    """An IPv6 TCP socket that is bound to another address of its machine and connects
    to `::` reaches `::1`, not that address.
    """
    add_loopback_addresses(["fd00::9"])
    with (
        socket.socket(socket.AF_INET6) as listener,
        socket.socket(socket.AF_INET6) as s,
    ):
        listener.bind(("::1", 0))
        listener.listen()
        s.bind(("fd00::9", 0))
        s.connect(("::", listener.getsockname()[1]))
        assert s.getpeername()[0] == "::1"
        assert listener.accept()[1][0] == "fd00::9"
