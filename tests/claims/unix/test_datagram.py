"""Proofs about Unix datagram sockets: who can be answered, and who is heard."""

import errno
import socket

from snippets.unix import unnamed_sender_gets_no_answer
from tests.claims.helpers import failure, folder, unix
from tests.claims.unix.helpers import datagram


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


def test_datagram_socket_may_be_its_own_peer():
    """A Unix datagram socket may `connect()` to its own name; it then receives what it
    sends."""
    with folder(), datagram("me") as sock:
        sock.connect("me")
        assert sock.getpeername() == sock.getsockname() == "me"
        sock.send(b"x")
        assert sock.recv(9) == b"x"


def test_send_to_a_closed_receiver_is_refused():
    """When the receiver that a Unix datagram socket is connected to has closed,
    `send()` fails with `ECONNREFUSED`."""
    with folder(), datagram() as sender:
        with datagram("receiver"):
            sender.connect("receiver")
            assert sender.send(b"hello") == 5
        assert failure(sender.send, b"again") == errno.ECONNREFUSED


def test_load_sharing_is_not_for_unix_sockets():
    """`setsockopt()` for `SO_REUSEPORT` fails with `EOPNOTSUPP` on a Unix stream or
    datagram socket, since Linux 6.13 and on 6.1.176 and 6.12.113; `SO_REUSEADDR`
    can be set, and lets no two sockets bind one path: `EADDRINUSE`."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with folder(), unix(kind) as sock, unix(kind) as other:
            level = socket.SOL_SOCKET
            option = (level, socket.SO_REUSEPORT, 1)
            assert failure(sock.setsockopt, *option) == errno.EOPNOTSUPP
            for each in (sock, other):
                each.setsockopt(level, socket.SO_REUSEADDR, 1)
            sock.bind("path")
            assert failure(other.bind, "path") == errno.EADDRINUSE
