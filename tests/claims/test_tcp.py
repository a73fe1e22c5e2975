"""Proofs about TCP sockets."""

import socket

import pytest

from snippets.tcp import connect_returns_before_accept

needs = pytest.mark.needs


def test_connect_returns_before_accept():
    """`connect()` succeeds on a listening socket that nobody calls `accept()` on."""
    result = connect_returns_before_accept.connect_then_accept()
    assert result == (None, True)


@needs("packets")
def test_connect_sends_the_syn(wire):
    """`connect()` sends the SYN; `bind()` and `listen()` send nothing."""
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.bind(("127.0.0.1", 0))
        assert wire() == []
        client.connect(listener.getsockname())
        first = wire()[0]
        assert first["flags"] == ["SYN"]
        assert tuple(first["source"]) == client.getsockname()
