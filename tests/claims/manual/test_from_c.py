"""Proofs about calls that Python would refuse, or make safer: made through libc."""

import array
import ctypes
import errno
import fcntl
import os
import signal
import socket
import struct

import pytest

from lab.isolation.namespace import write_sysctl
from tests.claims.helpers import HOST, TCP, UDP, failure, folder, listen_on, unix

needs = pytest.mark.needs
libc = ctypes.CDLL(None, use_errno=True)
SIZE = {socket.AF_INET: 16, socket.AF_INET6: 28}  # struct sockaddr_in, sockaddr_in6
LOOPBACK = {socket.AF_INET: HOST, socket.AF_INET6: "::1"}
BOTH = [(family, kind) for family in SIZE for kind in (TCP, UDP)]
EVERY_IP = pytest.mark.scope("TCP IPv4", "TCP IPv6", "UDP IPv4", "UDP IPv6")
MPTCP = 262  # IPPROTO_MPTCP, <linux/in.h>


def in_c(function: str, *arguments: object) -> int | None:
    """The errno with which a call of libc fails, or None if it succeeds."""
    if getattr(libc, function)(*arguments) >= 0:
        return None
    return ctypes.get_errno()


@EVERY_IP
@needs("ipv6")
def test_null_address_is_efault():
    """Called with a pointer that leads nowhere, `bind()`, `connect()`, `getsockname()`
    and `sendto()` fail with `EFAULT` on a TCP or UDP socket."""
    for family, kind in BOTH:
        with socket.socket(family, kind) as sock:
            fd, length = sock.fileno(), ctypes.c_uint32(SIZE[family])
            assert in_c("bind", fd, None, SIZE[family]) == errno.EFAULT
            assert in_c("connect", fd, None, SIZE[family]) == errno.EFAULT
            told = ctypes.byref(length)
            assert in_c("getsockname", fd, None, told) == errno.EFAULT
            nowhere = ctypes.c_void_p(1)
            gone = in_c("sendto", fd, b"x", 1, 0, nowhere, SIZE[family])
            assert gone == errno.EFAULT
            sock.bind((LOOPBACK[family], 0))


@EVERY_IP
@needs("ipv6")
def test_short_buffer_is_told_the_full_length():
    """Given a buffer that is too short, `getsockname()` fills it, returns 0, and says
    how long the address is: 16 bytes for IPv4 and 28 for IPv6, TCP or UDP."""
    for family, kind in BOTH:
        with socket.socket(family, kind) as sock:
            sock.bind((LOOPBACK[family], 0))
            buffer, length = ctypes.create_string_buffer(4), ctypes.c_uint32(4)
            told = ctypes.byref(length)
            assert in_c("getsockname", sock.fileno(), buffer, told) is None
            assert length.value == SIZE[family]
            assert struct.unpack("H", buffer.raw[:2]) == (family,)


@needs("private_net")
@pytest.mark.scope("TCP")
def test_negative_backlog_is_somaxconn():
    """`listen()` with a negative backlog takes the value of `net.core.somaxconn` on a
    TCP socket; Python's `listen()` turns a negative backlog into 0.
    """
    with socket.socket() as c, socket.socket() as python:
        c.bind((HOST, 0))
        assert in_c("listen", c.fileno(), -1) is None
        python.bind((HOST, 0))
        python.listen(-1)
        assert [limit_of(c), limit_of(python)] == [4096, 0]


def limit_of(listener: socket.socket) -> int:
    """How many connections may wait: tcpi_sacked of struct tcp_info, <linux/tcp.h>."""
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 104)
    return struct.unpack_from("8B24I", info)[8 + 5]


def test_socket_refuses_with_four_errnos():
    """`socket()` fails with `EAFNOSUPPORT` for an unknown family, `EINVAL` for an
    unknown type, `EPROTONOSUPPORT` for `SOCK_STREAM` with `IPPROTO_UDP`, and
    `ESOCKTNOSUPPORT` for `SOCK_SEQPACKET` over IPv4.
    """
    opened = socket.socket
    assert failure(opened, 99, TCP) == errno.EAFNOSUPPORT
    assert failure(opened, socket.AF_INET, 99) == errno.EINVAL
    udp = socket.IPPROTO_UDP
    assert failure(opened, socket.AF_INET, TCP, udp) == errno.EPROTONOSUPPORT
    sequence = socket.SOCK_SEQPACKET
    assert failure(opened, socket.AF_INET, sequence) == errno.ESOCKTNOSUPPORT
    with opened(socket.AF_INET, TCP, socket.IPPROTO_TCP) as sock:
        sock.bind((HOST, 0))
        assert sock.getsockname()[0] == HOST


