"""Proofs about Unix stream sockets: who has a name, and who sees it."""

import errno
import re
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.claims.helpers import failure, folder, listen_on, unix
from tests.claims.unix.helpers import KINDS, datagram, stream


def test_listen_without_bind_fails():
    """`listen()` on an unbound Unix stream socket fails with `EINVAL`."""
    with unix() as sock:
        assert failure(sock.listen) == errno.EINVAL
        assert sock.getsockname() == ""


def test_connect_gives_no_local_name():
    """`connect()` gives an unbound Unix stream socket a peer name and no local name."""
    with folder(), stream("server") as listener, stream() as client:
        client.connect(listener.getsockname())
        assert client.getpeername() == "server"
        assert client.getsockname() == ""


def test_accepted_clients_look_alike():
    """Unix stream clients that are not bound look alike: `accept()` returns `''` for
    each, and their connections have the same two names."""
    with folder(), stream("server") as listener, stream() as one, stream() as two:
        one.connect(listener.getsockname())
        two.connect(listener.getsockname())
        first, first_address = listener.accept()
        second, second_address = listener.accept()
        with first, second:
            assert first_address == second_address == ""
            assert first.getsockname() == second.getsockname() == "server"
            assert first.getpeername() == second.getpeername() == ""


def test_accept_returns_the_name_of_a_bound_client():
    """`accept()` returns the path of a Unix stream client that is bound."""
    with folder(), stream("server") as listener, unix() as client:
        client.bind("client")
        client.connect(listener.getsockname())
        conn, address = listener.accept()
        with conn:
            assert address == conn.getpeername() == "client"


def test_bind_after_connect():
    """`bind()` succeeds on a connected Unix socket that has no name yet, and the other
    end sees the new name."""
    with folder(), stream("server") as listener, stream() as client:
        client.connect(listener.getsockname())
        conn, address = listener.accept()
        with conn:
            client.bind("client")
            assert address == ""
            assert conn.getpeername() == "client"
    with folder(), datagram("receiver") as receiver, datagram() as sender:
        sender.connect(receiver.getsockname())
        sender.bind("sender")
        sender.send(b"hello")
        assert receiver.recvfrom(1024) == (b"hello", "sender")


def test_failed_stream_calls_give_no_name():
    """`send()`, `sendto()` and `recvfrom()` fail on a new Unix stream socket and leave
    it without a name."""
    with folder(), stream("server") as listener, unix() as sock:
        address = listener.getsockname()
        assert failure(sock.send, b"hello") == errno.ENOTCONN
        assert sock.getsockname() == ""
        assert failure(sock.sendto, b"hello", address) == errno.EOPNOTSUPP
        assert sock.getsockname() == ""
        assert failure(sock.recvfrom, 1024) == errno.EINVAL
        assert sock.getsockname() == ""


def test_socketpair_has_no_names():
    """`socketpair()` returns two connected Unix sockets, and neither has a name."""
    for kind in KINDS:
        one, two = socket.socketpair(type=kind)
        with one, two:
            one.send(b"hello")
            assert two.recv(1024) == b"hello"
            for sock in (one, two):
                assert sock.getsockname() == sock.getpeername() == ""


def test_passcred_gives_a_name():
    """With the option `SO_PASSCRED`, `connect()` and `sendto()` give an unbound Unix
    socket an abstract name."""
    option = (socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    with folder(), stream("server") as listener, stream() as client:
        client.setsockopt(*option)
        client.connect(listener.getsockname())
        assert re.fullmatch(rb"\0[0-9a-f]{5}", client.getsockname())
    with folder(), datagram("receiver") as receiver, datagram() as sender:
        sender.setsockopt(*option)
        sender.sendto(b"hello", receiver.getsockname())
        assert re.fullmatch(rb"\0[0-9a-f]{5}", sender.getsockname())
        assert receiver.recvfrom(1024) == (b"hello", sender.getsockname())


def test_closed_listener_resets_waiting_clients():
    """When a listening Unix stream socket is closed, a client that nobody has accepted
    gets `ECONNRESET` once, from `recv()` or `SO_ERROR`, and then end of file.
    """
    with folder():
        listener = stream("server")
        with stream() as one, stream() as other:
            one.connect("server")
            other.connect("server")
            listener.close()
            assert failure(one.recv, 9) == errno.ECONNRESET
            option = (socket.SOL_SOCKET, socket.SO_ERROR)
            assert other.getsockopt(*option) == errno.ECONNRESET
            assert one.recv(9) == other.recv(9) == b""


def test_recvfrom_names_a_bound_peer():
    """`recvfrom()` on a Unix stream socket returns the name of a peer that was bound
    when it sent; if it was not, it is `None` in Python."""
    with folder(), stream("server") as listener, stream() as client:
        client.connect("server")
        conn, _ = listener.accept()
        with conn:
            client.send(b"x")
            assert conn.recvfrom(9) == (b"x", None)
            client.bind("client")
            client.send(b"x")
            assert conn.recvfrom(9) == (b"x", "client")


@pytest.mark.scope("Unix stream", "TCP")
def test_first_send_to_a_closed_peer_fails():
    """When the peer of a Unix stream socket has closed, even the first `send()` fails
    with `EPIPE`; on TCP the first one succeeds, and a later one fails.
    """
    with folder(), stream("server") as listener, stream() as client:
        client.connect("server")
        listener.accept()[0].close()
        assert failure(client.send, b"hello") == errno.EPIPE
    with listen_on() as tcp, socket.create_connection(tcp.getsockname(), 5) as client:
        tcp.accept()[0].close()
        assert client.send(b"hello") == 5
        assert client.recv(1) == b""
        assert failure(client.send, b"again") == errno.EPIPE


def test_blocking_connect_waits_for_a_place():
    """A blocking `connect()` to a Unix stream server whose queue is full waits until
    `accept()` makes room; a non-blocking one fails with `EAGAIN`."""
    with folder(), unix(name="server") as server, unix() as first, unix() as waiting:
        server.listen(0)
        first.connect("server")
        waiting.setblocking(False)
        assert failure(waiting.connect, "server") == errno.EAGAIN
        waiting.setblocking(True)
        with ThreadPoolExecutor(1) as pool:
            connecting = pool.submit(waiting.connect, "server")
            for _ in range(2):
                conn, _ = server.accept()
                conn.close()
            assert connecting.result(5) is None
