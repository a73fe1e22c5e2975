"""Ways to an error of bind()."""

import socket
from pathlib import Path

from lab.errors.cures import (
    FIND_FAMILY,
    RIGHT_FAMILY,
    SANDBOX,
    USE_BEFORE_CLOSE,
    WRONG_DESCRIPTOR,
)
from lab.errors.kit import (
    ALL,
    IP,
    IPV4,
    IPV6,
    STREAM,
    TCP,
    TCP4,
    TCP6,
    UDP,
    UDP4,
    UDP6,
    UNIXES,
    Kit,
)
from lab.errors.registry import cure, provokes
from lab.isolation import namespace, networks


@provokes(EADDRINUSE=IP, see="bind(2) SO_REUSEADDR SO_REUSEPORT")
@cure("Find out who has it (`ss -ltnp`), stop that program or take another port.")
def port_taken(kit: Kit) -> None:
    """Another socket has this address and port."""
    owner = kit.bound()
    kit.new().bind(owner.getsockname())


@provokes(EADDRINUSE=IP, see="SO_REUSEADDR ip(7)")
@cure(
    "A port on one address blocks the wildcard, and the other way round: "
    "stop the other program."
)
def wildcard_taken(kit: Kit) -> None:
    """Another socket has this port on the wildcard."""
    owner = kit.new()
    owner.bind((kit.wildcard, 0))
    kit.new().bind((kit.host, owner.getsockname()[1]))


@provokes(EADDRINUSE=TCP4 + UDP4, see="IPV6_V6ONLY net.ipv6.bindv6only ipv6(7)")
@cure(
    "Set `IPV6_V6ONLY` on the IPv6 socket before its `bind()`, "
    "or use the one socket for both."
)
def dual_stack_taken(kit: Kit) -> None:
    """An IPv6 socket on `::` has this port for IPv4 too."""
    owner = socket.socket(IPV6, kit.type)
    kit.held.append(owner)
    owner.bind(("::", 0))
    kit.new().bind((kit.wildcard, owner.getsockname()[1]))


@provokes(EADDRINUSE=TCP, see="SO_REUSEADDR SO_REUSEPORT")
@cure(
    "Stop the program that listens; `SO_REUSEADDR` does not help against a listening "
    "socket, `SO_REUSEPORT` on both does."
)
def listener_taken(kit: Kit) -> None:
    """Another socket listens there, and both have `SO_REUSEADDR`."""
    owner = kit.listening(socket.SO_REUSEADDR)
    kit.new(socket.SO_REUSEADDR).bind(owner.getsockname())


@provokes(EADDRINUSE=TCP, see="SO_REUSEADDR tcp(7)")
@cure("Set `SO_REUSEADDR` before `bind()`, in every run of the server.")
def restart_in_time_wait(kit: Kit) -> None:
    """The server was restarted within a minute after it closed a connection."""
    client, server = kit.pair()
    address = server.getsockname()
    server.close()
    client.recv(1)
    client.close()
    for listener in kit.held:
        listener.close()
    kit.new().bind(address)


@provokes(EADDRINUSE=TCP, see="SO_REUSEADDR")
@cure("Set `SO_REUSEADDR` before `bind()`, in every run of the server.")
def connection_survives(kit: Kit) -> None:
    """The listening socket is closed, but a connection it accepted is still open."""
    _, server = kit.pair()
    kit.held[0].close()
    kit.new().bind(server.getsockname())


