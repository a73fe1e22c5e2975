"""Proofs about the names of Unix sockets: paths, abstract names, and none."""

import errno
import os
import re
import socket
import stat
from contextlib import chdir, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from snippets.unix import path_outlives_its_socket, unnamed_sender_gets_no_answer

KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM)


@contextmanager
def folder():
    """An empty folder, which is the current one while it exists."""
    with TemporaryDirectory() as path, chdir(path):
        yield


def unix(kind: int = socket.SOCK_STREAM, name: str | None = None) -> socket.socket:
    """A Unix socket, bound if a name is given; 5 s for what blocks."""
    sock = socket.socket(socket.AF_UNIX, kind)
    sock.settimeout(5)
    if name is not None:
        sock.bind(name)
    return sock


def stream(name: str | None = None) -> socket.socket:
    """A Unix stream socket, listening if a name is given."""
    sock = unix(socket.SOCK_STREAM, name)
    if name is not None:
        sock.listen()
    return sock


def datagram(name: str | None = None) -> socket.socket:
    """A Unix datagram socket, bound if a name is given."""
    return unix(socket.SOCK_DGRAM, name)


def failure(call, *arguments) -> int:
    """The errno with which a call fails; a call that succeeds fails the proof."""
    with pytest.raises(OSError) as caught:
        call(*arguments)
    return caught.value.errno


# Names


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
    """`getsockname()` returns the path as `bind()` was given it, relative or not, even
    when the file has another name since."""
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


# Stream sockets


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
    one, two = socket.socketpair()
    with one, two:
        one.sendall(b"hello")
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


# Datagram sockets


def test_unbound_sender_has_no_name():
    """A Unix datagram from an unbound socket has no source: in Python `recvfrom()`
    returns `None` in its place, and the sender stays without a name."""
    unnamed, _, _ = unnamed_sender_gets_no_answer.ask_twice()
    assert unnamed is None
    with folder(), datagram("receiver") as receiver, datagram() as sender:
        sender.sendto(b"hello", receiver.getsockname())
        assert receiver.recvfrom(1024) == (b"hello", None)
        assert sender.getsockname() == ""


def test_bound_sender_can_be_answered():
    """After `bind()` a Unix datagram sender can be answered: `recvfrom()` returns its
    name."""
    _, named, answer = unnamed_sender_gets_no_answer.ask_twice()
    assert named == "client"
    assert answer == b"welcome"


def test_connect_gives_no_name_to_answer():
    """`connect()` sets the peer of an unbound Unix datagram socket and no local name,
    so its receiver still gets no source."""
    with folder(), datagram("receiver") as receiver, datagram() as sender:
        sender.connect(receiver.getsockname())
        assert sender.getpeername() == "receiver"
        assert sender.getsockname() == ""
        sender.send(b"hello")
        assert receiver.recvfrom(1024) == (b"hello", None)


def test_send_without_a_peer_fails():
    """`send()` on a new Unix datagram socket fails with `ENOTCONN` and leaves it
    without a name."""
    with datagram() as sock:
        assert failure(sock.send, b"hello") == errno.ENOTCONN
        assert sock.getsockname() == ""


def test_recvfrom_gives_no_name():
    """A non-blocking `recvfrom()` on a new Unix datagram socket fails with `EAGAIN` and
    leaves it without a name."""
    with datagram() as sock:
        sock.setblocking(False)
        assert failure(sock.recvfrom, 1024) == errno.EAGAIN
        assert sock.getsockname() == ""


def test_listen_on_datagrams_fails():
    """`listen()` on a Unix datagram socket fails with `EOPNOTSUPP`, bound or not."""
    with folder(), datagram() as new, datagram("bound") as bound:
        assert failure(new.listen) == errno.EOPNOTSUPP
        assert failure(bound.listen) == errno.EOPNOTSUPP
        assert new.getsockname() == ""


def test_connected_socket_refuses_strangers():
    """Where a Unix datagram socket is connected, a stranger's `sendto()` to it fails
    with `EPERM`."""
    with folder(), datagram("one") as one, datagram("two") as two:
        one.connect(two.getsockname())
        with datagram("stranger") as stranger:
            assert failure(stranger.sendto, b"x", one.getsockname()) == errno.EPERM
        two.sendto(b"hello", one.getsockname())
        assert one.recv(1024) == b"hello"


# Files


def test_path_outlives_its_socket():
    """`close()` leaves the file of a Unix socket in place."""
    with folder():
        stream("server").close()
        assert stat.S_ISSOCK(Path("server").stat().st_mode)


def test_existing_path_is_taken():
    """`bind()` to a path where any file exists fails with `EADDRINUSE`, even if its
    socket was closed long ago."""
    _, first, _ = path_outlives_its_socket.bind_after_a_dead_server()
    assert first == "EADDRINUSE"
    with folder(), unix() as sock:
        Path("server").write_text("not a socket")
        assert failure(sock.bind, "server") == errno.EADDRINUSE
        assert Path("server").read_text() == "not a socket"


def test_reuseaddr_does_not_free_the_path():
    """`SO_REUSEADDR` does not help: `bind()` to the path of a closed Unix socket still
    fails with `EADDRINUSE`."""
    with folder(), unix() as sock:
        stream("server").close()
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        assert failure(sock.bind, "server") == errno.EADDRINUSE
        assert sock.getsockname() == ""


def test_connect_to_a_dead_path():
    """`connect()` to a socket file fails with `ECONNREFUSED` if its socket is closed,
    and with `ENOENT` if the file is gone."""
    called, _, _ = path_outlives_its_socket.bind_after_a_dead_server()
    assert called == "ECONNREFUSED"
    with folder(), unix() as client:
        stream("server").close()
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


def test_unlinked_listener_cannot_be_found():
    """A listening Unix socket whose file is removed stays open, but no new client can
    reach it: `connect()` fails with `ENOENT`."""
    with folder(), stream("server") as listener, stream() as early, stream() as late:
        early.connect("server")
        Path("server").unlink()
        conn, _ = listener.accept()
        conn.close()
        assert early.recv(1) == b""
        assert listener.getsockname() == "server"
        assert failure(late.connect, "server") == errno.ENOENT


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


def test_datagram_socket_may_be_its_own_peer():
    """A Unix datagram socket may `connect()` to its own name; it then receives what it
    sends."""
    with folder(), datagram("me") as sock:
        sock.connect("me")
        assert sock.getpeername() == sock.getsockname() == "me"
        sock.send(b"x")
        assert sock.recv(9) == b"x"


def test_closed_listener_resets_waiting_clients():
    """When a listening Unix socket is closed, a client that nobody has accepted gets
    `ECONNRESET` once, from `recv()` or `SO_ERROR`, and then end of file."""
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
