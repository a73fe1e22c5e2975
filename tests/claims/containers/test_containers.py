"""Proofs about two networks on one machine, each with a loopback of its own."""

import errno
import socket
from tempfile import TemporaryDirectory

import pytest

from lab.isolation.networks import container, within
from snippets.containers import client_outside, server_inside
from tests.claims.helpers import failure, listen_on

needs = pytest.mark.needs
CONTAINER, OUTSIDE = client_outside.CONTAINER, "192.0.2.1"  # the ends of the cable


@needs("private_net")
def test_loopback_server_refuses_the_outside():
    """A server bound to `127.0.0.1` in a container refuses a client that comes from
    outside to the container's address: `ECONNREFUSED`."""
    with within(container()):
        listener = listen_on("127.0.0.1")
    with listener:
        port = listener.getsockname()[1]
        assert client_outside.attempt(CONTAINER, port) == "ECONNREFUSED"
        listener.setblocking(False)
        assert failure(listener.accept) == errno.EAGAIN


@needs("private_net")
def test_loopback_server_serves_the_inside():
    """A client in the same container reaches a server that is bound to
    `127.0.0.1`."""
    with within(container()), listen_on("127.0.0.1") as listener:
        reached = server_inside.reached_from_inside(listener)
        assert reached == listener.getsockname()


@needs("private_net")
def test_loopback_is_ones_own():
    """A client that connects to `127.0.0.1` reaches its own network only: a server in
    the container does not hear it, and one beside the client does."""
    with within(container()):
        inside = listen_on("127.0.0.1")
    with inside, socket.socket() as client:
        address = inside.getsockname()
        assert failure(client.connect, address) == errno.ECONNREFUSED
        with listen_on(*address) as beside, socket.create_connection(address, 5):
            beside.accept()[0].close()
        inside.setblocking(False)
        assert failure(inside.accept) == errno.EAGAIN


@needs("private_net")
def test_wildcard_server_serves_both():
    """A server bound to `0.0.0.0` in a container is reached from outside through the
    container's address, and from inside through `127.0.0.1`."""
    with within(container()):
        listener, client = listen_on("0.0.0.0"), socket.socket()
    port = listener.getsockname()[1]
    with listener, client, socket.create_connection((CONTAINER, port), 5):
        assert listener.accept()[1][0] == OUTSIDE
        client.connect(("127.0.0.1", port))
        assert listener.accept()[1] == client.getsockname()


@needs("private_net")
def test_accepted_socket_has_the_containers_address():
    """When a client comes from outside to a server bound to `0.0.0.0`, the accepted
    socket has the container's address as local name and the client's as peer name."""
    with within(container()):
        listener = listen_on("0.0.0.0")
    port = listener.getsockname()[1]
    with listener, socket.create_connection((CONTAINER, port), 5) as client:
        conn = listener.accept()[0]
        assert conn.getsockname() == (CONTAINER, port)
        assert conn.getpeername() == client.getsockname()
        assert conn.getpeername()[0] == OUTSIDE
        conn.close()


@needs("private_net")
def test_each_network_has_its_ports():
    """The same address and port can be bound once in each network: `0.0.0.0` inside
    does not bar `0.0.0.0` outside."""
    with within(container()):
        inside = listen_on("0.0.0.0")
    port = inside.getsockname()[1]
    with inside, listen_on("0.0.0.0", port), socket.socket() as third:
        assert failure(third.bind, ("0.0.0.0", port)) == errno.EADDRINUSE


@needs("private_net")
def test_outside_cannot_bind_the_containers_address():
    """Outside, `bind()` to the container's address fails with `EADDRNOTAVAIL`."""
    inner = container()
    with socket.socket() as sock:
        assert failure(sock.bind, (CONTAINER, 0)) == errno.EADDRNOTAVAIL
    with within(inner), socket.socket() as sock:
        sock.bind((CONTAINER, 0))
        assert sock.getsockname()[0] == CONTAINER


@needs("private_net")
def test_abstract_names_stay_inside():
    """An abstract Unix name is known in its own network only: `connect()` from another
    one fails with `ECONNREFUSED`, and the same name can be bound there."""
    name = b"\0lab"
    inner = container()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with within(inner):
            inside = socket.socket(socket.AF_UNIX, kind)
        inside.bind(name)
        with inside, socket.socket(socket.AF_UNIX, kind) as client:
            if kind == socket.SOCK_STREAM:
                inside.listen()
            assert failure(client.connect, name) == errno.ECONNREFUSED
            with socket.socket(socket.AF_UNIX, kind) as outside:
                outside.bind(name)
                assert outside.getsockname() == inside.getsockname() == name


@needs("private_net")
def test_paths_cross():
    """A Unix path leads from one network to the other, where both see the file."""
    inner = container()
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with TemporaryDirectory() as folder:
            path = f"{folder}/socket"
            with within(inner):
                inside = socket.socket(socket.AF_UNIX, kind)
            inside.bind(path)
            with inside, socket.socket(socket.AF_UNIX, kind) as client:
                if kind == socket.SOCK_STREAM:
                    inside.listen()
                client.connect(path)
                assert client.getpeername() == path
