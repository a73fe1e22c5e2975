"""Proofs about Python's own helpers: which names and options their sockets have."""

import asyncio
import errno
import os
import socket
import socketserver
import struct
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest

from snippets.apis import (
    asyncio_datagram_endpoints,
    asyncio_stream_client,
    asyncio_stream_server,
    create_connection_options,
    create_server_options,
    httpserver_listens,
    socketpair_is_connected,
    tcpserver_listens,
    udpserver_binds,
)
from snippets.tutorial import tcp_client, tcp_server, udp_client, udp_server

needs = pytest.mark.needs
REUSEADDR = socket.SOL_SOCKET, socket.SO_REUSEADDR
REUSEPORT = socket.SOL_SOCKET, socket.SO_REUSEPORT
V6ONLY = socket.IPPROTO_IPV6, socket.IPV6_V6ONLY
NODELAY = socket.IPPROTO_TCP, socket.TCP_NODELAY


def backlog(listener: socket.socket) -> int:
    """What listen() was asked for: `tcpi_sacked` of TCP_INFO."""
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("I", info, 28)[0]


def sockets_of_this_process() -> set[int]:
    """The descriptors that are sockets."""
    return {int(p.name) for p in Path("/proc/self/fd").iterdir() if p.is_socket()}


# The socket module


def test_create_server():
    """`socket.create_server()` returns a socket that is bound and listens, with
    `SO_REUSEADDR` set."""
    assert create_server_options.plain() == ("127.0.0.1", True)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        assert listener.getsockopt(*REUSEADDR) == 1
        assert listener.getsockopt(*REUSEPORT) == 0
        assert listener.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN) == 1
        assert backlog(listener) == 128


@needs("ipv6")
def test_create_server_is_for_one_version():
    """For `AF_INET6`, `socket.create_server()` sets `IPV6_V6ONLY`, unless it is given
    `dualstack_ipv6=True`; then it sets the option to 0."""
    for dual in (False, True):
        assert create_server_options.on_ipv_six(dual) == "::"
        with socket.create_server(
            ("::", 0), family=socket.AF_INET6, dualstack_ipv6=dual
        ) as listener:
            assert listener.getsockopt(*V6ONLY) == (not dual)


def test_create_server_shares_a_port():
    """With `reuse_port=True`, `socket.create_server()` sets `SO_REUSEPORT` before it
    calls `bind()`, so two such sockets can listen on one port."""
    assert create_server_options.two_on_one_port()
    with socket.create_server(("127.0.0.1", 0), reuse_port=True) as first:
        assert first.getsockopt(*REUSEPORT) == 1
        with socket.create_server(first.getsockname(), reuse_port=True) as second:
            assert second.getsockname() == first.getsockname()


def test_create_connection_source_address():
    """With `source_address`, `socket.create_connection()` calls `bind()` before
    `connect()`, and the connection comes from that address."""
    assert create_connection_options.two_clients()[1] == ("127.0.0.9", 2)
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(
            listener.getsockname(), 5, source_address=("127.0.0.9", 0)
        ) as client,
    ):
        conn, peer = listener.accept()
        conn.close()
        assert peer == client.getsockname()
        assert peer[0] == "127.0.0.9"


def test_create_connection_keeps_the_timeout():
    """The timeout of `socket.create_connection()` stays on the socket that it returns,
    and counts for `recv()` too."""
    assert [timeout for _, timeout in create_connection_options.two_clients()] == [5, 2]
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname(), timeout=0.01) as client,
        pytest.raises(TimeoutError),
    ):
        assert client.getpeername() == listener.getsockname()
        client.recv(1)


def test_socketpair_talks_without_names():
    """The two sockets of `socket.socketpair()` can talk at once, without `bind()` or
    `connect()`."""
    assert socketpair_is_connected.talk_in_a_pair() == (b"ping", "", "")
    left, right = socket.socketpair()
    with left, right:
        right.sendall(b"pong")
        assert left.recv(9) == b"pong"


# asyncio


def test_asyncio_loop_has_a_pair():
    """A new asyncio event loop opens two sockets that are connected to each other and
    have no names."""
    before = sockets_of_this_process()
    loop = asyncio.new_event_loop()
    made = sockets_of_this_process() - before
    pair = [socket.socket(fileno=os.dup(number)) for number in made]
    assert [sock.family for sock in pair] == [socket.AF_UNIX] * 2
    assert [(s.getsockname(), s.getpeername()) for s in pair] == [("", "")] * 2
    pair[0].sendall(b"x")
    pair[1].settimeout(5)
    assert pair[1].recv(9) == b"x"
    loop.close()


