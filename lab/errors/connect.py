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
    kit.new().connect(kit.closed())


@provokes(ECONNREFUSED=LISTENERS, see="connect(2)")
@cure("The server must call `listen()`.")
def bound_but_not_listening(kit: Kit) -> None:
    """A socket is bound there, but does not listen."""
    server = kit.bound()
    kit.new().connect(server.getsockname())


@provokes(ECONNREFUSED=TCP4, see="ip(7)")
@cure("Let the server listen on that address or on the wildcard.")
def listens_elsewhere(kit: Kit) -> None:
    """The server listens on another address of its machine."""
    port = kit.listening().getsockname()[1]
    kit.new().connect(("127.0.0.2", port))


@provokes(ECONNREFUSED=UNIXES, see="unix(7)")
@cure("Start the server; it removes the old file and binds it again.")
def socket_file_left_behind(kit: Kit) -> None:
    """The file is there, but its socket is closed."""
    kit.new().connect(kit.closed())


@provokes(ECONNREFUSED=UNIXES, see="unix(7)")
@cure("Correct the path.")
def file_is_no_socket(kit: Kit) -> None:
    """The path is that of an ordinary file."""
    Path("file").touch()
    kit.new().connect("file")


@provokes(ECONNREFUSED=UNIXES, see="unix(7)")
@cure("Start the server; an abstract name ends with its socket and leaves no file.")
def abstract_name_unknown(kit: Kit) -> None:
    """No socket has this abstract name."""
    kit.new().connect("\0name")


@provokes(ENOENT=UNIXES, see="unix(7)")
@cure("Start the server, correct the path.")
def path_missing(kit: Kit) -> None:
    """No file has this path."""
    kit.new().connect("name")


@provokes(ENOTDIR=UNIXES, see="unix(7)")
@cure("Correct the path.")
def connect_folder_is_a_file(kit: Kit) -> None:
    """Something in the middle of the path is a file."""
    Path("file").touch()
    kit.new().connect("file/name")


@provokes(ELOOP=UNIXES, see="path_resolution(7)")
@cure("Correct the links.")
def connect_links_in_a_circle(kit: Kit) -> None:
    """Symbolic links in the path lead in a circle."""
    Path("circle").symlink_to("circle")
    kit.new().connect("circle")


@provokes(ENAMETOOLONG=UNIXES, see="path_resolution(7)")
@cure("Correct the link.")
def connect_link_too_long(kit: Kit) -> None:
    """A symbolic link leads to a name of more than 255 bytes."""
    Path("link").symlink_to("x" * 256)
    kit.new().connect("link")


@provokes(EACCES=UNIXES, see="unix(7)")
@cure("Give the client's user the right to write to the socket's file.")
def socket_file_not_writable(kit: Kit) -> None:
    """The user may not write to the socket's file."""
    server = kit.bound()
    Path(server.getsockname()).chmod(0o400)
    networks.give_up_capabilities()
    kit.new().connect(server.getsockname())


@provokes(EPROTOTYPE=UNIXES, see="unix(7)")
@cure("Use a socket of the type that the server has.")
def other_type(kit: Kit) -> None:
    """The socket at that path is of the other type: stream or datagram."""
    server = socket.socket(UNIX, DGRAM if kit.type == STREAM else STREAM)
    kit.held.append(server)
    server.bind("name")
    kit.new().connect("name")


@provokes(EPERM=MAIL, see="unix(7)")
@cure(
    "Only its peer may send to a connected datagram socket: bind a second one for "
    "others."
)
def connect_to_a_connected_socket(kit: Kit) -> None:
    """The socket there is connected to somebody else."""
    _, server = kit.pair()
    kit.new().connect(server.getsockname())


