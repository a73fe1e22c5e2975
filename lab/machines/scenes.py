"""One socket and everyone it can meet: the systems that the lab learns.

A world has an input for each thing that can happen: a call on the socket, or an act of
a peer, a client, a stranger. Each input is one method; its docstring is the call and,
after a colon, its meaning. `step()` does one input and returns what came of it: the
outcome ("ok", an errno, or words), the local name and the peer name.

Names are given by role, not by value: `127.0.0.1:asked` has the port that bind() asked
for, `127.0.0.1:chosen` one that the kernel chose, and a peer is `server`, `other` or
`closed`. Every queue holds one thing: a datagram, a byte or a client more is not sent,
and the outcome begins with "nothing:".

What makes the outcomes the same each time, without a sleep:

* The process stays on one processor. There the kernel delivers loopback packets in
  the order in which they were sent (netif_rx puts them in one queue), so when a marker
  has gone around, all that was sent before it has arrived: see `settle()`.
* The socket does not block, except in `connect()`: it ends when the handshake does.
* Ports of the world stand outside the range that the kernel chooses from, so none of
  them is ever chosen, and no client comes from the port it goes to.
* At the end of a word every connection is reset, so that no TIME_WAIT stays behind;
  where one must stay, after an orderly end, the next word asks for another port.

Run it only in a process of its own that has entered `lab.isolation.namespace`.
"""

import ctypes
import fcntl
import os
import select
import socket
import struct
import termios
from errno import errorcode
from itertools import chain, repeat

LIBC = ctypes.CDLL(None, use_errno=True)
NO_FAMILY = ctypes.create_string_buffer(28)  # AF_UNSPEC is 0, <sys/socket.h>
ABORT = struct.pack("ii", 1, 0)  # SO_LINGER: close() sends a reset
HOPS = 4  # packets that one input may cause one after the other: a handshake has three
SERVER, OTHER, CLOSED, TAKEN, SERVED, MARKER, CLIENT = range(1024, 1031)  # ports
ASKED = range(2000, 32000)  # below 32768, where the kernel begins to choose
TCP_STATES = dict(enumerate("ESTABLISHED SYN_SENT SYN_RECV FIN_WAIT1 FIN_WAIT2 TIME_WAIT CLOSE CLOSE_WAIT LAST_ACK LISTEN".split(), 1))  # fmt: skip # noqa: E501


class World:
    """What all worlds share: reset, one step, and the calls that all sockets know."""

    core = ""  # the inputs of the machine that is small enough to draw
    full = ""  # the inputs that only the full machine has
    notes = ()  # what this world does its own way, in sentences

    def __init__(self) -> None:
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
        self.held: list[socket.socket] = []  # the world's sockets, until the word ends
        self.sock: socket.socket | None = None
        self.set_up()

    def set_up(self) -> None:
        """Make what stays from word to word."""

    def reset(self) -> None:
        """End a word and begin the next one: a new socket in a fresh world."""
        for sock in (*self.held, self.sock):
            if sock:
                self.dismiss(sock)
        self.held.clear()
        self.peer: socket.socket | None = None
        self.renew()
        self.sock = socket.socket(self.family, self.kind)
        self.sock.setblocking(False)

    def dismiss(self, sock: socket.socket) -> None:
        sock.close()

    def renew(self) -> None:
        """Put the world's own sockets back as they were."""

    def step(self, name: str) -> tuple[str, str, str]:
        """Do one input. Returns (outcome, local name, peer name)."""
        try:
            outcome = getattr(self, name)() or "ok"
        except OSError as error:
            outcome = errorcode[error.errno]
        return outcome, self.local(), self.remote()

    def local(self) -> str:
        """The local name by role, `—` if there is none."""
        return self.role(self.sock.getsockname())

    def remote(self) -> str:
        """The peer name by role, `—` if there is none."""
        try:
            return self.place(self.sock.getpeername())
        except OSError as error:
            name = errorcode[error.errno]
            return "—" if name == "ENOTCONN" else name

    def unread(self) -> int:
        """How many bytes wait to be read, ioctl(FIONREAD)."""
        try:
            answer = fcntl.ioctl(self.sock.fileno(), termios.FIONREAD, bytes(4))
        except OSError:
            return 0  # a listening socket has no such number
        return struct.unpack("i", answer)[0]

    def facts(self) -> dict:
        """What the kernel says about the socket. It names states and ends the word."""
        listening = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        pending = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return {
            "listening": bool(listening),
            "waiting": bool(self.unread()),
            "pending": errorcode.get(pending),
        }

    # Calls on the socket.

    def bind(self):
        """bind(asked): take the local name that you want"""
        self.sock.bind(self.asked)

    def bind_taken(self):
        """bind(taken): ask for a name that another socket has"""
        self.sock.bind(self.taken)

    def connect(self):
        """connect(server): a peer that is there"""
        self.sock.connect(self.server)

    def disconnect(self):
        """connect(AF_UNSPEC): undo connect()"""
        if LIBC.connect(self.sock.fileno(), NO_FAMILY, len(NO_FAMILY)) != 0:
            raise OSError(ctypes.get_errno(), "connect")

    def listen(self):
        """listen(): let clients come"""
        self.sock.listen()

    def accept(self):
        """accept(): take the client that waits"""
        self.held.append(self.sock.accept()[0])
        return "a client"

    def recv(self):
        """recv(): read what waits"""
        return "a byte" if self.sock.recv(9) else "end of file"

    def shutdown_write(self):
        """shutdown(SHUT_WR): I send no more"""
        self.sock.shutdown(socket.SHUT_WR)

    def shutdown_read(self):
        """shutdown(SHUT_RD): I read no more"""
        self.sock.shutdown(socket.SHUT_RD)

    def read_error(self):
        """getsockopt(SO_ERROR): ask for the pending error"""
        number = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return f"pending {errorcode[number]}" if number else "no error"


