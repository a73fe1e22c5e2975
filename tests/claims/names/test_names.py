"""Proofs about the two names of an IP socket: what sets them, and when."""

import errno
import socket
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from lab.isolation.namespace import write_sysctl
from lab.isolation.networks import HERE, NEIGHBOUR, container, within
from snippets.names import (
    bind_fills_the_local_name,
    connect_fills_both_names,
    wildcard_listener_specific_connection,
)

needs = pytest.mark.needs

# <linux/in.h>; not in the socket module of Python 3.11
IP_FREEBIND = 15
IP_BIND_ADDRESS_NO_PORT = 24


def listen_on(host: str = "127.0.0.1") -> socket.socket:
    """A listening socket on a port that the kernel chose; 5 s for what blocks."""
    listener = socket.socket()
    listener.settimeout(5)
    listener.bind((host, 0))
    listener.listen()
    return listener


def leave_one_ephemeral_port() -> int:
    """Leave this proof's network a single port for the kernel to choose; returns it."""
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    return 40000


def failure(call, *arguments) -> int:
    """The errno with which a call fails; a call that succeeds fails the proof."""
    with pytest.raises(OSError) as caught:
        call(*arguments)
    return caught.value.errno


def test_new_socket_has_no_names():
    """A new IPv4 socket has the local name `('0.0.0.0', 0)` and no peer name."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            assert sock.getsockname() == ("0.0.0.0", 0)
            assert failure(sock.getpeername) == errno.ENOTCONN


def test_bind_fills_the_local_name():
    """`bind()` sets the local name and no peer name: `getpeername()` fails with
    `ENOTCONN`."""
    before, after, peer = bind_fills_the_local_name.names_after_bind()
    assert before == ("0.0.0.0", 0)
    assert after[0] == "127.0.0.1"
    assert after[1] > 0
    assert peer == "ENOTCONN"


def test_bind_to_port_zero_chooses_a_port():
    """`bind()` to port 0 takes a free ephemeral port at once."""
    limits = Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port = sock.getsockname()[1]
        assert int(limits[0]) <= port <= int(limits[1])
        with socket.socket() as other:
            assert failure(other.bind, ("127.0.0.1", port)) == errno.EADDRINUSE


def test_bind_address_no_port_waits_for_connect():
    """With the option `IP_BIND_ADDRESS_NO_PORT`, `bind()` to port 0 sets the address
    alone, and `connect()` chooses the port."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        client.bind(("127.0.0.9", 0))
        assert client.getsockname() == ("127.0.0.9", 0)
        client.connect(listener.getsockname())
        address, port = client.getsockname()
        assert address == "127.0.0.9"
        assert port > 0


def test_bind_takes_the_port_that_was_asked_for():
    """`bind()` to a port other than 0 gives the socket exactly that port."""
    with socket.socket() as scout:
        scout.bind(("127.0.0.1", 0))
        free = scout.getsockname()
    with socket.socket() as sock:
        sock.bind(free)
        assert sock.getsockname() == free


def test_bind_keeps_the_wildcard():
    """A socket that is bound to the wildcard has the wildcard as its local address."""
    with socket.socket() as sock:
        sock.bind(("0.0.0.0", 0))
        address, port = sock.getsockname()
        assert address == "0.0.0.0"
        assert port > 0


def test_bind_to_the_empty_host_is_the_wildcard():
    """In Python, the empty host `''` means the wildcard `0.0.0.0`."""
    with socket.socket() as sock:
        sock.bind(("", 0))
        assert sock.getsockname()[0] == "0.0.0.0"


def test_bind_accepts_any_loopback_address():
    """`bind()` takes every address of `127.0.0.0/8`, not only `127.0.0.1`."""
    for address in ("127.0.0.2", "127.200.3.4", "127.255.255.254"):
        with socket.socket() as sock:
            sock.bind((address, 0))
            assert sock.getsockname()[0] == address


