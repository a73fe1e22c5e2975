"""What a way to an error is given: sockets of one kind, and addresses for them."""

import os
import select
import socket
import struct
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from evidence.errors import KINDS, Kind
from lab.isolation import networks

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


@dataclass
class Kit:
    """Sockets of one kind, and addresses for them."""

    kind: Kind
    held: list[socket.socket] = field(default_factory=list)  # open to the end
    names: int = 0

    def __post_init__(self) -> None:
        self.family, self.type = family_and_type(self.kind)
        self.host = "::1" if self.family == IPV6 else "127.0.0.1"
        self.wildcard = "::" if self.family == IPV6 else "0.0.0.0"
        self.far = (networks.FAR.get(self.family), 9)
        self.local = networks.HERE.get(self.family)
        self.neighbour = (networks.NEIGHBOUR.get(self.family), 9)

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
        sock = self.bound(*options)
        sock.listen(backlog)
        return sock

    def pair(self) -> list[socket.socket]:
        """Two sockets that are connected to each other."""
        if self.type == STREAM:
            listener, client = self.listening(), self.new()
            client.connect(listener.getsockname())
            server = listener.accept()[0]
        else:
            client, server = self.bound(), self.bound()
            client.connect(server.getsockname())
            server.connect(client.getsockname())
        self.held.append(server)
        return [client, server]

    def closed(self) -> Any:
        """The address of a socket that has been closed."""
        with self.bound() as gone:
            return gone.getsockname()

    def handed_down(self, family: int) -> socket.socket:
        """A socket of this kind in an object that takes it for another family."""
        inner = self.new().detach()
        self.held.append(socket.socket(family, self.type, 0, fileno=inner))
        return self.held[-1]

    def no_socket(self) -> socket.socket:
        """A socket object around a descriptor that is a file."""
        descriptor = os.open("file", os.O_CREAT)
        self.held.append(socket.socket(self.family, self.type, 0, fileno=descriptor))
        return self.held[-1]

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

    def time_limit(self, sock: socket.socket, option: int) -> None:
        """Set SO_SNDTIMEO or SO_RCVTIMEO to 10 ms."""
        sock.setsockopt(socket.SOL_SOCKET, option, struct.pack("ll", 0, 10_000))

    def short_patience(self, sock: socket.socket) -> None:
        """Give up after 300 ms without an answer; Linux rounds it up to its timer."""
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
