"""Proofs about listen(): what it changes, and what happens without it."""

import errno
import socket

import pytest

from snippets.tcp import (
    bound_is_not_listening,
    listen_without_bind,
)
from tests.claims.helpers import failure, listen_on
from tests.claims.tcp.helpers import bind_to, new_client

needs = pytest.mark.needs


def test_bound_is_not_listening():
    """A bound socket refuses `connect()` with `ECONNREFUSED` until `listen()`."""
    result = bound_is_not_listening.connect_before_and_after_listen()
    assert result == ("ECONNREFUSED", "connected")


@needs("packets")
def test_refusal_is_a_reset(wire):
    """A SYN to a port where no socket listens is answered with RST."""
    with bind_to() as deaf, new_client() as client:
        assert failure(client.connect, deaf.getsockname()) == errno.ECONNREFUSED
        syn, reset = wire()
        assert syn["flags"] == ["SYN"]
        assert reset["flags"] == ["RST", "ACK"]
        assert tuple(reset["source"]) == deaf.getsockname()


def test_listener_answers_only_at_its_address():
    """A socket listening on `127.0.0.1` refuses connections to `127.0.0.2`."""
    with listen_on("127.0.0.1") as listener:
        port = listener.getsockname()[1]
        with new_client() as client:
            assert failure(client.connect, ("127.0.0.2", port)) == errno.ECONNREFUSED
        with new_client() as client:
            assert client.connect_ex(("127.0.0.1", port)) == 0


def test_listen_without_bind():
    """`listen()` on an unbound TCP socket takes the wildcard and an ephemeral port."""
    before, after, reached = listen_without_bind.names_after_listen()
    assert before == ("0.0.0.0", 0)
    assert after[0] == "0.0.0.0"
    assert after[1] > 0
    assert reached == ("127.0.0.1", after[1])


def test_accept_needs_listen():
    """`accept()` on a TCP socket that does not listen fails with `EINVAL`."""
    with new_client() as unbound, bind_to() as bound:
        assert failure(unbound.accept) == errno.EINVAL
        assert failure(bound.accept) == errno.EINVAL


def test_listening_socket_accepts_connections():
    """`SO_ACCEPTCONN` is 0 on a bound socket, 1 after `listen()`, and 0 on an accepted
    socket."""
    with bind_to() as listener, new_client() as client:
        listening = (socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        before = listener.getsockopt(*listening)
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            after = listener.getsockopt(*listening)
            assert (before, after, conn.getsockopt(*listening)) == (0, 1, 0)


def test_listening_socket_carries_no_data():
    """On a listening socket `send()` fails with `EPIPE` and `recv()` with `ENOTCONN`,
    even while a client is connected."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        listener.settimeout(None)
        assert failure(listener.send, b"x") == errno.EPIPE
        assert failure(listener.recv, 1) == errno.ENOTCONN
