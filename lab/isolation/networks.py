"""What a network of the lab can be given beyond its loopback, as plain functions.

    python -m lab network 'no route to 203.0.113.1' python program.py

runs a program in a new network with what its `# Needs:` line asks for.

Each one changes the network or the rights of this process, for good: run it only in a
process of its own, after `lab.isolation.namespace.enter()`. That made it root of its
network, which is all that they need; nobody has to be root of the machine. All
addresses off the loopback are documentation addresses (RFC 5737, RFC 3849), and exist
nowhere but in there.

A family is AF_INET or AF_INET6. They raise Missing where a call or a sysctl is refused,
and pyroute2's NetlinkError where rtnetlink(7) or nftables refuse.
"""

import argparse
import ctypes
import difflib
import os
import socket
import struct
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pyroute2 import IPRoute, NetlinkError
from pyroute2.netlink.nfnetlink.nftsocket import Cmp, Meta, Regs
from pyroute2.nftables.expressions import genex
from pyroute2.nftables.main import NFTables

from lab.isolation.namespace import (
    CLONE_NEWNET,
    IFA_F_NODAD,
    Missing,
    enter,
    set_up_loopback,
    write_sysctl,
)

# {family: address}. HERE is our end of the cable, NEIGHBOUR the other one.
FAR: dict[int, str] = {
    socket.AF_INET: "203.0.113.1",
    socket.AF_INET6: "2001:db8:ffff::1",
}
FAR_NETWORK: dict[int, str] = {
    socket.AF_INET: "203.0.113.0/24",
    socket.AF_INET6: "2001:db8:ffff::/48",
}
HERE: dict[int, str] = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
NEIGHBOUR: dict[int, str] = {
    socket.AF_INET: "192.0.2.2",
    socket.AF_INET6: "2001:db8::2",
}
WIDTH: dict[int, int] = {socket.AF_INET: 24, socket.AF_INET6: 64}  # bits of the prefix
PORT_RANGE = "net.ipv4.ip_local_port_range"  # ip(7)
CLONE_NEWNS = 0x20000  # <linux/sched.h>
READ_ONLY, BIND = 1, 4096  # MS_RDONLY, MS_BIND, <sys/mount.h>
NF_DROP, NF_ACCEPT, NFPROTO_INET = 0, 1, 1  # <linux/netfilter.h>
NFT_REJECT_ICMP_UNREACH, NFT_REJECT_ICMPX_UNREACH = 0, 2  # …/netfilter/nf_tables.h
NO_ROUTE, PORT_UNREACHABLE, ADMIN_PROHIBITED = 0, 1, 3  # NFT_REJECT_ICMPX_…, same file
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446  # <asm-generic/unistd.h>
LANDLOCK_BIND_TCP, LANDLOCK_CONNECT_TCP = 1 << 0, 1 << 1  # <linux/landlock.h>
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38  # <linux/prctl.h>
CAPABILITY_VERSION_3 = 0x20080522  # <linux/capability.h>
CAPABILITIES = 64  # as many as that version has room for, capabilities(7)
libc = ctypes.CDLL(None, use_errno=True)


def close_route(kind: str, family: int = socket.AF_INET) -> None:
    """Close the way to the far machine by a route to it alone, which goes first.

    kind: unreachable, prohibit, blackhole; ip-route(8).
    """
    with IPRoute() as network:
        network.route("add", family=family, dst=FAR[family], type=kind)


def open_route(kind: str, family: int = socket.AF_INET) -> None:
    """Take away what close_route() has made."""
    with IPRoute() as network:
        network.route("del", family=family, dst=FAR[family], type=kind)


def link(family: int = socket.AF_INET, mtu: int = 1500) -> None:
    """A cable (veth) with our end up, at HERE, and the far network behind it.

    The other end is up as well, but nobody there has an address, so nobody answers.
    A neighbour who is asked for is given up after a tenth of a second: asked once, and
    waited for 100 ms, arp(7). mtu: in bytes, of both ends. Raises Missing where
    /proc/sys is read-only.
    """
    version = 4 if family == socket.AF_INET else 6
    with IPRoute() as network:
        network.link("add", ifname="cable", kind="veth", peer="cable-end", mtu=mtu)
        for name in ("cable-end", "cable"):
            write_sysctl(f"net.ipv{version}.neigh.{name}.mcast_solicit", "1")
            write_sysctl(f"net.ipv{version}.neigh.{name}.retrans_time_ms", "100")
            end = network.link_lookup(ifname=name)[0]
            network.link("set", index=end, state="up", mtu=mtu)
    set_route(family)


