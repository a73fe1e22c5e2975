"""Proofs about multicast: which sockets get a datagram that is sent to a group.

All are about the groups of one interface, the lab's cable; a sender gets its own
datagrams back there, so nobody else is needed.
"""

import errno
import socket
import struct
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from lab.isolation import networks
from snippets.udp import members_of_a_group
from tests.claims.helpers import UDP, failure

needs = pytest.mark.needs
pytestmark = [
    pytest.mark.needs("sysctl", "ipv6"),
    pytest.mark.scope("UDP IPv4", "UDP IPv6"),
]
IPV4, IPV6 = socket.AF_INET, socket.AF_INET6
PORT = 5000
GROUP = {IPV4: "239.1.2.3", IPV6: "ff15::3"}
OTHER = {IPV4: "239.1.2.4", IPV6: "ff15::4"}
WILDCARD = {IPV4: "0.0.0.0", IPV6: "::"}
LEVEL = {IPV4: socket.IPPROTO_IP, IPV6: socket.IPPROTO_IPV6}
MULTICAST_ALL = {IPV4: 49, IPV6: 29}  # <linux/in.h>, <linux/in6.h>
MULTICAST_LOOP = {IPV4: socket.IP_MULTICAST_LOOP, IPV6: socket.IPV6_MULTICAST_LOOP}


def families() -> Iterator[int]:
    """Each of them, with a cable that has an address of it."""
    networks.link(IPV4)
    networks.set_route(IPV6)
    yield from (IPV4, IPV6)


def interface() -> int:
    """The index of the cable."""
    return socket.if_nametoindex("cable")


def membership(family: int, group: str, index: int) -> bytes:
    """struct ip_mreqn or ipv6_mreq, ip(7) and ipv6(7)."""
    packed = socket.inet_pton(family, group)
    if family == IPV4:
        return struct.pack("4s4xi", packed, index)
    return struct.pack("16si", packed, index)


def join(sock: socket.socket, group: str) -> None:
    """Become a member of a group on the cable."""
    v4 = sock.family == IPV4
    option = socket.IP_ADD_MEMBERSHIP if v4 else socket.IPV6_JOIN_GROUP
    told = membership(sock.family, group, interface())
    sock.setsockopt(LEVEL[sock.family], option, told)


def receiver(family: int, host: str, *groups: str) -> socket.socket:
    """A socket with SO_REUSEADDR, bound to PORT, and a member of these groups."""
    sock = socket.socket(family, UDP)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    scope = (0, interface()) if family == IPV6 and host.startswith("ff") else ()
    sock.bind((host, PORT, *scope))
    for group in groups:
        join(sock, group)
    return sock


def sender(family: int) -> socket.socket:
    """A socket that sends to groups on the cable, whatever the routes say."""
    sock = socket.socket(family, UDP)
    v4 = family == IPV4
    option = socket.IP_MULTICAST_IF if v4 else socket.IPV6_MULTICAST_IF
    told = struct.pack("8xi" if v4 else "i", interface())
    sock.setsockopt(LEVEL[family], option, told)
    return sock


def copies(*sockets: socket.socket) -> list[int]:
    """How many datagrams wait in each socket; they are taken out."""
    counts = []
    for sock in sockets:
        sock.setblocking(False)
        count = 0
        while True:
            try:
                sock.recv(9)
            except BlockingIOError:
                break
            count += 1
        counts.append(count)
    return counts


def test_every_member_gets_a_copy():
    """With `SO_REUSEADDR` on all of them, several UDP sockets can bind the same port
    and join the same multicast group, and each gets a copy of what is sent to it."""
    assert members_of_a_group.copies() == [b"to all"] * 2
    for family in families():
        any_, group = WILDCARD[family], GROUP[family]
        with ExitStack() as stack:
            hosts = (any_, any_, group)
            three = [stack.enter_context(receiver(family, h, group)) for h in hosts]
            with sender(family) as sock:
                sock.sendto(b"x", (group, PORT))
            assert copies(*three) == [1, 1, 1]


def test_members_share_no_unicast():
    """Of several UDP sockets that share a port by `SO_REUSEADDR` on the wildcard, only
    one gets a unicast datagram, even if all are members of a group.
    """
    for family in families():
        any_, group = WILDCARD[family], GROUP[family]
        with receiver(family, any_, group) as one, receiver(family, any_, group) as two:
            with socket.socket(family, UDP) as sock:
                sock.sendto(b"x", (networks.HERE[family], PORT))
            assert sorted(copies(one, two)) == [0, 1]


