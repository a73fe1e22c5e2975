"""Proofs about two sockets on one port: which options allow it, and who is reached."""

import errno
import select
import socket

import pytest

from snippets.sharing import (
    last_bound_receives,
    only_reuseport_lets_two_listen,
)
from tests.claims.helpers import HOST, TCP, UDP, code
from tests.claims.sharing.helpers import (
    REUSEADDR,
    REUSEPORT,
    bound,
    listening,
    new,
    port_of,
)

needs = pytest.mark.needs


@needs("private_net", "ipv6")
def test_ipv6_wildcard_holds_the_ipv4_port():
    """Without `IPV6_V6ONLY`, a socket bound to the IPv6 wildcard `::` holds its port on
    all IPv4 addresses too: `bind()` to one of them fails with `EADDRINUSE`."""
    for only_v6, expected in ((0, errno.EADDRINUSE), (1, None)):
        for kind in (TCP, UDP):
            for host in ("0.0.0.0", HOST):
                owner = socket.socket(socket.AF_INET6, kind)
                owner.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only_v6)
                owner.bind(("::", 0))
                assert code(new(kind).bind, (host, port_of(owner))) == expected


def test_only_reuseport_lets_two_listen():
    """With `SO_REUSEADDR` two TCP sockets can bind one local name, but the second
    `listen()` fails with `EADDRINUSE`; with `SO_REUSEPORT` both can listen."""
    listen_twice = only_reuseport_lets_two_listen.listen_twice
    assert listen_twice(REUSEADDR) == "EADDRINUSE"
    assert listen_twice(REUSEPORT) == "listening"


def test_reuseaddr_respects_a_listening_socket():
    """`SO_REUSEADDR` on both does not let `bind()` take the port of a socket that
    already listens: it fails with `EADDRINUSE`, for the wildcard too."""
    _, port = (listener := listening(REUSEADDR)).getsockname()
    for address in (HOST, "0.0.0.0"):
        assert code(new(TCP, REUSEADDR).bind, (address, port)) == errno.EADDRINUSE
    listener.close()
    assert code(new(TCP, REUSEADDR).bind, (HOST, port)) is None


def test_reuseport_gives_each_connection_to_one():
    """Of two TCP sockets that listen on one port by `SO_REUSEPORT`, each connection
    reaches exactly one."""
    one = listening(REUSEPORT)
    two = listening(REUSEPORT, address=one.getsockname())
    for _ in range(10):
        client = new()
        client.connect(one.getsockname())
        ready, _, _ = select.select([one, two], [], [], 5)
        assert len(ready) == 1
        assert ready[0].accept()[1] == client.getsockname()


def test_sharing_needs_the_same_option_twice():
    """With `SO_REUSEADDR` or `SO_REUSEPORT` on only one of two sockets, or one of them
    on each, the second `bind()` fails with `EADDRINUSE`."""
    addr, port = (REUSEADDR,), (REUSEPORT,)
    unequal = [(addr, ()), ((), addr), (port, ()), ((), port)]
    for first, second in [*unequal, (addr, port), (port, addr)]:
        for kind in (TCP, UDP):
            owner = bound(kind, *first)
            latecomer = new(kind, *second)
            assert code(latecomer.bind, owner.getsockname()) == errno.EADDRINUSE


def test_first_socket_may_set_the_option_late():
    """On Linux the first socket can set `SO_REUSEADDR` or `SO_REUSEPORT` even after its
    own `bind()`, if it is before that of the second."""
    for option in (REUSEADDR, REUSEPORT):
        for kind in (TCP, UDP):
            first, second = bound(kind), new(kind, option)
            assert code(second.bind, first.getsockname()) == errno.EADDRINUSE
            first.setsockopt(socket.SOL_SOCKET, option, 1)
            assert code(second.bind, first.getsockname()) is None


def test_last_bound_receives():
    """Two UDP sockets with `SO_REUSEADDR` alone can bind one local name; while
    neither is connected, the one bound last receives every unicast datagram.
    """
    got_last, got_first = last_bound_receives.who_receives()
    assert (got_last, got_first) == ([b"one", b"two", b"three"], [])


def test_reuseport_keeps_a_udp_sender_together():
    """Of two UDP sockets that share a local name by `SO_REUSEPORT`, one receives all
    datagrams of one sender."""
    one = bound(UDP, REUSEPORT)
    two = bound(UDP, REUSEPORT, address=one.getsockname())
    for _ in range(5):
        sender, receivers = new(UDP), []
        for _ in range(5):
            sender.sendto(b"x", one.getsockname())
            ready, _, _ = select.select([one, two], [], [], 5)
            receivers += ready
            ready[0].recv(1)
        assert receivers in ([one] * 5, [two] * 5)