def set_route(family: int) -> None:
    """Give our end of the cable its address, and route the far network through it."""
    with IPRoute() as network:
        index = network.link_lookup(ifname="cable")[0]
        network.addr(
            "replace",
            index=index,
            family=family,
            address=HERE[family],
            prefixlen=WIDTH[family],
            flags=IFA_F_NODAD if family == socket.AF_INET6 else 0,
        )
        network.route(
            "add",
            family=family,
            dst=FAR_NETWORK[family],
            gateway=NEIGHBOUR[family],
            oif=index,
        )


def container(cable: str = "cable") -> int:
    """A second network, as a container has, with a loopback of its own.

    A cable, veth(4), leads from our HERE to its NEIGHBOUR; IPv4 only. cable: name of
    the interface at both ends. Returns a descriptor for within(), which the caller
    closes.
    """
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    if libc.unshare(CLONE_NEWNET) != 0:
        raise Missing("namespace", os.strerror(ctypes.get_errno()))
    inner = os.open("/proc/self/ns/net", os.O_RDONLY)
    set_up_loopback()
    with IPRoute() as network:
        there = {"ifname": cable, "net_ns_fd": home}
        network.link("add", ifname=cable, kind="veth", peer=there)
    give_address(cable, NEIGHBOUR[socket.AF_INET])
    move_to(home)
    give_address(cable, HERE[socket.AF_INET])
    os.close(home)
    return inner


def give_address(name: str, address: str) -> None:
    """Switch an end of a cable on; acknowledgements go at once, as on the loopback.

    name: of the interface. address: of IPv4.
    """
    with IPRoute() as network:
        index = network.link_lookup(ifname=name)[0]
        network.link("set", index=index, state="up")
        network.addr("add", index=index, address=address, prefixlen=24)
        network.route(
            "replace",
            dst="192.0.2.0/24",
            oif=index,
            prefsrc=address,
            scope="link",
            proto="kernel",
            metrics={"quickack": 1},
        )


def move_to(network: int) -> None:
    """Move this thread to a network, setns(2); its sockets stay where they are.

    network: a descriptor of a file such as /proc/self/ns/net, namespaces(7).
    """
    if libc.setns(network, CLONE_NEWNET) != 0:
        raise Missing("namespace", os.strerror(ctypes.get_errno()))


@contextmanager
def within(network: int) -> Iterator[None]:
    """Be in another network for a while: a socket stays in the one it was made in.

    network: a descriptor, as container() returns it.
    """
    home = os.open("/proc/self/ns/net", os.O_RDONLY)
    move_to(network)
    try:
        yield
    finally:
        move_to(home)
        os.close(home)


def new_address(address: str) -> None:
    """Give our end of the cable an IPv6 address that is still being checked.

    For a second or two nobody may use it: duplicate address detection, RFC 4862. There
    must be a cable: link() first.
    """
    with IPRoute() as network:
        index = network.link_lookup(ifname="cable")[0]
        network.addr(
            "add",
            index=index,
            family=socket.AF_INET6,
            address=address,
            prefixlen=64,
        )


def know_neighbour() -> None:
    """Let our end of the cable know the other one's link address: nobody is asked.

    link() first; the packets are sent, and nobody answers them.
    """
    with IPRoute() as network:
        index = network.link_lookup(ifname="cable")[0]
        for family, address in NEIGHBOUR.items():
            network.neigh(
                "add",
                family=family,
                dst=address,
                lladdr="02:00:00:00:00:09",
                ifindex=index,
                state="permanent",
            )


def unplug() -> None:
    """Switch our end of the cable off; link() or container() made it."""
    with IPRoute() as network:
        network.link("set", ifname="cable", state="down")


def plug(family: int = socket.AF_INET) -> None:
    """Switch our end of the cable on again, and give it its address and its route.

    With the interface went the route through its neighbour, and the IPv6 address.
    """
    with IPRoute() as network:
        index = network.link_lookup(ifname="cable")[0]
        network.link("set", index=index, state="up")
    set_route(family)


