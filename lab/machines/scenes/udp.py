"""A UDP socket, a server, a stranger, and a closed port."""

import socket

from lab.machines.scenes.base import Address
from lab.machines.scenes.datagrams import Datagrams
from lab.machines.scenes.internet import Internet


class Udp(Datagrams, Internet):
    """A UDP socket; its peers are addresses with a port."""

    family, host, kind = socket.AF_INET, "127.0.0.1", socket.SOCK_DGRAM
    core = "bind connect disconnect send sendto"
    full = (
        "bind_any bind_taken connect_other connect_closed recv peer_sends "
        "stranger_sends shutdown_write read_error"
    )
    notes = (
        "The server and the other peer never read: what reaches them is lost.",
        "shutdown(SHUT_RD) is left out: a socket that does not block cannot see it.",
    )
    other: tuple[str, int]

    def set_up(self) -> None:
        super().set_up()
        self.serving, self.stranger = self.open(self.server), self.open(self.other)

    def open(self, address: Address) -> socket.socket:
        """A peer that is there."""
        sock = self.new_socket()
        sock.setblocking(False)
        sock.bind(address)
        return sock

    def bind_any(self) -> None:
        """bind(any): take the port that you want, on every address"""
        self.sock.bind(("", self.asked[1]))

    def connect_closed(self) -> None:
        """connect(closed): a port that no socket has"""
        self.sock.connect(self.closed)

    def send(self) -> None:
        """send(): a datagram to the peer that connect() named"""
        self.sock.send(b"x")
        self.settle()

    def sendto(self) -> None:
        """sendto(other): a datagram to another peer"""
        self.sock.sendto(b"x", self.other)

    def recv(self) -> str:
        """recvfrom(): read the datagram that waits"""
        return f"from {self.place(self.sock.recvfrom(9)[1])}"

    def datagram_from(self, sender: socket.socket | None) -> str:
        """Have a peer send a datagram; it has arrived, or never will, at the end."""
        if not (here := self.here()):
            return "nothing: the socket has no port"
        if self.unread():
            return "nothing: a datagram waits already"
        assert sender, "the peers of this scene stay open"
        sender.sendto(b"d", here)
        self.settle()
        return "arrives" if self.unread() else "is dropped"
