"""What a way to an error is given: sockets of one kind, and addresses for them."""

import os
import select
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from evidence.errors import KINDS, Kind
from lab.isolation import namespace, networks

IPV4, IPV6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
# The kinds of sockets, one by one and in groups.
Kinds = tuple[Kind, ...]
TCP4, TCP6, UDP4, UDP6, PATH, MAIL = ((kind,) for kind in KINDS)
TCP, UDP, UNIXES = TCP4 + TCP6, UDP4 + UDP6, PATH + MAIL
IP, DATAGRAM, LISTENERS = TCP + UDP, UDP + MAIL, TCP + PATH
ALL = IP + UNIXES


def family_and_type(kind: Kind) -> tuple[socket.AddressFamily, socket.SocketKind]:
    """What socket() is asked for.

    >>> family_and_type("UDP/IPv6")
    (<AddressFamily.AF_INET6: 10>, <SocketKind.SOCK_DGRAM: 2>)
    """
    families = dict.fromkeys(TCP4 + UDP4, IPV4) | dict.fromkeys(TCP6 + UDP6, IPV6)
    return families.get(kind, UNIX), DGRAM if kind in DATAGRAM else STREAM


class NothingFailed(Exception):
    """The call that should give an error has given none."""


@dataclass
class Kit:
    """Sockets of one kind, and addresses for them.

    `lab.errors.programs` writes what these methods do into the programs that readers
    paste, statement by statement: keep them plain.
    """

    kind: Kind
    held: list[socket.socket] = field(default_factory=list)  # open to the end
    names: int = 0
    error: Exception | None = None  # what fails() has caught

    def __post_init__(self) -> None:
        self.family, self.type = family_and_type(self.kind)
        self.host = "::1" if self.family == IPV6 else "127.0.0.1"
        self.wildcard = "::" if self.family == IPV6 else "0.0.0.0"
        self.far = (networks.FAR.get(self.family), 9)
        self.local = networks.HERE.get(self.family)
        self.neighbour = (networks.NEIGHBOUR.get(self.family), 9)

    @contextmanager
    def fails(self) -> Iterator[None]:
        """The one call in this block shall fail; its error is kept. What follows cures.

        Raises NothingFailed.
        """
        try:
            yield
        except namespace.Missing:
            raise
        except Exception as error:
            self.error = error
        else:
            raise NothingFailed

    def new(self, *options: int) -> socket.socket:
        """A new socket, with these options of SOL_SOCKET set."""
        sock = socket.socket(self.family, self.type)
        for option in options:
            sock.setsockopt(socket.SOL_SOCKET, option, 1)
        self.held.append(sock)
        return sock

    def free(self, host: str | None = None) -> tuple[str, int] | str:
        """An address that bind() can have: port 0 of a host, or a path."""
        self.names += 1
        return (host or self.host, 0) if self.family != UNIX else f"name-{self.names}"

    def bound(self, *options: int) -> socket.socket:
        """A socket bound to a free address."""
        sock = self.new(*options)
        sock.bind(self.free())
        return sock

    def listening(self, *options: int, backlog: int = 5) -> socket.socket:
        """A listening socket."""
        listener = self.bound(*options)
        listener.listen(backlog)
        return listener

    def server(self) -> socket.socket:
        """A socket to which others can connect."""
        server = self.bound()
        if self.type == STREAM:
            server.listen()
        return server

    def server_at(self, address: Any) -> socket.socket:
        """A socket to which others can connect, at that address."""
        server = self.new()
        server.bind(address)
        if self.type == STREAM:
            server.listen()
        return server

    def pair(self) -> list[socket.socket]:
        """Two sockets that are connected to each other."""
        if self.type == STREAM:
            listener = self.listening()
            client = self.new()
            client.connect(listener.getsockname())
            server = listener.accept()[0]
        else:
            client = self.bound()
            server = self.bound()
            client.connect(server.getsockname())
            server.connect(client.getsockname())
        self.held.append(server)
        return [client, server]

    def closed(self) -> Any:
        """The address of a socket that has been closed."""
        gone = self.bound()
        address = gone.getsockname()
        gone.close()
        return address

    def full(self) -> socket.socket:
        """A listening socket in whose queue no second connection has room."""
        listener = self.listening(backlog=0)
        waiting = self.new()
        waiting.connect(listener.getsockname())
        return listener

    def ended(self, *options: int) -> Any:
        """The address of a server that has closed a connection, and then ended."""
        listener = self.listening(*options)
        address = listener.getsockname()
        client = self.new()
        client.connect(address)
        server = listener.accept()[0]
        server.close()
        client.recv(1)
        client.close()
        listener.close()
        return address

    def handed_down(self, family: int) -> socket.socket:
        """A socket of this kind in an object that takes it for another family."""
        inner = self.new()
        sock = socket.socket(family, self.type, 0, fileno=inner.detach())
        self.held.append(sock)
        return sock

    def no_socket(self) -> socket.socket:
        """A socket object whose descriptor has become that of a file.

        Python looks at a descriptor when it makes an object of it, not later.
        """
        sock = self.new()
        file = os.open("file", os.O_CREAT)
        os.dup2(file, sock.fileno())
        return sock

    def wait(self, sock: socket.socket, events: int = select.POLLIN) -> None:
        """Wait until there is something to read, or an error; for 0 only the error.

        Raises TimeoutError after 5 s.
        """
        poll = select.poll()
        poll.register(sock, events)
        if not poll.poll(5000):
            raise TimeoutError("nothing has arrived")

    def fill(self, sock: socket.socket, size: int = 1) -> None:
        """Send without waiting until no more fits, then let send() wait again."""
        sock.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                sock.send(bytes(size))
        sock.setblocking(True)

    def finish(self, sock: socket.socket) -> None:
        """Wait for the end of a connect() that did not wait. Raises OSError."""
        self.wait(sock, select.POLLOUT)
        code = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            raise OSError(code, os.strerror(code))

    def set_out(self, sock: socket.socket, address: Any) -> None:
        """Begin to connect to a machine that does not answer. Raises OSError."""
        sock.setblocking(False)
        with suppress(BlockingIOError):
            sock.connect(address)

    def drain(self, sock: socket.socket) -> None:
        """Read without waiting until nothing is left."""
        sock.setblocking(False)
        with suppress(BlockingIOError):
            while True:
                sock.recv(65536)

    def time_limit(self, sock: socket.socket, option: int) -> None:
        """Set SO_SNDTIMEO or SO_RCVTIMEO to 10 ms."""
        sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", 0, 10_000))

    def short_patience(self, sock: socket.socket) -> None:
        """Give up after 300 ms without an answer; Linux rounds it up to its timer."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
