"""Ways to an error of getsockname() and getpeername()."""

from lab.errors.cures import WRONG_DESCRIPTOR
from lab.errors.kit import ALL, LISTENERS, TCP, Kit
from lab.errors.registry import cure, provokes


@provokes(ENOTCONN=ALL, see="getpeername(2)")
@cure("Ask after `connect()`, or ask the socket that `accept()` returned.")
def no_peer(kit: Kit) -> None:
    """The socket has no peer."""
    sock = kit.bound()
    with kit.fails():
        sock.getpeername()
    client, server = kit.pair()
    client.getpeername()
    server.getpeername()


@provokes(ENOTCONN=LISTENERS, see="getpeername(2)")
@cure("Ask the socket that `accept()` returned.")
def listening_socket_has_no_peer(kit: Kit) -> None:
    """The socket listens; its clients are the peers of other sockets."""
    listener, client = kit.listening(), kit.new()
    client.connect(listener.getsockname())
    with kit.fails():
        listener.getpeername()
    server = listener.accept()[0]
    server.getpeername()


@provokes(ENOTCONN=TCP, see="getpeername(2)")
@cure(
    "Ask, and keep the answer, while the connection stands; a server keeps what"
    " `accept()` returned."
)
def peer_reset_it(kit: Kit) -> None:
    """The peer has reset the connection."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    with kit.fails():
        client.getpeername()
    client, server = kit.pair()
    client.getpeername()


@provokes(ENOTCONN=TCP, see="getpeername(2) SO_ERROR")
@cure("The `connect()` failed and said why. Make a new socket and connect again.")
def peer_of_a_refused_connect(kit: Kit) -> None:
    """The `connect()` was refused."""
    address, client = kit.closed(), kit.new()
    client.connect_ex(address)
    with kit.fails():
        client.getpeername()
    kit.server_at(address)
    client = kit.new()
    client.connect(address)
    client.getpeername()


@provokes(EBADF=ALL, see="getsockname(2)")
@cure("Ask before the socket is closed.")
def getsockname_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, another = kit.bound(), kit.bound()
    sock.close()
    with kit.fails():
        sock.getsockname()
    another.getsockname()


@provokes(EBADF=ALL, see="getpeername(2)")
@cure("Ask before the socket is closed.")
def getpeername_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, another = kit.pair()[0], kit.pair()[0]
    sock.close()
    with kit.fails():
        sock.getpeername()
    another.getpeername()


@provokes(ENOTSOCK=ALL, see="getsockname(2)")
@cure(WRONG_DESCRIPTOR)
def getsockname_of_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock, another = kit.no_socket(), kit.bound()
    with kit.fails():
        sock.getsockname()
    another.getsockname()


@provokes(ENOTSOCK=ALL, see="getpeername(2)")
@cure(WRONG_DESCRIPTOR)
def getpeername_of_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock, another = kit.no_socket(), kit.pair()[0]
    with kit.fails():
        sock.getpeername()
    another.getpeername()
