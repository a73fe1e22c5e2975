"""A private network: a user and network namespace with a loopback of its own.

No root is needed where the system allows unprivileged user namespaces
(user_namespaces(7), network_namespaces(7)); only a second user is root's to give. Each
ability is tried, not assumed: some systems let unshare(2) succeed and refuse everything
after it.
"""

import ctypes
import os
import socket
import sys
from functools import cache
from pathlib import Path

from pyroute2 import IPRoute
from pyroute2.netlink.exceptions import NetlinkError

from lab.isolation import child

CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000  # <linux/sched.h>
IFA_F_NODAD = 2  # <linux/if_addr.h>: an address that is usable at once
LOCAL_TABLE = 255  # the routing table of the machine's own addresses, ip-route(8)

# In the order in which they are tried; each stands on the ones before it.
STEPS = ("namespace", "ids", "loopback", "sysctl", "packets", "ipv6")


class Missing(Exception):
    """An ability this machine refuses. `step` is one of STEPS, the text says why."""

    def __init__(self, step: str, reason: object) -> None:
        super().__init__(f"no private network ({step}): {reason}")
        self.step, self.reason = step, reason

    def __reduce__(self) -> tuple[type, tuple[str, str]]:
        return Missing, (self.step, str(self.reason))


def enter(second_user: bool = False) -> None:
    """Move this single-threaded process to a new network with lo up.

    second_user: root there can become the user 1 as well; only root may ask for it.
    Raises Missing, naming the first step that the system refuses. A process that has
    threads is refused by unshare(2).
    """
    uid, gid = os.getuid(), os.getgid()
    users = f"0 {uid} 1"
    ours, theirs = socket.socketpair()
    if second_user:
        two = f"{users}\n1 {uid + 1} 1"
        outsider = child.fork(map_users, os.getpid(), two, theirs, ours)
    theirs.close()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWUSER | CLONE_NEWNET) != 0:
        raise Missing("namespace", os.strerror(ctypes.get_errno()))
    try:
        Path("/proc/self/setgroups").write_text("deny")
        if second_user:
            ours.send(b"now")
            outsider.result()
        else:
            Path("/proc/self/uid_map").write_text(users)
        Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    except OSError as error:
        raise Missing("ids", error) from None
    try:
        set_up_loopback()
    except (OSError, NetlinkError) as error:
        raise Missing("loopback", error) from None


def map_users(
    inside: int, users: str, told: socket.socket, other_end: socket.socket
) -> None:
    """Map the users of another process's new namespace, as soon as that says so.

    inside: the id of that process. users: lines of uid_map. From inside only one user
    may be mapped, user_namespaces(7). Raises OSError.
    """
    other_end.close()  # so that the end of the other process can be seen
    if told.recv(10):
        Path(f"/proc/{inside}/uid_map").write_text(users)


def set_up_loopback() -> None:
    """Switch lo on, with every acknowledgement sent at once.

    The kernel may hold a bare ACK back for 40 ms and let it travel with data; which
    of the two happens is a matter of timing. The route metric `quickack` of
    ip-route(8) takes the choice away, so that the same calls send the same packets.
    Raises OSError, NetlinkError.
    """
    with IPRoute() as network:
        lo = network.link_lookup(ifname="lo")[0]
        network.link("set", index=lo, state="up")
        same = {"oif": lo, "table": LOCAL_TABLE, "type": "local", "proto": "kernel"}
        same["metrics"] = {"quickack": 1}
        for destination in ("127.0.0.0/8", "127.0.0.1/32"):
            network.route(
                "replace", dst=destination, scope="host", prefsrc="127.0.0.1", **same
            )
        if why_no_ipv6() is None:
            old = {"dst": "::1/128", "table": LOCAL_TABLE}
            network.route("del", family=socket.AF_INET6, **old)
            network.route("add", family=socket.AF_INET6, dst="::1/128", **same)


def add_loopback_addresses(addresses: list[str]) -> None:
    """Give the loopback more addresses of IPv6, which has one where IPv4 has a network.

    As there, acknowledgements go at once. Raises OSError, NetlinkError.
    """
    with IPRoute() as network:
        lo = network.link_lookup(ifname="lo")[0]
        same = {"oif": lo, "table": LOCAL_TABLE, "type": "local", "proto": "kernel"}
        same |= {"metrics": {"quickack": 1}}
        family = socket.AF_INET6
        for address in addresses:
            # First, for the kernel adds a route of its own at a moment of its choice,
            # and does without where there is one.
            network.route("add", family=family, dst=f"{address}/128", **same)
            network.addr(
                "add", index=lo, address=address, prefixlen=128, flags=IFA_F_NODAD
            )


def write_sysctl(name: str, value: str) -> None:
    """Set a network sysctl of this namespace, for instance net.ipv4.ip_default_ttl.

    Raises Missing where /proc/sys is read-only, as it is in many containers.
    """
    try:
        Path("/proc/sys", *name.split(".")).write_text(value)
    except OSError as error:
        raise Missing("sysctl", error) from None


def try_every_step() -> dict[str, str | None]:
    """Enter a private network and report on it: step -> None, or why it is missing.

    Run it in a process of its own, which cannot leave the network.
    """
    from lab.isolation.capture import Capture

    found: dict[str, str | None] = dict.fromkeys(STEPS, "not reached")
    try:
        enter()
        found.update(namespace=None, ids=None, loopback=None)
    except Missing as missing:
        for step in STEPS[: STEPS.index(missing.step)]:
            found[step] = None
        found[missing.step] = str(missing)
        return found
    try:
        write_sysctl("net.ipv4.ip_local_port_range", "32768\t60999")
        found["sysctl"] = None
    except Missing as missing:
        found["sysctl"] = str(missing)
    try:
        Capture().close()
        found["packets"] = None
    except OSError as error:
        found["packets"] = f"no packet capture: {error}"
    found["ipv6"] = why_no_ipv6()
    return found


def refusal(second_user: bool) -> str | None:
    """Enter a network, or return in words why that is not possible."""
    try:
        enter(second_user)
    except Missing as missing:
        return str(missing)
    return None


def probe() -> dict[str, str | None]:
    """What a new process can and cannot do: step -> None, or why it is missing."""
    two_users = child.run(refusal, True)
    return try_every_step() | {"second_user": two_users}


@cache
def abilities() -> dict[str, str | None]:
    """What a proof or a recording may need: name -> None if it is here, or why not.

    private_net: a network of our own; packets: capture on its loopback;
    sysctl: its settings can be changed; second_user: it has a user besides root;
    ipv6: ::1 can be bound, there or here.
    """
    if not sys.platform.startswith("linux"):
        reason = f"no private network on {sys.platform}: Linux only"
        private = dict.fromkeys((*STEPS, "second_user"), reason)
    else:
        try:
            private = child.run_fresh(probe)
        except child.ChildFailed as failure:
            reason = f"no private network: {str(failure).splitlines()[-1]}"
            private = dict.fromkeys((*STEPS, "second_user"), reason)
    reasons = (private[step] for step in ("namespace", "ids", "loopback"))
    no_network = next((reason for reason in reasons if reason), None)
    return {
        "private_net": no_network,
        "packets": no_network or private["packets"],
        "sysctl": no_network or private["sysctl"],
        "second_user": no_network or private["second_user"],
        "ipv6": why_no_ipv6() if no_network else private["ipv6"],
    }


def why_no_ipv6() -> str | None:
    """None where ::1 can be bound, or the reason in words."""
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
    except OSError as error:
        return f"no ::1: {error}"
    return None
