"""Odd networks and processes, in which a proof is run to see where its claim breaks.

A claim that breaks in one of them depends on something: its sentence should name it, or
the head of the page does ("options and settings at their defaults"). `make hunt` tells
which do.
"""

import socket
from collections.abc import Callable
from functools import partial

from pyroute2 import IPRoute

from lab.isolation import networks
from lab.isolation.namespace import write_sysctl

real_socket = socket.socket


def setting(name: str, value: str) -> Callable[[], None]:
    """A network in which a sysctl has another value than by default."""
    return partial(write_sysctl, name, value)


def options(level: int, *numbers: int) -> Callable[[], None]:
    """A process all of whose sockets have options set, where they can have them."""

    def make() -> None:
        class OddSocket(real_socket):
            def __init__(self, *args: object, **kwargs: object) -> None:
                super().__init__(*args, **kwargs)  # type: ignore[arg-type]
                for number in numbers:
                    try:
                        self.setsockopt(level, number, 1)
                    except OSError:
                        return

        socket.socket = OddSocket  # type: ignore[misc]

    return make


def default_route() -> None:
    """A cable, and all that is not local goes there; nobody answers."""
    networks.link()
    with IPRoute() as network:
        gateway = networks.NEIGHBOUR[socket.AF_INET]
        network.route("add", dst="default", gateway=gateway)


def no_ipv6() -> None:
    """IPv6 is switched off."""
    write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")


NETWORKS: dict[str, Callable[[], None]] = {
    "no TCP timestamps": setting("net.ipv4.tcp_timestamps", "0"),
    "tcp_tw_reuse on": setting("net.ipv4.tcp_tw_reuse", "1"),
    "tcp_tw_reuse off": setting("net.ipv4.tcp_tw_reuse", "0"),
    "no SYN cookies": setting("net.ipv4.tcp_syncookies", "0"),
    "fast open for all": setting("net.ipv4.tcp_fastopen", "3"),
    "tcp_abort_on_overflow": setting("net.ipv4.tcp_abort_on_overflow", "1"),
    "somaxconn 1": setting("net.core.somaxconn", "1"),
    "a port range of odd size": setting("net.ipv4.ip_local_port_range", "40000 40100"),
    "ip_nonlocal_bind": setting("net.ipv4.ip_nonlocal_bind", "1"),
    "ip_nonlocal_bind of IPv6": setting("net.ipv6.ip_nonlocal_bind", "1"),
    "ip_autobind_reuse": setting("net.ipv4.ip_autobind_reuse", "1"),
    "low ports for all": setting("net.ipv4.ip_unprivileged_port_start", "0"),
    "bindv6only": setting("net.ipv6.bindv6only", "1"),
    "route_localnet": setting("net.ipv4.conf.all.route_localnet", "1"),
    "a default route": default_route,
    "no IPv6": no_ipv6,
    "an ordinary user": networks.give_up_capabilities,
    "a default time-out in Python": partial(socket.setdefaulttimeout, 5),
    "SO_REUSEADDR on all": options(socket.SOL_SOCKET, socket.SO_REUSEADDR),
    "SO_REUSEPORT on all": options(socket.SOL_SOCKET, socket.SO_REUSEPORT),
    "SO_KEEPALIVE on all": options(socket.SOL_SOCKET, socket.SO_KEEPALIVE),
    "IP_RECVERR on all": options(socket.IPPROTO_IP, 11),  # <linux/in.h>
    "IP_FREEBIND on all": options(socket.IPPROTO_IP, 15),
}