@needs("private_net")
def test_bind_rejects_an_address_of_another_machine():
    """`bind()` to an address of another machine fails with `EADDRNOTAVAIL`."""
    with socket.socket() as sock:
        assert failure(sock.bind, ("192.0.2.1", 0)) == errno.EADDRNOTAVAIL
        assert sock.getsockname() == ("0.0.0.0", 0)


@needs("private_net")
def test_freebind_takes_an_address_of_another_machine():
    """With the option `IP_FREEBIND`, `bind()` takes an address of another machine."""
    with socket.socket() as sock:
        sock.setsockopt(socket.IPPROTO_IP, IP_FREEBIND, 1)
        sock.bind(("192.0.2.1", 0))
        assert sock.getsockname()[0] == "192.0.2.1"


def test_connect_fills_both_names():
    """`connect()` on a new TCP socket sets the local name and the peer name."""
    before, local, peer = connect_fills_both_names.names_after_connect()
    assert before == ("0.0.0.0", 0)
    assert local[0] == "127.0.0.1"
    assert peer[0] == "127.0.0.1"
    assert len({local[1], peer[1], 0}) == 3


def test_connect_chooses_a_specific_local_address():
    """`connect()` gives an unbound TCP socket a specific local address, never the
    wildcard."""
    with listen_on("127.0.0.5") as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        assert client.getsockname()[0] == "127.0.0.1"
        assert client.getpeername() == listener.getsockname()


def test_connect_replaces_a_bound_wildcard():
    """`connect()` replaces a bound wildcard by a specific address, and keeps the
    port.
    """
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.bind(("0.0.0.0", 0))
        _, port = client.getsockname()
        client.connect(listener.getsockname())
        assert client.getsockname() == ("127.0.0.1", port)


def test_connect_keeps_a_bound_address():
    """`connect()` keeps a specific address and a port that `bind()` has set."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.bind(("127.0.0.9", 0))
        bound = client.getsockname()
        client.connect(listener.getsockname())
        assert bound[0] == "127.0.0.9"
        assert client.getsockname() == bound


def test_connect_to_the_wildcard_reaches_loopback():
    """An unbound TCP socket that connects to `0.0.0.0` reaches `127.0.0.1`."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        _, port = listener.getsockname()
        client.connect(("0.0.0.0", port))
        assert client.getpeername() == ("127.0.0.1", port)


def test_connect_to_the_wildcard_from_a_bound_address():
    """A TCP socket bound to a specific address that connects to `0.0.0.0` reaches that
    same address."""
    with listen_on("127.0.0.9") as listener, socket.socket() as client:
        client.settimeout(5)
        _, port = listener.getsockname()
        client.bind(("127.0.0.9", 0))
        client.connect(("0.0.0.0", port))
        assert client.getpeername() == ("127.0.0.9", port)


def test_listen_keeps_the_local_name():
    """`listen()` does not change the local name of a bound socket."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.5", 0))
        bound = listener.getsockname()
        listener.listen()
        assert bound[0] == "127.0.0.5"
        assert listener.getsockname() == bound


def test_listening_socket_has_no_peer():
    """A listening socket has no peer name, even when a client has connected to it."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        assert failure(listener.getpeername) == errno.ENOTCONN
        conn, _ = listener.accept()
        conn.close()
        assert failure(listener.getpeername) == errno.ENOTCONN


def test_accepted_socket_has_both_names():
    """The socket that `accept()` returns has both names, unless the client has
    reset the connection; its local port is the port of the listening socket.
    """
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert conn.getsockname() == listener.getsockname()
            assert conn.getpeername() == client.getsockname()


