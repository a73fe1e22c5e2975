"""Proofs about `localhost`, which is a name of two addresses."""

import asyncio
import ctypes
import errno
import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import NamedTemporaryFile

import pytest

from lab.isolation.namespace import Missing
from lab.isolation.networks import CLONE_NEWNS, libc
from tests.claims.helpers import HOST, TCP, failure, listen_on

pytestmark = pytest.mark.needs("private_net", "ipv6")
BIND = 0x1000  # MS_BIND, <sys/mount.h>
BOTH = ("127.0.0.1 localhost", "::1 localhost")
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
AT = {IPV4: HOST, IPV6: "::1"}


@contextmanager
def hosts(*lines: str) -> Iterator[None]:
    """Let this process alone, and for a while, read these lines in /etc/hosts."""
    with NamedTemporaryFile("w") as file:
        Path(file.name).chmod(0o644)
        print(*lines, sep="\n", file=file, flush=True)
        there = b"/etc/hosts"
        if libc.unshare(CLONE_NEWNS) or libc.mount(
            file.name.encode(), there, None, BIND, None
        ):
            raise Missing("mount", os.strerror(ctypes.get_errno()))
        yield
        libc.umount2(there, 0)


def server(family: socket.AddressFamily, port: int = 0) -> socket.socket:
    """A listening TCP socket on the loopback address of a family."""
    listener = socket.socket(family)
    listener.settimeout(5)
    listener.bind((AT[family], port))
    listener.listen()
    return listener


def port_of(sock: socket.socket) -> int:
    """The local port."""
    return sock.getsockname()[1]


def bound_to_each(name: str) -> list[str]:
    """The addresses to which sockets are bound, one for each answer about a name."""
    found = []
    for family, kind, _, _, address in socket.getaddrinfo(name, 0, type=TCP):
        with socket.socket(family, kind) as sock:
            sock.bind(address)
            found.append(sock.getsockname()[0])
    return found


def test_localhost_has_two_addresses():
    """Where `/etc/hosts` has `localhost` for `127.0.0.1` and for `::1`, `getaddrinfo()`
    returns both, `::1` first; the order of the lines does not count."""
    for lines in (BOTH, BOTH[::-1]):
        with hosts(*lines):
            assert bound_to_each("localhost") == ["::1", HOST]


def test_localhost_can_have_one_address():
    """Where `/etc/hosts` has `localhost` for one address alone, `getaddrinfo()` returns
    that one."""
    for line, address in zip(BOTH, (HOST, "::1"), strict=True):
        with hosts(line):
            assert bound_to_each("localhost") == [address]


def test_bind_to_localhost_takes_one_address():
    """In Python, `bind()` to `localhost` takes the address of the socket's own family,
    `127.0.0.1` or `::1`, and so `create_server()` with `localhost` is on `127.0.0.1`
    unless it is told another family."""
    with hosts(*BOTH):
        for family, address in AT.items():
            with socket.socket(family) as sock:
                sock.bind(("localhost", 0))
                assert sock.getsockname()[0] == address
            with socket.create_server(("localhost", 0), family=family) as listener:
                assert listener.getsockname()[0] == address
        with socket.create_server(("localhost", 0)) as listener:
            assert listener.getsockname()[0] == HOST


def test_connect_to_localhost_tries_one_address():
    """In Python, a TCP `connect()` to `localhost` tries the address of the socket's own
    family alone: it fails with `ECONNREFUSED` where the server is at the other one."""
    with hosts(*BOTH):
        for family, other in ((IPV4, IPV6), (IPV6, IPV4)):
            with server(family) as listener:
                name = "localhost", port_of(listener)
                with socket.socket(other) as client:
                    assert failure(client.connect, name) == errno.ECONNREFUSED
                with socket.socket(family) as client:
                    client.connect(name)
                    assert client.getpeername() == listener.getsockname()


def test_create_connection_tries_both():
    """In Python, `create_connection()` to `localhost` reaches a server that is on
    `127.0.0.1` alone, and one that is on `::1` alone; where each address has a server
    on the same port, it reaches the one on `::1`.
    """
    with hosts(*BOTH):
        for families in ((IPV4,), (IPV6,), (IPV6, IPV4)):
            first = server(families[0])
            port = port_of(first)
            others = [server(family, port) for family in families[1:]]
            with first, socket.create_connection(("localhost", port), 5) as client:
                assert client.getpeername() == first.getsockname()
            for other in others:
                other.close()


def test_ipv4_loopback_takes_no_ipv6():
    """A TCP server that listens on `127.0.0.1` is not at `::1`: a client there gets
    `ECONNREFUSED`."""
    with listen_on(HOST) as listener, socket.socket(IPV6) as client:
        address = "::1", port_of(listener)
        assert failure(client.connect, address) == errno.ECONNREFUSED
        with socket.create_connection(listener.getsockname(), 5) as other:
            assert listener.accept()[1] == other.getsockname()


def test_two_loopback_servers_on_one_port():
    """Two TCP sockets, one on `127.0.0.1` and one on `::1`, can listen on the same
    port, and each one gets the clients of its own address."""
    with server(IPV4) as one, server(IPV6, port_of(one)) as two:
        for listener in (one, two):
            host, port = listener.getsockname()[:2]
            with socket.create_connection((host, port), 5) as client:
                assert listener.accept()[1] == client.getsockname()


def test_asyncio_serves_both_of_localhost():
    """On `localhost` with a port other than 0, `asyncio.start_server()` listens on
    `127.0.0.1` and on `::1`."""

    async def names(port: int) -> dict[str, int]:
        async with await asyncio.start_server(print, "localhost", port) as serving:
            return dict(sock.getsockname()[:2] for sock in serving.sockets)

    with hosts(*BOTH):
        with server(IPV4) as free:
            port = port_of(free)
        assert asyncio.run(names(port)) == {HOST: port, "::1": port}