def test_asyncio_server():
    """On Linux `asyncio.start_server()` sets `SO_REUSEADDR` and listens with a backlog
    of 100."""
    assert asyncio.run(asyncio_stream_server.serve_one_client())[1] == b"PING"

    async def look():
        server = await asyncio.start_server(lambda *ends: None, "127.0.0.1", 0)
        async with server:
            with socket.socket(fileno=os.dup(server.sockets[0].fileno())) as listener:
                return listener.getsockopt(*REUSEADDR), backlog(listener)

    assert asyncio.run(look()) == (1, 100)


def test_asyncio_connection():
    """`asyncio.open_connection()` calls `bind()` before `connect()` if it is given
    `local_addr`, and sets `TCP_NODELAY` in either case."""
    seen = asyncio.run(asyncio_stream_client.addresses_seen_by_the_server())
    assert seen == ["127.0.0.1", "127.0.0.9"]

    async def look(address, **options):
        _, writer = await asyncio.open_connection(*address, **options)
        sock = writer.get_extra_info("socket")
        found = sock.getsockname()[0], sock.getsockopt(*NODELAY)
        writer.close()
        return found

    with socket.create_server(("127.0.0.1", 0)) as listener:
        to = listener.getsockname()
        assert asyncio.run(look(to)) == ("127.0.0.1", 1)
        bound = asyncio.run(look(to, local_addr=("127.0.0.9", 0)))
        assert bound == ("127.0.0.9", 1)


def test_asyncio_datagram_endpoint():
    """asyncio's `create_datagram_endpoint()` calls `bind()` with `local_addr` and
    `connect()` with `remote_addr`; with both it calls both."""
    reply = asyncio.run(asyncio_datagram_endpoints.request_and_reply())
    assert reply == (b"HELLO", "127.0.0.1")

    async def names(**addresses):
        loop = asyncio.get_running_loop()
        made = loop.create_datagram_endpoint(asyncio.DatagramProtocol, **addresses)
        transport, _ = await made
        told = [transport.get_extra_info(end) for end in ("sockname", "peername")]
        transport.close()
        return told

    with socket.socket(type=socket.SOCK_DGRAM) as receiver:
        receiver.bind(("127.0.0.1", 0))
        peer, here = receiver.getsockname(), ("127.0.0.9", 0)
        (host, _), nobody = asyncio.run(names(local_addr=here))
        assert (host, nobody) == ("127.0.0.9", None)
        (host, _), told = asyncio.run(names(remote_addr=peer))
        assert (host, told) == ("127.0.0.1", peer)
        (host, _), told = asyncio.run(names(local_addr=here, remote_addr=peer))
        assert (host, told) == ("127.0.0.9", peer)


# socketserver and http.server


def test_tcpserver():
    """`socketserver.TCPServer` does not set `SO_REUSEADDR`, unless its class has
    `allow_reuse_address`, and listens with a backlog of 5."""
    assert tcpserver_listens.serve_one_client() == (False, b"PING")

    class Restarting(socketserver.TCPServer):
        allow_reuse_address = True

    for server, reuse in ((socketserver.TCPServer, 0), (Restarting, 1)):
        with server(("127.0.0.1", 0), socketserver.BaseRequestHandler) as made:
            assert made.socket.getsockopt(*REUSEADDR) == reuse
            assert backlog(made.socket) == 5


def test_udpserver():
    """The socket of `socketserver.UDPServer` is bound and has no peer; a handler's
    answer comes from it."""
    assert udpserver_binds.serve_one_datagram() == (b"HELLO", True)
    address = ("127.0.0.1", 0)
    with socketserver.UDPServer(address, socketserver.BaseRequestHandler) as server:
        assert server.socket.getsockname() == server.server_address
        with pytest.raises(OSError) as caught:
            server.socket.getpeername()
        assert caught.value.errno == errno.ENOTCONN


def test_httpserver():
    """`http.server.HTTPServer` sets `SO_REUSEADDR` and listens with a backlog of 5."""
    assert httpserver_listens.options_of_the_server() == (True, "127.0.0.1")
    with HTTPServer(("127.0.0.1", 0), BaseHTTPRequestHandler) as server:
        assert server.socket.getsockopt(*REUSEADDR) == 1
        assert backlog(server.socket) == 5


# The tutorial's programs


def test_one_client_for_two_protocols():
    """A client that calls `connect()`, `sendall()` and `recv()` speaks UDP in place of
    TCP if its socket type is `SOCK_DGRAM`; no other line changes."""
    for server, client in ((tcp_server, tcp_client), (udp_server, udp_client)):
        sock = server.open_server()
        Thread(target=server.serve, args=[sock], daemon=True).start()
        assert client.ask(sock.getsockname(), b"hello") == b"HELLO"
    sources = [Path(m.__file__).read_text() for m in (tcp_client, udp_client)]
    lines = [text.partition("import")[2].splitlines() for text in sources]
    changed = [(a, b) for a, b in zip(*lines, strict=True) if a != b]
    assert len(changed) == 1
    assert changed[0][0].replace("SOCK_STREAM", "SOCK_DGRAM") == changed[0][1]
