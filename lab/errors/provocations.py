"""The table of errors: one function for each way to get one from a socket call.

The last statement of a function is the call that fails; the lines before it make the
world in which it does. Its docstring is the cause; its decorator names the cure, where
to read on, and for which errno and which kinds of sockets it is. `lab.errors.provoke` runs each
of them, for each of its kinds, in a network and a folder of its own.
"""

import ast
import inspect
import os
import resource
import select
import socket
import struct
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from textwrap import dedent

from lab.isolation import namespace, networks

CALLS = "bind listen accept connect getsockname getpeername shutdown send sendto recv"
CALLS = tuple(CALLS.split())  # in the order of the tables
IPV4, IPV6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
STREAM, DGRAM = socket.SOCK_STREAM, socket.SOCK_DGRAM
KINDS = {
    "TCP/IPv4": (IPV4, STREAM),
    "TCP/IPv6": (IPV6, STREAM),
    "UDP/IPv4": (IPV4, DGRAM),
    "UDP/IPv6": (IPV6, DGRAM),
    "Unix stream": (UNIX, STREAM),
    "Unix datagram": (UNIX, DGRAM),
}
TCP4, TCP6, UDP4, UDP6, PATH, MAIL = ([kind] for kind in KINDS)
TCP, UDP, UNIXES = TCP4 + TCP6, UDP4 + UDP6, PATH + MAIL
IP, DATAGRAM, LISTENERS = TCP + UDP, UDP + MAIL, TCP + PATH
ALL = IP + UNIXES


@dataclass
class Kit:
    """What a provocation is given: sockets of one kind, and addresses for them."""

    kind: str
    held: list[socket.socket] = field(default_factory=list)  # open to the end
    names: int = 0

    def __post_init__(self) -> None:
        self.family, self.type = KINDS[self.kind]
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

    def free(self, host: str | None = None):
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

    def closed(self):
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
        """Wait until there is something to read, or an error; for 0 only the error."""
        poll = select.poll()
        poll.register(sock, events)
        assert poll.poll(5000), "nothing has arrived"

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


@dataclass(frozen=True)
class Provocation:
    """One way to an error, or to several, each on its kinds of sockets."""

    function: Callable[[Kit], None]
    cure: str
    see: tuple[str, ...]
    expected: dict[str, list[str]]  # errno, or exception class, to kinds

    @property
    def id(self) -> str:
        return self.function.__name__

    @property
    def cause(self) -> str:
        return " ".join((self.function.__doc__ or "").split())

    @property
    def last(self) -> ast.stmt:
        """The last statement, whose lines are counted from the function's first."""
        return ast.parse(dedent(inspect.getsource(self.function))).body[0].body[-1]

    @property
    def call(self) -> str:
        """The name of the call that fails, read from the last statement."""
        called = self.last.value.func
        return called.attr if isinstance(called, ast.Attribute) else called.id


PROVOCATIONS: dict[str, Provocation] = {}


def provokes(cure: str, see: str = "", **expected: list[str]):
    """Enter a function in the table, with its cure and where to read on.

    The other arguments name what it gives: `EADDRINUSE=TCP`. What comes from Python
    and not from the kernel has no errno and is named by its class.
    """

    def enter(function):
        made = Provocation(function, cure, tuple(see.split()), expected)
        assert made.id not in PROVOCATIONS and made.cause, made.id
        PROVOCATIONS[made.id] = made
        return function

    return enter


# ---- bind() ---------------------------------------------------------------------


@provokes(
    "Find out who has it (`ss -ltnp`), stop that program or take another port.",
    "bind(2) SO_REUSEADDR SO_REUSEPORT",
    EADDRINUSE=IP,
)
def port_taken(kit):
    """Another socket has this address and port."""
    owner = kit.bound()
    kit.new().bind(owner.getsockname())


@provokes(
    "A port on one address blocks the wildcard, and the other way round: "
    "stop the other program.",
    "SO_REUSEADDR ip(7)",
    EADDRINUSE=IP,
)
def wildcard_taken(kit):
    """Another socket has this port on the wildcard."""
    owner = kit.new()
    owner.bind((kit.wildcard, 0))
    kit.new().bind((kit.host, owner.getsockname()[1]))


@provokes(
    "Set `IPV6_V6ONLY` on the IPv6 socket before its `bind()`, "
    "or use the one socket for both.",
    "IPV6_V6ONLY net.ipv6.bindv6only ipv6(7)",
    EADDRINUSE=TCP4 + UDP4,
)
def dual_stack_taken(kit):
    """An IPv6 socket on `::` has this port for IPv4 too."""
    owner = socket.socket(IPV6, kit.type)
    kit.held.append(owner)
    owner.bind(("::", 0))
    kit.new().bind((kit.wildcard, owner.getsockname()[1]))


@provokes(
    "Stop the program that listens; `SO_REUSEADDR` does not help against a listening "
    "socket, `SO_REUSEPORT` on both does.",
    "SO_REUSEADDR SO_REUSEPORT",
    EADDRINUSE=TCP,
)
def listener_taken(kit):
    """Another socket listens there, and both have `SO_REUSEADDR`."""
    owner = kit.listening(socket.SO_REUSEADDR)
    kit.new(socket.SO_REUSEADDR).bind(owner.getsockname())


@provokes(
    "Set `SO_REUSEADDR` before `bind()`, in every run of the server.",
    "SO_REUSEADDR tcp(7)",
    EADDRINUSE=TCP,
)
def restart_in_time_wait(kit):
    """The server was restarted within a minute after it closed a connection."""
    client, server = kit.pair()
    address = server.getsockname()
    server.close()
    client.recv(1)
    client.close()
    for listener in kit.held:
        listener.close()
    kit.new().bind(address)


@provokes(
    "Set `SO_REUSEADDR` before `bind()`, in every run of the server.",
    "SO_REUSEADDR",
    EADDRINUSE=TCP,
)
def connection_survives(kit):
    """The listening socket is closed, but a connection it accepted is still open."""
    _, server = kit.pair()
    kit.held[0].close()
    kit.new().bind(server.getsockname())