def new_network() -> None:
    """Move to a network in which nothing has been set up, not even its loopback."""
    if libc.unshare(CLONE_NEWNET) != 0:
        raise Missing("namespace", os.strerror(ctypes.get_errno()))


def slow_link(rate: str = "8kbit", limit: int = 3000) -> None:
    """Let our end of the cable send no faster, with a queue of this many bytes.

    rate: per second, as in tc-tbf(8). link() first. Raises Missing where the kernel
    has no such queue.
    """
    with IPRoute() as network:
        index = network.link_lookup(ifname="cable")[0]
        try:
            network.tc("add", "tbf", index, 0x10000, rate=rate, burst=2000, limit=limit)
        except NetlinkError as error:
            raise Missing("tbf", error) from None


def tunnel(port: int) -> None:
    """An interface whose packets the kernel sends and receives at a UDP port: VXLAN.

    Raises Missing where the kernel has none.
    """
    with IPRoute() as network:
        lo = network.link_lookup(ifname="lo")[0]
        try:
            network.link(
                "add",
                ifname="tunnel",
                kind="vxlan",
                vxlan_id=1,
                vxlan_link=lo,
                vxlan_port=port,
            )
        except NetlinkError as error:
            raise Missing("vxlan", error) from None
        network.link("set", ifname="tunnel", state="up")


def remove_link() -> None:
    """Take the cable away, with both ends."""
    with IPRoute() as network:
        network.link("del", ifname="cable")


def port_range(first: int = 40000, last: int = 40000) -> None:
    """Leave the kernel only these ports to choose from, both ends included; ip(7)."""
    write_sysctl(PORT_RANGE, f"{first}\t{last}")


def drop(hook: str) -> None:
    """A firewall that drops everything at a hook, input or output; nft(8)."""
    with NFTables(nfgen_family=NFPROTO_INET) as firewall:
        firewall.table("add", name="lab")
        firewall.chain(
            "add",
            table="lab",
            name="all",
            hook=hook,
            type="filter",
            policy=NF_DROP,
        )


def reject(code: int, kind: int = NFT_REJECT_ICMPX_UNREACH) -> None:
    """A firewall that answers TCP with ICMP; nft(8).

    code: NO_ROUTE, PORT_UNREACHABLE or ADMIN_PROHIBITED, which each family has under
    its own number; or, with the kind NFT_REJECT_ICMP_UNREACH, that number itself.
    """
    tcp = {"attrs": [("NFTA_DATA_VALUE", bytes([socket.IPPROTO_TCP]))]}
    rule = [
        genex("meta", {"key": Meta.NFT_META_L4PROTO, "dreg": Regs.NFT_REG_1}),
        genex("cmp", {"sreg": Regs.NFT_REG_1, "op": Cmp.NFT_CMP_EQ, "data": tcp}),
        genex("reject", {"type": kind, "icmp_code": code}),
    ]
    with NFTables(nfgen_family=NFPROTO_INET) as firewall:
        firewall.table("add", name="lab")
        firewall.chain(
            "add",
            table="lab",
            name="all",
            hook="input",
            type="filter",
            policy=NF_ACCEPT,
        )
        firewall.rule("add", table="lab", chain="all", expressions=(rule,))


def remove_firewall() -> None:
    """Take away what drop() or reject() has made."""
    with NFTables(nfgen_family=NFPROTO_INET) as firewall:
        firewall.table("del", name="lab")


def give_up_capabilities() -> None:
    """Become an ordinary user: keep the user id, lose every capability; capset(2)."""
    version_3_of_this_process = struct.pack("Ii", CAPABILITY_VERSION_3, 0)
    if libc.capset(version_3_of_this_process, bytes(24)) != 0:
        raise Missing("ids", os.strerror(ctypes.get_errno()))


