"""Ways to an error of connect(): the peer, and what the socket itself is doing.

Those about what lies between the two are in connect_network.
"""

import socket
from pathlib import Path

from lab.errors.cures import USE_BEFORE_CLOSE, WRONG_DESCRIPTOR
from lab.errors.kit import (
    ALL,
    DGRAM,
    LISTENERS,
    MAIL,
    PATH,
    STREAM,
    TCP,
    TCP4,
    UNIX,
    UNIXES,
    Kit,
)
from lab.errors.registry import cure, provokes
from lab.isolation import networks


@provokes(ECONNREFUSED=TCP, see="connect(2)")
@cure("Start the server; compare host and port with `ss -ltn` on its side.")
def nobody_listens(kit: Kit) -> None:
    """Nobody listens at that address and port: the answer is a reset."""
    address, client = kit.closed(), kit.new()
    with kit.fails():
        client.connect(address)
    kit.server_at(address)
    client = kit.new()
    client.connect(address)


@provokes(ECONNREFUSED=LISTENERS, see="connect(2)")
@cure("The server must call `listen()`.")
def bound_but_not_listening(kit: Kit) -> None:
    """A socket is bound there, but does not listen."""
    server, client = kit.bound(), kit.new()
    with kit.fails():
        client.connect(server.getsockname())
    server.listen()
    client.connect(server.getsockname())


@provokes(ECONNREFUSED=TCP4, see="ip(7)")
@cure("Let the server listen on that address or on the wildcard.")
def listens_elsewhere(kit: Kit) -> None:
    """The server listens on another address of its machine."""
    server, client = kit.server(), kit.new()
    port = server.getsockname()[1]
    with kit.fails():
        client.connect(("127.0.0.2", port))
    server.close()
    server, client = kit.server_at((kit.wildcard, port)), kit.new()
    client.connect(("127.0.0.2", port))


@provokes(ECONNREFUSED=UNIXES, see="unix(7)")
@cure("Start the server; it removes the old file and binds the path again.")
def socket_file_left_behind(kit: Kit) -> None:
    """The file is there, but its socket is closed."""
    path, client = kit.closed(), kit.new()
    with kit.fails():
        client.connect(path)
    Path(path).unlink()
    kit.server_at(path)
    client.connect(path)


@provokes(ECONNREFUSED=UNIXES, see="unix(7)")
@cure("Correct the path.")
def file_is_no_socket(kit: Kit) -> None:
    """The path is that of an ordinary file."""
    Path("file").touch()
    server, client = kit.server(), kit.new()
    with kit.fails():
        client.connect("file")
    client.connect(server.getsockname())


@provokes(ECONNREFUSED=UNIXES, see="unix(7)")
@cure("Start the server; an abstract name ends with its socket and leaves no file.")
def abstract_name_unknown(kit: Kit) -> None:
    """No socket has this abstract name."""
    client = kit.new()
    with kit.fails():
        client.connect("\0name")
    kit.server_at("\0name")
    client.connect("\0name")


@provokes(ENOENT=UNIXES, see="unix(7)")
@cure("Start the server, or correct the path.")
def path_missing(kit: Kit) -> None:
    """No file has this path."""
    client = kit.new()
    with kit.fails():
        client.connect("name")
    kit.server_at("name")
    client.connect("name")


@provokes(ENOTDIR=UNIXES, see="unix(7)")
@cure("Correct the path.")
def connect_folder_is_a_file(kit: Kit) -> None:
    """Something in the middle of the path is a file."""
    Path("file").touch()
    kit.server_at("name")
    client = kit.new()
    with kit.fails():
        client.connect("file/name")
    client.connect("name")


@provokes(ELOOP=UNIXES, see="path_resolution(7)")
@cure("Correct the link.")
def connect_links_in_a_circle(kit: Kit) -> None:
    """Symbolic links in the path lead in a circle."""
    Path("circle").symlink_to("circle")
    kit.server_at("name")
    client = kit.new()
    with kit.fails():
        client.connect("circle")
    Path("circle").unlink()
    Path("circle").symlink_to("name")
    client.connect("circle")