@provokes(
    "Widen the range, or do not `bind()` to port 0 before `connect()`; "
    "`IP_BIND_ADDRESS_NO_PORT` if you must name the address.",
    "net.ipv4.ip_local_port_range IP_BIND_ADDRESS_NO_PORT",
    EADDRINUSE=IP,
)
def bind_no_port_left(kit):
    """Port 0 was asked for, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().bind(kit.free())


@provokes(
    "Remove the file first if no server runs: `os.unlink(path)`.",
    "unix(7)",
    EADDRINUSE=UNIXES,
)
def path_exists(kit):
    """The path exists: the file of a closed socket, or any other file."""
    kit.new().bind(kit.closed())


@provokes(
    "Stop the program that has the name, or take another one.",
    "unix(7)",
    EADDRINUSE=UNIXES,
)
def abstract_name_taken(kit):
    """Another socket has this abstract name."""
    owner = kit.new()
    owner.bind("\0name")
    kit.new().bind("\0name")


@provokes(
    "Take an address of this machine (`ip address`), or the wildcard; "
    "behind NAT, not the public address.",
    "net.ipv4.ip_nonlocal_bind IP_FREEBIND",
    EADDRNOTAVAIL=IP,
)
def address_not_local(kit):
    """No interface of this machine has the address."""
    kit.new().bind((kit.far[0], 0))


@provokes(
    "Wait until the address is checked (`ip address` no longer says tentative), "
    "use the wildcard, or `IPV6_FREEBIND`.",
    "IPV6_FREEBIND net.ipv6.conf.*.accept_dad net.ipv6.conf.*.optimistic_dad",
    EADDRNOTAVAIL=TCP6 + UDP6,
)
def address_tentative(kit):
    """The IPv6 address is new, and still checked for duplicates."""
    networks.link(kit.family)
    networks.new_address("2001:db8::77")
    kit.new().bind(("2001:db8::77", 0))


@provokes(
    "Switch IPv6 on again, or use IPv4.",
    "net.ipv6.conf.all.disable_ipv6",
    EADDRNOTAVAIL=TCP6 + UDP6,
)
def bind_ipv6_disabled(kit):
    """IPv6 is switched off, so even `::1` is no local address."""
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    kit.new().bind((kit.host, 0))


@provokes(
    "Take a port from 1024 up, give the program `CAP_NET_BIND_SERVICE`, "
    "or lower the sysctl.",
    "net.ipv4.ip_unprivileged_port_start capabilities(7)",
    EACCES=IP,
)
def privileged_port(kit):
    """The port is below 1024, and the user has no right to it."""
    networks.give_up_capabilities()
    kit.new().bind((kit.host, 80))


@provokes(
    "Look for what confines the program: Landlock, SELinux, AppArmor, systemd.",
    "landlock(7)",
    EACCES=TCP,
)
def bind_confined(kit):
    """A sandbox forbids the program to bind this TCP port."""
    networks.forbid_ports(bind=True)
    kit.new().bind(kit.free())


@provokes(
    "Give the user the right to write and to search in that folder.",
    "unix(7)",
    EACCES=UNIXES,
)
def folder_not_writable(kit):
    """The user may not make a file in that folder."""
    Path("folder").mkdir(mode=0o500)
    networks.give_up_capabilities()
    kit.new().bind("folder/name")


@provokes(
    "Put the socket on a file system that can be written, for instance `/run`.",
    "unix(7)",
    EROFS=UNIXES,
)
def read_only_folder(kit):
    """The file system is mounted read-only."""
    networks.mount("folder", networks.READ_ONLY)
    kit.new().bind("folder/name")


@provokes("Remove files, or take another file system.", "df(1)", ENOSPC=UNIXES)
def file_system_full(kit):
    """The file system has no room for one more file."""
    networks.mount("folder", options="nr_inodes=1")
    kit.new().bind("folder/name")


@provokes("Make the folder first.", "unix(7)", ENOENT=UNIXES)
def folder_missing(kit):
    """A folder in the path does not exist."""
    kit.new().bind("folder/name")


@provokes("Correct the path.", "unix(7)", ENOTDIR=UNIXES)
def folder_is_a_file(kit):
    """Something in the middle of the path is a file."""
    Path("file").touch()
    kit.new().bind("file/name")


@provokes("Correct the links.", "unix(7) path_resolution(7)", ELOOP=UNIXES)
def links_in_a_circle(kit):
    """Symbolic links in the path lead in a circle."""
    Path("circle").symlink_to("circle")
    kit.new().bind("circle/name")


@provokes("Correct the link.", "unix(7) path_resolution(7)", ENAMETOOLONG=UNIXES)
def link_too_long(kit):
    """A symbolic link in the path leads to a name of more than 255 bytes."""
    Path("link").symlink_to("x" * 256)
    kit.new().bind("link/name")


@provokes(
    "Take a shorter path: 107 bytes at most; a relative path after `os.chdir()`, "
    "or one below `/run`.",
    "unix(7)",
    OSError=UNIXES,
)
def path_too_long(kit):
    """The path is longer than 108 bytes, and Python does not even ask the kernel."""
    kit.new().bind("x" * 109)


@provokes(
    "One socket, one `bind()`: make a new socket for another name.",
    "bind(2)",
    EINVAL=IP + UNIXES,
)
def bind_twice(kit):
    """The socket is bound already."""
    sock = kit.bound()
    sock.bind(kit.free())


@provokes("Call `bind()` before `connect()`.", "bind(2)", EINVAL=IP)
def bind_after_connect(kit):
    """`connect()` has bound the socket already."""
    server, client = kit.bound(), kit.new()
    if kit.type == STREAM:
        server.listen()
    client.connect(server.getsockname())
    client.bind(kit.free())


@provokes("Call `bind()` before `listen()`.", "bind(2)", EINVAL=TCP)
def bind_after_listen(kit):
    """`listen()` has bound the socket already."""
    sock = kit.new()
    sock.listen()
    sock.bind(kit.free())


@provokes("Call `bind()` before the first `sendto()`.", "bind(2)", EINVAL=UDP)
def bind_after_sendto(kit):
    """`sendto()` has bound the socket already."""
    sock = kit.new()
    sock.sendto(b"", kit.closed())
    sock.bind(kit.free())


@provokes(
    "Name the interface: `fe80::1%eth0`, or its index as the fourth field.",
    "ipv6(7)",
    EINVAL=TCP6 + UDP6,
)
def bind_link_local_without_interface(kit):
    """A link-local address means nothing without its interface."""
    kit.new().bind(("fe80::1", 0))


@provokes(
    "Ask for the index: `socket.if_nametoindex(name)`.", "ipv6(7)", ENODEV=TCP6 + UDP6
)
def interface_missing(kit):
    """No interface has this index."""
    kit.new().bind(("fe80::1", 0, 0, 77))


@provokes(
    "Clear `IPV6_V6ONLY`, or use an IPv4 socket.",
    "IPV6_V6ONLY ipv6(7)",
    EINVAL=TCP6 + UDP6,
)
def bind_mapped_address(kit):
    """`IPV6_V6ONLY` is set, and the address is an IPv4 address in IPv6 form."""
    sock = kit.new()
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(("::ffff:127.0.0.1", 0))


@provokes("Bind UDP sockets to groups; TCP has no multicast.", "ipv6(7)", EINVAL=TCP6)
def bind_group(kit):
    """The address is a multicast group, and the socket is TCP."""
    kit.new().bind(("ff02::1", 0, 0, 1))


@provokes(
    "Make the object with the family the descriptor has: "
    "`socket.socket(fileno=…)` finds it out by itself.",
    "bind(2)",
    EAFNOSUPPORT=TCP4 + UDP4,
    EINVAL=TCP6 + UDP6,
)
def bind_other_family(kit):
    """The address is of the other IP version."""
    sock = kit.handed_down(IPV6 if kit.family == IPV4 else IPV4)
    sock.bind(("::1", 0) if kit.family == IPV4 else ("127.0.0.1", 0))


@provokes(
    "Make the object with the family the descriptor has.", "bind(2)", EINVAL=UNIXES
)
def bind_foreign_family(kit):
    """The address is an IPv4 address, and the socket is a Unix socket."""
    sock = kit.handed_down(IPV4)
    sock.bind(("127.0.0.1", 0))


@provokes(
    "IPv4 sockets take IPv4 addresses, IPv6 sockets IPv6 ones.",
    "getaddrinfo(3)",
    EAI_ADDRFAMILY=TCP4 + UDP4,
)
def name_of_other_family(kit):
    """An IPv6 address was given to an IPv4 socket; the resolver refuses it."""
    kit.new().bind(("::1", 0))


@provokes("Ports go from 0 to 65535.", "", OverflowError=IP)
def port_too_big(kit):
    """The port number has more than 16 bits, and Python refuses it."""
    kit.new().bind((kit.host, 65536))


# ---- listen() -------------------------------------------------------------------


@provokes(
    "Stop the other listener, or set `SO_REUSEPORT` on both before `bind()`.",
    "listen(2) SO_REUSEPORT",
    EADDRINUSE=TCP,
)
def second_listener(kit):
    """Two sockets share the port by `SO_REUSEADDR`, and the other one listens."""
    first, second = kit.bound(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    second.bind(first.getsockname())
    first.listen()
    second.listen()


@provokes(
    "Widen the range, or `bind()` to a port first.",
    "listen(2) net.ipv4.ip_local_port_range",
    EADDRINUSE=TCP,
)
def listen_no_port_left(kit):
    """The socket is unbound, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().listen()