def forbid_ports(bind: bool = False, connect: bool = False) -> None:
    """Take from this process the right to bind or to connect TCP ports: landlock(7).

    Needs no capability, but Linux 6.7 and a kernel that has it switched on.
    """
    ports = LANDLOCK_BIND_TCP * bind | LANDLOCK_CONNECT_TCP * connect
    rights = struct.pack("QQ", 0, ports)  # struct landlock_ruleset_attr: files, network
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, rights, len(rights), 0)
    if ruleset < 0:
        raise Missing("landlock", os.strerror(ctypes.get_errno()))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
        raise Missing("landlock", os.strerror(ctypes.get_errno()))


def mount(path: str, flags: int = 0, options: str = "", kind: str = "tmpfs") -> None:
    """Mount an empty file system at a new folder, in a mount namespace of our own.

    flags: of mount(2), for instance READ_ONLY. options: of the file system, for
    instance `size=4k`. kind: tmpfs(5), or another one that needs no device. Raises
    FileExistsError.
    """
    Path(path).mkdir()
    made = libc.unshare(CLONE_NEWNS) == 0 and (
        libc.mount(b"lab", path.encode(), kind.encode(), flags, options.encode()) == 0
    )
    if not made:
        raise Missing("mount", os.strerror(ctypes.get_errno()))


def cover(path: str, with_file: str) -> None:
    """Show this process and its children another file at some path.

    Everybody else sees the old one. Raises Missing where that is refused.
    """
    made = libc.unshare(CLONE_NEWNS) == 0 and (
        libc.mount(with_file.encode(), path.encode(), None, BIND, None) == 0
    )
    if not made:
        raise Missing("mount", os.strerror(ctypes.get_errno()))


def unmount(path: str) -> None:
    """Take away what mount() has mounted; the folder stays."""
    if libc.umount2(path.encode(), 0) != 0:
        raise Missing("mount", os.strerror(ctypes.get_errno()))


def ordinary_user() -> None:
    """Lose every capability, and keep lost what a program started later would regain.

    Programs that user 0 starts get the whole bounding set back, capabilities(7).
    """
    for capability in range(CAPABILITIES):
        libc.prctl(PR_CAPBSET_DROP, capability, 0, 0, 0)
    give_up_capabilities()


def closed_routes() -> None:
    """One route of each type that refuses: unreachable, prohibit, blackhole."""
    with IPRoute() as network:
        for last, kind in enumerate(("unreachable", "prohibit", "blackhole"), 1):
            network.route("add", dst=f"203.0.113.{last}/32", type=kind)


def no_route() -> None:
    """Nothing to do: a new network has a loopback and no route to anywhere else."""


# What a snippet may write in its `# Needs:` line, and what makes it so.
NETWORKS: dict[str, Callable[[], None]] = {
    "a loopback of its own": lambda: None,
    "no route to 203.0.113.1": no_route,
    "three closed routes, to 203.0.113.1, .2 and .3": closed_routes,
    "one port in net.ipv4.ip_local_port_range": port_range,
    "an ordinary user": ordinary_user,
}


class Unknown(Exception):
    """A network that nobody makes; the text lists those that somebody does."""


def named(need: str) -> Callable[[], None]:
    """What makes the network that a snippet asks for by name.

    Raises Unknown, with all names, the closest first.
    """
    if need in NETWORKS:
        return NETWORKS[need]
    likeness = {
        name: difflib.SequenceMatcher(None, need, name).ratio() for name in NETWORKS
    }
    closest = sorted(likeness, key=likeness.__getitem__, reverse=True)
    raise Unknown(
        f"lab/isolation/networks.py makes no network {need!r}; it makes: "
        + "; ".join(map(repr, closest))
    )


def add_options(parser: argparse.ArgumentParser) -> None:
    """What the network must be like, and what to run there."""
    parser.add_argument("need", help="for instance 'no route to 203.0.113.1'")
    parser.add_argument("program", help="a command, for instance python")
    parser.add_argument("arguments", nargs=argparse.REMAINDER)


def run(chosen: argparse.Namespace) -> int:
    """Enter a new network, make it what a snippet needs, become the program.

    Returns if that cannot be: the exit status.
    """
    try:
        make = named(chosen.need)
        enter()
        make()
        os.execvp(chosen.program, [chosen.program, *chosen.arguments])
    except Unknown as unknown:
        print(unknown, file=sys.stderr)
    except OSError as error:
        print(f"{chosen.program}: {error.strerror}", file=sys.stderr)
    return 1
