"""Proofs about the file of a Unix socket, which outlives it."""

import errno
import os
import socket
import stat
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from lab.isolation import networks
from snippets.unix import path_outlives_its_socket
from tests.claims.helpers import code, failure, folder, unix
from tests.claims.unix.helpers import KINDS, datagram, stream

needs = pytest.mark.needs


def test_path_outlives_its_socket():
    """`close()` leaves the file of a Unix socket in place."""
    for kind in KINDS:
        with folder():
            unix(kind, "server").close()
            assert stat.S_ISSOCK(Path("server").stat().st_mode)


def test_existing_path_is_taken():
    """`bind()` to a path where any file exists fails with `EADDRINUSE`, even if its
    socket was closed long ago."""
    _, first, _ = path_outlives_its_socket.bind_after_a_dead_server()
    assert first == "EADDRINUSE"
    for kind in KINDS:
        with folder(), unix(kind) as sock:
            Path("server").write_text("not a socket")
            assert failure(sock.bind, "server") == errno.EADDRINUSE
            assert Path("server").read_text() == "not a socket"
            Path("folder").mkdir()
            assert failure(sock.bind, "folder") == errno.EADDRINUSE
            unix(kind, "socket").close()
            assert failure(sock.bind, "socket") == errno.EADDRINUSE


def test_reuseaddr_does_not_free_the_path():
    """`SO_REUSEADDR` does not help: `bind()` to the path of a closed Unix socket still
    fails with `EADDRINUSE`."""
    for kind in KINDS:
        with folder(), unix(kind) as sock:
            unix(kind, "server").close()
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            assert failure(sock.bind, "server") == errno.EADDRINUSE
            assert sock.getsockname() == ""


def test_connect_to_a_dead_path():
    """`connect()` to a socket file fails with `ECONNREFUSED` if its socket is closed,
    and with `ENOENT` if the file is gone."""
    called, _, _ = path_outlives_its_socket.bind_after_a_dead_server()
    assert called == "ECONNREFUSED"
    for kind in KINDS:
        with folder(), unix(kind) as client:
            unix(kind, "server").close()
            assert failure(client.connect, "server") == errno.ECONNREFUSED
            Path("server").unlink()
            assert failure(client.connect, "server") == errno.ENOENT


def test_unlink_frees_the_path():
    """After `unlink()` the path of a Unix socket can be bound again."""
    _, _, second = path_outlives_its_socket.bind_after_a_dead_server()
    assert second == "success"
    with folder():
        stream("server").close()
        Path("server").unlink()
        with stream("server") as listener, stream() as client:
            client.connect("server")
            assert client.getpeername() == listener.getsockname() == "server"
    with folder():
        datagram("server").close()
        Path("server").unlink()
        with datagram("server") as server, datagram() as client:
            client.sendto(b"hello", "server")
            assert server.recv(1024) == b"hello"


def test_unlinked_listener_cannot_be_found():
    """A listening Unix stream socket whose file is removed stays open, but `connect()`
    to its path fails with `ENOENT`.
    """
    with folder(), stream("server") as listener, stream() as early, stream() as late:
        early.connect("server")
        Path("server").unlink()
        conn, _ = listener.accept()
        conn.close()
        assert early.recv(1) == b""
        assert listener.getsockname() == "server"
        assert failure(late.connect, "server") == errno.ENOENT


@needs("private_net")
def test_some_file_systems_hold_no_sockets():
    """`bind()` to a path on a file system that cannot hold sockets fails, on devpts
    with `EPERM`."""
    with TemporaryDirectory() as folder_of_ours:
        for kind, expected in (("tmpfs", None), ("devpts", errno.EPERM)):
            path = f"{folder_of_ours}/{kind}"
            networks.mount(path, kind=kind)
            with unix() as sock:
                assert code(sock.bind, f"{path}/socket") == expected
            networks.unmount(path)


@pytest.mark.needs("private_net")
def test_umask_decides_who_may_connect():
    """The file of a Unix stream or datagram socket has the mode 0777 without what the
    umask takes away; to `connect()` a user must be allowed to write to it, and root
    need not."""
    for kind in KINDS:
        for mask in (0o000, 0o077, 0o777):
            with folder(), unix(kind) as server, unix(kind) as client:
                old = os.umask(mask)
                server.bind("name")
                os.umask(old)
                assert stat.S_IMODE(Path("name").stat().st_mode) == 0o777 & ~mask
                if kind == socket.SOCK_STREAM:
                    server.listen()
                assert code(client.connect, "name") is None
    networks.give_up_capabilities()
    for kind in KINDS:
        with folder(), unix(kind) as server, unix(kind) as client:
            old = os.umask(0o777)
            server.bind("name")
            os.umask(old)
            assert failure(client.connect, "name") == errno.EACCES
