"""Ways to an error of getsockname() and getpeername()."""

from lab.errors.cures import WRONG_DESCRIPTOR
from lab.errors.kit import ALL, LISTENERS, TCP, Kit
from lab.errors.registry import cure, provokes


@provokes(ENOTCONN=ALL, see="getpeername(2)")
@cure("Ask after `connect()`, or ask the socket that `accept()` returned.")
def no_peer(kit: Kit) -> None:
    """The socket has no peer."""
    kit.bound().getpeername()


@provokes(ENOTCONN=LISTENERS, see="getpeername(2)")
@cure("Ask the socket that `accept()` returned.")
def listening_socket_has_no_peer(kit: Kit) -> None:
    """The socket listens; its clients are the peers of other sockets."""
    listener, client = kit.listening(), kit.new()
    client.connect(listener.getsockname())
    listener.getpeername()


@provokes(ENOTCONN=TCP, see="getpeername(2)")
@cure("Keep the name that `accept()` returned.")
def peer_reset_it(kit: Kit) -> None:
    """The peer has reset the connection."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    client.getpeername()


@provokes(ENOTCONN=TCP, see="getpeername(2) SO_ERROR")
@cure("Read `SO_ERROR`: the connection did not come about.")
def peer_of_a_refused_connect(kit: Kit) -> None:
    """The `connect()` was refused."""
    client = kit.new()
    client.connect_ex(kit.closed())
    client.getpeername()


@provokes(EBADF=ALL, see="getsockname(2)")
@cure("The socket was closed: ask before.")
def getsockname_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock = kit.bound()
    sock.close()
    sock.getsockname()


@provokes(EBADF=ALL, see="getpeername(2)")
@cure("The socket was closed: ask before.")
def getpeername_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, _ = kit.pair()
    sock.close()
    sock.getpeername()


@provokes(ENOTSOCK=ALL, see="getsockname(2)")
@cure(WRONG_DESCRIPTOR)
def getsockname_of_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    kit.no_socket().getsockname()


@provokes(ENOTSOCK=ALL, see="getpeername(2)")
@cure(WRONG_DESCRIPTOR)
def getpeername_of_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    kit.no_socket().getpeername()