@provokes(EADDRINUSE=IP, see="net.ipv4.ip_local_port_range IP_BIND_ADDRESS_NO_PORT")
@cure(
    "Widen the range, or do not `bind()` to port 0 before `connect()`; "
    "`IP_BIND_ADDRESS_NO_PORT` if you must name the address."
)
def bind_no_port_left(kit: Kit) -> None:
    """Port 0 was asked for, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().bind(kit.free())


@provokes(EADDRINUSE=UNIXES, see="unix(7)")
@cure("Remove the file first if no server runs: `os.unlink(path)`.")
def path_exists(kit: Kit) -> None:
    """The path exists: the file of a closed socket, or any other file."""
    kit.new().bind(kit.closed())


@provokes(EADDRINUSE=UNIXES, see="unix(7)")
@cure("Stop the program that has the name, or take another one.")
def abstract_name_taken(kit: Kit) -> None:
    """Another socket has this abstract name."""
    owner = kit.new()
    owner.bind("\0name")
    kit.new().bind("\0name")


@provokes(EADDRNOTAVAIL=IP, see="net.ipv4.ip_nonlocal_bind IP_FREEBIND")
@cure(
    "Take an address of this machine (`ip address`), or the wildcard; "
    "behind NAT, not the public address."
)
def address_not_local(kit: Kit) -> None:
    """No interface of this machine has the address."""
    kit.new().bind((kit.far[0], 0))


@provokes(
    EADDRNOTAVAIL=TCP6 + UDP6,
    see="IPV6_FREEBIND net.ipv6.conf.*.accept_dad net.ipv6.conf.*.optimistic_dad",
)
@cure(
    "Wait until the address is checked (`ip address` no longer says tentative), "
    "use the wildcard, or `IPV6_FREEBIND`."
)
def address_tentative(kit: Kit) -> None:
    """The IPv6 address is new, and still checked for duplicates."""
    networks.link(kit.family)
    networks.new_address("2001:db8::77")
    kit.new().bind(("2001:db8::77", 0))


@provokes(EADDRNOTAVAIL=TCP6 + UDP6, see="net.ipv6.conf.all.disable_ipv6")
@cure("Switch IPv6 on again, or use IPv4.")
def bind_ipv6_disabled(kit: Kit) -> None:
    """IPv6 is switched off, so even `::1` is no local address."""
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    kit.new().bind((kit.host, 0))


@provokes(EACCES=IP, see="net.ipv4.ip_unprivileged_port_start capabilities(7)")
@cure(
    "Take a port from 1024 up, give the program `CAP_NET_BIND_SERVICE`, "
    "or lower the sysctl."
)
def privileged_port(kit: Kit) -> None:
    """The port is below 1024, and the user has no right to it."""
    networks.give_up_capabilities()
    kit.new().bind((kit.host, 80))


@provokes(EACCES=TCP, see="landlock(7)")
@cure(SANDBOX)
def bind_confined(kit: Kit) -> None:
    """A sandbox forbids the program to bind this TCP port."""
    networks.forbid_ports(bind=True)
    kit.new().bind(kit.free())


@provokes(EACCES=UNIXES, see="unix(7)")
@cure("Give the user the right to write and to search in that folder.")
def folder_not_writable(kit: Kit) -> None:
    """The user may not make a file in that folder."""
    Path("folder").mkdir(mode=0o500)
    networks.give_up_capabilities()
    kit.new().bind("folder/name")


@provokes(EROFS=UNIXES, see="unix(7)")
@cure("Put the socket on a file system that can be written, for instance `/run`.")
def read_only_folder(kit: Kit) -> None:
    """The file system is mounted read-only."""
    networks.mount("folder", networks.READ_ONLY)
    kit.new().bind("folder/name")


@provokes(ENOSPC=UNIXES, see="df(1)")
@cure("Remove files, or take another file system.")
def file_system_full(kit: Kit) -> None:
    """The file system has no room for one more file."""
    networks.mount("folder", options="nr_inodes=1")
    kit.new().bind("folder/name")


@provokes(ENOENT=UNIXES, see="unix(7)")
@cure("Make the folder first.")
def folder_missing(kit: Kit) -> None:
    """A folder in the path does not exist."""
    kit.new().bind("folder/name")


@provokes(ENOTDIR=UNIXES, see="unix(7)")
@cure("Correct the path.")
def folder_is_a_file(kit: Kit) -> None:
    """Something in the middle of the path is a file."""
    Path("file").touch()
    kit.new().bind("file/name")


@provokes(ELOOP=UNIXES, see="unix(7) path_resolution(7)")
@cure("Correct the links.")
def links_in_a_circle(kit: Kit) -> None:
    """Symbolic links in the path lead in a circle."""
    Path("circle").symlink_to("circle")
    kit.new().bind("circle/name")


@provokes(ENAMETOOLONG=UNIXES, see="unix(7) path_resolution(7)")
@cure("Correct the link.")
def link_too_long(kit: Kit) -> None:
    """A symbolic link in the path leads to a name of more than 255 bytes."""
    Path("link").symlink_to("x" * 256)
    kit.new().bind("link/name")


@provokes(OSError=UNIXES, see="unix(7)")
@cure(
    "Take a shorter path: 107 bytes at most; a relative path after `os.chdir()`, "
    "or one below `/run`."
)
def path_too_long(kit: Kit) -> None:
    """The path is longer than 108 bytes, and Python does not even ask the kernel."""
    kit.new().bind("x" * 109)


@provokes(EINVAL=IP + UNIXES, see="bind(2)")
@cure("One socket, one `bind()`: make a new socket for another name.")
def bind_twice(kit: Kit) -> None:
    """The socket is bound already."""
    sock = kit.bound()
    sock.bind(kit.free())


@provokes(EINVAL=IP, see="bind(2)")
@cure("Call `bind()` before `connect()`.")
def bind_after_connect(kit: Kit) -> None:
    """`connect()` has bound the socket already."""
    server, client = kit.bound(), kit.new()
    if kit.type == STREAM:
        server.listen()
    client.connect(server.getsockname())
    client.bind(kit.free())


@provokes(EINVAL=TCP, see="bind(2)")
@cure("Call `bind()` before `listen()`.")
def bind_after_listen(kit: Kit) -> None:
    """`listen()` has bound the socket already."""
    sock = kit.new()
    sock.listen()
    sock.bind(kit.free())


@provokes(EINVAL=UDP, see="bind(2)")
@cure("Call `bind()` before the first `sendto()`.")
def bind_after_sendto(kit: Kit) -> None:
    """`sendto()` has bound the socket already."""
    sock = kit.new()
    sock.sendto(b"", kit.closed())
    sock.bind(kit.free())


@provokes(EINVAL=TCP6 + UDP6, see="ipv6(7)")
@cure("Name the interface: `fe80::1%eth0`, or its index as the fourth field.")
def bind_link_local_without_interface(kit: Kit) -> None:
    """A link-local address means nothing without its interface."""
    kit.new().bind(("fe80::1", 0))


@provokes(ENODEV=TCP6 + UDP6, see="ipv6(7)")
@cure("Ask for the index: `socket.if_nametoindex(name)`.")
def interface_missing(kit: Kit) -> None:
    """No interface has this index."""
    kit.new().bind(("fe80::1", 0, 0, 77))


@provokes(EINVAL=TCP6 + UDP6, see="IPV6_V6ONLY ipv6(7)")
@cure("Clear `IPV6_V6ONLY`, or use an IPv4 socket.")
def bind_mapped_address(kit: Kit) -> None:
    """`IPV6_V6ONLY` is set, and the address is an IPv4 address in IPv6 form."""
    sock = kit.new()
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.bind(("::ffff:127.0.0.1", 0))


@provokes(EINVAL=TCP6, see="ipv6(7)")
@cure("Bind UDP sockets to groups; TCP has no multicast.")
def bind_group(kit: Kit) -> None:
    """The address is a multicast group, and the socket is TCP."""
    kit.new().bind(("ff02::1", 0, 0, 1))


@provokes(EAFNOSUPPORT=TCP4 + UDP4, EINVAL=TCP6 + UDP6, see="bind(2)")
@cure(FIND_FAMILY)
def bind_other_family(kit: Kit) -> None:
    """The address is of the other IP version."""
    sock = kit.handed_down(IPV6 if kit.family == IPV4 else IPV4)
    sock.bind(("::1", 0) if kit.family == IPV4 else ("127.0.0.1", 0))


@provokes(EINVAL=UNIXES, see="bind(2)")
@cure(RIGHT_FAMILY)
def bind_foreign_family(kit: Kit) -> None:
    """The address is an IPv4 address, and the socket is a Unix socket."""
    sock = kit.handed_down(IPV4)
    sock.bind(("127.0.0.1", 0))


@provokes(EAI_ADDRFAMILY=TCP4 + UDP4, see="getaddrinfo(3)")
@cure("IPv4 sockets take IPv4 addresses, IPv6 sockets IPv6 ones.")
def name_of_other_family(kit: Kit) -> None:
    """An IPv6 address was given to an IPv4 socket; the resolver refuses it."""
    kit.new().bind(("::1", 0))


@provokes(OverflowError=IP)
@cure("Ports go from 0 to 65535.")
def port_too_big(kit: Kit) -> None:
    """The port number has more than 16 bits, and Python refuses it."""
    kit.new().bind((kit.host, 65536))


@provokes(EBADF=ALL, see="bind(2)")
@cure(USE_BEFORE_CLOSE)
def bind_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock = kit.new()
    sock.close()
    sock.bind(kit.free())


@provokes(ENOTSOCK=ALL, see="bind(2)")
@cure(WRONG_DESCRIPTOR)
def bind_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    kit.no_socket().bind(kit.free())