def test_socketpair_is_for_unix():
    """`socketpair()` makes a pair of Unix stream or datagram sockets, and fails with
    `EOPNOTSUPP` for `AF_INET`.
    """
    two = array.array("i", [0, 0])
    address = two.buffer_info()[0]
    for kind in (TCP, UDP):
        refused = in_c("socketpair", socket.AF_INET, kind, 0, ctypes.c_void_p(address))
        assert refused == errno.EOPNOTSUPP
        one, other = socket.socketpair(socket.AF_UNIX, kind)
        with one, other:
            one.send(b"x")
            assert other.recv(9) == b"x"


def test_python_sets_close_on_exec():
    """A socket made by `socket()` in C stays open when the process starts another
    program by `execve()`; Python sets close-on-exec by itself, also on what `accept()`
    and `dup()` return.
    """
    number = libc.socket(socket.AF_INET, TCP, 0)
    assert fcntl.fcntl(number, fcntl.F_GETFD) == 0
    os.close(number)
    with listen_on() as listener, socket.socket() as client, listener.dup() as copy:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            for sock in (listener, client, copy, conn):
                flags = fcntl.fcntl(sock.fileno(), fcntl.F_GETFD)
                assert flags == fcntl.FD_CLOEXEC


@pytest.mark.scope("TCP", "Unix stream")
def test_sigpipe_ends_a_program_in_c():
    """A `send()` that fails with `EPIPE` on a TCP or Unix stream socket also sends
    `SIGPIPE`, which ends the program by default; with `MSG_NOSIGNAL` it does not, and
    Python ignores the signal from its start."""
    assert signal.getsignal(signal.SIGPIPE) == signal.SIG_IGN
    with listen_on() as listener, socket.socket() as tcp:
        tcp.connect(listener.getsockname())
        unix, other = socket.socketpair()
        for sock in (tcp, unix):
            sock.shutdown(socket.SHUT_WR)
            assert failure(sock.send, b"x") == errno.EPIPE
            for flag, end in ((0, -signal.SIGPIPE), (socket.MSG_NOSIGNAL, errno.EPIPE)):
                child = os.fork()
                if child == 0:
                    signal.signal(signal.SIGPIPE, signal.SIG_DFL)
                    os._exit(in_c("send", sock.fileno(), b"x", 1, flag) or 0)
                _, status = os.waitpid(child, 0)
                assert os.waitstatus_to_exitcode(status) == end
        unix.close()
        other.close()


def test_o_path_is_no_socket_to_call():
    """A descriptor that was opened with `O_PATH`, of a Unix stream socket's file for
    instance, names a file and no socket: `bind()`, `connect()` and `listen()` fail with
    `EBADF`.
    """
    address = struct.pack("H", socket.AF_UNIX) + b"other"
    with folder(), unix(name="name") as server, unix() as client:
        server.listen()
        number = os.open("name", os.O_PATH)
        for call in ("bind", "connect"):
            assert in_c(call, number, address, len(address)) == errno.EBADF
        assert in_c("listen", number, 5) == errno.EBADF
        os.close(number)
        client.connect("name")
        assert server.accept()[1] == ""


@needs("private_net")
def test_mptcp_shares_the_ports_of_tcp():
    """A port that is bound by an MPTCP socket is taken for TCP: `bind()` fails with
    `EADDRINUSE`; and a client of plain TCP is accepted by an MPTCP server."""
    write_sysctl("net.mptcp.enabled", "1")
    with socket.socket(socket.AF_INET, TCP, MPTCP) as server, socket.socket() as other:
        server.settimeout(5)
        server.bind((HOST, 0))
        server.listen()
        assert failure(other.bind, server.getsockname()) == errno.EADDRINUSE
        with socket.create_connection(server.getsockname(), 5) as client:
            conn, peer = server.accept()
            assert peer == client.getsockname()
            conn.close()


@pytest.mark.scope("Unix stream", "Unix datagram")
def test_lengths_of_unix_names():
    """On a Unix stream or datagram socket, `getsockname()` gives the length 2 if there
    is no name; for a path, its bytes and 3 more; for an abstract name, its bytes with
    the null byte, and 2 more.
    """
    for kind in (TCP, UDP):
        for name, length in (("", 2), ("name", 2 + 4 + 1), ("\0name", 2 + 5)):
            with folder(), socket.socket(socket.AF_UNIX, kind) as sock:
                if name:
                    sock.bind(name)
                else:
                    assert failure(sock.recv, 1, socket.MSG_DONTWAIT)
                buffer = ctypes.create_string_buffer(110)
                told = ctypes.c_uint32(110)
                number = sock.fileno()
                assert in_c("getsockname", number, buffer, ctypes.byref(told)) is None
                assert told.value == length