@provokes(ENAMETOOLONG=UNIXES, see="path_resolution(7)")
@cure("Correct the link.")
def connect_link_too_long(kit: Kit) -> None:
    """A symbolic link leads to a name of more than 255 bytes."""
    Path("link").symlink_to("x" * 256)
    kit.server_at("name")
    client = kit.new()
    with kit.fails():
        client.connect("link")
    Path("link").unlink()
    Path("link").symlink_to("name")
    client.connect("link")


@provokes(EACCES=UNIXES, see="unix(7)")
@cure("Give the client's user the right to write to the socket's file.")
def socket_file_not_writable(kit: Kit) -> None:
    """The user may not write to the socket's file."""
    kit.server_at("name")
    client = kit.new()
    Path("name").chmod(0o400)
    networks.give_up_capabilities()
    with kit.fails():
        client.connect("name")
    Path("name").chmod(0o600)
    client.connect("name")


@provokes(EPROTOTYPE=UNIXES, see="unix(7)")
@cure("Use a socket of the type that the server has.")
def other_type(kit: Kit) -> None:
    """The socket at that path is of the other type: stream or datagram."""
    client, other = kit.new(), DGRAM if kit.type == STREAM else STREAM
    server, right = socket.socket(UNIX, other), socket.socket(UNIX, other)
    server.bind("name")
    with kit.fails():
        client.connect("name")
    if kit.type == DGRAM:
        server.listen()
    right.connect("name")


@provokes(EPERM=MAIL, see="unix(7)")
@cure(
    "Only its peer may send to a connected datagram socket: bind a second one for "
    "others."
)
def connect_to_a_connected_socket(kit: Kit) -> None:
    """The socket there is connected to somebody else."""
    server, client = kit.pair()[1], kit.new()
    with kit.fails():
        client.connect(server.getsockname())
    another = kit.bound()
    client.connect(another.getsockname())


@provokes(EAGAIN=PATH, see="unix(7) net.core.somaxconn O_NONBLOCK")
@cure(
    "Let the server call `accept()` sooner, or raise the backlog; then try "
    "again. On Unix sockets `poll()` does not tell when there is room."
)
def unix_backlog_full(kit: Kit) -> None:
    """The socket does not block, and the server's queue is full."""
    listener, client = kit.full(), kit.new()
    client.setblocking(False)
    with kit.fails():
        client.connect(listener.getsockname())
    listener.accept()
    client.connect(listener.getsockname())


@provokes(EAGAIN=PATH, see="unix(7) SO_SNDTIMEO")
@cure("Let the server call `accept()` sooner, or raise the backlog; then try again.")
def unix_backlog_full_for_too_long(kit: Kit) -> None:
    """The queue stayed full for the time that `SO_SNDTIMEO` gives."""
    listener, client = kit.full(), kit.new()
    kit.time_limit(client, socket.SO_SNDTIMEO)
    with kit.fails():
        client.connect(listener.getsockname())
    listener.accept()
    client.connect(listener.getsockname())


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT TCP_SYNCNT net.ipv4.tcp_syn_retries")
@cure("Is the server alive? Does it call `accept()`? Does a firewall drop the SYN?")
def backlog_full(kit: Kit) -> None:
    """The server's queue is full, so it drops the SYN, again and again."""
    listener, client = kit.full(), kit.new()
    kit.short_patience(client)
    with kit.fails():
        client.connect(listener.getsockname())
    listener.accept()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(TimeoutError=TCP)
@cure(
    "Catch `TimeoutError` and close the socket, because the connect may go on; "
    "raise the time for the next one."
)
def connect_timed_out(kit: Kit) -> None:
    """No answer came in the time that `settimeout()` gives."""
    listener, client = kit.full(), kit.new()
    client.settimeout(0.01)
    with kit.fails():
        client.connect(listener.getsockname())
    client.close()
    listener.accept()
    client = kit.new()
    client.settimeout(5)
    client.connect(listener.getsockname())


