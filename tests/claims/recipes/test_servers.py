"""Proofs about recipes for servers: which families, which options, which answers."""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import socketserver
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.recipes import (
    dual_stack_server,
    tcp_socketserver,
    unix_stream_pair,
)
from snippets.tcp.listening_socket_reports_its_queue import waiting_and_backlog
from tests.claims.helpers import HOST, failure

needs = pytest.mark.needs
IPV6_RECVPKTINFO, IPV6_PKTINFO = 49, 50  # <linux/in6.h>


@needs("ipv6", "sysctl")
def test_create_server_sets_v6only():
    """In Python, `create_server()` for `AF_INET6` sets `IPV6_V6ONLY`, and IPv4 clients
    are refused; with `dualstack_ipv6=True` it clears the option, and they are accepted,
    whatever `net.ipv6.bindv6only` is.
    """
    option = socket.IPPROTO_IPV6, socket.IPV6_V6ONLY
    for default in (0, 1):
        write_sysctl("net.ipv6.bindv6only", str(default))
        with (
            socket.create_server(("", 0), family=socket.AF_INET6) as listener,
            socket.socket() as client,
        ):
            assert listener.getsockopt(*option) == 1
            address = (HOST, listener.getsockname()[1])
            assert failure(client.connect, address) == errno.ECONNREFUSED
        with dual_stack_server.open_listener() as listener, socket.socket() as client:
            assert listener.getsockopt(*option) == 0
            client.connect((HOST, listener.getsockname()[1]))
            conn, peer = listener.accept()
            conn.close()
            assert peer[1] == client.getsockname()[1]
            assert dual_stack_server.plain(peer[0]) == HOST


@needs("ipv6")
def test_ipv6_loopback_takes_no_ipv4():
    """A socket that listens on `::1` refuses clients of `127.0.0.1`, even where
    `IPV6_V6ONLY` is off."""
    with socket.socket(socket.AF_INET6) as listener, socket.socket() as client:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        assert failure(client.connect, (HOST, port)) == errno.ECONNREFUSED
        with socket.create_connection(("::1", port), timeout=5) as other:
            assert other.getpeername() == listener.getsockname()


def test_asyncio_server_sets_reuseaddr():
    """On Linux `asyncio.start_server()` sets `SO_REUSEADDR` and calls `listen()` with a
    backlog of 100."""

    async def look():
        async with await asyncio.start_server(print, HOST, 0) as server:
            sock = server.sockets[0]
            reuse = sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
            return reuse, waiting_and_backlog(sock)[1]

    assert asyncio.run(look()) == (1, 100)


@needs("ipv6", "sysctl")
def test_asyncio_server_has_a_socket_for_each_family():
    """Without a host, `asyncio.start_server()` opens one socket for IPv4 and one with
    `IPV6_V6ONLY` for IPv6, and port 0 gives each of them a port of its own."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40001")

    async def look(holders):
        async with await asyncio.start_server(print, None, 0) as server:
            return {sock.family: sock.getsockname() for sock in server.sockets}

    with socket.socket() as four, socket.socket(socket.AF_INET6) as six:
        six.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        four.bind(("", 40000))
        six.bind(("::", 40001))
        found = asyncio.run(look((four, six)))
    assert found == {
        socket.AF_INET: ("0.0.0.0", 40001),
        socket.AF_INET6: ("::", 40000, 0, 0),
    }


def test_socketserver_sets_no_reuseaddr():
    """Unless a subclass says otherwise, `socketserver.TCPServer` leaves `SO_REUSEADDR`
    off and calls `listen()` with a backlog of 5."""
    found = []
    for kind in (socketserver.TCPServer, tcp_socketserver.Server):
        with kind((HOST, 0), tcp_socketserver.Echo) as server:
            sock = server.socket
            reuse = sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
            found.append((reuse, waiting_and_backlog(sock)[1]))
    assert found == [(0, 5), (1, 128)]


def test_full_unix_queue_fails_at_once(tmp_path):
    """A non-blocking `connect()` to a Unix stream socket whose queue is full fails with
    `EAGAIN`; it is not in progress, and must be called again."""
    with contextlib.chdir(tmp_path), contextlib.ExitStack() as stack:
        listener, lock = unix_stream_pair.open_listener("server")
        stack.enter_context(lock)
        stack.enter_context(listener)
        listener.listen(0)
        stack.enter_context(unix_stream_pair.connect("server"))
        late = stack.enter_context(socket.socket(socket.AF_UNIX))
        late.setblocking(False)
        assert failure(late.connect, "server") == errno.EAGAIN
        assert not unix_stream_pair.left_behind("server")
        listener.accept()[0].close()
        assert failure(late.getpeername) == errno.ENOTCONN
        late.connect("server")
        assert late.getpeername() == "server"


@needs("ipv6")
def test_pktinfo_answers_both_families():
    """With the Linux option `IPV6_RECVPKTINFO` a UDP server on `::` is told which
    address was asked, by IPv4 clients too, and `sendmsg()` can reply from it."""
    with socket.socket(socket.AF_INET6, socket.SOCK_DGRAM) as server:
        server.settimeout(5)
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        server.setsockopt(socket.IPPROTO_IPV6, IPV6_RECVPKTINFO, 1)
        server.bind(("::", 0))
        port = server.getsockname()[1]
        for family, host in ((socket.AF_INET, "127.0.0.5"), (socket.AF_INET6, "::1")):
            with socket.socket(family, socket.SOCK_DGRAM) as client:
                client.settimeout(5)
                client.sendto(b"hello", (host, port))
                request, notes, _, source = server.recvmsg(1024, 1024)
                [(level, kind, info)] = notes
                assert (level, kind) == (socket.IPPROTO_IPV6, IPV6_PKTINFO)
                asked = ipaddress.IPv6Address(info[:16])  # ipi6_addr
                assert str(asked.ipv4_mapped or asked) == host
                server.sendmsg([request], notes, 0, source)
                assert client.recvfrom(1024)[1][:2] == (host, port)


def test_unix_client_waits_for_a_place(tmp_path):
    """A blocking `connect()` to a Unix stream socket whose queue is full waits for a
    place, and fails with `EAGAIN` when the time of `SO_SNDTIMEO` is over."""
    with contextlib.chdir(tmp_path), socket.socket(socket.AF_UNIX) as listener:
        listener.bind("server")
        listener.listen(0)
        with socket.socket(socket.AF_UNIX) as one, socket.socket(socket.AF_UNIX) as two:
            one.connect("server")
            limit = struct.pack("ll", 0, 50_000)
            two.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
            assert failure(two.connect, "server") == errno.EAGAIN
            two.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, bytes(16))
            with ThreadPoolExecutor(1) as thread:
                waiting = thread.submit(two.connect, "server")
                listener.accept()[0].close()
                assert waiting.result(5) is None
            assert two.getpeername() == "server"
