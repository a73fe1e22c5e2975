"""What a network of the lab can be given beyond its loopback, as plain functions.

    python -m lab.networks 'no route to 203.0.113.1' python program.py

runs a program in a new network with what its `# Needs:` line asks for.

Each one changes the network or the rights of this process, for good: run it only in a
process of its own, after `lab.namespace.enter()`. All addresses off the loopback are
documentation addresses (RFC 5737, RFC 3849), and exist nowhere but in there.
"""

import ctypes
import os
import socket
import struct
import sys
from collections.abc import Callable
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.nfnetlink.nftsocket import Cmp, Meta, Regs
from pyroute2.nftables.expressions import genex
from pyroute2.nftables.main import NFTables

from lab.namespace import Missing, enter, write_sysctl

FAR = {socket.AF_INET: "203.0.113.1", socket.AF_INET6: "2001:db8:ffff::1"}
FAR_NETWORK = {socket.AF_INET: "203.0.113.0/24", socket.AF_INET6: "2001:db8:ffff::/48"}
HERE = {socket.AF_INET: "192.0.2.1", socket.AF_INET6: "2001:db8::1"}
NEIGHBOUR = {socket.AF_INET: "192.0.2.2", socket.AF_INET6: "2001:db8::2"}
WIDTH = {socket.AF_INET: 24, socket.AF_INET6: 64}
PORT_RANGE = "net.ipv4.ip_local_port_range"
CLONE_NEWNS = 0x20000  # <linux/sched.h>
READ_ONLY = 1  # MS_RDONLY, <sys/mount.h>
IFA_F_NODAD = 2  # <linux/if_addr.h>: usable at once
NF_DROP, NFPROTO_INET = 0, 1  # <linux/netfilter.h>
NFT_REJECT_ICMPX_UNREACH = 2  # <linux/netfilter/nf_tables.h>
PORT_UNREACHABLE, ADMIN_PROHIBITED = 1, 3  # NFT_REJECT_ICMPX_…, same file
LANDLOCK_CREATE_RULESET, LANDLOCK_RESTRICT_SELF = 444, 446  # <asm-generic/unistd.h>
PR_CAPBSET_DROP, PR_SET_NO_NEW_PRIVS = 24, 38  # <linux/prctl.h>
libc = ctypes.CDLL(None, use_errno=True)


def route(kind: str, family: int = socket.AF_INET) -> None:
    """Route the far network: unreachable, prohibit, blackhole; see ip-route(8)."""
    with IPRoute() as network:
        network.route("add", family=family, dst=FAR_NETWORK[family], type=kind)


def link(family: int = socket.AF_INET, mtu: int = 1500) -> None:
    """A cable (veth) with our end up, at HERE, and the far network behind it.

    The other end is up as well, but nobody there has an address, so nobody answers.
    A neighbour who is asked for is given up after a tenth of a second.
    """
    version = 4 if family == socket.AF_INET else 6
    with IPRoute() as network:
        network.link("add", ifname="cable", kind="veth", peer="cable-end", mtu=mtu)
        index = network.link_lookup(ifname="cable")[0]
        for name in ("cable-end", "cable"):
            write_sysctl(f"net.ipv{version}.neigh.{name}.mcast_solicit", "1")
            write_sysctl(f"net.ipv{version}.neigh.{name}.retrans_time_ms", "100")
            end = network.link_lookup(ifname=name)[0]
            network.link("set", index=end, state="up", mtu=mtu)
        network.addr(
            "add",
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


def new_address(address: str) -> None:
    """Give our end of the cable an IPv6 address that is still being checked.

    For a second or two nobody may use it: duplicate address detection, RFC 4862.
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


def unplug() -> None:
    """Switch our end of the cable off."""
    with IPRoute() as network:
        network.link("set", ifname="cable", state="down")


def remove_link() -> None:
    """Take the cable away, with both ends."""
    with IPRoute() as network:
        network.link("del", ifname="cable")


def port_range(first: int = 40000, last: int = 40000) -> None:
    """Leave the kernel only these ports to choose from."""
    write_sysctl(PORT_RANGE, f"{first}\t{last}")


def drop(hook: str) -> None:
    """A firewall that drops everything at a hook: input or output."""
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


def reject(code: int) -> None:
    """A firewall that answers TCP with ICMP: one of the two codes above."""
    tcp = {"attrs": [("NFTA_DATA_VALUE", bytes([socket.IPPROTO_TCP]))]}
    rule = [
        genex("meta", {"key": Meta.NFT_META_L4PROTO, "dreg": Regs.NFT_REG_1}),
        genex("cmp", {"sreg": Regs.NFT_REG_1, "op": Cmp.NFT_CMP_EQ, "data": tcp}),
        genex("reject", {"type": NFT_REJECT_ICMPX_UNREACH, "icmp_code": code}),
    ]
    with NFTables(nfgen_family=NFPROTO_INET) as firewall:
        firewall.table("add", name="lab")
        firewall.chain(
            "add", table="lab", name="all", hook="input", type="filter", policy=1
        )
        firewall.rule("add", table="lab", chain="all", expressions=(rule,))


def give_up_capabilities() -> None:
    """Become an ordinary user: keep the user id, lose every capability."""
    version_3_of_this_process = struct.pack("Ii", 0x20080522, 0)
    if libc.capset(version_3_of_this_process, bytes(24)) != 0:
        raise Missing("ids", os.strerror(ctypes.get_errno()))


def forbid_ports(bind: bool = False, connect: bool = False) -> None:
    """Take from this process the right to bind or to connect TCP ports: landlock(7)."""
    rights = struct.pack("QQ", 0, bind | connect << 1)
    ruleset = libc.syscall(LANDLOCK_CREATE_RULESET, rights, len(rights), 0)
    if ruleset < 0:
        raise Missing("landlock", os.strerror(ctypes.get_errno()))
    libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0)
    if libc.syscall(LANDLOCK_RESTRICT_SELF, ruleset, 0) != 0:
        raise Missing("landlock", os.strerror(ctypes.get_errno()))


def mount(path: str, flags: int = 0, options: str = "") -> None:
    """Mount an empty file system there, in a mount namespace of our own: tmpfs(5)."""
    Path(path).mkdir()
    made = libc.unshare(CLONE_NEWNS) == 0 and (
        libc.mount(b"lab", path.encode(), b"tmpfs", flags, options.encode()) == 0
    )
    if not made:
        raise Missing("mount", os.strerror(ctypes.get_errno()))


def ordinary_user() -> None:
    """Lose every capability, and keep lost what a program started later would regain.

    Programs that user 0 starts get the whole bounding set back, capabilities(7).
    """
    for capability in range(64):
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
WORLDS: dict[str, Callable[[], None]] = {
    "a loopback of its own": lambda: None,
    "no route to 203.0.113.1": no_route,
    "three closed routes, to 203.0.113.1, .2 and .3": closed_routes,
    "one port in net.ipv4.ip_local_port_range": port_range,
    "an ordinary user": ordinary_user,
}


def main() -> None:
    """Enter a new network, make a world by its name, become the program."""
    need, *command = sys.argv[1:]
    enter()
    WORLDS[need]()
    os.execvp(command[0], command)


if __name__ == "__main__":
    main()
