"""Proofs about the names of Unix sockets: paths, abstract names, and none."""

import errno
import os
import re
import stat
from pathlib import Path

from tests.claims.helpers import failure, folder, unix
from tests.claims.unix.helpers import KINDS, datagram, stream


def test_new_socket_has_no_names():
    """A new Unix socket has the empty local name `''` and no peer name."""
    for kind in KINDS:
        with unix(kind) as sock:
            assert sock.getsockname() == ""
            assert failure(sock.getpeername) == errno.ENOTCONN


def test_bind_makes_a_file():
    """`bind()` to a path creates a file there, whose type is socket."""
    for kind in KINDS:
        with folder(), unix(kind, "server") as sock:
            assert sock.getsockname() == "server"
            assert stat.S_ISSOCK(Path("server").stat().st_mode)


def test_name_is_the_path_as_given():
    """`getsockname()` returns the path as it was given to `bind()`, relative or not,
    even after the file was renamed.
    """
    with folder(), datagram("here") as server, datagram() as sender:
        Path("here").rename("there")
        sender.connect("there")
        assert server.getsockname() == sender.getpeername() == "here"
    with folder(), stream("before") as listener, stream() as client:
        Path("before").rename("after")
        client.connect("after")
        assert listener.getsockname() == "before"
        assert client.getpeername() == "before"
        with unix(name=str(Path("full").absolute())) as other:
            assert other.getsockname() == f"{Path.cwd()}/full"


def test_abstract_name_needs_no_file():
    """A name that begins with a null byte is abstract: no file belongs to it."""
    name = f"\0proof-{os.getpid()}"
    with folder(), datagram(name) as server, datagram() as client:
        client.sendto(b"hello", name)
        assert server.recv(1024) == b"hello"
        assert list(Path.cwd().iterdir()) == []
    with folder(), stream(name) as listener, stream() as client:
        client.connect(name)
        assert listener.getsockname() == name.encode()
        assert client.getpeername() == name.encode()
        assert list(Path.cwd().iterdir()) == []


def test_abstract_name_is_freed_by_close():
    """An abstract name is taken, for sockets of the same type, as long as its
    socket is open, and free after `close()`.
    """
    name = f"\0proof-{os.getpid()}"
    with unix() as other:
        with stream(name):
            assert failure(other.bind, name) == errno.EADDRINUSE
        other.bind(name)
        assert other.getsockname() == name.encode()


def test_bind_to_the_empty_name_chooses_one():
    """On Linux `bind()` to the empty name `''` gives an abstract name of five
    hexadecimal digits."""
    for kind in KINDS:
        with unix(kind, "") as one, unix(kind, "") as two:
            assert re.fullmatch(rb"\0[0-9a-f]{5}", one.getsockname())
            assert one.getsockname() != two.getsockname()


def test_abstract_names_belong_to_one_type():
    """`connect()` to the name of a socket of another type fails with `EPROTOTYPE` if
    the name is a path, and with `ECONNREFUSED` if it is abstract."""
    with folder():
        for name, expected in (
            ("path", errno.EPROTOTYPE),
            (b"\0abstract", errno.ECONNREFUSED),
        ):
            with stream(name), datagram() as other, stream() as same:
                assert failure(other.connect, name) == expected
                same.connect(name)