@provokes(EINPROGRESS=TCP, see="connect(2) SO_ERROR O_NONBLOCK")
@cure("Wait until the socket is writable, then read `SO_ERROR`.")
def connect_without_waiting(kit: Kit) -> None:
    """The socket does not block, and the handshake has only begun."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    with kit.fails():
        client.connect(listener.getsockname())
    kit.finish(client)
    client.send(b"x")


@provokes(EALREADY=TCP, see="connect(2) SO_ERROR")
@cure("Wait until the socket is writable, then read `SO_ERROR`.")
def connect_while_connecting(kit: Kit) -> None:
    """The handshake that an earlier `connect()` began has not ended."""
    listener, client = kit.full(), kit.new()
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    with kit.fails():
        client.connect(listener.getsockname())
    listener.accept()
    kit.finish(client)
    client.send(b"x")


@provokes(EISCONN=LISTENERS, see="connect(2)")
@cure("Make a new socket for a new connection.")
def connect_twice(kit: Kit) -> None:
    """The socket is connected already."""
    client, another = kit.pair()[0], kit.new()
    with kit.fails():
        client.connect(client.getpeername())
    another.connect(client.getpeername())


@provokes(EISCONN=TCP, EINVAL=PATH, see="connect(2)")
@cure("Use one socket to listen and another one to connect.")
def connect_while_listening(kit: Kit) -> None:
    """The socket listens."""
    other, listener, client = kit.listening(), kit.listening(), kit.new()
    with kit.fails():
        listener.connect(other.getsockname())
    client.connect(other.getsockname())


@provokes(ECONNABORTED=TCP, see="connect(2)")
@cure("Close the socket after a failure, make a new one for the next try.")
def connect_after_a_refusal(kit: Kit) -> None:
    """An earlier `connect()`, which did not wait, was refused; `SO_ERROR` was read."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    with kit.fails():
        client.connect(listener.getsockname())
    client.close()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(ECONNABORTED=TCP, see="connect(2)")
@cure("Close the socket after a failure, make a new one for the next try.")
def connect_after_a_refusal_in_time(kit: Kit) -> None:
    """An earlier `connect()` was refused, and the socket has a `settimeout()`."""
    listener, client = kit.listening(), kit.new()
    client.settimeout(5)
    client.connect_ex(kit.closed())
    with kit.fails():
        client.connect(listener.getsockname())
    client.close()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(ECONNREFUSED=TCP, see="connect(2) SO_ERROR")
@cure(
    "The error is about the earlier `connect()`. Close the socket after a failure, "
    "and make a new one for the next try."
)
def earlier_connect_refused(kit: Kit) -> None:
    """An earlier `connect()`, which did not wait, was refused; no call has told it."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    with kit.fails():
        client.connect(listener.getsockname())
    client.close()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(EINPROGRESS=TCP, see="SO_SNDTIMEO socket(7)")
@cure(
    "Treat it as a timeout: close the socket, because the handshake goes on; "
    "give the next one more time."
)
def connect_takes_too_long(kit: Kit) -> None:
    """The socket blocks, but no answer came in the time that `SO_SNDTIMEO` gives."""
    listener, client = kit.full(), kit.new()
    kit.time_limit(client, socket.SO_SNDTIMEO)
    with kit.fails():
        client.connect(listener.getsockname())
    client.close()
    listener.accept()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(EBADF=ALL, see="connect(2)")
@cure(USE_BEFORE_CLOSE)
def connect_closed(kit: Kit) -> None:
    """The socket is closed."""
    server, client = kit.server(), kit.new()
    client.close()
    with kit.fails():
        client.connect(server.getsockname())
    client = kit.new()
    client.connect(server.getsockname())


@provokes(ENOTSOCK=ALL, see="connect(2)")
@cure(WRONG_DESCRIPTOR)
def connect_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    server, sock, another = kit.server(), kit.no_socket(), kit.new()
    with kit.fails():
        sock.connect(server.getsockname())
    another.connect(server.getsockname())