def test_bound_to_the_group_hears_the_group_alone():
    """A UDP socket that is bound to a multicast group and has joined it gets what is
    sent to this group, and neither unicast datagrams nor those to another group."""
    for family in families():
        group, other = GROUP[family], OTHER[family]
        with receiver(family, group, group, other) as sock, sender(family) as source:
            source.sendto(b"x", (group, PORT))
            assert copies(sock) == [1]
            source.sendto(b"x", (other, PORT))
            with socket.socket(family, UDP) as unicast:
                unicast.sendto(b"x", (networks.HERE[family], PORT))
            assert copies(sock) == [0]


def test_wildcard_hears_the_groups_of_others():
    """A UDP socket on the wildcard gets what is sent to a multicast group that another
    socket of the machine has joined, unless it sets `IP_MULTICAST_ALL`, or
    `IPV6_MULTICAST_ALL`, to 0; then it still gets what is sent to a group that it has
    joined itself.
    """
    for family in families():
        any_, group, other = WILDCARD[family], GROUP[family], OTHER[family]
        with (
            receiver(family, any_, group),
            receiver(family, any_) as stranger,
            receiver(family, any_, other) as strict,
            sender(family) as source,
        ):
            strict.setsockopt(LEVEL[family], MULTICAST_ALL[family], 0)
            source.sendto(b"x", (group, PORT))
            assert copies(stranger, strict) == [1, 0]
            source.sendto(b"x", (other, PORT))
            assert copies(strict) == [1]


def test_group_without_members_is_not_heard():
    """Before a socket of the machine has joined a multicast group, a UDP socket that is
    bound to the group, or to the wildcard, gets nothing of what is sent to the group.
    """
    for family in families():
        any_, group = WILDCARD[family], GROUP[family]
        with (
            receiver(family, group) as one,
            receiver(family, any_) as two,
            sender(family) as source,
        ):
            source.sendto(b"x", (group, PORT))
            assert copies(one, two) == [0, 0]
            join(one, group)
            source.sendto(b"x", (group, PORT))
            assert copies(one, two) == [1, 1]


def test_multicast_loop_is_the_senders():
    """With `IP_MULTICAST_LOOP`, or `IPV6_MULTICAST_LOOP`, at 0, what a UDP socket sends
    to a multicast group is not given to members on its own machine; it is the sender
    that sets it."""
    for family in families():
        any_, group = WILDCARD[family], GROUP[family]
        with receiver(family, any_, group) as member, sender(family) as source:
            member.setsockopt(LEVEL[family], MULTICAST_LOOP[family], 0)
            source.sendto(b"x", (group, PORT))
            assert copies(member) == [1]
            source.setsockopt(LEVEL[family], MULTICAST_LOOP[family], 0)
            source.sendto(b"x", (group, PORT))
            assert copies(member) == [0]


def test_sending_needs_no_membership():
    """A UDP socket of an ordinary user sends to a multicast group without having joined
    it, and without `SO_BROADCAST`; a member's answer comes from its own address."""
    for family in families():
        group = GROUP[family]
        networks.give_up_capabilities()
        with receiver(family, WILDCARD[family], group) as member:
            member.settimeout(5)
            with sender(family) as source:
                source.settimeout(5)
                source.sendto(b"who?", (group, PORT))
                data, client = member.recvfrom(9)
                member.sendto(b"me", client)
                answer, address = source.recvfrom(9)
        assert (data, answer) == (b"who?", b"me")
        assert address[:2] == (networks.HERE[family], PORT)


def test_group_is_left_with_the_socket():
    """When the last UDP socket that has joined a multicast group is closed, the machine
    leaves the group, and a socket on the wildcard gets nothing of it.
    """
    for family in families():
        any_, group = WILDCARD[family], GROUP[family]
        with receiver(family, any_) as stranger, sender(family) as source:
            with receiver(family, any_, group):
                source.sendto(b"x", (group, PORT))
            assert copies(stranger) == [1]
            source.sendto(b"x", (group, PORT))
            assert copies(stranger) == [0]


def test_joining_twice_fails():
    """If one UDP socket joins a multicast group twice on one interface, the second
    attempt fails with `EADDRINUSE`.
    """
    for family in families():
        group = GROUP[family]
        with receiver(family, WILDCARD[family], group) as sock:
            assert failure(join, sock, group) == errno.EADDRINUSE