class Internet(World):
    """Ports, and packets that must have arrived before the next input."""

    def set_up(self) -> None:
        self.ports = chain.from_iterable(repeat(ASKED))
        self.ours: dict[int, str] = {}  # ports that the socket may ask for
        self.asked = self.another("asked")
        self.server, self.other = self.at(SERVER), self.at(OTHER)
        self.closed, self.taken = self.at(CLOSED), self.at(TAKEN)
        self.marker = socket.socket(self.family, socket.SOCK_DGRAM)
        self.marker.bind(self.at(MARKER))
        self.marker.connect(self.at(MARKER))
        self.in_the_way = socket.socket(self.family, self.kind)
        self.in_the_way.bind(self.taken)
        self.roles = {SERVER: "server", OTHER: "other", CLOSED: "closed"}

    def at(self, port: int) -> tuple[str, int]:
        return (self.host, port)

    def another(self, name: str) -> tuple[str, int]:
        """An address whose port was not used for a while, by that name."""
        port = next(self.ports)
        self.ours = {p: n for p, n in self.ours.items() if n != name} | {port: name}
        return self.at(port)

    def role(self, name: tuple) -> str:
        host, port = name[:2]
        if host in ("0.0.0.0", "::"):
            host = "*"
        if port == 0:
            return "—" if host == "*" else f"{self.bracketed(host)}:0"
        return f"{self.bracketed(host)}:{self.ours.get(port, 'chosen')}"

    def place(self, name: tuple) -> str:
        return self.roles.get(name[1]) or f"port {name[1]}"

    def bracketed(self, host: str) -> str:
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
        self.listener = socket.socket(self.family, self.kind)
        self.listener.bind(self.server)
        self.listener.listen(64)
        self.listener.setblocking(False)
        self.ends = set()

    def dismiss(self, sock: socket.socket) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, ABORT)
        sock.close()

    def owner_of(self, address: tuple) -> socket.socket:
        """Another socket, with SO_REUSEADDR, that has a name."""
        owner = socket.socket(self.family, self.kind)
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
        self.ends: set[tuple[str, str]] = set()
        self.clients = 0

    def facts(self) -> dict:
        reuse = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR)
        told = {"tcp": self.tcp_state(self.sock), "reuse": bool(reuse)}
        return super().facts() | told

    def tcp_state(self, sock: socket.socket) -> str:
        info = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1)
        return TCP_STATES[info[0]]

    def bind_shared(self):
        """bind(shared): ask for a name whose owner has set SO_REUSEADDR"""
        self.sock.bind(self.shared)

    def bind_served(self):
        """bind(served): ask for a name whose owner has set it, and listens"""
        self.sock.bind(self.at(SERVED))

    def reuse_address(self):
        """setsockopt(SO_REUSEADDR): allow a name that its owner shares"""
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)

    def owner_listens(self):
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

    def connect(self):
        """connect(server): wait for a server that accepts"""
        self.wait_for(self.server)
        self.met()

    def connect_refused(self):
        """connect(closed): wait for a port where nobody listens"""
        self.wait_for(self.closed)

    def wait_for(self, address: tuple) -> None:
        self.sock.setblocking(True)
        try:
            self.sock.connect(address)
        finally:
            self.sock.setblocking(False)

    def connect_nowait(self):
        """connect(server), not waiting: begin the handshake"""
        try:
            self.sock.connect(self.server)
        finally:
            self.met()

    def connect_refused_nowait(self):
        """connect(closed), not waiting: begin a handshake that is refused"""
        try:
            self.sock.connect(self.closed)
        finally:
            self.settle()

    def disconnect(self):
        """connect(AF_UNSPEC): undo connect()"""
        super().disconnect()
        self.settle()

    def client_arrives(self):
        """a client arrives: it calls connect() to the socket's local name"""
        if not (here := self.here()):
            return "nothing: the socket has no port"
        listening = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        if listening and select.select([self.sock], [], [], 0)[0]:
            return "nothing: a client waits already"
        client = socket.socket(self.family, self.kind)
        self.held.append(client)
        client.bind(self.at(CLIENT + self.clients))
        self.clients += 1
        client.connect(here)
        self.settle()
        return "ok" if listening else "the owner gets it"

    def send(self):
        """send(): one byte"""
        self.sock.send(b"x")
        self.settle()
        if self.peer:
            try:
                self.peer.recv(9)
            except OSError:
                self.peer = None

    def peer_sends(self):
        """the peer sends: one byte"""
        if self.unread():
            return "nothing: a byte waits already"
        return self.peer_does(lambda: self.peer.send(b"p"))

    def peer_closes(self):
        """the peer closes: it calls close()"""
        outcome = self.peer_does(lambda: self.peer.shutdown(socket.SHUT_WR))
        if self.peer:
            self.note_end("theirs")
            self.held.remove(self.peer)
            self.peer.close()
            self.peer = None
        return outcome

    def peer_resets(self):
        """the peer resets: it calls close() with SO_LINGER 0"""
        outcome = self.peer_does(lambda: self.dismiss(self.peer))
        if self.peer:
            self.held.remove(self.peer)
        self.peer = None
        return outcome

    def peer_does(self, act) -> str:
        """Something the server's end of the connection does, if it still has one."""
        if not self.peer or self.tcp_state(self.peer) == "CLOSE":
            self.peer = None
            return "nothing: no peer"
        act()
        self.settle()
        return "ok"

    def shutdown_write(self):
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
    family, host = socket.AF_INET, "127.0.0.1"


