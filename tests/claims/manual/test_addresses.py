"""Proofs about sentences of ip(7), ipv6(7), udp(7) that do not hold, or not always."""

import errno
import os
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import get_native_id

import pytest
from pyroute2 import IPRoute

from snippets.names import three_sockets_have_one_port
from tests.claims.helpers import TCP, UDP, code
from tests.claims.manual.helpers import BROADCAST, inet, peek

needs = pytest.mark.needs


@needs("private_net")
def test_three_sockets_have_one_port():
    """Without any option three sockets can have one port number: TCP on `127.0.0.1`,
    TCP on `127.0.0.2`, and UDP on `127.0.0.1`."""
    names = three_sockets_have_one_port.names_with_one_port()
    port = names[0][1]
    assert port > 0
    assert names == [("127.0.0.1", port), ("127.0.0.2", port), ("127.0.0.1", port)]


@pytest.mark.scope("IPv4", because="the address is one of IPv4")
@needs("private_net")
def test_tcp_listens_on_a_multicast_address():
    """An IPv4 TCP socket can `bind()` a multicast address and `listen()` there, but
    `connect()` to that address fails with `ENETUNREACH`, even where a route to it
    exists.
    """
    with IPRoute() as network:
        lo = network.link_lookup(ifname="lo")[0]
        network.route("add", dst="224.0.0.0/4", oif=lo)
    with inet(TCP, "239.1.1.1", 0) as listener, inet(TCP) as client, inet(UDP) as udp:
        assert code(listener.listen) is None
        name = listener.getsockname()
        assert name[0] == "239.1.1.1"
        assert code(client.connect, name) == errno.ENETUNREACH
        assert code(udp.connect, name) is None


@pytest.mark.scope("IPv4", because="IPv6 has no broadcast")
def test_broadcast_is_received_without_the_option():
    """A UDP socket receives a broadcast without `SO_BROADCAST`; only the sender needs
    the option, without which `sendto()` fails with `EACCES`."""
    with inet(UDP, "0.0.0.0", 0) as receiver, inet(UDP) as sender:
        target = ("127.255.255.255", receiver.getsockname()[1])
        assert code(sender.sendto, b"to all", target) == errno.EACCES
        sender.setsockopt(*BROADCAST)
        sender.sendto(b"to all", target)
        assert receiver.recv(1024) == b"to all"


@pytest.mark.scope("IPv4", because="IPv6 has no broadcast")
def test_broadcast_address_is_not_the_wildcard():
    """A socket bound to `255.255.255.255` is not reached at `127.0.0.1`, as one bound
    to the wildcard is: UDP receives nothing, and TCP `connect()` is refused."""
    with inet(UDP, "255.255.255.255", 0) as receiver, inet(UDP) as sender:
        assert receiver.getsockname()[0] == "255.255.255.255"
        sender.sendto(b"hello", ("127.0.0.1", receiver.getsockname()[1]))
        assert peek(receiver) == errno.EAGAIN
    with inet(TCP, "255.255.255.255", 0) as listener, inet(TCP) as client:
        listener.listen()
        target = ("127.0.0.1", listener.getsockname()[1])
        assert code(client.connect, target) == errno.ECONNREFUSED


@pytest.mark.scope("IPv4", because="its closed routes are those of IPv4")
@needs("private_net")
def test_no_route_is_enetunreach():
    """Where no route matches, `connect()` fails with `ENETUNREACH`; a route of the type
    `unreachable` gives `EHOSTUNREACH`, `prohibit` gives `EACCES`, and `blackhole` gives
    `EINVAL`."""
    targets = {
        "unreachable": errno.EHOSTUNREACH,
        "prohibit": errno.EACCES,
        "blackhole": errno.EINVAL,
    }
    for kind in (TCP, UDP):
        assert code(inet(kind).connect, ("192.0.2.1", 9)) == errno.ENETUNREACH
    with IPRoute() as network:
        for route, expected in targets.items():
            network.route("add", dst="192.0.2.1/32", type=route)
            for kind in (TCP, UDP):
                assert code(inet(kind).connect, ("192.0.2.1", 9)) == expected
            network.route("del", dst="192.0.2.1/32", type=route)


@needs("private_net")
def test_ports_are_not_given_in_order():
    """Ephemeral ports are not given out from the lowest number of the range upwards."""
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    lowest, highest = map(int, limits)
    socks = [inet(UDP, "127.0.0.1", 0) for _ in range(8)]
    ports = [sock.getsockname()[1] for sock in socks]
    assert lowest + 100 < max(ports) <= highest
    if lowest not in ports:  # then it was free, and yet not chosen
        with inet(UDP, "127.0.0.1", lowest) as sock:
            assert sock.getsockname() == ("127.0.0.1", lowest)


# udp(7)


def test_waiting_recvfrom_is_woken_by_sendto():
    """A `recvfrom()` that waits on an unbound UDP socket returns the reply when another
    thread has called `sendto()` on that socket."""
    with inet(UDP, "127.0.0.1", 0) as server, inet(UDP) as client:
        client.settimeout(None)  # so that Python waits in the call itself, 5 s here
        limit = struct.pack("ll", 5, 0)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        ids = []
        with ThreadPoolExecutor(1) as thread:
            thread.submit(lambda: ids.append(get_native_id())).result()
            reply = thread.submit(client.recvfrom, 1024)
            sleeps_in = Path(f"/proc/self/task/{ids[0]}/wchan")  # proc(5)
            while "packet" not in sleeps_in.read_text() and not reply.done():
                os.sched_yield()
            assert client.getsockname() == ("0.0.0.0", 0)
            client.sendto(b"request", server.getsockname())
            server.sendto(b"reply", server.recvfrom(1024)[1])
            assert reply.result() == (b"reply", server.getsockname())
        assert client.getsockname()[1] > 0


# ipv6(7)


@needs("ipv6")
def test_link_local_address_needs_a_scope():
    """`bind()` to a link-local IPv6 address fails with `EINVAL` when the scope id is 0,
    and with `ENODEV` when no interface has it as its index."""
    for kind in (TCP, UDP):
        with socket.socket(socket.AF_INET6, kind) as sock:
            assert code(sock.bind, ("fe80::1", 0, 0, 0)) == errno.EINVAL
            assert code(sock.bind, ("fe80::1", 0, 0, 999)) == errno.ENODEV
            assert sock.getsockname()[:2] == ("::", 0)


@needs("private_net", "ipv6")
def test_ipv4_and_ipv6_ports_are_apart():
    """A port that one socket has bound on `127.0.0.1` can be bound by another one on
    `::1`, without any option."""
    for kind in (TCP, UDP):
        with inet(kind, "127.0.0.1", 0) as one:
            port = one.getsockname()[1]
            with socket.socket(socket.AF_INET6, kind) as two:
                assert code(two.bind, ("::1", port)) is None
                assert two.getsockname()[:2] == ("::1", port)


@needs("ipv6")
def test_v6only_at_the_wrong_level():
    """`setsockopt()` of `IPV6_V6ONLY` at the level `IPPROTO_IP` succeeds and does not
    set the option: the socket still takes IPv4 clients."""
    for level, expected in (
        (socket.IPPROTO_IP, None),
        (socket.IPPROTO_IPV6, errno.ECONNREFUSED),
    ):
        with socket.socket(socket.AF_INET6, TCP) as listener, inet(TCP) as client:
            listener.setsockopt(level, socket.IPV6_V6ONLY, 1)
            listener.bind(("::", 0))
            listener.listen()
            target = ("127.0.0.1", listener.getsockname()[1])
            assert code(client.connect, target) == expected
