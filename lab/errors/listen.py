"""Ways to an error of listen()."""

import socket

from lab.errors.cures import USE_BEFORE_CLOSE, WRONG_DESCRIPTOR
from lab.errors.kit import DATAGRAM, LISTENERS, PATH, TCP, Kit
from lab.errors.registry import cure, provokes
from lab.isolation import networks


@provokes(EADDRINUSE=TCP, see="listen(2) SO_REUSEPORT")
@cure("Stop the other listener, or set `SO_REUSEPORT` on both before `bind()`.")
def second_listener(kit: Kit) -> None:
    """Two sockets share the port by `SO_REUSEADDR`, and the other one listens."""
    first, second = kit.bound(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    second.bind(first.getsockname())
    first.listen()
    with kit.fails():
        second.listen()
    first.close()
    second.listen()
    third, fourth = kit.listening(socket.SO_REUSEPORT), kit.new(socket.SO_REUSEPORT)
    fourth.bind(third.getsockname())
    fourth.listen()


@provokes(EADDRINUSE=TCP, see="listen(2) net.ipv4.ip_local_port_range")
@cure("Widen the range, or `bind()` to a port outside it first.")
def listen_no_port_left(kit: Kit) -> None:
    """The socket is unbound, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    kit.bound()
    sock, another = kit.new(), kit.new()
    with kit.fails():
        sock.listen()
    another.bind((kit.host, 50000))
    another.listen()
    networks.port_range(40000, 40001)
    sock.listen()


@provokes(EINVAL=LISTENERS, see="listen(2)")
@cure("Listen and connect are two roles: use two sockets.")
def listen_while_connected(kit: Kit) -> None:
    """The socket is connected."""
    client, another = kit.pair()[0], kit.bound()
    with kit.fails():
        client.listen()
    another.listen()


@provokes(EINVAL=PATH, see="unix(7)")
@cure("Call `bind()` first.")
def listen_unbound(kit: Kit) -> None:
    """The socket has no name, and for a Unix socket the kernel chooses none."""
    sock = kit.new()
    with kit.fails():
        sock.listen()
    sock.bind(kit.free())
    sock.listen()


@provokes(EOPNOTSUPP=DATAGRAM, see="listen(2)")
@cure("Datagram sockets do not listen: `bind()`, then `recvfrom()`.")
def listen_on_datagrams(kit: Kit) -> None:
    """The socket is not of a type that has connections."""
    receiver, sender = kit.bound(), kit.new()
    with kit.fails():
        receiver.listen()
    sender.sendto(b"x", receiver.getsockname())
    receiver.recvfrom(1)


@provokes(EBADF=LISTENERS, see="listen(2)")
@cure(USE_BEFORE_CLOSE)
def listen_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock = kit.new()
    sock.close()
    with kit.fails():
        sock.listen()
    another = kit.bound()
    another.listen()


@provokes(ENOTSOCK=LISTENERS, see="listen(2)")
@cure(WRONG_DESCRIPTOR)
def listen_on_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock = kit.no_socket()
    with kit.fails():
        sock.listen()
    another = kit.bound()
    another.listen()
