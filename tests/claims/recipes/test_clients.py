"""Proofs about recipes for clients: a source address, time-outs, several addresses."""

import errno
import socket
from itertools import permutations
from unittest import mock

import pytest

from snippets.recipes import (
    tcp_client_chooses_source,
    tcp_connect_to_the_first_of_several,
    tcp_connect_with_timeout,
)
from tests.claims.helpers import listen_on
from tests.claims.recipes.helpers import closed


def test_source_address_is_bound_before_connect():
    """In Python, `create_connection()` with a `source_address` binds it before it
    connects: the client's local name has that address, and the server sees it."""
    with listen_on() as listener:
        server = listener.getsockname()
        with tcp_client_chooses_source.connect_from("127.0.0.2", *server) as client:
            conn, peer = listener.accept()
            conn.close()
            assert client.getsockname() == peer
            assert peer[0] == "127.0.0.2"
            taken = client.getsockname()
        with closed() as other, pytest.raises(OSError) as caught:
            name = other.getsockname()
            socket.create_connection(server, 5, source_address=name)
        assert caught.value.errno == errno.EADDRINUSE  # so it calls bind()
        assert taken != name


def full_queue() -> tuple[socket.socket, socket.socket]:
    """A listening socket whose queue is full, and the client that fills it."""
    listener, guest = listen_on(backlog=0), socket.socket()
    guest.settimeout(5)
    guest.connect(listener.getsockname())
    return listener, guest


def test_own_timeout_has_no_errno():
    """In Python, `connect()` raises `TimeoutError` without an errno when the time of
    `settimeout()` is over, and with `ETIMEDOUT` when the kernel has given up."""
    listener, guest = full_queue()
    address = listener.getsockname()
    with listener, guest, pytest.raises(TimeoutError) as caught:
        tcp_connect_with_timeout.connect(*address, seconds=0.1)
    assert caught.value.errno is None
    listener, guest = full_queue()
    with listener, guest, socket.socket() as client:
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 1)
        with pytest.raises(TimeoutError) as caught:
            client.connect(listener.getsockname())
    assert caught.value.errno == errno.ETIMEDOUT


def test_timeout_stays_on_the_socket():
    """In Python, the timeout of `create_connection()` stays on the socket: a later
    `recv()` that waits longer raises `TimeoutError`."""
    with listen_on() as listener:
        address = listener.getsockname()
        with socket.create_connection(address, timeout=0.1) as client:
            conn, _ = listener.accept()
            with conn:
                assert client.gettimeout() == 0.1
                with pytest.raises(TimeoutError):
                    client.recv(1)


def infos(*servers: socket.socket) -> list[tuple]:
    """What `getaddrinfo()` would return for a name with these servers' addresses."""
    kind = (socket.AF_INET, socket.SOCK_STREAM, 0, "")
    return [(*kind, server.getsockname()) for server in servers]


def test_timeout_counts_for_each_address():
    """In Python, `create_connection()` goes on to a name's next address when the
    timeout of the first one is over, and gives that one the whole timeout again."""
    listener, guest = full_queue()
    with listener, guest, listen_on() as other:
        known = infos(listener, other)
        with mock.patch("socket.getaddrinfo", return_value=known):
            client = socket.create_connection(("name", 0), timeout=0.2)
        with client:
            assert client.getpeername() == other.getsockname()
            assert client.gettimeout() == 0.2


def test_first_answer_wins():
    """While one non-blocking `connect()` waits for a full queue and another one is
    refused, a third can succeed, whatever their order."""
    listener, guest = full_queue()
    connect_any = tcp_connect_to_the_first_of_several.connect_any
    with listener, guest, closed() as refused, listen_on() as server:
        for order in permutations((listener, refused, server)):
            known = infos(*order)
            with connect_any(known) as client:
                assert client.getpeername() == server.getsockname()
        with pytest.raises(ConnectionError):
            connect_any(infos(refused))
        with pytest.raises(TimeoutError):
            connect_any(infos(refused, listener), seconds=0.1)
