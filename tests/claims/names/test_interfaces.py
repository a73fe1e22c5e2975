"""Proofs about names and interfaces: the address is chosen, the interface is not."""

import errno
import socket
import struct

import pytest
from pyroute2 import IPRoute

from lab.isolation import networks
from lab.isolation.namespace import write_sysctl
from lab.isolation.networks import HERE, NEIGHBOUR, container, within
from snippets.names import bound_to_a_device
from tests.claims.helpers import TCP, UDP, failure, listen_on, udp

needs = pytest.mark.needs
ON_LO = "198.51.100.1"  # an address of lo, for which the container has a route


def two_interfaces() -> int:
    """Our lo with one more address, and a cable to a container, which is returned."""
    inner = container()
    with IPRoute() as network:
        lo = network.link_lookup(ifname="lo")[0]
        network.addr("add", index=lo, address=ON_LO, prefixlen=32)
    with within(inner), IPRoute() as network:
        network.route("add", dst=f"{ON_LO}/32", gateway=HERE[socket.AF_INET])
    return inner


@needs("private_net")
def test_route_chooses_the_interface():
    """A socket that is bound to the address of one interface sends through another one,
    if the route leads there: the address is chosen, the interface is not.
    """
    with within(two_interfaces()):
        receiver = udp(NEIGHBOUR[socket.AF_INET], 0)
    with receiver, udp(ON_LO, 0) as sender:
        sender.sendto(b"through the cable", receiver.getsockname())
        assert receiver.recvfrom(1024) == (b"through the cable", sender.getsockname())


@needs("private_net")
def test_address_is_reached_through_another_interface():
    """A server that is bound to the address of one interface is reached through another
    one too.
    """
    with within(two_interfaces()):
        client = socket.socket()
        client.settimeout(5)
    with client, listen_on(ON_LO) as listener:
        client.connect(listener.getsockname())
        conn, source = listener.accept()
        conn.close()
        assert source == client.getsockname()
        assert source[0] == NEIGHBOUR[socket.AF_INET]


@needs("private_net")
def test_bindtodevice_keeps_to_an_interface():
    """With `SO_BINDTODEVICE` a socket that is bound to the wildcard receives through
    that interface only, and what it sends leaves there, whatever the route says.
    """
    assert bound_to_a_device.reached_through("lo") == "lo"
    inner = two_interfaces()
    with within(inner):
        outside, receiver = udp(), udp(NEIGHBOUR[socket.AF_INET], 0)
    with outside, udp("0.0.0.0", 0, device=b"cable") as server, udp() as local:
        port = server.getsockname()[1]
        local.connect(("127.0.0.1", port))
        local.send(b"through lo")
        assert failure(local.recv, 1) == errno.ECONNREFUSED
        outside.sendto(b"through the cable", (HERE[socket.AF_INET], port))
        assert server.recv(1024) == b"through the cable"
    with receiver, udp(device=b"lo") as astray, udp() as by_route:
        astray.sendto(b"through lo", receiver.getsockname())
        by_route.sendto(b"by the route", receiver.getsockname())
        assert receiver.recv(1024) == b"by the route"


@pytest.mark.scope("IPv4", because="an IPv6 interface gives itself an address")
@needs("private_net")
def test_interface_without_address_leaves_the_wildcard():
    """Where the interface to which the route leads has no address, and the machine has
    no address but its loopback's, `connect()` leaves the local address `0.0.0.0`: on
    UDP it stays so, on TCP it is so while the call tries.
    """
    with IPRoute() as network:
        network.link("add", ifname="cable", kind="veth", peer="cable-end")
        for name in ("cable-end", "cable"):
            network.link("set", ifname=name, state="up")
        index = network.link_lookup(ifname="cable")[0]
        network.route("add", dst="203.0.113.0/24", oif=index, scope="link")
    with udp() as sock:
        sock.connect(("203.0.113.1", 9))
        assert sock.getsockname()[0] == "0.0.0.0"
        assert sock.getsockname()[1] > 0
        assert sock.getpeername() == ("203.0.113.1", 9)
    with socket.socket() as sock:
        sock.setblocking(False)
        assert sock.connect_ex(("203.0.113.1", 9)) == errno.EINPROGRESS
        assert sock.getsockname()[0] == "0.0.0.0"