@provokes(
    "Listen and connect are two roles: use two sockets.", "listen(2)", EINVAL=LISTENERS
)
def listen_while_connected(kit):
    """The socket is connected."""
    client, _ = kit.pair()
    client.listen()


@provokes("Call `bind()` first.", "unix(7)", EINVAL=PATH)
def listen_unbound(kit):
    """The socket has no name, and for a Unix socket the kernel chooses none."""
    kit.new().listen()


@provokes(
    "Datagram sockets do not listen: `bind()`, then `recvfrom()`.",
    "listen(2)",
    EOPNOTSUPP=DATAGRAM,
)
def listen_on_datagrams(kit):
    """The socket is not of a type that has connections."""
    kit.bound().listen()


# ---- accept() -------------------------------------------------------------------


@provokes("Call `listen()` first.", "accept(2)", EINVAL=LISTENERS)
def accept_without_listen(kit):
    """The socket does not listen."""
    kit.bound().accept()


@provokes(
    "Another thread ended the listening; leave the loop.",
    "shutdown(2)",
    EINVAL=LISTENERS,
)
def accept_after_shutdown(kit):
    """`shutdown()` has ended the listening."""
    listener = kit.listening()
    listener.shutdown(socket.SHUT_RDWR)
    listener.accept()


@provokes(
    "Datagram sockets accept nobody: use `recvfrom()`.",
    "accept(2)",
    EOPNOTSUPP=DATAGRAM,
)
def accept_on_datagrams(kit):
    """The socket is not of a type that has connections."""
    kit.bound().accept()


@provokes(
    "Wait with `select()` or `poll()` until it is readable, then call again.",
    "accept(2) O_NONBLOCK",
    EAGAIN=LISTENERS,
)
def accept_nobody_waits(kit):
    """The socket does not block, and no client waits."""
    listener = kit.listening()
    listener.setblocking(False)
    listener.accept()


@provokes(
    "Catch `TimeoutError`; raise the time given to `settimeout()`.",
    "",
    TimeoutError=LISTENERS,
)
def accept_timed_out(kit):
    """No client came in the time that `settimeout()` gives."""
    listener = kit.listening()
    listener.settimeout(0.01)
    listener.accept()


@provokes(
    "Close what you no longer use, raise `ulimit -n`; the client stays in the queue, "
    "so a loop that only tries again spins.",
    "RLIMIT_NOFILE getrlimit(2)",
    EMFILE=LISTENERS,
)
def accept_no_descriptor_left(kit):
    """The process may open no more files."""
    listener, client = kit.listening(), kit.new()
    client.connect(listener.getsockname())
    resource.setrlimit(
        resource.RLIMIT_NOFILE,
        (client.fileno() + 1, resource.getrlimit(resource.RLIMIT_NOFILE)[1]),
    )
    listener.accept()


# ---- connect() ------------------------------------------------------------------


@provokes(
    "Start the server; compare host and port with `ss -ltn` on its side.",
    "connect(2)",
    ECONNREFUSED=TCP,
)
def nobody_listens(kit):
    """Nobody listens at that address and port: the answer is a reset."""
    kit.new().connect(kit.closed())


@provokes("The server must call `listen()`.", "connect(2)", ECONNREFUSED=LISTENERS)
def bound_but_not_listening(kit):
    """A socket is bound there, but does not listen."""
    server = kit.bound()
    kit.new().connect(server.getsockname())


@provokes(
    "Let the server listen on that address or on the wildcard.",
    "ip(7)",
    ECONNREFUSED=TCP4,
)
def listens_elsewhere(kit):
    """The server listens on another address of its machine."""
    port = kit.listening().getsockname()[1]
    kit.new().connect(("127.0.0.2", port))


@provokes(
    "Start the server; it removes the old file and binds it again.",
    "unix(7)",
    ECONNREFUSED=UNIXES,
)
def socket_file_left_behind(kit):
    """The file is there, but its socket is closed."""
    kit.new().connect(kit.closed())


@provokes("Correct the path.", "unix(7)", ECONNREFUSED=UNIXES)
def file_is_no_socket(kit):
    """The path is that of an ordinary file."""
    Path("file").touch()
    kit.new().connect("file")


@provokes(
    "Start the server; an abstract name ends with its socket and leaves no file.",
    "unix(7)",
    ECONNREFUSED=UNIXES,
)
def abstract_name_unknown(kit):
    """No socket has this abstract name."""
    kit.new().connect("\0name")


@provokes("Start the server, correct the path.", "unix(7)", ENOENT=UNIXES)
def path_missing(kit):
    """No file has this path."""
    kit.new().connect("name")


@provokes("Correct the path.", "unix(7)", ENOTDIR=UNIXES)
def connect_folder_is_a_file(kit):
    """Something in the middle of the path is a file."""
    Path("file").touch()
    kit.new().connect("file/name")


@provokes("Correct the links.", "path_resolution(7)", ELOOP=UNIXES)
def connect_links_in_a_circle(kit):
    """Symbolic links in the path lead in a circle."""
    Path("circle").symlink_to("circle")
    kit.new().connect("circle")


@provokes("Correct the link.", "path_resolution(7)", ENAMETOOLONG=UNIXES)
def connect_link_too_long(kit):
    """A symbolic link leads to a name of more than 255 bytes."""
    Path("link").symlink_to("x" * 256)
    kit.new().connect("link")


@provokes(
    "Give the client's user the right to write to the socket's file.",
    "unix(7)",
    EACCES=UNIXES,
)
def socket_file_not_writable(kit):
    """The user may not write to the socket's file."""
    server = kit.bound()
    Path(server.getsockname()).chmod(0o400)
    networks.give_up_capabilities()
    kit.new().connect(server.getsockname())


@provokes("Use a socket of the type that the server has.", "unix(7)", EPROTOTYPE=UNIXES)
def other_type(kit):
    """The socket at that path is of the other type: stream or datagram."""
    server = socket.socket(UNIX, DGRAM if kit.type == STREAM else STREAM)
    kit.held.append(server)
    server.bind("name")
    kit.new().connect("name")


