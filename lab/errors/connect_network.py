"""Ways to an error of connect(): firewalls, ports, routes, addresses.

Those about the peer and about the socket itself are in connect.
"""

import socket

from lab.errors.cures import FIND_FAMILY, RIGHT_FAMILY, SANDBOX
from lab.errors.kit import (
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
    client.connect(listener.getsockname())


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT nft(8)")
@cure("Open the firewall of this machine for it.")
def own_syn_dropped(kit: Kit) -> None:
    """The client's own firewall drops the SYN; TCP does not tell, and tries on."""
    listener, client = kit.listening(), kit.new()
    networks.drop("output")
    kit.short_patience(client)
    client.connect(listener.getsockname())


@provokes(ECONNREFUSED=TCP, see="nft(8)")
@cure("Open the port in the firewall of the server.")
def syn_rejected(kit: Kit) -> None:
    """A firewall on the server's side answers with ICMP: port unreachable."""
    listener = kit.listening()
    networks.reject(networks.PORT_UNREACHABLE)
    kit.new().connect(listener.getsockname())


@provokes(EHOSTUNREACH=TCP4, EACCES=TCP6, see="nft(8)")
@cure("Open the port in the firewall of the server: there is a route to this host.")
def syn_prohibited(kit: Kit) -> None:
    """A firewall on the server's side answers with ICMP: prohibited."""
    listener = kit.listening()
    networks.reject(networks.ADMIN_PROHIBITED)
    kit.new().connect(listener.getsockname())


@provokes(
    EADDRNOTAVAIL=TCP,
    EAGAIN=UDP,
    see="net.ipv4.ip_local_port_range IP_BIND_ADDRESS_NO_PORT",
)
@cure("Widen the range, use more server or client addresses, do not bind to port 0.")
def connect_no_port_left(kit: Kit) -> None:
    """Every port of the ephemeral range is taken, towards this server."""
    server = kit.bound()
    if kit.type == STREAM:
        server.listen()
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().connect(server.getsockname())


@provokes(EADDRNOTAVAIL=TCP, see="SO_REUSEADDR net.ipv4.tcp_tw_reuse")
@cure(
    "Let the kernel choose the port, or `bind()` another one; wait for the end of "
    "`TIME_WAIT` if the old connection has just ended."
)
def connection_exists(kit: Kit) -> None:
    """There is a connection with these four: both addresses and both ports."""
    server = kit.listening()
    first, second = kit.bound(socket.SO_REUSEADDR), kit.new(socket.SO_REUSEADDR)
    second.bind(first.getsockname())
    first.connect(server.getsockname())
    second.connect(server.getsockname())


@provokes(EADDRNOTAVAIL=TCP6 + UDP6, see="net.ipv6.conf.all.disable_ipv6")
@cure("Switch IPv6 on again, or use IPv4.")
def connect_ipv6_disabled(kit: Kit) -> None:
    """IPv6 is switched off, so there is no address to come from."""
    namespace.write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    kit.new().connect((kit.host, 9))


@provokes(ENETUNREACH=IP, see="ip-route(8)")
@cure("Give the machine a route: `ip route`; is the cable, the VPN, IPv6 there?")
def no_route(kit: Kit) -> None:
    """The machine has no route to that address."""
    kit.new().connect(kit.far)


@provokes(ENETUNREACH=IP, see="ip-link(8)")
@cure("Switch the interface on: `ip link set … up`.")
def interface_down(kit: Kit) -> None:
    """The interface that leads there is down, and its routes are gone with it."""
    networks.link(kit.family)
    networks.unplug()
    kit.new().connect(kit.far)


@provokes(EINVAL=TCP6 + UDP6, see="ipv6(7)")
@cure("Name the interface: `fe80::1%eth0`.")
def connect_link_local_without_interface(kit: Kit) -> None:
    """A link-local address means nothing without its interface."""
    kit.new().connect(("fe80::1", 9))


@provokes(ENETUNREACH=TCP, see="ip(7)")
@cure("TCP talks to one peer; use UDP for broadcast and multicast.")
def connect_to_many(kit: Kit) -> None:
    """The address is a broadcast address or a group, and the socket is TCP."""
    many = ("127.255.255.255", 9) if kit.family == IPV4 else ("ff02::1", 9, 0, 1)
    kit.new().connect(many)


@provokes(EACCES=UDP4, see="SO_BROADCAST ip(7)")
@cure("Set `SO_BROADCAST` on the socket.")
def connect_to_broadcast(kit: Kit) -> None:
    """The address is a broadcast address, and `SO_BROADCAST` is not set."""
    kit.new().connect(("127.255.255.255", 9))


@provokes(ENETUNREACH=TCP6 + UDP6, see="IPV6_V6ONLY ipv6(7)")
@cure("Clear `IPV6_V6ONLY`, or use an IPv4 socket.")
def connect_mapped_address(kit: Kit) -> None:
    """`IPV6_V6ONLY` is set, and the address is an IPv4 address in IPv6 form."""
    sock = kit.new()
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.connect(("::ffff:127.0.0.1", 9))


@provokes(EINVAL=TCP4 + UDP4, see="ip(7)")
@cure("Bind to an address of the interface that leads there, or not at all.")
def from_loopback_to_outside(kit: Kit) -> None:
    """The socket is bound to `127.0.0.1`, and the peer is another machine."""
    networks.link(kit.family)
    sock = kit.bound()
    sock.connect(kit.far)


@provokes(EHOSTUNREACH=IP, see="ip-route(8)")
@cure("Look at the route: `ip route get ADDRESS`; somebody closed it on purpose.")
def route_unreachable(kit: Kit) -> None:
    """The route to that address is of the type unreachable."""
    networks.route("unreachable", kit.family)
    kit.new().connect(kit.far)


@provokes(EHOSTUNREACH=TCP, see="arp(7) net.ipv4.neigh.*.mcast_solicit")
@cure(
    "Is the machine on, on this network, and its address right? `ip neighbour` shows "
    "FAILED."
)
def neighbour_silent(kit: Kit) -> None:
    """The machine should be on this network, but does not answer."""
    networks.link(kit.family)
    kit.new().connect(kit.neighbour)


@provokes(EACCES=IP, see="ip-route(8)")
@cure("Look at the route: `ip route get ADDRESS`; somebody closed it on purpose.")
def route_prohibited(kit: Kit) -> None:
    """The route to that address is of the type prohibit."""
    networks.route("prohibit", kit.family)
    kit.new().connect(kit.far)


@provokes(EINVAL=IP, see="ip-route(8)")
@cure("Look at the route: `ip route get ADDRESS`; somebody closed it on purpose.")
def route_blackhole(kit: Kit) -> None:
    """The route to that address is of the type blackhole."""
    networks.route("blackhole", kit.family)
    kit.new().connect(kit.far)


@provokes(EACCES=TCP, see="landlock(7)")
@cure(SANDBOX)
def connect_confined(kit: Kit) -> None:
    """A sandbox forbids the program to connect to this TCP port."""
    server = kit.listening()
    networks.forbid_ports(connect=True)
    kit.new().connect(server.getsockname())


@provokes(EAFNOSUPPORT=TCP4 + UDP4, EINVAL=TCP6, see="connect(2)")
@cure(FIND_FAMILY)
def connect_other_family(kit: Kit) -> None:
    """The address is of the other IP version."""
    sock = kit.handed_down(IPV6 if kit.family == IPV4 else IPV4)
    sock.connect(("::1", 9) if kit.family == IPV4 else ("127.0.0.1", 9))


@provokes(EINVAL=UNIXES, see="connect(2)")
@cure(RIGHT_FAMILY)
def connect_foreign_family(kit: Kit) -> None:
    """The address is an IPv4 address, and the socket is a Unix socket."""
    sock = kit.handed_down(IPV4)
    sock.connect(("127.0.0.1", 9))
