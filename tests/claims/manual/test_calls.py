"""Proofs about sentences on calls, in section 2 of the manual, that do not hold."""

import errno
import socket
import struct

import pytest

from tests.claims.helpers import TCP, UDP, code, folder, in_c, unix
from tests.claims.manual.helpers import BROADCAST, inet, peek

needs = pytest.mark.needs
LOOPBACK = socket.inet_aton("127.0.0.1")


# connect(2) and bind(2)


@pytest.mark.scope("IPv4", because="IPv6 has no broadcast")
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


def sockaddr_in(family: int, port: int) -> bytes:
    """An IPv4 address structure that says it is of some family."""
    return struct.pack("=H", family) + struct.pack("!H", port) + LOOPBACK + bytes(8)


def test_bind_with_another_family():
    """`bind()` with an IPv6 address fails with `EAFNOSUPPORT` on an IPv4 socket,
    and `bind()` with an IPv4 address fails with `EINVAL` on a Unix socket.
    """
    address = struct.pack("=H", socket.AF_INET6) + bytes(26)  # ipv6(7)
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
    """`connect()` on a Unix datagram socket fails with `ECONNREFUSED` if the socket of
    that path is closed."""
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
