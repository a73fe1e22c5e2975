"""Ways to an error of bind()."""

import os
import socket
from pathlib import Path

from lab.errors.cures import (
    FIND_FAMILY,
    SANDBOX,
    USE_BEFORE_CLOSE,
    WRONG_DESCRIPTOR,
)
from lab.errors.kit import (
    ALL,
    DGRAM,
    IP,
    IPV4,
    IPV6,
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
@cure("Find out who has it (`ss -tuanp`) and stop that program, or take another port.")
def port_taken(kit: Kit) -> None:
    """Another socket has this address and port."""
    owner, sock = kit.bound(), kit.new()
    address = owner.getsockname()
    with kit.fails():
        sock.bind(address)
    owner.close()
    sock.bind(address)
    another = kit.new()
    another.bind(kit.free())


@provokes(EADDRINUSE=IP, see="SO_REUSEADDR ip(7)")
@cure(
    "A port on one address blocks the wildcard, and the other way round: "
    "stop the other program."
)
def wildcard_taken(kit: Kit) -> None:
    """Another socket has this port on the wildcard."""
    owner, sock = kit.new(), kit.new()
    owner.bind((kit.wildcard, 0))
    port = owner.getsockname()[1]
    with kit.fails():
        sock.bind((kit.host, port))
    owner.close()
    sock.bind((kit.host, port))


@provokes(EADDRINUSE=TCP4 + UDP4, see="IPV6_V6ONLY net.ipv6.bindv6only ipv6(7)")
@cure(
    "Set `IPV6_V6ONLY` on the IPv6 socket before its `bind()`, or use the one "
    "socket for both."
)
def dual_stack_taken(kit: Kit) -> None:
    """An IPv6 socket on `::` has this port for IPv4 too."""
    owner, sock = socket.socket(IPV6, kit.type), kit.new()
    owner.bind(("::", 0))
    port = owner.getsockname()[1]
    with kit.fails():
        sock.bind((kit.wildcard, port))
    owner.close()
    owner = socket.socket(IPV6, kit.type)
    owner.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    owner.bind(("::", port))
    sock.bind((kit.wildcard, port))


@provokes(EADDRINUSE=TCP, see="SO_REUSEADDR SO_REUSEPORT")
@cure(
    "Stop the program that listens. `SO_REUSEADDR` does not help against a "
    "listening socket; `SO_REUSEPORT` does, where both set it before `bind()`."
)
def listener_taken(kit: Kit) -> None:
    """Another socket listens there, and both have `SO_REUSEADDR`."""
    owner, sock = kit.listening(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    address = owner.getsockname()
    with kit.fails():
        sock.bind(address)
    owner.close()
    sock.bind(address)
    first, second = kit.listening(socket.SO_REUSEPORT), kit.new(socket.SO_REUSEPORT)
    second.bind(first.getsockname())


@provokes(EADDRINUSE=TCP, see="SO_REUSEADDR tcp(7)")
@cure("Set `SO_REUSEADDR` before `bind()`, in every run of the server.")
def restart_in_time_wait(kit: Kit) -> None:
    """The server was restarted within a minute after it closed a connection."""
    address, sock = kit.ended(), kit.new()
    with kit.fails():
        sock.bind(address)
    address, sock = kit.ended(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    sock.bind(address)


@provokes(EADDRINUSE=TCP, see="SO_REUSEADDR")
@cure("Set `SO_REUSEADDR` before `bind()`, in every run of the server.")
def connection_survives(kit: Kit) -> None:
    """The listening socket is closed, but a connection it accepted is still open."""
    listener, client, sock = kit.listening(), kit.new(), kit.new()
    address = listener.getsockname()
    client.connect(address)
    server = listener.accept()[0]
    listener.close()
    with kit.fails():
        sock.bind(address)
    server.close()
    client.close()
    listener, client = kit.listening(socket.SO_REUSEADDR), kit.new()
    address = listener.getsockname()
    client.connect(address)
    server = listener.accept()[0]
    listener.close()
    sock = kit.new(socket.SO_REUSEADDR)
    sock.bind(address)
    sock.listen()


@provokes(EADDRINUSE=IP, see="net.ipv4.ip_local_port_range IP_BIND_ADDRESS_NO_PORT")
@cure(
    "Widen the range, or close sockets that have ports of it. A TCP client "
    "needs no `bind()` to port 0."
)
def bind_no_port_left(kit: Kit) -> None:
    """Port 0 was asked for, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    owner, sock = kit.bound(), kit.new()
    with kit.fails():
        sock.bind(kit.free())
    networks.port_range(40000, 40001)
    sock.bind(kit.free())
    owner.close()
    kit.bound()


@provokes(EADDRINUSE=UNIXES, see="unix(7)")
@cure("If it is a socket's file and no server runs, remove it: `os.unlink(path)`.")
def path_exists(kit: Kit) -> None:
    """The path exists: the file of a closed socket, or any other file."""
    path, sock = kit.closed(), kit.new()
    with kit.fails():
        sock.bind(path)
    Path(path).unlink()
    sock.bind(path)


@provokes(EADDRINUSE=UNIXES, see="unix(7)")
@cure("Stop the program that has the name, or take another one.")
def abstract_name_taken(kit: Kit) -> None:
    """Another socket has this abstract name."""
    owner, sock = kit.new(), kit.new()
    owner.bind("\0name")
    with kit.fails():
        sock.bind("\0name")
    owner.close()
    sock.bind("\0name")
    another = kit.new()
    another.bind("\0other")


@provokes(EADDRNOTAVAIL=IP, see="net.ipv4.ip_nonlocal_bind IP_FREEBIND")
@cure(
    "Take an address of this machine (`ip address`), or the wildcard; "
    "behind NAT, not the public address."
)
def address_not_local(kit: Kit) -> None:
    """No interface of this machine has the address."""
    sock = kit.new()
    with kit.fails():
        sock.bind((kit.far[0], 0))
    sock.bind((kit.host, 0))
    another = kit.new()
    another.bind((kit.wildcard, 0))


@provokes(
    EADDRNOTAVAIL=TCP6 + UDP6,
    see="IPV6_FREEBIND net.ipv6.conf.*.accept_dad net.ipv6.conf.*.optimistic_dad",
)
@cure(
    "Wait until the address is checked (`ip address` no longer says tentative),"
    " set `IPV6_FREEBIND`, or use the wildcard."
)
def address_tentative(kit: Kit) -> None:
    """The IPv6 address is new, and still checked for duplicates."""
    networks.link(kit.family)
    networks.new_address("2001:db8::77")
    sock = kit.new()
    with kit.fails():
        sock.bind(("2001:db8::77", 0))
    ipv6_freebind = 78
    sock.setsockopt(socket.IPPROTO_IPV6, ipv6_freebind, 1)
    sock.bind(("2001:db8::77", 0))
    another = kit.new()
    another.bind((kit.wildcard, 0))


@provokes(EADDRNOTAVAIL=TCP6 + UDP6, see="net.ipv6.conf.all.disable_ipv6")
@cure("Switch IPv6 on again, or use IPv4.")
def bind_ipv6_disabled(kit: Kit) -> None:
    """IPv6 is switched off, so even `::1` is no local address."""
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    sock = kit.new()
    with kit.fails():
        sock.bind((kit.host, 0))
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "0")
    sock.bind((kit.host, 0))


@provokes(EACCES=IP, see="net.ipv4.ip_unprivileged_port_start capabilities(7)")
@cure(
    "Take a port from 1024 up; or have `CAP_NET_BIND_SERVICE` given to the "
    "program, or the sysctl lowered."
)
def privileged_port(kit: Kit) -> None:
    """The port is below 1024, and the user has no right to it."""
    namespace.write_sysctl("net.ipv4.ip_unprivileged_port_start", "1024")
    networks.give_up_capabilities()
    sock = kit.new()
    with kit.fails():
        sock.bind((kit.host, 80))
    sock.bind((kit.host, 8080))


@provokes(EACCES=TCP, see="landlock(7)")
@cure(SANDBOX, unshown="a process cannot take its own rules back")
def bind_confined(kit: Kit) -> None:
    """A sandbox forbids the program to bind this TCP port."""
    networks.forbid_ports(bind=True)
    sock = kit.new()
    with kit.fails():
        sock.bind(kit.free())


@provokes(EACCES=UNIXES, see="unix(7)")
@cure("Give the user the right to write and to search in that folder.")
def folder_not_writable(kit: Kit) -> None:
    """The user may not make a file in that folder."""
    Path("folder").mkdir(mode=0o500)
    networks.give_up_capabilities()
    sock = kit.new()
    with kit.fails():
        sock.bind("folder/name")
    Path("folder").chmod(0o700)
    sock.bind("folder/name")


@provokes(EROFS=UNIXES, see="unix(7)")
@cure("Put the socket on a file system that can be written, for instance `/run`.")
def read_only_folder(kit: Kit) -> None:
    """The file system is mounted read-only."""
    networks.mount("folder", networks.READ_ONLY)
    sock = kit.new()
    with kit.fails():
        sock.bind("folder/name")
    sock.bind("name")


@provokes(ENOSPC=UNIXES, see="df(1)")
@cure("Remove files, or take another file system.")
def file_system_full(kit: Kit) -> None:
    """The file system has no room for one more file."""
    networks.mount("folder", options="nr_inodes=2")
    Path("folder/file").touch()
    sock = kit.new()
    with kit.fails():
        sock.bind("folder/name")
    Path("folder/file").unlink()
    sock.bind("folder/name")


@provokes(ENOENT=UNIXES, see="unix(7)")
@cure("Make the folder first.")
def folder_missing(kit: Kit) -> None:
    """A folder in the path does not exist."""
    sock = kit.new()
    with kit.fails():
        sock.bind("folder/name")
    Path("folder").mkdir()
    sock.bind("folder/name")


@provokes(ENOTDIR=UNIXES, see="unix(7)")
@cure("Correct the path.")
def folder_is_a_file(kit: Kit) -> None:
    """Something in the middle of the path is a file."""
    Path("file").touch()
    sock = kit.new()
    with kit.fails():
        sock.bind("file/name")
    sock.bind("name")


@provokes(ELOOP=UNIXES, see="unix(7) path_resolution(7)")
@cure("Correct the link.")
def links_in_a_circle(kit: Kit) -> None:
    """Symbolic links in the path lead in a circle."""
    Path("circle").symlink_to("circle")
    sock = kit.new()
    with kit.fails():
        sock.bind("circle/name")
    Path("circle").unlink()
    Path("circle").symlink_to(".")
    sock.bind("circle/name")


@provokes(ENAMETOOLONG=UNIXES, see="unix(7) path_resolution(7)")
@cure("Correct the link.")
def link_too_long(kit: Kit) -> None:
    """A symbolic link in the path leads to a name of more than 255 bytes."""
    Path("link").symlink_to("x" * 256)
    sock = kit.new()
    with kit.fails():
        sock.bind("link/name")
    Path("link").unlink()
    Path("link").symlink_to(".")
    sock.bind("link/name")


@provokes(OSError=UNIXES, see="unix(7)")
@cure(
    "Take a shorter path: 107 bytes at most; a relative path after `os.chdir()`, "
    "or one below `/run`."
)
def path_too_long(kit: Kit) -> None:
    """The path is longer than 108 bytes, and Python does not even ask the kernel."""
    sock = kit.new()
    with kit.fails():
        sock.bind("x" * 109)
    sock.bind("x" * 107)
    Path("a" * 200).mkdir()
    os.chdir("a" * 200)
    another = kit.new()
    another.bind("name")


@provokes(EINVAL=IP + UNIXES, see="bind(2)")
@cure("One socket, one `bind()`: make a new socket for another name.")
def bind_twice(kit: Kit) -> None:
    """The socket is bound already."""
    sock, another = kit.bound(), kit.new()
    with kit.fails():
        sock.bind(kit.free())
    another.bind(kit.free())


@provokes(EINVAL=IP, see="bind(2)")
@cure("Call `bind()` before `connect()`, on a new socket.")
def bind_after_connect(kit: Kit) -> None:
    """`connect()` has bound the socket already."""
    server, client = kit.server(), kit.new()
    client.connect(server.getsockname())
    with kit.fails():
        client.bind(kit.free())
    another = kit.bound()
    another.connect(server.getsockname())


@provokes(EINVAL=TCP, see="bind(2)")
@cure("Call `bind()` before `listen()`, on a new socket.")
def bind_after_listen(kit: Kit) -> None:
    """`listen()` has bound the socket already."""
    sock = kit.new()
    sock.listen()
    with kit.fails():
        sock.bind(kit.free())
    another = kit.bound()
    another.listen()


@provokes(EINVAL=UDP, see="bind(2)")
@cure("Call `bind()` before the first `sendto()`, on a new socket.")
def bind_after_sendto(kit: Kit) -> None:
    """`sendto()` has bound the socket already."""
    receiver, sock = kit.bound(), kit.new()
    sock.sendto(b"x", receiver.getsockname())
    with kit.fails():
        sock.bind(kit.free())
    another = kit.bound()
    another.sendto(b"x", receiver.getsockname())


@provokes(EINVAL=TCP6 + UDP6, see="ipv6(7)")
@cure(
    'Give the index of the interface as the fourth field: `("fe80::1", port, 0,'
    ' socket.if_nametoindex("eth0"))`.'
)
def bind_link_local_without_interface(kit: Kit) -> None:
    """A link-local address means nothing without its interface."""
    namespace.add_loopback_addresses(["fe80::1"])
    sock = kit.new()
    with kit.fails():
        sock.bind(("fe80::1", 0))
    sock.bind(("fe80::1", 0, 0, socket.if_nametoindex("lo")))


@provokes(ENODEV=TCP6 + UDP6, see="ipv6(7)")
@cure("Ask for the index: `socket.if_nametoindex(name)`.")
def interface_missing(kit: Kit) -> None:
    """No interface has this index."""
    namespace.add_loopback_addresses(["fe80::1"])
    sock = kit.new()
    with kit.fails():
        sock.bind(("fe80::1", 0, 0, 77))
    sock.bind(("fe80::1", 0, 0, socket.if_nametoindex("lo")))


@provokes(EINVAL=TCP6 + UDP6, see="IPV6_V6ONLY ipv6(7)")
@cure("Clear `IPV6_V6ONLY`, or use an IPv4 socket.")
def bind_mapped_address(kit: Kit) -> None:
    """`IPV6_V6ONLY` is set, and the address is an IPv4 address in IPv6 form."""
    sock = kit.new()
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    with kit.fails():
        sock.bind(("::ffff:127.0.0.1", 0))
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind(("::ffff:127.0.0.1", 0))
    another = socket.socket(IPV4, kit.type)
    another.bind(("127.0.0.1", 0))


@provokes(EINVAL=TCP6, see="ipv6(7)")
@cure("Bind UDP sockets to groups; TCP has no multicast.")
def bind_group(kit: Kit) -> None:
    """The address is a multicast group, and the socket is TCP."""
    sock = kit.new()
    with kit.fails():
        sock.bind(("ff02::1", 0, 0, 1))
    udp = socket.socket(IPV6, DGRAM)
    udp.bind(("ff02::1", 0, 0, 1))


@provokes(EAFNOSUPPORT=TCP4 + UDP4, EINVAL=TCP6 + UDP6, see="bind(2)")
@cure(FIND_FAMILY)
def bind_other_family(kit: Kit) -> None:
    """The address is of the other IP version."""
    sock = kit.handed_down(IPV6 if kit.family == IPV4 else IPV4)
    with kit.fails():
        sock.bind(("::1", 0) if kit.family == IPV4 else ("127.0.0.1", 0))
    right = socket.socket(fileno=sock.detach())
    right.bind(kit.free())


@provokes(EINVAL=UNIXES, see="bind(2)")
@cure(FIND_FAMILY)
def bind_foreign_family(kit: Kit) -> None:
    """The address is an IPv4 address, and the socket is a Unix socket."""
    sock = kit.handed_down(IPV4)
    with kit.fails():
        sock.bind(("127.0.0.1", 0))
    right = socket.socket(fileno=sock.detach())
    right.bind(kit.free())


@provokes(EAI_ADDRFAMILY=TCP4 + UDP4, see="getaddrinfo(3)")
@cure("IPv4 sockets take IPv4 addresses, IPv6 sockets IPv6 ones.")
def name_of_other_family(kit: Kit) -> None:
    """An IPv6 address was given to an IPv4 socket; the resolver refuses it."""
    sock = kit.new()
    with kit.fails():
        sock.bind(("::1", 0))
    sock.bind(("127.0.0.1", 0))
    another = socket.socket(IPV6, kit.type)
    another.bind(("::1", 0))


@provokes(OverflowError=IP)
@cure("Ports go from 0 to 65535; 0 lets the kernel choose.")
def port_too_big(kit: Kit) -> None:
    """The port number has more than 16 bits, and Python refuses it."""
    sock = kit.new()
    with kit.fails():
        sock.bind((kit.host, 65536))
    sock.bind((kit.host, 0))


@provokes(EBADF=ALL, see="bind(2)")
@cure(USE_BEFORE_CLOSE)
def bind_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, another = kit.new(), kit.new()
    sock.close()
    with kit.fails():
        sock.bind(kit.free())
    another.bind(kit.free())


@provokes(ENOTSOCK=ALL, see="bind(2)")
@cure(WRONG_DESCRIPTOR)
def bind_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock, another = kit.no_socket(), kit.new()
    with kit.fails():
        sock.bind(kit.free())
    another.bind(kit.free())