class Tcp6(Tcp):
    family, host = socket.AF_INET6, "::1"


class Udp(Internet):
    """A UDP socket, a server, a stranger, and a closed port."""

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

    def set_up(self) -> None:
        super().set_up()
        self.peers = []
        for address in (self.server, self.other):
            self.peers.append(socket.socket(self.family, self.kind))
            self.peers[-1].setblocking(False)
            self.peers[-1].bind(address)

    def bind_any(self):
        """bind(any): take the port that you want, on every address"""
        self.sock.bind(("", self.asked[1]))

    def connect_other(self):
        """connect(other): another peer that is there"""
        self.sock.connect(self.other)

    def connect_closed(self):
        """connect(closed): a port that no socket has"""
        self.sock.connect(self.closed)

    def send(self):
        """send(): a datagram to the peer that connect() named"""
        self.sock.send(b"x")
        self.settle()

    def sendto(self):
        """sendto(other): a datagram to another peer"""
        self.sock.sendto(b"x", self.other)

    def recv(self):
        """recvfrom(): read the datagram that waits"""
        return f"from {self.place(self.sock.recvfrom(9)[1])}"

    def peer_sends(self):
        """the server sends: a datagram to the socket's local name"""
        return self.datagram_from(self.peers[0])

    def stranger_sends(self):
        """the other sends: a datagram to the socket's local name"""
        return self.datagram_from(self.peers[1])

    def datagram_from(self, sender: socket.socket) -> str:
        if not (here := self.here()):
            return "nothing: the socket has no port"
        if self.unread():
            return "nothing: a datagram waits already"
        sender.sendto(b"d", here)
        self.settle()
        return "arrives" if self.unread() else "is dropped"


