"""Proofs about bind() on TCP: once, first, and not what another socket has."""

import errno
import socket

import pytest

from snippets.tcp import (
    bind_after_connect_fails,
    bind_then_connect,
    port_already_taken,
    second_bind_fails,
)
from tests.claims.helpers import IP_BIND_ADDRESS_NO_PORT, code, failure, listen_on
from tests.claims.tcp.helpers import bind_to, new_client

needs = pytest.mark.needs


def test_second_bind_fails():
    """A second `bind()` on a socket that holds a port fails with `EINVAL`."""
    assert second_bind_fails.bind_twice() == "EINVAL"
    with bind_to() as sock:
        name = sock.getsockname()
        assert failure(sock.bind, name) == errno.EINVAL  # not even to the same name
        assert sock.getsockname() == name


def test_bind_after_connect_fails():
    """`bind()` on a connected TCP socket fails with `EINVAL`."""
    assert bind_after_connect_fails.bind_after_connect() == "EINVAL"


def test_bind_after_listen_fails():
    """`bind()` after `listen()` fails with `EINVAL`, because `listen()` has bound the
    socket."""
    with socket.socket() as listener:
        listener.listen()
        name = listener.getsockname()
        assert failure(listener.bind, ("127.0.0.1", 0)) == errno.EINVAL
        assert listener.getsockname() == name


def test_bind_then_connect():
    """A client that calls `bind()` before `connect()` comes from the bound address."""
    bound, seen = bind_then_connect.address_seen_by_the_server()
    assert bound[0] == "127.0.0.9"
    assert seen == bound


@needs("packets")
def test_syn_comes_from_the_bound_address(wire):
    """The SYN carries the address and the port that the client has bound."""
    with listen_on() as listener, bind_to("127.0.0.9") as client:
        bound = client.getsockname()
        client.connect(listener.getsockname())
        syn = wire()[0]
        assert syn["flags"] == ["SYN"]
        assert tuple(syn["source"]) == bound
        assert bound[0] == "127.0.0.9"


def test_port_already_taken():
    """Without reuse options, `bind()` to the local name of another TCP socket fails
    with `EADDRINUSE`."""
    assert port_already_taken.bind_a_taken_port() == "EADDRINUSE"


def test_wildcard_conflicts_with_one_address():
    """Without reuse options, a TCP port that is bound to the wildcard cannot be bound
    to one address, nor the other way round."""
    with bind_to("127.0.0.1") as specific, bind_to("0.0.0.0") as wildcard:
        taken = specific.getsockname()[1]
        other = wildcard.getsockname()[1]
        with new_client() as sock:
            assert failure(sock.bind, ("0.0.0.0", taken)) == errno.EADDRINUSE
            assert failure(sock.bind, ("127.0.0.1", other)) == errno.EADDRINUSE


@needs("private_net")
def test_same_port_on_another_address():
    """Two TCP sockets can bind the same port on different addresses."""
    with bind_to("127.0.0.1") as one, new_client() as two:
        port = one.getsockname()[1]
        two.bind(("127.0.0.2", port))
        assert two.getsockname() == ("127.0.0.2", port)


@pytest.mark.scope("TCP", "UDP")
@needs("private_net")
def test_same_port_for_tcp_and_udp():
    """A TCP socket and a UDP socket can bind the same address and port."""
    with bind_to() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        assert udp.getsockname() == tcp.getsockname()


def test_closed_socket_frees_its_port():
    """A listening socket that never had a connection frees its port as soon as it is
    closed."""
    with listen_on() as listener:
        name = listener.getsockname()
    with new_client() as next_owner:
        next_owner.bind(name)
        assert next_owner.getsockname() == name


def test_bind_again_without_a_port():
    """After a refused `connect()` that had chosen the port, and after a `bind()` with
    `IP_BIND_ADDRESS_NO_PORT` to port 0, a TCP socket holds no port, and `bind()`
    succeeds again."""
    with listen_on() as gone:
        closed = gone.getsockname()
    with new_client() as refused:
        assert code(refused.connect, closed) == errno.ECONNREFUSED
        assert code(refused.bind, ("127.0.0.1", 0)) is None
    with new_client() as late:
        late.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        assert code(late.bind, ("127.0.0.1", 0)) is None
        assert code(late.bind, ("127.0.0.1", 0)) is None
        assert late.getsockname() == ("127.0.0.1", 0)
