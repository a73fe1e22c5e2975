"""Proofs about the local name of a UDP socket without bind()."""

import errno

from snippets.udp import (
    recvfrom_does_not_bind,
    send_without_a_peer_fails,
    sendto_binds_the_port_only,
)
from tests.claims.helpers import code, udp
from tests.claims.udp.helpers import NOBODY


def test_sendto_binds_the_port_only():
    """The first `sendto()` on an unbound UDP socket binds an ephemeral port and leaves
    the local address the wildcard.
    """
    before, after, seen = sendto_binds_the_port_only.addresses_around_sendto()
    assert before == ("0.0.0.0", 0)
    assert after == ("0.0.0.0", seen[1])
    assert seen[0] == "127.0.0.1" and seen[1] > 0


def test_recvfrom_does_not_bind():
    """A non-blocking `recvfrom()` on an unbound UDP socket fails with `EAGAIN`
    and leaves it unbound.
    """
    result = recvfrom_does_not_bind.recvfrom_without_bind()
    assert result == ("EAGAIN", ("0.0.0.0", 0))


def test_send_without_a_peer_fails():
    """`send()` on an unconnected UDP socket fails with `EDESTADDRREQ`."""
    with udp("127.0.0.1", 0) as sender:
        assert code(sender.send, b"hello") == errno.EDESTADDRREQ


def test_send_without_a_peer_binds_a_port():
    """A `send()` that fails with `EDESTADDRREQ` still binds an ephemeral port on an
    unbound UDP socket.
    """
    name, (host, port) = send_without_a_peer_fails.send_without_a_peer()
    assert name == "EDESTADDRREQ"
    assert host == "0.0.0.0" and port > 0


def test_bind_after_sendto_fails():
    """`bind()` after `sendto()` fails with `EINVAL`, because `sendto()` has bound the
    UDP socket.
    """
    with udp() as sender:
        sender.sendto(b"hello", NOBODY)
        assert code(sender.bind, ("127.0.0.1", 0)) == errno.EINVAL
        assert sender.getsockname()[0] == "0.0.0.0"


def test_bind_after_connect_fails():
    """`bind()` after `connect()` fails with `EINVAL`, because `connect()` has bound the
    UDP socket.
    """
    with udp() as client:
        client.connect(NOBODY)
        before = client.getsockname()
        assert code(client.bind, ("127.0.0.1", 0)) == errno.EINVAL
        assert client.getsockname() == before


def test_second_bind_to_one_address_fails():
    """Without `SO_REUSEADDR` and `SO_REUSEPORT`, a second UDP socket cannot be bound to
    the same address and port: `EADDRINUSE`.
    """
    with udp("127.0.0.1", 0) as first, udp() as second:
        assert code(second.bind, first.getsockname()) == errno.EADDRINUSE
        assert second.getsockname() == ("0.0.0.0", 0)
