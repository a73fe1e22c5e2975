"""What all scenes share: reset, one step, and the calls that all sockets know."""

import ctypes
import fcntl
import os
import socket
import struct
import termios
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from evidence.calls import errno_name
from evidence.machines import Output

LIBC = ctypes.CDLL(None, use_errno=True)
NO_FAMILY = ctypes.create_string_buffer(28)  # AF_UNSPEC is 0, <sys/socket.h>
Address = tuple[str, int] | str


@dataclass(frozen=True)
class Facts:
    """What the kernel says about a socket besides its names."""

    listening: bool
    waiting: bool  # bytes can be read
    pending: str  # the errno in SO_ERROR, or ""
    tcp: str = ""  # the state of TCP, on TCP sockets
    reuse: bool = False  # SO_REUSEADDR, on TCP sockets


class Scene:
    """One socket and whom it meets. A kind of socket adds peers, names and inputs."""

    family: ClassVar[socket.AddressFamily]
    kind: ClassVar[socket.SocketKind]
    core: ClassVar[str] = ""  # the inputs of the machine that is small enough to draw
    full: ClassVar[str] = ""  # the inputs that only the full machine has
    notes: ClassVar[tuple[str, ...]] = ()  # what it does its own way, in sentences

    asked: Address  # what bind() asks for
    taken: Address  # where another socket is
    server: Address  # where a peer is

    def __init__(self) -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.held: list[socket.socket] = []  # the scene's sockets, until the word ends
        self.peer: socket.socket | None = None  # the other end of the connection
        self.set_up()
        self.sock = self.new_socket()

    def set_up(self) -> None:
        """Make what stays from word to word."""

    def new_socket(self) -> socket.socket:
        """A socket of the scene's kind."""
        return socket.socket(self.family, self.kind)

    def reset(self) -> None:
        """End a word and begin the next one: a new socket in a fresh scene."""
        for sock in (*self.held, self.sock):
            self.dismiss(sock)
        self.held.clear()
        self.peer = None
        self.renew()
        self.sock = self.new_socket()
        self.sock.setblocking(False)

    def dismiss(self, sock: socket.socket) -> None:
        """Close a socket so that nothing of it stays."""
        sock.close()

    def renew(self) -> None:
        """Put the scene's own sockets back as they were."""

    def step(self, name: str) -> Output:
        """Do one input; what came of it."""
        act: Callable[[], str | None] = getattr(self, name)
        try:
            outcome = act() or "ok"
        except OSError as error:
            outcome = named(error)
        return Output(outcome, self.local(), self.remote())

    def local(self) -> str:
        """The local name by role, `—` if there is none."""
        return self.role(self.sock.getsockname())

    def remote(self) -> str:
        """The peer name by role, `—` if there is none."""
        try:
            return self.place(self.sock.getpeername())
        except OSError as error:
            name = named(error)
            return "—" if name == "ENOTCONN" else name

    def role(self, name: Any) -> str:
        """A local name, as getsockname() has it, by role."""
        raise NotImplementedError

    def place(self, name: Any) -> str:
        """A peer's name, as getpeername() has it, by role."""
        raise NotImplementedError

    def unread(self) -> int:
        """How many bytes wait to be read, ioctl(FIONREAD)."""
        try:
            answer = fcntl.ioctl(self.sock.fileno(), termios.FIONREAD, bytes(4))
        except OSError:
            return 0  # a listening socket has no such number
        waiting: int = struct.unpack("i", answer)[0]
        return waiting

    def facts(self) -> Facts:
        """What the kernel says about the socket. It names states and ends the word."""
        listening = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        pending = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return Facts(
            listening=bool(listening),
            waiting=bool(self.unread()),
            pending=errno_name(pending) if pending else "",
        )

    # Calls on the socket.

    def bind(self) -> None:
        """bind(asked): take the local name that you want"""
        self.sock.bind(self.asked)

    def bind_taken(self) -> None:
        """bind(taken): ask for a name that another socket has"""
        self.sock.bind(self.taken)

    def connect(self) -> None:
        """connect(server): a peer that is there"""
        self.sock.connect(self.server)

    def disconnect(self) -> None:
        """connect(AF_UNSPEC): undo connect()"""
        if LIBC.connect(self.sock.fileno(), NO_FAMILY, len(NO_FAMILY)) != 0:
            raise OSError(ctypes.get_errno(), "connect")

    def listen(self) -> None:
        """listen(): let clients come"""
        self.sock.listen()

    def accept(self) -> str:
        """accept(): take the client that waits"""
        self.held.append(self.sock.accept()[0])
        return "a client"

    def recv(self) -> str:
        """recv(): read what waits"""
        return "a byte" if self.sock.recv(9) else "end of file"

    def shutdown_write(self) -> None:
        """shutdown(SHUT_WR): I send no more"""
        self.sock.shutdown(socket.SHUT_WR)

    def shutdown_read(self) -> None:
        """shutdown(SHUT_RD): I read no more"""
        self.sock.shutdown(socket.SHUT_RD)

    def read_error(self) -> str:
        """getsockopt(SO_ERROR): ask for the pending error"""
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return f"pending {errno_name(number)}" if number else "no error"


def named(error: OSError) -> str:
    """The errno of an error by name."""
    assert error.errno is not None, error
    return errno_name(error.errno)
