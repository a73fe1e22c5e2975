"""Proofs about sentences of the manual pages that do not hold, or not always."""

import ctypes
import errno
import os
import select
import socket
import struct
import tempfile
from concurrent.futures import ThreadPoolExecutor
from contextlib import chdir
from pathlib import Path
from threading import get_native_id

import pytest
from pyroute2 import IPRoute

from snippets.names import three_sockets_have_one_port

needs = pytest.mark.needs

TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
BROADCAST = (socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
LOOPBACK = socket.inet_aton("127.0.0.1")


def inet(kind: int, *address) -> socket.socket:
    """An IPv4 socket, bound if an address is given; 5 s for what blocks."""
    sock = socket.socket(socket.AF_INET, kind)
    sock.settimeout(5)
    if address:
        sock.bind(address)
    return sock


def unix(kind: int, *name) -> socket.socket:
    """A Unix socket, bound if a path is given."""
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.settimeout(5)
    if name:
        sock.bind(*name)
    return sock


def folder():
    """Work in an empty folder of its own, so that short paths will do."""
    return chdir(tempfile.mkdtemp())


def code(call, *args) -> int | None:
    """The errno a call fails with, or None if it succeeds."""
    try:
        call(*args)
    except OSError as error:
        return error.errno
    return None


def in_c(function: str, sock: socket.socket, address: bytes) -> int | None:
    """Call bind(2) or connect(2) with the bytes of an address that Python refuses."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(sock.fileno(), address, len(address)) == 0:
        return None
    return ctypes.get_errno()


def sockaddr_in(family: int, port: int) -> bytes:
    """An IPv4 address structure that says it is of some family."""
    return struct.pack("=H", family) + struct.pack("!H", port) + LOOPBACK + bytes(8)


def peek(sock: socket.socket) -> int | None:
    """The errno of a recv() that would not wait."""
    sock.setblocking(False)
    return code(sock.recv, 1024)


# ip(7)


def test_three_sockets_have_one_port():
    """Without any option three sockets can have one port number: TCP on `127.0.0.1`,
    TCP on `127.0.0.2`, and UDP on `127.0.0.1`."""
    names = three_sockets_have_one_port.names_with_one_port()
    port = names[0][1]
    assert port > 0
    assert names == [("127.0.0.1", port), ("127.0.0.2", port), ("127.0.0.1", port)]


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


def test_broadcast_is_received_without_the_option():
    """A UDP socket receives a broadcast without `SO_BROADCAST`; only the sender needs
    the option, without which `sendto()` fails with `EACCES`."""
    with inet(UDP, "0.0.0.0", 0) as receiver, inet(UDP) as sender:
        target = ("127.255.255.255", receiver.getsockname()[1])
        assert code(sender.sendto, b"to all", target) == errno.EACCES
        sender.setsockopt(*BROADCAST)
        sender.sendto(b"to all", target)
        assert receiver.recv(1024) == b"to all"


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


# connect(2) and bind(2)


def test_connect_to_a_broadcast_address():
    """`connect()` to a broadcast address fails with `EACCES` on UDP unless
    `SO_BROADCAST` is set; on TCP it fails with `ENETUNREACH`, set or not."""
    target = ("127.255.255.255", 9)
    for set_option, expected in (False, errno.EACCES), (True, None):
        with inet(UDP) as udp, inet(TCP) as tcp:
            if set_option:
                udp.setsockopt(*BROADCAST)
                tcp.setsockopt(*BROADCAST)
            assert code(udp.connect, target) == expected
            assert code(tcp.connect, target) == errno.ENETUNREACH


def test_bind_with_another_family():
    """`bind()` with an IPv6 address fails with `EAFNOSUPPORT` on an IPv4 socket,
    and `bind()` with an IPv4 address fails with `EINVAL` on a Unix socket.
    """
    address = sockaddr_in(socket.AF_INET6, 0)
    for kind in (TCP, UDP):
        with inet(kind) as sock:
            assert in_c("bind", sock, address) == errno.EAFNOSUPPORT
            assert sock.getsockname() == ("0.0.0.0", 0)
    with unix(TCP) as sock:
        assert in_c("bind", sock, sockaddr_in(socket.AF_INET, 0)) == errno.EINVAL
        assert sock.getsockname() == ""


@needs("ipv6")
def test_connect_with_another_family():
    """`connect()` with a 16-byte IPv4 address fails with `EINVAL` on an IPv6 TCP
    socket, and succeeds on an unbound IPv6 UDP socket without `IPV6_V6ONLY`.
    """
    address = sockaddr_in(socket.AF_INET, 9)
    with socket.socket(socket.AF_INET6, TCP) as tcp:
        assert in_c("connect", tcp, address) == errno.EINVAL
        assert tcp.getsockname()[:2] == ("::", 0)
    with socket.socket(socket.AF_INET6, UDP) as udp:
        assert in_c("connect", udp, address) is None
        assert udp.getpeername()[:2] == ("::ffff:127.0.0.1", 9)


def test_unix_path_too_long():
    """`bind()` to a Unix path of more than 108 bytes fails with `EINVAL`, not with
    `ENAMETOOLONG`; one of 108 bytes can be bound."""
    family = struct.pack("=H", socket.AF_UNIX)
    with folder(), unix(TCP) as short, unix(TCP) as long:
        assert in_c("bind", long, family + b"x" * 109) == errno.EINVAL
        assert long.getsockname() == ""
        assert in_c("bind", short, family + b"x" * 108) is None
        assert short.getsockname() == "x" * 108


def test_python_limits_a_unix_path():
    """In Python, `bind()` to a Unix path of 108 bytes raises an `OSError` without an
    errno; one of 107 bytes can be bound."""
    with folder(), unix(TCP) as short, unix(TCP) as long:
        with pytest.raises(OSError) as caught:
            long.bind("x" * 108)
        assert caught.value.errno is None
        assert long.getsockname() == ""
        short.bind("x" * 107)
        assert short.getsockname() == "x" * 107


def test_dead_unix_datagram_path_refuses_connect():
    """`connect()` fails with `ECONNREFUSED` on a datagram socket too: on a Unix one,
    where the socket of that path is closed."""
    with folder(), unix(UDP) as client:
        unix(UDP, "gone").close()
        assert code(client.connect, "gone") == errno.ECONNREFUSED
        assert code(client.getpeername) == errno.ENOTCONN


# listen(2)


def test_full_unix_queue_is_eagain():
    """A Unix stream socket after `listen(n)` holds n + 1 connections as well; the next
    non-blocking `connect()` fails with `EAGAIN`."""
    for backlog in (0, 1, 3):
        with folder(), unix(TCP, "server") as listener:
            listener.listen(backlog)
            clients = [unix(TCP) for _ in range(backlog + 2)]
            for client in clients:
                client.setblocking(False)
            codes = [code(client.connect, "server") for client in clients]
            assert codes == [None] * (backlog + 1) + [errno.EAGAIN]
            assert code(clients[-1].getpeername) == errno.ENOTCONN


# socket(7)


def test_finished_connect_is_not_readable():
    """When a non-blocking `connect()` has succeeded, `poll()` reports `POLLOUT` and not
    `POLLIN`."""
    with inet(TCP, "127.0.0.1", 0) as listener, inet(TCP) as client:
        listener.listen()
        client.setblocking(False)
        assert client.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        poll = select.poll()
        poll.register(client, select.POLLIN | select.POLLOUT)
        assert poll.poll(5000) == [(client.fileno(), select.POLLOUT)]
        assert client.getpeername() == listener.getsockname()


def test_closing_peer_is_not_pollhup():
    """When the peer has closed a TCP connection with nothing left unread, `poll()`
    reports `POLLIN` and `POLLRDHUP`; `POLLHUP` comes only when this end has closed
    its direction too.
    """
    with inet(TCP, "127.0.0.1", 0) as listener, inet(TCP) as client:
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        poll = select.poll()
        poll.register(client, select.POLLIN | select.POLLRDHUP)
        conn.close()
        readable = select.POLLIN | select.POLLRDHUP
        assert poll.poll(5000) == [(client.fileno(), readable)]
        assert client.recv(1) == b""
        client.shutdown(socket.SHUT_WR)
        assert poll.poll(5000) == [(client.fileno(), readable | select.POLLHUP)]


# unix(7)


def test_passcred_alone_gives_no_name():
    """To set `SO_PASSCRED` gives a Unix socket no name."""
    with unix(TCP) as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
        assert sock.getsockname() == ""
        assert code(sock.getpeername) == errno.ENOTCONN


def test_connected_unix_socket_sends_elsewhere():
    """`sendto()` with the address of another socket succeeds on a connected Unix
    datagram socket, and fails with `EISCONN` on a connected Unix stream socket."""
    with folder(), unix(UDP, "peer") as peer, unix(UDP, "other") as other:
        with unix(UDP) as client:
            client.connect("peer")
            client.sendto(b"hello", "other")
            assert other.recv(1024) == b"hello"
            assert client.getpeername() == "peer"
            assert peek(peer) == errno.EAGAIN
        here, there = socket.socketpair(socket.AF_UNIX, TCP)
        with here, there:
            assert code(here.sendto, b"hello", "other") == errno.EISCONN


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


@needs("ipv6")
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


# Python


def test_close_is_not_shutdown():
    """While another descriptor of the same connection is open, `close()` does not end
    the connection, but `shutdown()` does."""
    with inet(TCP, "127.0.0.1", 0) as listener, inet(TCP) as client:
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        copy = conn.dup()
        conn.close()
        assert peek(client) == errno.EAGAIN
        copy.sendall(b"still here")
        client.settimeout(5)
        assert client.recv(1024) == b"still here"
        third = copy.dup()
        copy.shutdown(socket.SHUT_RDWR)
        assert client.recv(1024) == b""
        assert code(third.send, b"x") == errno.EPIPE
