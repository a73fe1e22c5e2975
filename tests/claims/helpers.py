"""What proofs of several subjects use: sockets, and how a call fails."""

import ctypes
import os
import socket
import struct
from collections.abc import Callable, Iterator
from contextlib import chdir, contextmanager
from tempfile import TemporaryDirectory

import pytest

HOST = "127.0.0.1"
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
# <linux/in.h>; not in the socket module of Python 3.11
IP_RECVERR, IP_FREEBIND, IP_BIND_ADDRESS_NO_PORT = 11, 15, 24
# <linux/tcp.h>, likewise
TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE = 30, 34


def failure(call: Callable[..., object], *arguments: object) -> int:
    """The errno with which a call fails; a call that succeeds fails the proof."""
    with pytest.raises(OSError) as caught:
        call(*arguments)
    return caught.value.errno


def code(call: Callable[..., object], *arguments: object) -> int | None:
    """The errno with which a call fails, or None if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return None


def listen_on(host: str = HOST, port: int = 0, backlog: int = 5) -> socket.socket:
    """A listening TCP socket, on a port that the kernel chose; 5 s for what blocks."""
    listener = socket.socket()
    listener.settimeout(5)
    listener.bind((host, port))
    listener.listen(backlog)
    return listener


def reset(conn: socket.socket) -> None:
    """Close a connection with a reset, so that nothing of it stays behind."""
    conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    conn.close()


def udp(*address: str | int, device: bytes = b"") -> socket.socket:
    """A UDP socket, bound if an address is given; 5 s for what blocks."""
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.settimeout(5)
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
    if address:
        sock.bind(address)
    return sock


def destroy(local: tuple[str, int], peer: tuple[str, int]) -> None:
    """End a TCP connection of IPv4 as `ss --kill` does, by its two names: sock_diag(7).

    Raises OSError where there is none, or the kernel cannot do it.
    """
    names = struct.pack("!HH", local[1], peer[1])
    for host, _ in (local, peer):
        names += socket.inet_aton(host) + bytes(12)
    any_cookie = b"\xff" * 8  # INET_DIAG_NOCOOKIE twice, <linux/inet_diag.h>
    body = struct.pack("BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, 0xFFFFFFFF)
    body += names + bytes(4) + any_cookie
    sock_destroy, request, acknowledge = 21, 1, 4
    header = (16 + len(body), sock_destroy, request | acknowledge, 1, 0)
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as netlink:
        netlink.send(struct.pack("IHHII", *header) + body)
        answer = netlink.recv(65536)
    if number := -struct.unpack_from("i", answer, 16)[0]:
        raise OSError(number, os.strerror(number))


@contextmanager
def folder() -> Iterator[None]:
    """An empty folder, the current one while it exists, so that short paths do."""
    with TemporaryDirectory() as path, chdir(path):
        yield


def unix(
    kind: int = socket.SOCK_STREAM, name: str | bytes | None = None
) -> socket.socket:
    """A Unix socket, bound if a name is given; 5 s for what blocks."""
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.settimeout(5)
    if name is not None:
        sock.bind(name)
    return sock


def in_c(function: str, sock: socket.socket, address: bytes) -> int | None:
    """The errno of bind(2) or connect(2) with an address that Python would refuse."""
    libc = ctypes.CDLL(None, use_errno=True)
    if getattr(libc, function)(sock.fileno(), address, len(address)) == 0:
        return None
    return ctypes.get_errno()