class Unix(World):
    """Names are files in the current folder; what is sent has arrived at once."""

    family = socket.AF_UNIX
    asked, taken, server, other, closed = (
        f"{role}.sock" for role in ("asked", "taken", "server", "other", "closed")
    )
    notes = (
        "Names are files in one folder; a file left behind by a closed socket is "
        "`closed`, a name without a file is `missing`.",
        "bind() asks for the same name each time, so a second one finds its own file "
        "in the way: EADDRINUSE. For another name it is EINVAL.",
    )

    def set_up(self) -> None:
        for address in (self.taken, self.closed):
            with socket.socket(self.family, self.kind) as sock:
                sock.bind(address)  # the file stays when the socket is closed

    def renew(self) -> None:
        if os.path.exists(self.asked):  # noqa: PTH110 - twice as fast, 100,000 times
            os.unlink(self.asked)  # noqa: PTH108

    def role(self, name: str | bytes) -> str:
        if isinstance(name, bytes):
            return "@chosen"
        return name.removesuffix(".sock") or "—"

    place = role

    def bind_auto(self):
        """bind(no name): let the kernel choose an abstract name"""
        self.sock.bind("")

    def connect_closed(self):
        """connect(closed): a file whose socket is closed"""
        self.sock.connect(self.closed)

    def connect_missing(self):
        """connect(missing): a name without a file"""
        self.sock.connect("missing.sock")

    def peer_does(self, act) -> str:
        if not self.peer:
            return "nothing: no peer"
        act()
        return "ok"


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
        self.listener = socket.socket(self.family, self.kind)
        self.listener.bind(self.server)
        self.listener.listen(64)
        self.listener.setblocking(False)

    def renew(self) -> None:
        super().renew()
        self.queued = False  # poll() cannot tell, after shutdown()

    def connect(self):
        """connect(server): a server that accepts"""
        super().connect()
        self.peer = self.listener.accept()[0]
        self.held.append(self.peer)

    def client_arrives(self):
        """a client arrives: it calls connect() to the socket's local name"""
        if not (here := self.sock.getsockname()):
            return "nothing: the socket has no name"
        if self.queued:
            return "nothing: a client waits already"
        client = socket.socket(self.family, self.kind)
        self.held.append(client)
        client.connect(here)
        self.queued = True
        return "ok"

    def accept(self):
        """accept(): take the client that waits"""
        outcome = super().accept()
        self.queued = False
        return outcome

    def send(self):
        """send(): one byte"""
        self.sock.send(b"x")
        if self.peer:
            self.peer.recv(9)

    def peer_sends(self):
        """the peer sends: one byte"""
        if self.unread():
            return "nothing: a byte waits already"
        return self.peer_does(lambda: self.peer.send(b"p"))

    def peer_closes(self):
        """the peer closes: it calls close()"""
        outcome = self.peer_does(lambda: self.peer.close())
        if self.peer:
            self.held.remove(self.peer)
        self.peer = None
        return outcome


class UnixDatagram(Unix):
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

    def set_up(self) -> None:
        super().set_up()
        self.others = self.open(self.other)
        self.serving = self.open(self.server)

    def open(self, address: str) -> socket.socket:
        sock = socket.socket(self.family, self.kind)
        sock.setblocking(False)
        sock.bind(address)
        return sock

    def renew(self) -> None:
        super().renew()
        if not self.serving:
            os.unlink(self.server)  # noqa: PTH108
            self.serving = self.open(self.server)

    connect_other = Udp.connect_other
    peer_sends = Udp.peer_sends
    stranger_sends = Udp.stranger_sends

    @property
    def peers(self) -> tuple:
        return self.serving, self.others

    def send(self):
        """send(): a datagram to the peer that connect() named"""
        self.sock.send(b"x")
        self.read_all()

    def sendto(self):
        """sendto(other): a datagram to another peer"""
        self.sock.sendto(b"x", self.other)
        self.read_all()

    def read_all(self) -> None:
        for sock in filter(None, self.peers):
            try:
                sock.recv(9)
            except BlockingIOError:
                continue

    def recv(self):
        """recvfrom(): read the datagram that waits"""
        data, name = self.sock.recvfrom(9)
        return f"from {self.role(name)}" if data else "end of file"

    def datagram_from(self, sender: socket.socket | None) -> str:
        if not sender:
            return "nothing: the server is closed"
        if not (here := self.sock.getsockname()):
            return "nothing: the socket has no name"
        if self.unread():
            return "nothing: a datagram waits already"
        sender.sendto(b"d", here)
        return "arrives" if self.unread() else "is dropped"

    def peer_closes(self):
        """the server closes: it calls close()"""
        if not self.serving:
            return "nothing: the server is closed"
        self.serving.close()
        self.serving = None
        return "ok"


WORLDS = {
    "tcp": Tcp4,
    "tcp6": Tcp6,
    "udp": Udp,
    "unix-stream": UnixStream,
    "unix-datagram": UnixDatagram,
}