@provokes(EAGAIN=PATH, see="unix(7) net.core.somaxconn O_NONBLOCK")
@cure(
    "Wait and try again; on Unix sockets there is nothing to wait for with "
    "`poll()`. Raise the backlog."
)
def unix_backlog_full(kit: Kit) -> None:
    """The socket does not block, and the server's queue is full."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.setblocking(False)
    client.connect(listener.getsockname())


@provokes(EAGAIN=PATH, see="unix(7) SO_SNDTIMEO")
@cure("Let the server call `accept()` sooner; raise the backlog.")
def unix_backlog_full_for_too_long(kit: Kit) -> None:
    """The queue stayed full for the time that `SO_SNDTIMEO` gives."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    kit.time_limit(client, socket.SO_SNDTIMEO)
    client.connect(listener.getsockname())


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT TCP_SYNCNT net.ipv4.tcp_syn_retries")
@cure("Is the server alive? Does it call `accept()`? Does a firewall drop the SYN?")
def backlog_full(kit: Kit) -> None:
    """The server's queue is full, so it drops the SYN, again and again."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    kit.short_patience(client)
    client.connect(listener.getsockname())


@provokes(TimeoutError=TCP)
@cure("Catch `TimeoutError`; raise the time. The connect may go on: close the socket.")
def connect_timed_out(kit: Kit) -> None:
    """No answer came in the time that `settimeout()` gives."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.settimeout(0.01)
    client.connect(listener.getsockname())


@provokes(EINPROGRESS=TCP, see="connect(2) SO_ERROR O_NONBLOCK")
@cure("Wait until the socket is writable, then read `SO_ERROR`.")
def connect_without_waiting(kit: Kit) -> None:
    """The socket does not block, and the handshake has only begun."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.connect(listener.getsockname())


@provokes(EALREADY=TCP, see="connect(2) SO_ERROR")
@cure("Wait until the socket is writable, then read `SO_ERROR`.")
def connect_while_connecting(kit: Kit) -> None:
    """The handshake that an earlier `connect()` began has not ended."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    client.connect(listener.getsockname())


@provokes(EISCONN=LISTENERS, see="connect(2)")
@cure("Make a new socket for a new connection.")
def connect_twice(kit: Kit) -> None:
    """The socket is connected already."""
    client, _ = kit.pair()
    client.connect(client.getpeername())


@provokes(EISCONN=TCP, EINVAL=PATH, see="connect(2)")
@cure("Use one socket to listen and another one to connect.")
def connect_while_listening(kit: Kit) -> None:
    """The socket listens."""
    other, listener = kit.listening(), kit.listening()
    listener.connect(other.getsockname())


@provokes(ECONNABORTED=TCP, see="connect(2)")
@cure("Close the socket after a failure, make a new one for the next try.")
def connect_after_a_refusal(kit: Kit) -> None:
    """An earlier `connect()`, which did not wait, was refused; `SO_ERROR` was read."""
    client = kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    client.connect(kit.closed())


@provokes(ECONNABORTED=TCP, see="connect(2)")
@cure("Close the socket after a failure, make a new one for the next try.")
def connect_after_a_refusal_in_time(kit: Kit) -> None:
    """An earlier `connect()` was refused, and the socket has a `settimeout()`."""
    listener, client = kit.listening(), kit.new()
    client.settimeout(5)
    client.connect_ex(kit.closed())
    client.connect(listener.getsockname())


@provokes(ECONNREFUSED=TCP, see="connect(2) SO_ERROR")
@cure("It is about the `connect()` before: read `SO_ERROR` first.")
def earlier_connect_refused(kit: Kit) -> None:
    """An earlier `connect()`, which did not wait, was refused; nobody asked why."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.connect(listener.getsockname())


@provokes(EINPROGRESS=TCP, see="SO_SNDTIMEO socket(7)")
@cure("Take it for a timeout. The handshake goes on: close the socket.")
def connect_takes_too_long(kit: Kit) -> None:
    """The socket blocks, but no answer came in the time that `SO_SNDTIMEO` gives."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    kit.time_limit(client, socket.SO_SNDTIMEO)
    client.connect(listener.getsockname())


@provokes(EBADF=ALL, see="connect(2)")
@cure(USE_BEFORE_CLOSE)
def connect_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, server = kit.new(), kit.bound()
    sock.close()
    sock.connect(server.getsockname())


@provokes(ENOTSOCK=ALL, see="connect(2)")
@cure(WRONG_DESCRIPTOR)
def connect_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    server = kit.bound()
    kit.no_socket().connect(server.getsockname())
