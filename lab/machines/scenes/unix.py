"""Unix sockets of both types: names are files, and what is sent has arrived at once."""

import os
import socket
from collections.abc import Callable
from typing import Any, ClassVar

from lab.machines.scenes.base import Scene
from lab.machines.scenes.datagrams import Datagrams


class Unix(Scene):
    """A socket whose names are files in the current folder."""

    family = socket.AF_UNIX
    asked: str = "asked.sock"
    taken: str = "taken.sock"
    server: str = "server.sock"
    other: str = "other.sock"
    closed: str = "closed.sock"
    notes: ClassVar[tuple[str, ...]] = (
        "Names are files in one folder; a file left behind by a closed socket is "
        "`closed`, a name without a file is `missing`.",
        "bind() asks for the same name each time, so a second one finds its own file "
        "in the way: EADDRINUSE. For another name it is EINVAL.",
    )

    def set_up(self) -> None:
        for address in (self.taken, self.closed):
            with self.new_socket() as sock:
                sock.bind(address)  # the file stays when the socket is closed

    def renew(self) -> None:
        if os.path.exists(self.asked):  # noqa: PTH110 - twice as fast, 100,000 times
            os.unlink(self.asked)  # noqa: PTH108

    def open(self, address: str) -> socket.socket:
        """A peer that is there."""
        sock = self.new_socket()
        sock.setblocking(False)
        sock.bind(address)
        return sock

    def role(self, name: Any) -> str:
        """`asked` of a name, `@chosen` if it is abstract, `—` if there is none."""
        if isinstance(name, bytes):
            return "@chosen"
        path: str = name
        return path.removesuffix(".sock") or "—"

    place = role

    def bind_auto(self) -> None:
        """bind(no name): let the kernel choose an abstract name"""
        self.sock.bind("")

    def connect_closed(self) -> None:
        """connect(closed): a file whose socket is closed"""
        self.sock.connect(self.closed)

    def connect_missing(self) -> None:
        """connect(missing): a name without a file"""
        self.sock.connect("missing.sock")


class UnixStream(Unix):
    """A Unix stream socket, a server that accepts at once, clients."""

    kind = socket.SOCK_STREAM
    core = "bind listen connect"
    full = (
        "bind_auto bind_taken connect_closed connect_missing disconnect accept "
        "client_arrives send recv peer_sends peer_closes shutdown_write shutdown_read"
    )

    def set_up(self) -> None:
        super().set_up()
        self.listener = self.open(self.server)
        self.listener.listen(64)
        self.queued = False

    def renew(self) -> None:
        super().renew()
        self.queued = False  # poll() cannot tell, after shutdown()

    def connect(self) -> None:
        """connect(server): a server that accepts"""
        super().connect()
        self.peer = self.listener.accept()[0]
        self.held.append(self.peer)

    def client_arrives(self) -> str:
        """a client arrives: it calls connect() to the socket's local name"""
        if not (here := self.sock.getsockname()):
            return "nothing: the socket has no name"
        if self.queued:
            return "nothing: a client waits already"
        client = self.new_socket()
        self.held.append(client)
        client.connect(here)
        self.queued = True
        return "ok"

    def accept(self) -> str:
        """accept(): take the client that waits"""
        outcome = super().accept()
        self.queued = False
        return outcome

    def send(self) -> None:
        """send(): one byte"""
        self.sock.send(b"x")
        if self.peer:
            self.peer.recv(9)

    def peer_sends(self) -> str:
        """the peer sends: one byte"""
        if self.unread():
            return "nothing: a byte waits already"
        return self.peer_does(lambda peer: peer.send(b"p"))

    def peer_closes(self) -> str:
        """the peer closes: it calls close()"""
        outcome = self.peer_does(lambda peer: peer.close())
        if self.peer:
            self.held.remove(self.peer)
        self.peer = None
        return outcome

    def peer_does(self, act: Callable[[socket.socket], object]) -> str:
        """Something the server's end of the connection does, if there is one."""
        if not self.peer:
            return "nothing: no peer"
        act(self.peer)
        return "ok"


class UnixDatagram(Datagrams, Unix):
    """A Unix datagram socket, a server, a stranger."""

    kind = socket.SOCK_DGRAM
    core = "bind connect disconnect send sendto"
    full = (
        "bind_auto bind_taken connect_other connect_closed connect_missing recv "
        "peer_sends peer_closes stranger_sends shutdown_write read_error"
    )
    notes = (
        *Unix.notes,
        "The server and the other peer read at once whatever is sent to them.",
    )
    other: str

    def set_up(self) -> None:
        super().set_up()
        self.stranger = self.open(self.other)
        self.serving = self.open(self.server)

    def renew(self) -> None:
        super().renew()
        if not self.serving:
            os.unlink(self.server)  # noqa: PTH108
            self.serving = self.open(self.server)

    def send(self) -> None:
        """send(): a datagram to the peer that connect() named"""
        self.sock.send(b"x")
        self.read_all()

    def sendto(self) -> None:
        """sendto(other): a datagram to another peer"""
        self.sock.sendto(b"x", self.other)
        self.read_all()

    def read_all(self) -> None:
        """Have both peers read what has reached them."""
        for sock in (self.serving, self.stranger):
            if sock:
                try:
                    sock.recv(9)
                except BlockingIOError:
                    continue

    def recv(self) -> str:
        """recvfrom(): read the datagram that waits"""
        data, name = self.sock.recvfrom(9)
        return f"from {self.role(name)}" if data else "end of file"

    def datagram_from(self, sender: socket.socket | None) -> str:
        """Have a peer send a datagram, if it is there."""
        if not sender:
            return "nothing: the server is closed"
        if not (here := self.sock.getsockname()):
            return "nothing: the socket has no name"
        if self.unread():
            return "nothing: a datagram waits already"
        sender.sendto(b"d", here)
        return "arrives" if self.unread() else "is dropped"

    def peer_closes(self) -> str:
        """the server closes: it calls close()"""
        if not self.serving:
            return "nothing: the server is closed"
        self.serving.close()
        self.serving = None
        return "ok"
