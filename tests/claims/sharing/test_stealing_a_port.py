"""Proofs about stealing a port: who can take what goes to another socket."""

import errno
import select
import socket

import pytest

from snippets.sharing import (
    specific_address_wins,
)
from tests.claims.helpers import HOST, TCP, UDP, code
from tests.claims.sharing.helpers import (
    REUSEADDR,
    REUSEPORT,
    bound,
    listening,
    new,
    port_of,
    receivers,
)

needs = pytest.mark.needs


@needs("private_net")
def test_specific_address_takes_from_the_wildcard():
    """Where a UDP socket on the wildcard and one on `127.0.0.1` share a port, by
    `SO_REUSEADDR` or `SO_REUSEPORT`, the one on `127.0.0.1` receives all datagrams to
    that address, whichever was bound last."""
    assert specific_address_wins.who_receives() == ([b"one", b"two", b"three"], [])
    for option in (REUSEADDR, REUSEPORT):
        for hosts in (("0.0.0.0", HOST), (HOST, "0.0.0.0")):
            one = bound(UDP, option, address=(hosts[0], 0))
            two = bound(UDP, option, address=(hosts[1], port_of(one)))
            specific = hosts.index(HOST)
            senders = [new(UDP) for _ in range(20)]
            for sender in senders:
                sender.connect((HOST, port_of(one)))
            assert set(receivers(senders, [one, two])) == {specific}


@needs("private_net")
def test_specific_listener_takes_from_the_wildcard():
    """Where one TCP socket listens on the wildcard and one on `127.0.0.1`, with
    `SO_REUSEPORT` and the same port, the one on `127.0.0.1` gets all connections to
    that address."""
    everywhere = listening(REUSEPORT, address=("0.0.0.0", 0))
    specific = listening(REUSEPORT, address=(HOST, port_of(everywhere)))
    clients = [new() for _ in range(20)]
    for client in clients:
        client.connect(specific.getsockname())
        assert select.select([everywhere, specific], [], [], 5)[0] == [specific]
        assert specific.accept()[1] == client.getsockname()


@needs("second_user")
def test_reuseaddr_asks_for_no_user():
    """With `SO_REUSEADDR` on both, a UDP socket of another user can bind the name of a
    socket of root, and then receives all its datagrams."""
    server = bound(UDP, REUSEADDR, user=0)
    thief = bound(UDP, REUSEADDR, user=1, address=server.getsockname())
    sender = new(UDP)
    sender.connect(server.getsockname())
    assert receivers([sender] * 5, [server, thief]) == [1] * 5


@needs("second_user")
def test_both_options_let_another_user_in():
    """Where both UDP sockets have `SO_REUSEADDR` and `SO_REUSEPORT`, the second one
    may belong to another user: `SO_REUSEADDR` alone lets it in."""
    server = bound(UDP, REUSEADDR, REUSEPORT, user=0)
    name = server.getsockname()
    assert code(new(UDP, REUSEPORT, user=1).bind, name) == errno.EADDRINUSE
    assert code(new(UDP, REUSEADDR, REUSEPORT, user=1).bind, name) is None


@needs("second_user")
def test_other_user_can_listen_first():
    """Before the `listen()` of a TCP server with `SO_REUSEADDR`, a socket of another
    user with that option can bind its name and listen, and then the server's `listen()`
    fails with `EADDRINUSE`; once the server listens, the other socket's `bind()` fails
    with it.
    """
    server = bound(TCP, REUSEADDR, user=0)
    thief = bound(TCP, REUSEADDR, user=1, address=server.getsockname())
    thief.listen()
    assert code(server.listen) == errno.EADDRINUSE
    safe = listening(REUSEADDR, user=0)
    late = new(TCP, REUSEADDR, user=1)
    assert code(late.bind, safe.getsockname()) == errno.EADDRINUSE


def test_option_removed_after_bind_locks_the_port():
    """When a UDP socket has set `SO_REUSEADDR` or `SO_REUSEPORT` back to 0 after its
    `bind()`, no other socket can share its name: `EADDRINUSE`."""
    for option in (REUSEADDR, REUSEPORT):
        owner = bound(UDP, option)
        owner.setsockopt(socket.SOL_SOCKET, option, 0)
        for other in ((REUSEADDR,), (REUSEPORT,), (REUSEADDR, REUSEPORT)):
            end = code(new(UDP, *other).bind, owner.getsockname())
            assert end == errno.EADDRINUSE
        owner.setsockopt(socket.SOL_SOCKET, option, 1)
        assert code(new(UDP, option).bind, owner.getsockname()) is None


@pytest.mark.scope("IPv4", because="over IPv6 the first socket gets the connections")
def test_reuseport_removed_from_a_listener_lets_others_in():
    """When a TCP socket that listens has set `SO_REUSEPORT` back to 0, another one with
    that option can still bind its name and listen, and then gets all connections."""
    server = listening(REUSEPORT)
    name = server.getsockname()
    server.setsockopt(socket.SOL_SOCKET, REUSEPORT, 0)
    thief = listening(REUSEPORT, address=name)
    for _ in range(20):
        client = new()
        client.connect(name)
        assert select.select([server, thief], [], [], 5)[0] == [thief]
        assert thief.accept()[1] == client.getsockname()