@provokes(
    "Only its peer may send to a connected datagram socket: bind a second one for "
    "others.",
    "unix(7)",
    EPERM=MAIL,
)
def connect_to_a_connected_socket(kit):
    """The socket there is connected to somebody else."""
    _, server = kit.pair()
    kit.new().connect(server.getsockname())


@provokes(
    "Wait and try again; on Unix sockets there is nothing to wait for with "
    "`poll()`. Raise the backlog.",
    "unix(7) net.core.somaxconn O_NONBLOCK",
    EAGAIN=PATH,
)
def unix_backlog_full(kit):
    """The socket does not block, and the server's queue is full."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.setblocking(False)
    client.connect(listener.getsockname())


@provokes(
    "Let the server call `accept()` sooner; raise the backlog.",
    "unix(7) SO_SNDTIMEO",
    EAGAIN=PATH,
)
def unix_backlog_full_for_too_long(kit):
    """The queue stayed full for the time that `SO_SNDTIMEO` gives."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    kit.time_limit(client, socket.SO_SNDTIMEO)
    client.connect(listener.getsockname())


@provokes(
    "Is the server alive? Does it call `accept()`? Does a firewall drop the SYN?",
    "TCP_USER_TIMEOUT TCP_SYNCNT net.ipv4.tcp_syn_retries",
    ETIMEDOUT=TCP,
)
def backlog_full(kit):
    """The server's queue is full, so it drops the SYN, again and again."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    kit.short_patience(client)
    client.connect(listener.getsockname())


@provokes(
    "Open the port in the firewall of the server, or on the way to it.",
    "TCP_USER_TIMEOUT TCP_SYNCNT net.ipv4.tcp_syn_retries",
    ETIMEDOUT=TCP,
)
def syn_dropped(kit):
    """A firewall on the server's side drops the SYN."""
    listener, client = kit.listening(), kit.new()
    networks.drop("input")
    kit.short_patience(client)
    client.connect(listener.getsockname())


@provokes(
    "Open the firewall of this machine for it.",
    "TCP_USER_TIMEOUT nft(8)",
    ETIMEDOUT=TCP,
)
def own_syn_dropped(kit):
    """The client's own firewall drops the SYN; TCP does not tell, and tries on."""
    listener, client = kit.listening(), kit.new()
    networks.drop("output")
    kit.short_patience(client)
    client.connect(listener.getsockname())


@provokes(
    "Catch `TimeoutError`; raise the time. The connect may go on: close the socket.",
    "",
    TimeoutError=TCP,
)
def connect_timed_out(kit):
    """No answer came in the time that `settimeout()` gives."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.settimeout(0.01)
    client.connect(listener.getsockname())


@provokes(
    "Wait until the socket is writable, then read `SO_ERROR`.",
    "connect(2) SO_ERROR O_NONBLOCK",
    EINPROGRESS=TCP,
)
def connect_without_waiting(kit):
    """The socket does not block, and the handshake has only begun."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.connect(listener.getsockname())


@provokes(
    "Wait until the socket is writable, then read `SO_ERROR`.",
    "connect(2) SO_ERROR",
    EALREADY=TCP,
)
def connect_while_connecting(kit):
    """The handshake that an earlier `connect()` began has not ended."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.setblocking(False)
    client.connect_ex(listener.getsockname())
    client.connect(listener.getsockname())


@provokes("Make a new socket for a new connection.", "connect(2)", EISCONN=LISTENERS)
def connect_twice(kit):
    """The socket is connected already."""
    client, _ = kit.pair()
    client.connect(client.getpeername())


@provokes(
    "Use one socket to listen and another one to connect.",
    "connect(2)",
    EISCONN=TCP,
    EINVAL=PATH,
)
def connect_while_listening(kit):
    """The socket listens."""
    other, listener = kit.listening(), kit.listening()
    listener.connect(other.getsockname())


@provokes(
    "Close the socket after a failure, make a new one for the next try.",
    "connect(2)",
    ECONNABORTED=TCP,
)
def connect_after_a_refusal(kit):
    """An earlier `connect()`, which did not wait, was refused; `SO_ERROR` was read."""
    client = kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    client.connect(kit.closed())


@provokes(
    "Close the socket after a failure, make a new one for the next try.",
    "connect(2)",
    ECONNABORTED=TCP,
)
def connect_after_a_refusal_in_time(kit):
    """An earlier `connect()` was refused, and the socket has a `settimeout()`."""
    listener, client = kit.listening(), kit.new()
    client.settimeout(5)
    client.connect_ex(kit.closed())
    client.connect(listener.getsockname())


@provokes(
    "It is about the `connect()` before: read `SO_ERROR` first.",
    "connect(2) SO_ERROR",
    ECONNREFUSED=TCP,
)
def earlier_connect_refused(kit):
    """An earlier `connect()`, which did not wait, was refused; nobody asked why."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.connect(listener.getsockname())


@provokes(
    "Take it for a timeout. The handshake goes on: close the socket.",
    "SO_SNDTIMEO socket(7)",
    EINPROGRESS=TCP,
)
def connect_takes_too_long(kit):
    """The socket blocks, but no answer came in the time that `SO_SNDTIMEO` gives."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    kit.time_limit(client, socket.SO_SNDTIMEO)
    client.connect(listener.getsockname())


@provokes("Open the port in the firewall of the server.", "nft(8)", ECONNREFUSED=TCP)
def syn_rejected(kit):
    """A firewall on the server's side answers with ICMP: port unreachable."""
    listener = kit.listening()
    networks.reject(networks.PORT_UNREACHABLE)
    kit.new().connect(listener.getsockname())


@provokes(
    "Open the port in the firewall of the server: there is a route to this host.",
    "nft(8)",
    EHOSTUNREACH=TCP4,
    EACCES=TCP6,
)
def syn_prohibited(kit):
    """A firewall on the server's side answers with ICMP: prohibited."""
    listener = kit.listening()
    networks.reject(networks.ADMIN_PROHIBITED)
    kit.new().connect(listener.getsockname())


@provokes(
    "Widen the range, use more server or client addresses, do not bind to port 0.",
    "net.ipv4.ip_local_port_range IP_BIND_ADDRESS_NO_PORT",
    EADDRNOTAVAIL=TCP,
    EAGAIN=UDP,
)
def connect_no_port_left(kit):
    """Every port of the ephemeral range is taken, towards this server."""
    server = kit.bound()
    if kit.type == STREAM:
        server.listen()
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().connect(server.getsockname())


