"""What UDP and Unix datagram sockets share: two peers, who both may send."""

import socket

from lab.machines.scenes.base import Address, Scene


class Datagrams(Scene):
    """A socket that a server and a stranger send datagrams to."""

    other: Address
    serving: socket.socket | None  # the server, None while it is closed
    stranger: socket.socket

    def datagram_from(self, sender: socket.socket | None) -> str:
        """Have a peer send a datagram to the socket; what became of it, in words."""
        raise NotImplementedError

    def connect_other(self) -> None:
        """connect(other): another peer that is there"""
        self.sock.connect(self.other)

    def peer_sends(self) -> str:
        """the server sends: a datagram to the socket's local name"""
        return self.datagram_from(self.serving)

    def stranger_sends(self) -> str:
        """the other sends: a datagram to the socket's local name"""
        return self.datagram_from(self.stranger)
