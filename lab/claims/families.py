"""Watches over which kinds of socket a proof runs, and runs it over IPv6 as well.

A proof that names IPv4 addresses is run a second time, on IPv6 sockets: the same calls,
with each address replaced by its counterpart (`127.0.0.1` by `::1`) on the way to the
kernel, and replaced back in what the kernel answers. What the kernel does is real; only
the names of the addresses are translated. What has no counterpart raises Untranslated,
and such a proof says by `@scope` why it is for one family alone.
"""

import ipaddress
import socket
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from typing import Any

from lab.claims.proof import Ending, Wire, run_proof
from lab.isolation import networks
from lab.isolation.capture import Decoded
from lab.isolation.namespace import add_loopback_addresses

real_socket = socket.socket
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
PASSED_IN = ("bind", "connect", "connect_ex", "sendto", "sendmsg")  # the last argument
TOLD = ("getsockname", "getpeername")  # return an address
TOLD_LAST = ("accept", "recvfrom", "recvfrom_into", "recvmsg")  # beside something else
USED = (*PASSED_IN, *TOLD_LAST, "listen", "send", "sendall", "recv", "shutdown")
NAMES: dict[tuple[int, int], str] = {
    (socket.AF_UNIX, socket.SOCK_STREAM): "Unix stream",
    (socket.AF_UNIX, socket.SOCK_DGRAM): "Unix datagram",
    (socket.AF_UNIX, socket.SOCK_SEQPACKET): "Unix seqpacket",
    (IPV4, socket.SOCK_STREAM): "TCP IPv4",
    (IPV6, socket.SOCK_STREAM): "TCP IPv6",
    (IPV4, socket.SOCK_DGRAM): "UDP IPv4",
    (IPV6, socket.SOCK_DGRAM): "UDP IPv6",
}
# {network of IPv4: the network of IPv6 whose last four bytes are the same address}
NETWORKS = {
    "192.0.2.0/24": "2001:db8::",
    "203.0.113.0/24": "2001:db8:ffff::",
    "127.0.0.0/8": "fd00::",
}
# What all have that is not a network of its own.
EXACT = {"127.0.0.1": "::1", "0.0.0.0": "::", "": "::"}
OTHERS = [f"fd00::{last}" for last in (2, 3, 4, 5, 7, 9)]  # counterparts of 127.0.0.N
# Options that IPv6 has under a number of its own: (level, option), <linux/in6.h>.
OPTIONS = {
    (socket.IPPROTO_IP, 11): (socket.IPPROTO_IPV6, 25),  # IP_RECVERR, IPV6_RECVERR
    (socket.IPPROTO_IP, 15): (socket.IPPROTO_IPV6, 78),  # IP_FREEBIND
}


# Of ICMP messages, as scapy names them: those of IPv6 by those of IPv4.
KINDS = {"Destination unreachable Port unreachable": "dest-unreach port-unreachable"}


class Untranslated(Exception):
    """An address, or an option, that has no counterpart in IPv6."""


def over_ipv6(host: str) -> str:
    """The counterpart of an IPv4 address; a name stays as it is.

    >>> [over_ipv6(host) for host in ("127.0.0.1", "127.0.0.9", "0.0.0.0", "localhost")]
    ['::1', 'fd00::9', '::', 'localhost']
    """
    if host in EXACT:
        return EXACT[host]
    try:
        address = ipaddress.IPv4Address(host)
    except ValueError:
        return host
    for network, other in NETWORKS.items():
        inside = ipaddress.IPv4Network(network)
        if address in inside:
            low = int(address) - int(inside.network_address)
            return str(ipaddress.IPv6Address(int(ipaddress.IPv6Address(other)) + low))
    raise Untranslated(f"{host} has no counterpart in IPv6")


def over_ipv4(host: str) -> str:
    """The IPv4 address of which this is the counterpart; others stay as they are.

    >>> [over_ipv4(host) for host in ("::1", "fd00::9", "::", "2001:db8::2")]
    ['127.0.0.1', '127.0.0.9', '0.0.0.0', '192.0.2.2']
    """
    exact = {there: here for here, there in EXACT.items() if here}
    if host in exact:
        return exact[host]
    number = int(ipaddress.IPv6Address(host.partition("%")[0]))
    for network, other in NETWORKS.items():
        inside = ipaddress.IPv4Network(network)
        low = number - int(ipaddress.IPv6Address(other))
        if 0 < low < inside.num_addresses:
            return str(inside.network_address + low)
    return host