def test_accept_returns_the_peer_name():
    """The address that `accept()` returns is the client's local name."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        conn, address = listener.accept()
        with conn:
            assert address == client.getsockname()
            assert address == conn.getpeername()


def test_accept_keeps_the_listener_names():
    """`accept()` does not change the names of the listening socket."""
    with listen_on("0.0.0.0") as listener, socket.socket() as client:
        client.settimeout(5)
        before = listener.getsockname()
        client.connect(("127.0.0.5", before[1]))
        conn, _ = listener.accept()
        conn.close()
        assert before[0] == "0.0.0.0"
        assert listener.getsockname() == before


def test_wildcard_listener_specific_connection():
    """Behind a wildcard listening socket, the accepted socket has as local address the
    one that the client connected to."""
    listening, accepted = wildcard_listener_specific_connection.names_at_the_server()
    assert listening[0] == "0.0.0.0"
    assert accepted == ("127.0.0.5", listening[1])


def test_two_ends_mirror_each_other():
    """The local name of one end of a connection is the peer name of the other."""
    with listen_on("127.0.0.5") as listener, socket.socket() as client:
        client.settimeout(5)
        client.bind(("127.0.0.9", 0))
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert conn.getsockname() == client.getpeername()
            assert conn.getpeername() == client.getsockname()
            assert conn.getsockname() != conn.getpeername()


def test_connections_differ_by_their_peer():
    """Two connections to one server address have the same local name there, and
    different peer names."""
    with listen_on() as listener, socket.socket() as one, socket.socket() as two:
        for client in (one, two):
            client.settimeout(5)
            client.connect(listener.getsockname())
        first, _ = listener.accept()
        second, _ = listener.accept()
        with first, second:
            assert first.getsockname() == second.getsockname()
            assert first.getpeername() == one.getsockname()
            assert second.getpeername() == two.getsockname()
            assert first.getpeername() != second.getpeername()


def test_one_local_name_for_two_peers():
    """Two TCP sockets that share a local name by `SO_REUSEADDR` can connect to two
    different peers."""
    with (
        listen_on("127.0.0.1") as here,
        listen_on("127.0.0.2") as there,
        socket.socket() as one,
        socket.socket() as two,
    ):
        for client in (one, two):
            client.settimeout(5)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.9", 0))
        two.bind(one.getsockname())
        one.connect(here.getsockname())
        two.connect(there.getsockname())
        assert one.getsockname() == two.getsockname()
        assert one.getpeername() == here.getsockname()
        assert two.getpeername() == there.getsockname()


def test_two_names_belong_to_one_connection():
    """While a TCP connection exists, another `connect()` from the same local name to
    the same peer fails with `EADDRNOTAVAIL`."""
    with listen_on() as listener, socket.socket() as one, socket.socket() as two:
        for client in (one, two):
            client.settimeout(5)
            client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        one.bind(("127.0.0.9", 0))
        two.bind(one.getsockname())
        one.connect(listener.getsockname())
        assert failure(two.connect, listener.getsockname()) == errno.EADDRNOTAVAIL
        one.sendall(b"still here")
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(1024) == b"still here"


def test_local_name_is_set_before_the_handshake_ends():
    """While a non-blocking `connect()` is in progress, the socket has a local name,
    and `getpeername()` fails with `ENOTCONN`."""
    with socket.socket() as listener, socket.socket() as first:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        first.settimeout(5)
        first.connect(listener.getsockname())  # fills the queue
        with socket.socket() as client:
            client.setblocking(False)
            started = client.connect_ex(listener.getsockname())
            assert started == errno.EINPROGRESS
            address, port = client.getsockname()
            assert address == "127.0.0.1"
            assert port > 0
            assert failure(client.getpeername) == errno.ENOTCONN


def test_refused_connect_leaves_no_peer():
    """After a refused `connect()`, `getpeername()` fails with `ENOTCONN`."""
    with socket.socket() as deaf, socket.socket() as client:
        deaf.bind(("127.0.0.1", 0))
        client.settimeout(5)
        assert failure(client.connect, deaf.getsockname()) == errno.ECONNREFUSED
        assert failure(client.getpeername) == errno.ENOTCONN


def test_peer_name_ends_with_the_connection():
    """When a TCP connection is closed in both directions, `getpeername()` fails with
    `ENOTCONN`, and the local name remains."""
    with listen_on() as listener, socket.socket() as client:
        client.settimeout(5)
        client.connect(listener.getsockname())
        local = client.getsockname()
        conn, _ = listener.accept()
        client.shutdown(socket.SHUT_WR)
        assert client.getpeername() == listener.getsockname()
        conn.close()
        assert client.recv(1) == b""
        assert failure(client.getpeername) == errno.ENOTCONN
        assert client.getsockname() == local


def test_closed_socket_has_no_names():
    """After `close()`, `getsockname()` and `getpeername()` fail with `EBADF`."""
    with listen_on() as listener:
        client = socket.socket()
        client.settimeout(5)
        client.connect(listener.getsockname())
        client.close()
        assert failure(client.getsockname) == errno.EBADF
        assert failure(client.getpeername) == errno.EBADF


# Interfaces


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


def udp(*address, device: bytes = b"") -> socket.socket:
    """A UDP socket, bound if an address is given; 5 s for what blocks."""
    sock = socket.socket(type=socket.SOCK_DGRAM)
    sock.settimeout(5)
    if device:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, device)
    if address:
        sock.bind(address)
    return sock


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


# Calls that give no name


def test_failed_tcp_calls_give_no_name():
    """`send()`, `recvfrom()`, and `sendto()` without flags fail on a new TCP socket and
    leave it unbound."""
    with listen_on() as listener, socket.socket() as sock:
        address = listener.getsockname()
        assert failure(sock.send, b"hello") == errno.EPIPE
        assert sock.getsockname() == ("0.0.0.0", 0)
        assert failure(sock.recvfrom, 1024) == errno.ENOTCONN
        assert sock.getsockname() == ("0.0.0.0", 0)
        assert failure(sock.sendto, b"hello", address) == errno.EPIPE
        assert sock.getsockname() == ("0.0.0.0", 0)


@needs("sysctl")
def test_connect_can_share_a_port():
    """When every ephemeral port has been taken by `connect()`, another `connect()`
    shares one: two unbound TCP sockets with different peers then have the same
    local name.
    """
    with listen_on() as here, listen_on() as there:
        port = leave_one_ephemeral_port()
        with socket.socket() as one, socket.socket() as two:
            one.settimeout(5)
            two.settimeout(5)
            one.connect(here.getsockname())
            two.connect(there.getsockname())
            assert one.getsockname() == two.getsockname() == ("127.0.0.1", port)
            assert one.getpeername() != two.getpeername()


@needs("sysctl")
def test_bind_to_port_zero_shares_no_port():
    """Without reuse options, `bind()` to port 0 fails with `EADDRINUSE` when no
    ephemeral port is free on that address, although `connect()` could share one.
    """
    with listen_on() as here, listen_on() as there:
        port = leave_one_ephemeral_port()
        with socket.socket() as one, socket.socket() as two:
            one.settimeout(5)
            two.settimeout(5)
            one.connect(here.getsockname())
            assert failure(two.bind, ("127.0.0.1", 0)) == errno.EADDRINUSE
            two.connect(there.getsockname())
            assert two.getsockname() == one.getsockname() == ("127.0.0.1", port)


@needs("sysctl")
def test_bind_address_no_port_shares_a_port():
    """With the option `IP_BIND_ADDRESS_NO_PORT`, two TCP sockets that are bound to one
    address and port 0 can share a port, if their peers differ."""
    with listen_on() as here, listen_on() as there:
        port = leave_one_ephemeral_port()
        with socket.socket() as one, socket.socket() as two:
            for client, listener in ((one, here), (two, there)):
                client.settimeout(5)
                client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                client.bind(("127.0.0.9", 0))
                client.connect(listener.getsockname())
            assert one.getsockname() == two.getsockname() == ("127.0.0.9", port)


@needs("private_net")
def test_fastopen_fills_both_names():
    """`sendto()` with the flag `MSG_FASTOPEN` connects a new TCP socket and sets both
    names."""
    with listen_on() as listener, socket.socket() as client:
        client.sendto(b"hello", socket.MSG_FASTOPEN, listener.getsockname())
        address, port = client.getsockname()
        assert address == "127.0.0.1"
        assert port > 0
        assert client.getpeername() == listener.getsockname()


def test_listen_on_udp_gives_no_name():
    """A `listen()` that fails on a new UDP socket leaves it unbound."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        assert failure(sock.listen) == errno.EOPNOTSUPP
        assert sock.getsockname() == ("0.0.0.0", 0)


