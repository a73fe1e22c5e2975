"""Ways to an error of connect(): firewalls, ports, routes, addresses.

Those about the peer and about the socket itself are in connect.
"""

import socket

from lab.errors.cures import FIND_FAMILY, SANDBOX
from lab.errors.kit import (
    DGRAM,
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


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT TCP_SYNCNT net.ipv4.tcp_syn_retries")
@cure("Open the port in the firewall of the server, or on the way to it.")
def syn_dropped(kit: Kit) -> None:
    """A firewall on the server's side drops the SYN."""
    listener, client = kit.listening(), kit.new()
    networks.drop("input")
    kit.short_patience(client)
    with kit.fails():
        client.connect(listener.getsockname())
    networks.remove_firewall()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT nft(8)")
@cure("Open the firewall of this machine for it.")
def own_syn_dropped(kit: Kit) -> None:
    """The client's own firewall drops the SYN; TCP is not told, and sends it again."""
    listener, client = kit.listening(), kit.new()
    networks.drop("output")
    kit.short_patience(client)
    with kit.fails():
        client.connect(listener.getsockname())
    networks.remove_firewall()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(ECONNREFUSED=TCP, see="nft(8)")
@cure("Open the port in the firewall of the server.")
def syn_rejected(kit: Kit) -> None:
    """A firewall on the server's side answers with ICMP: port unreachable."""
    listener, client = kit.listening(), kit.new()
    networks.reject(networks.PORT_UNREACHABLE)
    with kit.fails():
        client.connect(listener.getsockname())
    networks.remove_firewall()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(EHOSTUNREACH=TCP4, EACCES=TCP6, see="nft(8)")
@cure("Open the port in the firewall of the server: there is a route to this host.")
def syn_prohibited(kit: Kit) -> None:
    """A firewall on the server's side answers with ICMP: prohibited."""
    listener, client = kit.listening(), kit.new()
    networks.reject(networks.ADMIN_PROHIBITED)
    with kit.fails():
        client.connect(listener.getsockname())
    networks.remove_firewall()
    client = kit.new()
    client.connect(listener.getsockname())


@provokes(
    EADDRNOTAVAIL=TCP,
    EAGAIN=UDP,
    see="net.ipv4.ip_local_port_range IP_BIND_ADDRESS_NO_PORT",
)
@cure(
    "Widen the range, or bind to another address of this machine. On UDP "
    "`IP_BIND_ADDRESS_NO_PORT` and more servers do not help."
)
def connect_no_port_left(kit: Kit) -> None:
    """Every port of the ephemeral range is taken, towards this server."""
    server, client = kit.server(), kit.new()
    networks.port_range(40000, 40000)
    kit.bound()
    with kit.fails():
        client.connect(server.getsockname())
    if kit.family == IPV4:
        another = kit.new()
        another.bind(("127.0.0.2", 0))
        another.connect(server.getsockname())
    networks.port_range(40000, 40001)
    client.connect(server.getsockname())


@provokes(EADDRNOTAVAIL=TCP, see="SO_REUSEADDR net.ipv4.tcp_tw_reuse")
@cure("Let the kernel choose the port, or `bind()` another one.")
def connection_exists(kit: Kit) -> None:
    """There is a connection with these four: both addresses and both ports."""
    server = kit.listening()
    first, second = kit.bound(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    second.bind(first.getsockname())
    first.connect(server.getsockname())
    with kit.fails():
        second.connect(server.getsockname())
    third, fourth = kit.new(), kit.bound(socket.SO_REUSEADDR)
    third.connect(server.getsockname())
    fourth.connect(server.getsockname())


@provokes(EADDRNOTAVAIL=TCP6 + UDP6, see="net.ipv6.conf.all.disable_ipv6")
@cure("Switch IPv6 on again, or use IPv4.")
def connect_ipv6_disabled(kit: Kit) -> None:
    """IPv6 is switched off, so there is no address to come from."""
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    client = kit.new()
    with kit.fails():
        client.connect((kit.host, 9))
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "0")
    server = kit.server()
    client.connect(server.getsockname())


@provokes(ENETUNREACH=IP, see="ip-route(8)")
@cure("Give the machine a route: `ip route`. Check the cable, the VPN, and IPv6.")
def no_route(kit: Kit) -> None:
    """The machine has no route to that address."""
    client = kit.new()
    with kit.fails():
        client.connect(kit.far)
    networks.link(kit.family)
    kit.set_out(client, kit.far)


@provokes(ENETUNREACH=IP, see="ip-link(8)")
@cure(
    "Switch the interface on: `ip link set … up`. Routes through a gateway do "
    "not come back by themselves: `ip route add`."
)
def interface_down(kit: Kit) -> None:
    """The interface that leads there is down, and its routes are gone with it."""
    networks.link(kit.family)
    networks.unplug()
    client = kit.new()
    with kit.fails():
        client.connect(kit.far)
    networks.plug(kit.family)
    kit.set_out(client, kit.far)


@provokes(EINVAL=TCP6 + UDP6, see="ipv6(7)")
@cure(
    'Give the index of the interface as the fourth field: `("fe80::1", port, 0,'
    ' socket.if_nametoindex("eth0"))`.'
)
def connect_link_local_without_interface(kit: Kit) -> None:
    """A link-local address means nothing without its interface."""
    namespace.add_loopback_addresses(["fe80::1"])
    interface = socket.if_nametoindex("lo")
    server, client = kit.server_at(("fe80::1", 0, 0, interface)), kit.new()
    port = server.getsockname()[1]
    with kit.fails():
        client.connect(("fe80::1", port))
    client.connect(("fe80::1", port, 0, interface))


@provokes(ENETUNREACH=TCP, see="ip(7)")
@cure("TCP talks to one peer; use UDP for broadcast and multicast.")
def connect_to_many(kit: Kit) -> None:
    """The address is a broadcast address or a group, and the socket is TCP."""
    networks.link(kit.family)
    group = ("ff02::1", 9, 0, socket.if_nametoindex("cable"))
    many = ("192.0.2.255", 9) if kit.family == IPV4 else group
    client, udp = kit.new(), socket.socket(kit.family, DGRAM)
    with kit.fails():
        client.connect(many)
    udp.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    udp.connect(many)


@provokes(EACCES=UDP4, see="SO_BROADCAST ip(7)")
@cure("Set `SO_BROADCAST` on the socket.")
def connect_to_broadcast(kit: Kit) -> None:
    """The address is a broadcast address, and `SO_BROADCAST` is not set."""
    client = kit.new()
    with kit.fails():
        client.connect(("127.255.255.255", 9))
    client.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    client.connect(("127.255.255.255", 9))


@provokes(ENETUNREACH=TCP6 + UDP6, see="IPV6_V6ONLY ipv6(7)")
@cure("Clear `IPV6_V6ONLY` on a new socket, or use an IPv4 socket.")
def connect_mapped_address(kit: Kit) -> None:
    """`IPV6_V6ONLY` is set, and the address is an IPv4 address in IPv6 form."""
    server, client = socket.socket(IPV4, kit.type), kit.new()
    server.bind(("127.0.0.1", 0))
    if kit.type == STREAM:
        server.listen()
    port = server.getsockname()[1]
    client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    with kit.fails():
        client.connect(("::ffff:127.0.0.1", port))
    client = kit.new()
    client.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    client.connect(("::ffff:127.0.0.1", port))
    another = socket.socket(IPV4, kit.type)
    another.connect(("127.0.0.1", port))


@provokes(EINVAL=TCP4 + UDP4, see="ip(7)")
@cure("Bind to an address of the interface that leads there, or not at all.")
def from_loopback_to_outside(kit: Kit) -> None:
    """The socket is bound to `127.0.0.1`, and the peer is another machine."""
    networks.link(kit.family)
    sock, another, third = kit.bound(), kit.new(), kit.new()
    with kit.fails():
        sock.connect(kit.far)
    another.bind((kit.local, 0))
    kit.set_out(another, kit.far)
    kit.set_out(third, kit.far)


@provokes(EHOSTUNREACH=IP, see="ip-route(8)")
@cure(
    "Look at the route: `ip route get ADDRESS`. Somebody closed it on purpose; "
    "`ip route delete` opens it, if there is another way."
)
def route_unreachable(kit: Kit) -> None:
    """The route to that address is of the type unreachable."""
    networks.link(kit.family)
    networks.close_route("unreachable", kit.family)
    client = kit.new()
    with kit.fails():
        client.connect(kit.far)
    networks.open_route("unreachable", kit.family)
    kit.set_out(client, kit.far)


@provokes(EHOSTUNREACH=TCP, see="arp(7) net.ipv4.neigh.*.mcast_solicit")
@cure(
    "Check that the machine is switched on, is on this network, and has this "
    "address; `ip neighbour` shows FAILED.",
    unshown="there is no second machine to switch on",
)
def neighbour_silent(kit: Kit) -> None:
    """The machine should be on this network, but does not answer."""
    networks.link(kit.family)
    client = kit.new()
    with kit.fails():
        client.connect(kit.neighbour)


@provokes(EACCES=IP, see="ip-route(8)")
@cure(
    "Look at the route: `ip route get ADDRESS`. Somebody closed it on purpose; "
    "`ip route delete` opens it, if there is another way."
)
def route_prohibited(kit: Kit) -> None:
    """The route to that address is of the type prohibit."""
    networks.link(kit.family)
    networks.close_route("prohibit", kit.family)
    client = kit.new()
    with kit.fails():
        client.connect(kit.far)
    networks.open_route("prohibit", kit.family)
    kit.set_out(client, kit.far)


@provokes(EINVAL=IP, see="ip-route(8)")
@cure(
    "Look at the route: `ip route get ADDRESS`. Somebody closed it on purpose; "
    "`ip route delete` opens it, if there is another way."
)
def route_blackhole(kit: Kit) -> None:
    """The route to that address is of the type blackhole."""
    networks.link(kit.family)
    networks.close_route("blackhole", kit.family)
    client = kit.new()
    with kit.fails():
        client.connect(kit.far)
    networks.open_route("blackhole", kit.family)
    kit.set_out(client, kit.far)


@provokes(EACCES=TCP, see="landlock(7)")
@cure(SANDBOX, unshown="a process cannot take its own rules back")
def connect_confined(kit: Kit) -> None:
    """A sandbox forbids the program to connect to this TCP port."""
    server, client = kit.listening(), kit.new()
    networks.forbid_ports(connect=True)
    with kit.fails():
        client.connect(server.getsockname())


@provokes(EAFNOSUPPORT=TCP4 + UDP4, EINVAL=TCP6, see="connect(2)")
@cure(FIND_FAMILY)
def connect_other_family(kit: Kit) -> None:
    """The address is of the other IP version."""
    server, sock = kit.server(), kit.handed_down(IPV6 if kit.family == IPV4 else IPV4)
    with kit.fails():
        sock.connect(("::1", 9) if kit.family == IPV4 else ("127.0.0.1", 9))
    right = socket.socket(fileno=sock.detach())
    right.connect(server.getsockname())


@provokes(EINVAL=UNIXES, see="connect(2)")
@cure(FIND_FAMILY)
def connect_foreign_family(kit: Kit) -> None:
    """The address is an IPv4 address, and the socket is a Unix socket."""
    server, sock = kit.server(), kit.handed_down(IPV4)
    with kit.fails():
        sock.connect(("127.0.0.1", 9))
    right = socket.socket(fileno=sock.detach())
    right.connect(server.getsockname())