def there(address: Any) -> Any:
    """(host, port) of IPv4 as the kernel gets it; anything else stays."""
    if isinstance(address, tuple) and len(address) == 2 and type(address[0]) is str:
        return over_ipv6(address[0]), address[1]
    return address


def back(address: Any) -> Any:
    """(host, port, flow, scope) as the proof is told it."""
    if isinstance(address, tuple) and len(address) == 4:
        return over_ipv4(address[0]), address[1]
    return address


def packets_back(packets: list[Decoded]) -> list[Decoded]:
    """Packets of IPv6 as the proof is told them."""
    for packet in packets:
        for end in (packet["source"], packet["destination"]):
            end[0] = over_ipv4(str(end[0]))
        if packet["protocol"] == "ICMPv6":
            packet["protocol"] = "ICMP"
            packet["kind"] = KINDS.get(packet["kind"], packet["kind"])
    return packets


def run_over(
    family: socket.AddressFamily, function: Callable[..., object], arguments: Any
) -> Ending:
    """run_proof(), over the family that the proof names or over the other one.

    The ending says which kinds of socket were used.
    """
    seen: set[str] = set()
    prepare = partial(translate if family == IPV6 else watch, seen)
    return replace(run_proof(function, arguments, prepare), kinds=sorted(seen))


def watch(seen: set[str], wire: Wire | None) -> None:
    """Note in a set the kinds of all sockets that this process uses from now on."""
    methods = {name: noted(name) for name in USED}
    replace_sockets(methods | {"seen": seen})


def noted(name: str) -> Callable[..., Any]:
    """A method of socket.socket that notes the kind of its socket first."""
    real = getattr(real_socket, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if found := NAMES.get(kind_of(self)):
            self.seen.add(found)
        return real(self, *args, **kwargs)

    return call


def translate(seen: set[str], wire: Wire | None) -> None:
    """Make all sockets of this process that ask for IPv4 sockets of IPv6, for good."""
    add_loopback_addresses(OTHERS)
    link = networks.link
    networks.link = lambda family=IPV4, mtu=1500: link(IPV6, mtu)
    if wire is not None:
        wire.alter = packets_back
    methods = {name: translated(name) for name in (*USED, *TOLD)}
    options = {name: option(name) for name in ("setsockopt", "getsockopt")}
    made = {"seen": seen, "__init__": made_of_ipv6, "family": property(family_told)}
    replace_sockets(methods | options | made)


def replace_sockets(methods: dict[str, Any]) -> None:
    """Make all sockets of this process of a class with these methods, for good."""
    made: type[socket.socket] = type("socket", (real_socket,), methods)
    socket.socket = made  # type: ignore[misc]


def kind_of(sock: socket.socket) -> tuple[int, int]:
    """The family and the type that a socket really has."""
    family: int = real_socket.family.fget(sock)  # type: ignore[attr-defined]
    return family, sock.type & ~(socket.SOCK_NONBLOCK | socket.SOCK_CLOEXEC)


def made_of_ipv6(
    self: Any, family: int = -1, type: int = -1, proto: int = -1, fileno: Any = None
) -> None:
    """socket.socket(), with IPv6 where IPv4 is asked for."""
    if fileno is None and family == -1:
        family = IPV4
    self.__dict__["translated"] = family == IPV4
    real_socket.__init__(self, IPV6 if family == IPV4 else family, type, proto, fileno)


def family_told(self: Any) -> socket.AddressFamily:
    """The family that the proof asked for."""
    family: socket.AddressFamily = real_socket.family.fget(self)  # type: ignore[attr-defined]
    return IPV4 if self.__dict__.get("translated") else family


def translated(name: str) -> Callable[..., Any]:
    """A method of socket.socket with the addresses of another family."""
    real = getattr(real_socket, name)

    def call(self: Any, *args: Any, **kwargs: Any) -> Any:
        if name in USED and (found := NAMES.get(kind_of(self))):
            self.seen.add(found)
        if not self.__dict__.get("translated"):
            return real(self, *args, **kwargs)
        if name in PASSED_IN and args:
            args = (*args[:-1], there(args[-1]))
        value = real(self, *args, **kwargs)
        if name in TOLD:
            return back(value)
        if name in TOLD_LAST:
            return (*value[:-1], back(value[-1]))
        return value

    return call


def option(name: str) -> Callable[..., Any]:
    """setsockopt() or getsockopt() with the options of the other family."""
    real = getattr(real_socket, name)

    def call(self: Any, level: int, number: int, *args: Any) -> Any:
        if self.__dict__.get("translated"):
            level, number = OPTIONS.get((level, number), (level, number))
        return real(self, level, number, *args)

    return call
