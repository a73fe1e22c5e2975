"""Proofs about the recipes: what Python's helpers do with `bind()` and `connect()`."""

import asyncio
import contextlib
import errno
import ipaddress
import socket
import socketserver
import subprocess
import sys
from unittest import mock

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.recipes import (
    dual_stack_server,
    port_handed_to_a_child,
    tcp_client_chooses_source,
    tcp_connect_to_the_first_of_several,
    tcp_connect_with_timeout,
    tcp_socketserver,
    unix_stream_pair,
)
from snippets.sharing import port_found_and_lost
from snippets.tcp.listening_socket_reports_its_queue import waiting_and_backlog

needs = pytest.mark.needs

HOST = "127.0.0.1"
IPV6_RECVPKTINFO, IPV6_PKTINFO = 49, 50  # <linux/in6.h>


def listening(backlog: int = 20) -> socket.socket:
    """A listening socket."""
    listener = socket.socket()
    listener.settimeout(5)
    listener.bind((HOST, 0))
    listener.listen(backlog)
    return listener


def full() -> tuple[socket.socket, socket.socket]:
    """A listening socket whose queue is full, and the client that fills it."""
    listener, guest = listening(0), socket.socket()
    guest.settimeout(5)
    guest.connect(listener.getsockname())
    return listener, guest


def closed() -> socket.socket:
    """A socket that is bound and does not listen."""
    sock = socket.socket()
    sock.bind((HOST, 0))
    return sock


def infos(*servers: socket.socket) -> list[tuple]:
    """What `getaddrinfo()` would return for a name with these servers' addresses."""
    kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    return [(*kind, server.getsockname()) for server in servers]


def failure(call, *arguments) -> int | None:
    """The errno a call fails with, or None if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return None


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


def test_source_address_is_bound_before_connect():
    """In Python, `create_connection()` with a `source_address` binds it before it
    connects: the client's local name has that address, and the server sees it."""
    with listening() as listener:
        server = listener.getsockname()
        with tcp_client_chooses_source.connect_from("127.0.0.2", *server) as client:
            conn, peer = listener.accept()
            conn.close()
            assert client.getsockname() == peer
            assert peer[0] == "127.0.0.2"
            taken = client.getsockname()
        with closed() as other, pytest.raises(OSError) as caught:
            name = other.getsockname()
            socket.create_connection(server, 5, source_address=name)
        assert caught.value.errno == errno.EADDRINUSE  # so it calls bind()
        assert taken != name


@needs("sysctl")
def test_port_given_back_is_chosen_again():
    """A port that one socket got from `bind()` to port 0 and gave back by `close()` can
    be chosen for the next; `bind()` to its number then fails with `EADDRINUSE`."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    port = port_found_and_lost.find_a_free_port()
    with socket.socket() as stranger, socket.socket() as server:
        stranger.bind((HOST, 0))
        assert stranger.getsockname() == (HOST, port)
        assert failure(server.bind, (HOST, port)) == errno.EADDRINUSE
    assert port_found_and_lost.lose_the_race() == "EADDRINUSE"


def test_child_serves_the_socket_of_its_parent():
    """A child process that is given the descriptor of a listening socket accepts
    clients on it, although its parent has closed its own."""
    child, address = port_handed_to_a_child.start_server()
    with child:
        answer = port_handed_to_a_child.ask(address)
    assert answer == b"the child serves port %d" % address[1]
    assert child.returncode == 0


def test_child_gets_only_the_sockets_that_are_passed():
    """In Python, a program that `subprocess` starts has none of its parent's sockets,
    unless `pass_fds` names them."""
    ask = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); "
    ask += "print(*s.getsockname())"
    with closed() as sock:
        command = [sys.executable, "-c", ask, str(sock.fileno())]
        keep = {"capture_output": True, "text": True}
        passed = subprocess.run(command, pass_fds=[sock.fileno()], **keep)
        host, port = sock.getsockname()
        assert passed.stdout.split() == [host, str(port)]
        for close_fds in (True, False):
            other = subprocess.run(command, close_fds=close_fds, **keep)
            assert "Bad file descriptor" in other.stderr


def test_own_timeout_has_no_errno():
    """In Python, `connect()` raises `TimeoutError` without an errno when the time of
    `settimeout()` is over, and with `ETIMEDOUT` when the kernel has given up."""
    listener, guest = full()
    address = listener.getsockname()
    with listener, guest, pytest.raises(TimeoutError) as caught:
        tcp_connect_with_timeout.connect(*address, seconds=0.1)
    assert caught.value.errno is None
    listener, guest = full()
    with listener, guest, socket.socket() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1)
        with pytest.raises(TimeoutError) as caught:
            client.connect(listener.getsockname())
    assert caught.value.errno == errno.ETIMEDOUT


def test_timeout_stays_on_the_socket():
    """In Python, the timeout of `create_connection()` stays on the socket: a later
    `recv()` that waits longer raises `TimeoutError`."""
    with listening() as listener:
        address = listener.getsockname()
        with socket.create_connection(address, timeout=0.1) as client:
            conn, _ = listener.accept()
            with conn:
                assert client.gettimeout() == 0.1
                with pytest.raises(TimeoutError):
                    client.recv(1)


def test_timeout_counts_for_each_address():
    """In Python, `create_connection()` goes on to a name's next address when the
    timeout of the first one is over, and gives that one the whole timeout again."""
    listener, guest = full()
    with listener, guest, listening() as other:
        known = infos(listener, other)
        with mock.patch("socket.getaddrinfo", return_value=known):
            client = socket.create_connection(("name", 0), timeout=0.2)
        with client:
            assert client.getpeername() == other.getsockname()
            assert client.gettimeout() == 0.2


def test_first_answer_wins():
    """While one non-blocking `connect()` waits for a full queue and another one is
    refused, a third can succeed, whatever their order."""
    listener, guest = full()
    connect_any = tcp_connect_to_the_first_of_several.connect_any
    with listener, guest, closed() as refused, listening() as server:
        for known in (infos(listener, refused, server), infos(server, listener)):
            with connect_any(known) as client:
                assert client.getpeername() == server.getsockname()
        with pytest.raises(ConnectionError):
            connect_any(infos(refused))
        with pytest.raises(TimeoutError):
            connect_any(infos(refused, listener), seconds=0.1)


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
        listener = stack.enter_context(unix_stream_pair.open_listener("server"))
        listener.listen(0)
        stack.enter_context(unix_stream_pair.connect("server"))
        late = stack.enter_context(socket.socket(socket.AF_UNIX))
        late.setblocking(False)
        assert failure(late.connect, "server") == errno.EAGAIN
        assert failure(unix_stream_pair.connect, "server") == errno.EAGAIN
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
