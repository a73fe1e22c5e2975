"""Proofs about sentences of socket(7) and unix(7) that do not hold, or not always."""

import errno
import select
import socket

from tests.claims.helpers import TCP, UDP, code, folder, unix
from tests.claims.manual.helpers import inet, peek

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