@provokes(
    "Let the kernel choose the port, or `bind()` another one; wait for the end of "
    "`TIME_WAIT` if the old connection has just ended.",
    "SO_REUSEADDR net.ipv4.tcp_tw_reuse",
    EADDRNOTAVAIL=TCP,
)
def connection_exists(kit):
    """There is a connection with these four: both addresses and both ports."""
    server = kit.listening()
    first, second = kit.bound(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    second.bind(first.getsockname())
    first.connect(server.getsockname())
    second.connect(server.getsockname())


@provokes(
    "Switch IPv6 on again, or use IPv4.",
    "net.ipv6.conf.all.disable_ipv6",
    EADDRNOTAVAIL=TCP6 + UDP6,
)
def connect_ipv6_disabled(kit):
    """IPv6 is switched off, so there is no address to come from."""
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    kit.new().connect((kit.host, 9))


@provokes(
    "Give the machine a route: `ip route`; is the cable, the VPN, IPv6 there?",
    "ip-route(8)",
    ENETUNREACH=IP,
)
def no_route(kit):
    """The machine has no route to that address."""
    kit.new().connect(kit.far)


@provokes("Switch the interface on: `ip link set … up`.", "ip-link(8)", ENETUNREACH=IP)
def interface_down(kit):
    """The interface that leads there is down, and its routes are gone with it."""
    networks.link(kit.family)
    networks.unplug()
    kit.new().connect(kit.far)


@provokes("Name the interface: `fe80::1%eth0`.", "ipv6(7)", EINVAL=TCP6 + UDP6)
def connect_link_local_without_interface(kit):
    """A link-local address means nothing without its interface."""
    kit.new().connect(("fe80::1", 9))


@provokes(
    "TCP talks to one peer; use UDP for broadcast and multicast.",
    "ip(7)",
    ENETUNREACH=TCP,
)
def connect_to_many(kit):
    """The address is a broadcast address or a group, and the socket is TCP."""
    many = ("127.255.255.255", 9) if kit.family == IPV4 else ("ff02::1", 9, 0, 1)
    kit.new().connect(many)


@provokes("Set `SO_BROADCAST` on the socket.", "SO_BROADCAST ip(7)", EACCES=UDP4)
def connect_to_broadcast(kit):
    """The address is a broadcast address, and `SO_BROADCAST` is not set."""
    kit.new().connect(("127.255.255.255", 9))


@provokes(
    "Clear `IPV6_V6ONLY`, or use an IPv4 socket.",
    "IPV6_V6ONLY ipv6(7)",
    ENETUNREACH=TCP6 + UDP6,
)
def connect_mapped_address(kit):
    """`IPV6_V6ONLY` is set, and the address is an IPv4 address in IPv6 form."""
    sock = kit.new()
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.connect(("::ffff:127.0.0.1", 9))


@provokes(
    "Bind to an address of the interface that leads there, or not at all.",
    "ip(7)",
    EINVAL=TCP4 + UDP4,
)
def from_loopback_to_outside(kit):
    """The socket is bound to `127.0.0.1`, and the peer is another machine."""
    networks.link(kit.family)
    sock = kit.bound()
    sock.connect(kit.far)


@provokes(
    "Look at the route: `ip route get ADDRESS`; somebody closed it on purpose.",
    "ip-route(8)",
    EHOSTUNREACH=IP,
)
def route_unreachable(kit):
    """The route to that address is of the type unreachable."""
    networks.route("unreachable", kit.family)
    kit.new().connect(kit.far)


@provokes(
    "Is the machine on, on this network, and its address right? `ip neighbour` shows "
    "FAILED.",
    "arp(7) net.ipv4.neigh.*.mcast_solicit",
    EHOSTUNREACH=TCP,
)
def neighbour_silent(kit):
    """The machine should be on this network, but does not answer."""
    networks.link(kit.family)
    kit.new().connect(kit.neighbour)


@provokes(
    "Look at the route: `ip route get ADDRESS`; somebody closed it on purpose.",
    "ip-route(8)",
    EACCES=IP,
)
def route_prohibited(kit):
    """The route to that address is of the type prohibit."""
    networks.route("prohibit", kit.family)
    kit.new().connect(kit.far)


@provokes(
    "Look at the route: `ip route get ADDRESS`; somebody closed it on purpose.",
    "ip-route(8)",
    EINVAL=IP,
)
def route_blackhole(kit):
    """The route to that address is of the type blackhole."""
    networks.route("blackhole", kit.family)
    kit.new().connect(kit.far)


@provokes(
    "Look for what confines the program: Landlock, SELinux, AppArmor, systemd.",
    "landlock(7)",
    EACCES=TCP,
)
def connect_confined(kit):
    """A sandbox forbids the program to connect to this TCP port."""
    server = kit.listening()
    networks.forbid_ports(connect=True)
    kit.new().connect(server.getsockname())


@provokes(
    "Make the object with the family the descriptor has: "
    "`socket.socket(fileno=…)` finds it out by itself.",
    "connect(2)",
    EAFNOSUPPORT=TCP4 + UDP4,
    EINVAL=TCP6,
)
def connect_other_family(kit):
    """The address is of the other IP version."""
    sock = kit.handed_down(IPV6 if kit.family == IPV4 else IPV4)
    sock.connect(("::1", 9) if kit.family == IPV4 else ("127.0.0.1", 9))


@provokes(
    "Make the object with the family the descriptor has.", "connect(2)", EINVAL=UNIXES
)
def connect_foreign_family(kit):
    """The address is an IPv4 address, and the socket is a Unix socket."""
    sock = kit.handed_down(IPV4)
    sock.connect(("127.0.0.1", 9))


# ---- getsockname(), getpeername(), shutdown() -----------------------------------


@provokes(
    "Ask after `connect()`, or ask the socket that `accept()` returned.",
    "getpeername(2)",
    ENOTCONN=ALL,
)
def no_peer(kit):
    """The socket has no peer."""
    kit.bound().getpeername()


@provokes(
    "Ask the socket that `accept()` returned.", "getpeername(2)", ENOTCONN=LISTENERS
)
def listening_socket_has_no_peer(kit):
    """The socket listens; its clients are the peers of other sockets."""
    listener, client = kit.listening(), kit.new()
    client.connect(listener.getsockname())
    listener.getpeername()


@provokes("Keep the name that `accept()` returned.", "getpeername(2)", ENOTCONN=TCP)
def peer_reset_it(kit):
    """The peer has reset the connection."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    client.getpeername()


@provokes(
    "Read `SO_ERROR`: the connection did not come about.",
    "getpeername(2) SO_ERROR",
    ENOTCONN=TCP,
)
def peer_of_a_refused_connect(kit):
    """The `connect()` was refused."""
    client = kit.new()
    client.connect_ex(kit.closed())
    client.getpeername()


@provokes("Connect first.", "shutdown(2)", ENOTCONN=IP)
def shutdown_without_peer(kit):
    """The socket has no peer."""
    kit.bound().shutdown(socket.SHUT_WR)


# ---- send(), sendto() -----------------------------------------------------------


@provokes(
    "Give the address with `sendto()`, or `connect()` first.",
    "send(2)",
    EDESTADDRREQ=UDP,
    ENOTCONN=UNIXES,
    EPIPE=TCP,
)
def send_without_peer(kit):
    """The socket has no peer, and the call names none."""
    kit.new().send(b"x")


@provokes(
    "Connect first; a stream has one peer.", "send(2)", EPIPE=TCP, EOPNOTSUPP=PATH
)
def sendto_does_not_connect(kit):
    """A stream socket is sent to a listening socket without `connect()`."""
    listener = kit.listening()
    kit.new().sendto(b"x", listener.getsockname())


@provokes("Use `send()`: the peer is known.", "send(2)", EISCONN=PATH)
def sendto_while_connected(kit):
    """The stream socket has a peer, and an address was given too."""
    client, server = kit.pair()
    client.sendto(b"x", server.getsockname())


@provokes(
    "Do not send after `shutdown(SHUT_WR)`.",
    "shutdown(2) MSG_NOSIGNAL",
    EPIPE=LISTENERS + UDP + MAIL,
)
def send_after_shutdown(kit):
    """This end has said that it sends no more."""
    client, _ = kit.pair()
    client.shutdown(socket.SHUT_WR)
    client.send(b"x")


@provokes(
    "The peer is gone: connect again. Python ignores the signal SIGPIPE by itself.",
    "send(2) MSG_NOSIGNAL",
    EPIPE=LISTENERS,
)
def peer_closed(kit):
    """The peer has closed its end, and an earlier `send()` was answered by a reset."""
    client, server = kit.pair()
    server.close()
    kit.wait(client)
    if kit.family != UNIX:
        client.send(b"x")
        kit.wait(client, 0)
    client.send(b"x")


@provokes("The peer is gone: connect again.", "send(2)", ECONNRESET=TCP, EPIPE=PATH)
def send_after_a_reset(kit):
    """The peer closed its end without having read everything."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    client.send(b"x")


@provokes(
    "Nobody receives there. It is about an earlier datagram: this one was not sent, "
    "send it again.",
    "udp(7) SO_ERROR IP_RECVERR",
    ECONNREFUSED=UDP,
)
def earlier_datagram_refused(kit):
    """An earlier datagram to the peer was answered by ICMP: port unreachable."""
    sock = kit.new()
    sock.connect(kit.closed())
    sock.send(b"x")
    kit.wait(sock)
    sock.send(b"x")


@provokes("Start the receiver.", "unix(7)", ECONNREFUSED=MAIL)
def receiver_closed(kit):
    """The peer is closed."""
    client, server = kit.pair()
    server.close()
    client.send(b"x")


@provokes("Start the receiver.", "unix(7)", ECONNREFUSED=MAIL)
def sendto_file_left_behind(kit):
    """The file is there, but its socket is closed."""
    kit.new().sendto(b"x", kit.closed())


@provokes("Start the receiver, correct the path.", "unix(7)", ENOENT=MAIL)
def sendto_path_missing(kit):
    """No file has this path."""
    kit.new().sendto(b"x", "name")


@provokes(
    "Give the sender's user the right to write to the socket's file.",
    "unix(7)",
    EACCES=MAIL,
)
def sendto_file_not_writable(kit):
    """The user may not write to the receiver's file."""
    server = kit.bound()
    Path(server.getsockname()).chmod(0o400)
    networks.give_up_capabilities()
    kit.new().sendto(b"x", server.getsockname())


@provokes(
    "Only its peer may send to a connected datagram socket.", "unix(7)", EPERM=MAIL
)
def sendto_a_connected_socket(kit):
    """The receiver is connected to somebody else."""
    _, server = kit.pair()
    kit.new().sendto(b"x", server.getsockname())


@provokes("The receiver is a stream socket: `connect()`.", "unix(7)", EPROTOTYPE=MAIL)
def sendto_a_stream(kit):
    """The socket at that path is a stream socket."""
    server = socket.socket(UNIX, STREAM)
    kit.held.append(server)
    server.bind("name")
    kit.new().sendto(b"x", "name")


@provokes(
    "Wait until the receiver has read; `poll()` tells for a connected socket.",
    "unix(7) net.unix.max_dgram_qlen",
    EAGAIN=MAIL,
)
def receiver_is_full(kit):
    """The socket does not block, and the receiver's queue is full."""
    client, _ = kit.pair()
    kit.fill(client)
    client.setblocking(False)
    client.send(b"x")


@provokes("Wait until the socket is writable.", "send(2) SO_SNDBUF", EAGAIN=LISTENERS)
def send_buffer_full(kit):
    """The socket does not block, and the peer does not read."""
    client, _ = kit.pair()
    kit.fill(client, 65536)
    client.setblocking(False)
    client.send(bytes(65536))


@provokes(
    "Catch `TimeoutError`; raise the time given to `settimeout()`.",
    "",
    TimeoutError=LISTENERS + MAIL,
)
def send_timed_out(kit):
    """The peer did not read in the time that `settimeout()` gives."""
    client, _ = kit.pair()
    kit.fill(client, 65536 if kit.type == STREAM else 1)
    client.settimeout(0.01)
    client.send(bytes(65536) if kit.type == STREAM else b"x")


@provokes(
    "Widen the range, or use one socket for many receivers.",
    "udp(7) net.ipv4.ip_local_port_range",
    EAGAIN=UDP,
)
def sendto_no_port_left(kit):
    """The socket is unbound, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().sendto(b"x", (kit.host, 9))


@provokes("Name a port.", "udp(7)", EINVAL=UDP)
def sendto_port_zero(kit):
    """The port is 0."""
    kit.new().sendto(b"x", (kit.host, 0))


@provokes("Set `SO_BROADCAST` on the socket.", "SO_BROADCAST ip(7)", EACCES=UDP4)
def sendto_broadcast(kit):
    """The address is a broadcast address, and `SO_BROADCAST` is not set."""
    kit.new().sendto(b"x", ("127.255.255.255", 9))


@provokes("Give the machine a route: `ip route`.", "ip-route(8)", ENETUNREACH=UDP)
def sendto_no_route(kit):
    """The machine has no route to that address."""
    kit.new().sendto(b"x", kit.far)


@provokes("Look at the route: `ip route get ADDRESS`.", "ip-route(8)", EHOSTUNREACH=UDP)
def sendto_route_unreachable(kit):
    """The route to that address is of the type unreachable."""
    networks.route("unreachable", kit.family)
    kit.new().sendto(b"x", kit.far)


@provokes("Look at the route: `ip route get ADDRESS`.", "ip-route(8)", EACCES=UDP)
def sendto_route_prohibited(kit):
    """The route to that address is of the type prohibit."""
    networks.route("prohibit", kit.family)
    kit.new().sendto(b"x", kit.far)


@provokes("Look at the route: `ip route get ADDRESS`.", "ip-route(8)", EINVAL=UDP)
def sendto_route_blackhole(kit):
    """The route to that address is of the type blackhole."""
    networks.route("blackhole", kit.family)
    kit.new().sendto(b"x", kit.far)


@provokes(
    "Bind to an address of the interface that leads there, or not at all.",
    "ip(7)",
    EINVAL=UDP4,
)
def sendto_from_loopback_to_outside(kit):
    """The socket is bound to `127.0.0.1`, and the receiver is another machine."""
    networks.link(kit.family)
    kit.bound().sendto(b"x", kit.far)


@provokes("Open the firewall of this machine for it.", "nft(8)", EPERM=UDP)
def datagram_dropped(kit):
    """The firewall of this machine drops what the socket sends."""
    networks.drop("output")
    kit.new().sendto(b"x", (kit.host, 9))


@provokes(
    "Make the object with the family the descriptor has.", "send(2)", EAFNOSUPPORT=UDP4
)
def sendto_other_family(kit):
    """The address is an IPv6 address, and the socket is an IPv4 socket."""
    sock = kit.handed_down(IPV6)
    sock.sendto(b"x", ("::1", 9))


@provokes(
    "Send less: a UDP datagram carries 65,507 bytes over IPv4, 65,527 over IPv6.",
    "udp(7)",
    EMSGSIZE=UDP,
)
def datagram_too_long(kit):
    """The datagram does not fit in an IP packet."""
    kit.new().sendto(bytes(65528), (kit.host, 9))


@provokes(
    "Send less than the path allows, or let IP fragment it.",
    "IP_MTU_DISCOVER IP_MTU ip(7)",
    EMSGSIZE=UDP,
)
def datagram_over_the_mtu(kit):
    """The datagram is longer than the MTU, and must not be fragmented."""
    networks.link(kit.family, mtu=1400)
    sock = kit.new()
    six = kit.family == IPV6  # IPV6_MTU_DISCOVER, IP_MTU_DISCOVER; 2: do not fragment
    sock.setsockopt(*((socket.IPPROTO_IPV6, 23) if six else (socket.SOL_IP, 10)), 2)
    sock.sendto(bytes(1400), kit.far)


@provokes(
    "Send less, or raise `SO_SNDBUF`.",
    "unix(7) SO_SNDBUF net.core.wmem_max",
    EMSGSIZE=MAIL,
)
def datagram_over_the_buffer(kit):
    """The datagram is longer than the send buffer."""
    client, _ = kit.pair()
    client.send(bytes(1 << 24))


@provokes("Out-of-band data is for TCP.", "send(2)", EOPNOTSUPP=UDP4 + MAIL)
def out_of_band_datagram(kit):
    """`MSG_OOB` was given on a datagram socket."""
    client, _ = kit.pair()
    client.send(b"x", socket.MSG_OOB)


@provokes(
    "Switch it on, or use `connect()`.", "net.ipv4.tcp_fastopen tcp(7)", EOPNOTSUPP=TCP
)
def fast_open_off(kit):
    """`MSG_FASTOPEN` was given, and fast open is switched off."""
    namespace.write_sysctl("net.ipv4.tcp_fastopen", "0")
    listener = kit.listening()
    kit.new().sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes("Wait until the socket is writable.", "tcp(7) send(2)", EINPROGRESS=TCP)
def fast_open_without_waiting(kit):
    """`MSG_FASTOPEN` was given on a socket that does not block."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes("Wait until the socket is writable.", "tcp(7) send(2)", EALREADY=TCP)
def fast_open_twice(kit):
    """`MSG_FASTOPEN` was given again before the handshake had ended."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.setblocking(False)
    with suppress(BlockingIOError):
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
    client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes(
    "Connect once: with `connect()` or with the first `sendto()`.",
    "tcp(7)",
    EISCONN=TCP,
)
def fast_open_while_connected(kit):
    """`MSG_FASTOPEN` was given on a connected socket."""
    client, server = kit.pair()
    client.sendto(b"x", socket.MSG_FASTOPEN, server.getsockname())


# ---- recv(), recvfrom() ---------------------------------------------------------


@provokes("Connect first.", "recv(2)", ENOTCONN=TCP, EINVAL=PATH)
def recv_without_peer(kit):
    """The stream socket has no peer."""
    kit.new().recv(1)


@provokes("Read from the socket that `accept()` returned.", "", ENOTCONN=TCP)
def recv_on_the_listening_socket(kit):
    """The socket listens; data comes to the sockets that it accepts."""
    kit.listening().recv(1)


@provokes(
    "Wait with `select()` or `poll()` until it is readable, then call again.",
    "recv(2) O_NONBLOCK",
    EAGAIN=ALL,
)
def nothing_to_read(kit):
    """The socket does not block, and nothing has arrived."""
    client, _ = kit.pair()
    client.setblocking(False)
    client.recv(1)


@provokes(
    "Call again, or take it for lost; Python raises `TimeoutError` for its own "
    "`settimeout()` only.",
    "SO_RCVTIMEO",
    EAGAIN=ALL,
)
def nothing_came_in_time(kit):
    """Nothing arrived in the time that `SO_RCVTIMEO` gives."""
    client, _ = kit.pair()
    kit.time_limit(client, socket.SO_RCVTIMEO)
    client.recv(1)


@provokes("Catch `TimeoutError`; on UDP, send the request again.", "", TimeoutError=ALL)
def recv_timed_out(kit):
    """Nothing arrived in the time that `settimeout()` gives."""
    client, _ = kit.pair()
    client.settimeout(0.01)
    client.recv(1)


@provokes("The peer is gone: connect again.", "recv(2) SO_LINGER", ECONNRESET=LISTENERS)
def peer_left_data_unread(kit):
    """The peer closed its end without having read everything."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    client.recv(1)


@provokes(
    "Read `SO_ERROR` before you read data.", "connect(2) SO_ERROR", ECONNREFUSED=TCP
)
def recv_after_a_refusal(kit):
    """A `connect()` that did not wait was refused; nobody asked why."""
    client = kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.recv(1)


@provokes(
    "Nobody receives there; it is about an earlier `send()`.",
    "udp(7) SO_ERROR",
    ECONNREFUSED=UDP,
)
def request_refused(kit):
    """A datagram to the peer was answered by ICMP: port unreachable."""
    sock = kit.new()
    sock.connect(kit.closed())
    sock.send(b"x")
    sock.recv(1)


@provokes(
    "Is the machine on, on this network, and its address right?",
    "IP_RECVERR arp(7)",
    EHOSTUNREACH=UDP,
)
def datagram_to_a_silent_neighbour(kit):
    """The machine does not answer, and `IP_RECVERR` asks for such news."""
    networks.link(kit.family)
    sock = kit.new()
    six = kit.family == IPV6  # IPV6_RECVERR, IP_RECVERR
    sock.setsockopt(*((socket.IPPROTO_IPV6, 25) if six else (socket.SOL_IP, 11)), 1)
    sock.connect(kit.neighbour)
    sock.send(b"x")
    sock.recv(1)


@provokes(
    "The peer or the way to it is gone: connect again.",
    "TCP_USER_TIMEOUT SO_KEEPALIVE net.ipv4.tcp_retries2",
    ETIMEDOUT=TCP,
)
def acknowledgement_missing(kit):
    """Data was sent, and for too long nobody acknowledged it."""
    client, _ = kit.pair()
    kit.short_patience(client)
    networks.drop("input")
    client.send(b"x")
    client.recv(1)


# ---- every call -----------------------------------------------------------------


@provokes("The socket was closed: use it before.", "bind(2)", EBADF=ALL)
def bind_closed(kit):
    """The socket is closed."""
    sock = kit.new()
    sock.close()
    sock.bind(kit.free())


@provokes("The socket was closed: use it before.", "connect(2)", EBADF=ALL)
def connect_closed(kit):
    """The socket is closed."""
    sock, server = kit.new(), kit.bound()
    sock.close()
    sock.connect(server.getsockname())


@provokes("The socket was closed: use it before.", "listen(2)", EBADF=ALL)
def listen_closed(kit):
    """The socket is closed."""
    sock = kit.new()
    sock.close()
    sock.listen()


@provokes(
    "The socket was closed, maybe by another thread: leave the loop.",
    "accept(2)",
    EBADF=ALL,
)
def accept_closed(kit):
    """The socket is closed."""
    sock = kit.bound()
    sock.close()
    sock.accept()


@provokes("The socket was closed: ask before.", "getsockname(2)", EBADF=ALL)
def getsockname_closed(kit):
    """The socket is closed."""
    sock = kit.bound()
    sock.close()
    sock.getsockname()


@provokes("The socket was closed: ask before.", "getpeername(2)", EBADF=ALL)
def getpeername_closed(kit):
    """The socket is closed."""
    sock, _ = kit.pair()
    sock.close()
    sock.getpeername()


@provokes("The socket was closed: use it before.", "send(2)", EBADF=ALL)
def send_closed(kit):
    """The socket is closed."""
    sock, _ = kit.pair()
    sock.close()
    sock.send(b"x")


@provokes("The socket was closed: use it before.", "recv(2)", EBADF=ALL)
def recv_closed(kit):
    """The socket is closed."""
    sock, _ = kit.pair()
    sock.close()
    sock.recv(1)


WRONG_DESCRIPTOR = "The number is that of a file; look where it came from."


@provokes(WRONG_DESCRIPTOR, "bind(2)", ENOTSOCK=ALL)
def bind_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().bind(kit.free())


@provokes(WRONG_DESCRIPTOR, "connect(2)", ENOTSOCK=ALL)
def connect_a_file(kit):
    """The descriptor is that of a file."""
    server = kit.bound()
    kit.no_socket().connect(server.getsockname())


@provokes(WRONG_DESCRIPTOR, "listen(2)", ENOTSOCK=ALL)
def listen_on_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().listen()


@provokes(WRONG_DESCRIPTOR, "accept(2)", ENOTSOCK=ALL)
def accept_on_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().accept()


@provokes(WRONG_DESCRIPTOR, "getsockname(2)", ENOTSOCK=ALL)
def getsockname_of_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().getsockname()


@provokes(WRONG_DESCRIPTOR, "getpeername(2)", ENOTSOCK=ALL)
def getpeername_of_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().getpeername()


@provokes(WRONG_DESCRIPTOR, "send(2)", ENOTSOCK=ALL)
def send_to_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().send(b"x")


@provokes(WRONG_DESCRIPTOR, "recv(2)", ENOTSOCK=ALL)
def recv_from_a_file(kit):
    """The descriptor is that of a file."""
    kit.no_socket().recv(1)


# ---- what the man pages list ----------------------------------------------------

# The ERRORS sections of man-pages 6.03. Those of section 7 name no call.
LISTED = {
    "bind(2)": "EACCES EADDRINUSE EADDRNOTAVAIL EBADF EFAULT EINVAL ELOOP ENAMETOOLONG "
    "ENOENT ENOMEM ENOTDIR ENOTSOCK EROFS",
    "connect(2)": "EACCES EADDRINUSE EADDRNOTAVAIL EAFNOSUPPORT EAGAIN EALREADY EBADF "
    "ECONNREFUSED EFAULT EINPROGRESS EINTR EISCONN ENETUNREACH ENOTSOCK EPERM "
    "EPROTOTYPE ETIMEDOUT",
    "listen(2)": "EADDRINUSE EBADF ENOTSOCK EOPNOTSUPP",
    "accept(2)": "EAGAIN EBADF ECONNABORTED EFAULT EINTR EINVAL EMFILE ENFILE ENOBUFS "
    "ENOMEM ENOTSOCK EOPNOTSUPP EPERM EPROTO ENOSR ESOCKTNOSUPPORT EPROTONOSUPPORT "
    "ETIMEDOUT",
    "getsockname(2)": "EBADF EFAULT EINVAL ENOBUFS ENOTSOCK",
    "getpeername(2)": "EBADF EFAULT EINVAL ENOBUFS ENOTCONN ENOTSOCK",
    "send(2)": "EACCES EAGAIN EALREADY EBADF ECONNRESET EDESTADDRREQ EFAULT EINTR "
    "EINVAL EISCONN EMSGSIZE ENOBUFS ENOMEM ENOTCONN ENOTSOCK EOPNOTSUPP EPIPE",
    "recv(2)": "EAGAIN EBADF ECONNREFUSED EFAULT EINTR EINVAL ENOMEM ENOTCONN ENOTSOCK",
    "ip(7)": "EACCES EADDRINUSE EADDRNOTAVAIL EAGAIN EALREADY ECONNABORTED "
    "EHOSTUNREACH EINVAL EISCONN EMSGSIZE ENOBUFS ENOMEM ENOENT ENOPKG ENOPROTOOPT "
    "EOPNOTSUPP ENOTCONN EPERM EPIPE ESOCKTNOSUPPORT",
    "ipv6(7)": "ENODEV",
    "tcp(7)": "EAFNOSUPPORT EPIPE ETIMEDOUT",
    "udp(7)": "ECONNREFUSED",
    "unix(7)": "EADDRINUSE EBADF ECONNREFUSED ECONNRESET EFAULT EINVAL EISCONN ENFILE "
    "ENOENT ENOMEM ENOTCONN EOPNOTSUPP EPERM EPIPE EPROTONOSUPPORT EPROTOTYPE "
    "ESOCKTNOSUPPORT ESRCH ETOOMANYREFS",
}

# Why the rest is not provoked: {reason: {page: errnos}}.
NOT_PROVOKED = {
    "Python hands the kernel valid memory and a right length; a C program may not.": {
        "bind(2)": "EFAULT",
        "connect(2)": "EFAULT",
        "accept(2)": "EFAULT",
        "getsockname(2)": "EFAULT EINVAL",
        "getpeername(2)": "EFAULT EINVAL",
        "send(2)": "EFAULT",
        "recv(2)": "EFAULT",
        "unix(7)": "EFAULT",
    },
    "Python calls again after a signal (PEP 475), unless the handler raises.": {
        "connect(2)": "EINTR",
        "accept(2)": "EINTR",
        "send(2)": "EINTR",
        "recv(2)": "EINTR",
    },
    "The kernel itself must run out of memory, and this machine with it.": {
        "bind(2)": "ENOMEM",
        "accept(2)": "ENOBUFS ENOMEM",
        "getsockname(2)": "ENOBUFS",
        "getpeername(2)": "ENOBUFS",
        "send(2)": "ENOBUFS ENOMEM",
        "recv(2)": "ENOMEM",
        "ip(7)": "ENOBUFS ENOMEM",
        "unix(7)": "ENOMEM",
    },
    "The limit is that of the whole machine (fs.file-max), which no test may touch.": {
        "accept(2)": "ENFILE",
        "unix(7)": "ENFILE",
    },
    "Tried in two ways, no port left and names that another connection has, and not "
    "met: `connect()` gives EADDRNOTAVAIL.": {
        "connect(2)": "EADDRINUSE",
    },
    "Tried, and not met: on this kernel `accept()` returns a connection even if it was "
    "reset.": {
        "accept(2)": "ECONNABORTED",
        "ip(7)": "ECONNABORTED",
    },
    "Not tried: the page gives it for firewall rules, for what the network may report, "
    "or for other systems; we know no way to it with these sockets.": {
        "accept(2)": "EPERM EPROTO ENOSR ESOCKTNOSUPPORT EPROTONOSUPPORT ETIMEDOUT",
    },
    "Another call gives it: socket(), setsockopt() or ioctl().": {
        "ip(7)": "ENOENT ENOPKG ENOPROTOOPT ESOCKTNOSUPPORT",
        "unix(7)": "EPROTONOSUPPORT ESOCKTNOSUPPORT",
    },
    "It is about descriptors or credentials sent along with data, not about names.": {
        "unix(7)": "ESRCH ETOOMANYREFS",
    },
}
