"""Ways to an error of accept()."""

import resource
import socket

from lab.errors.cures import WRONG_DESCRIPTOR
from lab.errors.kit import ALL, DATAGRAM, LISTENERS, Kit
from lab.errors.registry import cure, provokes


@provokes(EINVAL=LISTENERS, see="accept(2)")
@cure("Call `listen()` first.")
def accept_without_listen(kit: Kit) -> None:
    """The socket does not listen."""
    listener, client = kit.bound(), kit.new()
    with kit.fails():
        listener.accept()
    listener.listen()
    client.connect(listener.getsockname())
    listener.accept()


@provokes(EINVAL=LISTENERS, see="shutdown(2)")
@cure(
    "Another thread ended the listening; leave the loop.",
    unshown="the program wants to end",
)
def accept_after_shutdown(kit: Kit) -> None:
    """`shutdown()` has ended the listening."""
    listener = kit.listening()
    listener.shutdown(socket.SHUT_RDWR)
    with kit.fails():
        listener.accept()


@provokes(EOPNOTSUPP=DATAGRAM, see="accept(2)")
@cure("Datagram sockets have no connections to accept: use `recvfrom()`.")
def accept_on_datagrams(kit: Kit) -> None:
    """The socket is not of a type that has connections."""
    receiver, sender = kit.bound(), kit.new()
    with kit.fails():
        receiver.accept()
    sender.sendto(b"x", receiver.getsockname())
    receiver.recvfrom(1)


@provokes(EAGAIN=LISTENERS, see="accept(2) O_NONBLOCK")
@cure("Wait with `select()` or `poll()` until it is readable, then call again.")
def accept_nobody_waits(kit: Kit) -> None:
    """The socket does not block, and no client waits."""
    listener, client = kit.listening(), kit.new()
    listener.setblocking(False)
    with kit.fails():
        listener.accept()
    client.connect(listener.getsockname())
    kit.wait(listener)
    listener.accept()


@provokes(TimeoutError=LISTENERS)
@cure("Catch `TimeoutError` and call again, or raise the time given to `settimeout()`.")
def accept_timed_out(kit: Kit) -> None:
    """No client came in the time that `settimeout()` gives."""
    listener, client = kit.listening(), kit.new()
    listener.settimeout(0.01)
    with kit.fails():
        listener.accept()
    listener.settimeout(5)
    client.connect(listener.getsockname())
    listener.accept()


@provokes(EMFILE=LISTENERS, see="RLIMIT_NOFILE getrlimit(2)")
@cure(
    "Close what you no longer use, or raise `ulimit -n`; the client stays in "
    "the queue, so a loop that only tries again spins."
)
def accept_no_descriptor_left(kit: Kit) -> None:
    """The process may open no more files."""
    listener, client, other = kit.listening(), kit.new(), kit.new()
    client.connect(listener.getsockname())
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (other.fileno() + 1, limits[1]))
    with kit.fails():
        listener.accept()
    other.close()
    server = listener.accept()[0]
    server.close()
    resource.setrlimit(resource.RLIMIT_NOFILE, limits)


@provokes(EBADF=ALL, see="accept(2)")
@cure(
    "The socket was closed, maybe by another thread: leave the loop.",
    unshown="the program wants to end",
)
def accept_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock = kit.bound()
    sock.close()
    with kit.fails():
        sock.accept()


@provokes(ENOTSOCK=LISTENERS, see="accept(2)")
@cure(WRONG_DESCRIPTOR)
def accept_on_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock = kit.no_socket()
    with kit.fails():
        sock.accept()
    listener, client = kit.listening(), kit.new()
    client.connect(listener.getsockname())
    listener.accept()