@needs("private_net")
def test_device_tells_two_connections_apart():
    """Two TCP connections can have the same two names if `SO_BINDTODEVICE` has bound
    their sockets to different interfaces."""
    clients = []
    for cable in ("one", "two"):
        with within(container(cable)):
            listener = listen_on(NEIGHBOUR[socket.AF_INET], 8080)
        client = socket.socket()
        client.settimeout(5)
        client.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, cable.encode())
        client.bind((HERE[socket.AF_INET], 45000))
        client.connect((NEIGHBOUR[socket.AF_INET], 8080))
        conn, source = listener.accept()
        assert source == client.getsockname()
        clients += [client, conn, listener]
    assert clients[0].getsockname() == clients[3].getsockname()
    assert clients[0].getpeername() == clients[3].getpeername()


@needs("private_net")
def test_ordinary_user_may_choose_a_device_once():
    """Without the capability `CAP_NET_RAW`, `SO_BINDTODEVICE` can be set on a socket
    that has no interface yet; to change or remove the interface then fails with
    `EPERM`.
    """
    networks.ordinary_user()
    option = (socket.SOL_SOCKET, socket.SO_BINDTODEVICE)
    for kind in (TCP, UDP):
        with socket.socket(type=kind) as sock:
            sock.setsockopt(*option, b"lo")
            sock.bind(("127.0.0.1", 0))
            assert failure(sock.setsockopt, *option, b"\0") == errno.EPERM
            assert sock.getsockopt(*option, 16) == b"lo\0"


@needs("private_net")
@pytest.mark.scope("IPv4", because="without a route IPv6 stays unreachable")
def test_unicast_if_chooses_for_udp():
    """With `IP_UNICAST_IF`, an unbound UDP socket of IPv4 sends through that interface,
    even to an address to which no route leads, where `sendto()` otherwise fails with
    `ENETUNREACH`; the option needs no capability.
    """
    networks.link()
    networks.give_up_capabilities()
    ip_unicast_if = 50  # <linux/in.h>
    nowhere = "198.51.100.9", 9
    with udp() as sock:
        assert failure(sock.sendto, b"x", nowhere) == errno.ENETUNREACH
        index = struct.pack("!I", socket.if_nametoindex("cable"))
        sock.setsockopt(socket.IPPROTO_IP, ip_unicast_if, index)
        assert sock.sendto(b"x", nowhere) == 1


@needs("sysctl")
@pytest.mark.scope("IPv4", because="rp_filter is a setting of IPv4 alone")
def test_rp_filter_drops_what_could_not_be_answered():
    """With `net.ipv4.conf.*.rp_filter` at 1, a UDP datagram is dropped if the route to
    its sender does not lead back through the interface on which it came; with 0 it is
    received."""
    inner = container()
    with within(inner), IPRoute() as network:
        lo = network.link_lookup(ifname="lo")[0]
        network.addr("add", index=lo, address=ON_LO, prefixlen=32)
        stranger, known = udp(ON_LO, 0), udp(NEIGHBOUR[socket.AF_INET], 0)
    for setting, heard in (("0", [stranger, known]), ("1", [known])):
        for name in ("all", "cable"):
            write_sysctl(f"net.ipv4.conf.{name}.rp_filter", setting)
        with udp(HERE[socket.AF_INET], 0) as receiver:
            for sender in (stranger, known):
                sender.sendto(b"x", receiver.getsockname())
            for sender in heard:
                assert receiver.recvfrom(9) == (b"x", sender.getsockname())
    stranger.close()
    known.close()
