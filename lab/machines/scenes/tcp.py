"""A TCP socket over IPv4 or IPv6, a server that accepts at once, clients."""

import select
import socket
import struct
from collections.abc import Callable
from dataclasses import replace

from lab.machines.scenes.base import Address, Facts
from lab.machines.scenes.internet import CLIENT, SERVED, Internet

ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends a reset
# As TCP_INFO numbers them from 1, <netinet/tcp.h>.
STATES = (
    "ESTABLISHED",
    "SYN_SENT",
    "SYN_RECV",
    "FIN_WAIT1",
    "FIN_WAIT2",
    "TIME_WAIT",
    "CLOSE",
    "CLOSE_WAIT",
    "LAST_ACK",
    "LISTEN",
)


class Tcp(Internet):
    """A TCP socket, a server that accepts at once, a closed port, clients."""

    kind = socket.SOCK_STREAM
    core = "bind listen connect connect_refused disconnect"
    full = (
        "bind_taken bind_shared bind_served reuse_address accept client_arrives "
        "owner_listens connect_nowait connect_refused_nowait send recv peer_sends "
        "peer_closes peer_resets shutdown_write read_error"
    )
    notes = (
        "connect() waits for the end of the handshake; connect() without waiting "
        "returns at once, and the handshake has ended before the next input.",
        "The server accepts at once and reads at once whatever is sent to it.",
        "`taken`, `shared` and `served` are ports of other sockets on the same "
        "address: the owner of `taken` has no option, those of `shared` and `served` "
        "have SO_REUSEADDR, and the one of `served` listens.",
        "The owner of `shared` listens only while the socket is there too, and stays.",
    )

    def set_up(self) -> None:
        super().set_up()
        self.serving = self.owner_of(self.at(SERVED))
        self.serving.listen()
        self.shared = self.another("shared")
        self.owner = self.owner_of(self.shared)
        self.owner_listens_now = False
        self.listener = self.new_socket()
        self.listener.bind(self.server)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.ends: set[tuple[str, str]] = set()  # (port by name, who ended in order)
        self.clients = 0

    def dismiss(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        sock.close()

    def owner_of(self, address: Address) -> socket.socket:
        """Another socket, with SO_REUSEADDR, that has a name."""
        owner = self.new_socket()
        owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        owner.bind(address)
        return owner

    def renew(self) -> None:
        self.settle()
        if self.used_up("asked"):
            self.asked = self.another("asked")
        if over := self.used_up("shared"):
            self.shared = self.another("shared")
        if over or self.owner_listens_now:
            self.owner.close()
            self.owner = self.owner_of(self.shared)
        self.owner_listens_now = False
        self.ends.clear()
        self.clients = 0

    def facts(self) -> Facts:
        reuse = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        state = self.tcp_state(self.sock)
        return replace(super().facts(), tcp=state, reuse=bool(reuse))

    def tcp_state(self, sock: socket.socket) -> str:
        """What TCP_INFO says of a socket."""
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return STATES[info[0] - 1]

    def bind_shared(self) -> None:
        """bind(shared): ask for a name whose owner has set SO_REUSEADDR"""
        self.sock.bind(self.shared)

    def bind_served(self) -> None:
        """bind(served): ask for a name whose owner has set it, and listens"""
        self.sock.bind(self.at(SERVED))

    def reuse_address(self) -> None:
        """setsockopt(SO_REUSEADDR): allow a name that its owner shares"""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def owner_listens(self) -> str:
        """the owner of shared listens: it calls listen()"""
        if self.sock.getsockname()[1] != self.shared[1]:
            return "nothing: the socket is not there"
        if self.owner_listens_now:
            return "nothing: it listens already"
        self.owner.listen()
        self.owner_listens_now = True
        return "ok"

    def met(self) -> None:
        """The server accepts the connection that has just been made, if it was."""
        self.settle()
        try:
            self.peer = self.listener.accept()[0]
        except BlockingIOError:
            return
        self.peer.setblocking(False)
        self.held.append(self.peer)

    def connect(self) -> None:
        """connect(server): wait for a server that accepts"""
        self.wait_for(self.server)
        self.met()

    def connect_refused(self) -> None:
        """connect(closed): wait for a port where nobody listens"""
        self.wait_for(self.closed)

    def wait_for(self, address: Address) -> None:
        """connect() that returns when the handshake has ended."""
        self.sock.setblocking(True)
        try:
            self.sock.connect(address)
        finally:
            self.sock.setblocking(False)

    def connect_nowait(self) -> None:
        """connect(server), not waiting: begin the handshake"""
        try:
            self.sock.connect(self.server)
        finally:
            self.met()

    def connect_refused_nowait(self) -> None:
        """connect(closed), not waiting: begin a handshake that is refused"""
        try:
            self.sock.connect(self.closed)
        finally:
            self.settle()

    def disconnect(self) -> None:
        """connect(AF_UNSPEC): undo connect()"""
        super().disconnect()
        self.settle()

    def client_arrives(self) -> str:
        """a client arrives: it calls connect() to the socket's local name"""
        if not (here := self.here()):
            return "nothing: the socket has no port"
        listening = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listening and select.select([self.sock], [], [], 0)[0]:
            return "nothing: a client waits already"
        client = self.new_socket()
        self.held.append(client)
        client.bind(self.at(CLIENT + self.clients))
        self.clients += 1
        client.connect(here)
        self.settle()
        return "ok" if listening else "the owner gets it"

    def send(self) -> None:
        """send(): one byte"""
        self.sock.send(b"x")
        self.settle()
        if self.peer:
            try:
                self.peer.recv(9)
            except OSError:
                self.peer = None

    def peer_sends(self) -> str:
        """the peer sends: one byte"""
        if self.unread():
            return "nothing: a byte waits already"
        return self.peer_does(lambda peer: peer.send(b"p"))

    def peer_closes(self) -> str:
        """the peer closes: it calls close()"""
        outcome = self.peer_does(lambda peer: peer.shutdown(socket.SHUT_WR))
        if self.peer:
            self.note_end("theirs")
            self.held.remove(self.peer)
            self.peer.close()
            self.peer = None
        return outcome

    def peer_resets(self) -> str:
        """the peer resets: it calls close() with SO_LINGER 0"""
        outcome = self.peer_does(self.dismiss)
        if self.peer:
            self.held.remove(self.peer)
        self.peer = None
        return outcome

    def peer_does(self, act: Callable[[socket.socket], object]) -> str:
        """Something the server's end of the connection does, if it still has one."""
        if not self.peer or self.tcp_state(self.peer) == "CLOSE":
            self.peer = None
            return "nothing: no peer"
        act(self.peer)
        self.settle()
        return "ok"

    def shutdown_write(self) -> None:
        """shutdown(SHUT_WR): I send no more"""
        super().shutdown_write()
        self.note_end("mine")
        self.settle()

    def used_up(self, name: str) -> bool:
        """Whether this word has left a TIME_WAIT on the port: it stays for 60 s."""
        return {(name, "mine"), (name, "theirs")} <= self.ends

    def note_end(self, whose: str) -> None:
        """Two orderly ends leave a TIME_WAIT."""
        if name := self.ours.get(self.sock.getsockname()[1]):
            self.ends.add((name, whose))


class Tcp4(Tcp):
    """TCP over IPv4."""

    family, host = socket.AF_INET, "127.0.0.1"


class Tcp6(Tcp):
    """TCP over IPv6."""

    family, host = socket.AF_INET6, "::1"