# IPv6


@needs("ipv6")
def test_new_ipv6_socket_has_no_names():
    """A new IPv6 socket has the local name `('::', 0, 0, 0)` and no peer name."""
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET6, kind) as sock:
            assert sock.getsockname() == ("::", 0, 0, 0)
            assert failure(sock.getpeername) == errno.ENOTCONN


@needs("ipv6")
def test_ipv6_connect_fills_both_names():
    """`connect()` to `::1` sets both names of a new IPv6 TCP socket, and its local
    address is `::1`."""
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        listener.listen()
        with socket.socket(socket.AF_INET6) as client:
            client.settimeout(5)
            client.connect(listener.getsockname())
            address, port, *_ = client.getsockname()
            assert address == "::1"
            assert port > 0
            assert client.getpeername() == listener.getsockname()


@needs("ipv6")
def test_dual_stack_listener_shows_mapped_addresses():
    """Where `IPV6_V6ONLY` is off, a listening socket on `::` accepts IPv4 clients too,
    and such a connection has names like `::ffff:127.0.0.1`."""
    with socket.socket(socket.AF_INET6) as listener, socket.socket() as client:
        listener.settimeout(5)
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(("::", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client.settimeout(5)
        client.connect(("127.0.0.1", port))
        conn, address = listener.accept()
        with conn:
            assert conn.getsockname()[:2] == ("::ffff:127.0.0.1", port)
            assert conn.getpeername() == address
            assert address[:2] == ("::ffff:127.0.0.1", client.getsockname()[1])
            assert client.getpeername() == ("127.0.0.1", port)


@needs("ipv6")
def test_v6only_listener_refuses_ipv4():
    """With `IPV6_V6ONLY`, a listening socket on `::` refuses IPv4 clients."""
    with socket.socket(socket.AF_INET6) as listener, socket.socket() as client:
        listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        listener.bind(("::", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client.settimeout(5)
        assert failure(client.connect, ("127.0.0.1", port)) == errno.ECONNREFUSED
        with socket.create_connection(("::1", port), timeout=5) as other:
            assert other.getpeername()[:2] == ("::1", port)


@needs("ipv6")
def test_mapped_peer_gives_mapped_names():
    """`connect()` of an unbound IPv6 socket to a mapped address such as
    `::ffff:127.0.0.1` gives it a mapped local name too."""
    with listen_on() as listener, socket.socket(socket.AF_INET6) as client:
        mapped = ("::ffff:127.0.0.1", listener.getsockname()[1])
        client.connect(mapped)
        assert client.getsockname()[0] == "::ffff:127.0.0.1"
        assert client.getpeername()[:2] == mapped


@needs("ipv6")
def test_connect_to_the_ipv6_wildcard():
    """An unbound IPv6 TCP socket that connects to `::` reaches `::1`."""
    with socket.socket(socket.AF_INET6) as listener:
        listener.bind(("::1", 0))
        listener.listen()
        port = listener.getsockname()[1]
        with socket.create_connection(("::", port), timeout=5) as client:
            assert client.getpeername()[:2] == ("::1", port)
            assert listener.accept()[1] == client.getsockname()
