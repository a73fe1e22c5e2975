"""Ports, and packets that must have arrived before the next input."""

import socket
from itertools import chain, repeat
from typing import Any, ClassVar

from lab.machines.scenes.base import Scene

HOPS = 4  # packets that one input may cause one after the other: a handshake has three
SERVER, OTHER, CLOSED, TAKEN, SERVED, MARKER, CLIENT = range(1024, 1031)  # ports
ASKED = range(2000, 32000)  # below 32768, where the kernel begins to choose


class Internet(Scene):
    """A socket whose names are an address and a port."""

    host: ClassVar[str]
    asked: tuple[str, int]
    other: tuple[str, int]
    closed: tuple[str, int]

    def set_up(self) -> None:
        self.ports = chain.from_iterable(repeat(ASKED))
        self.ours: dict[int, str] = {}  # ports that the socket may ask for
        self.asked = self.another("asked")
        self.server, self.other = self.at(SERVER), self.at(OTHER)
        self.closed, self.taken = self.at(CLOSED), self.at(TAKEN)
        self.marker = socket.socket(self.family, socket.SOCK_DGRAM)
        self.marker.bind(self.at(MARKER))
        self.marker.connect(self.at(MARKER))
        self.in_the_way = self.new_socket()
        self.in_the_way.bind(self.taken)
        self.roles = {SERVER: "server", OTHER: "other", CLOSED: "closed"}

    def at(self, port: int) -> tuple[str, int]:
        """The address of a port of the scene."""
        return (self.host, port)

    def another(self, name: str) -> tuple[str, int]:
        """An address whose port was not used for a while, by that name."""
        port = next(self.ports)
        self.ours = {p: n for p, n in self.ours.items() if n != name} | {port: name}
        return self.at(port)

    def role(self, name: Any) -> str:
        """`127.0.0.1:asked` of a local name, `*:chosen`, or `—` if there is none."""
        host, port = name[:2]
        if host in ("0.0.0.0", "::"):
            host = "*"
        if port == 0:
            return "—" if host == "*" else f"{self.bracketed(host)}:0"
        return f"{self.bracketed(host)}:{self.ours.get(port, 'chosen')}"

    def place(self, name: Any) -> str:
        """Who has the port of a peer's name."""
        return self.roles.get(name[1]) or f"port {name[1]}"

    def bracketed(self, host: str) -> str:
        """An address as it stands before a port."""
        return f"[{host}]" if ":" in host else host

    def settle(self) -> None:
        """Return when every packet under way, and its answers, have arrived.

        A marker sent now stands in the kernel's queue behind all of them; it comes
        back after them. An answer queues behind the marker, so it takes one round for
        each packet that answers a packet.
        """
        for _ in range(HOPS):
            self.marker.send(b"m")
            self.marker.recv(1)

    def here(self) -> tuple[str, int] | None:
        """Where others reach the socket: its local name, or None."""
        name = self.sock.getsockname()
        return (self.host, name[1]) if name[1] else None
