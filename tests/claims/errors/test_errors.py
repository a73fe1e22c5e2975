"""Proofs about errors: the same cause from different calls, the same errno for others.

Every errno is provoked once more in tests/lab/test_errors.py; here are the surprises.
"""

import ctypes
import errno
import os
import select
import socket
import struct

import pytest

from lab.isolation import networks
from lab.isolation.namespace import write_sysctl
from snippets.errors import (
    address_not_local,
    low_port_needs_a_right,
    no_route,
    port_range_exhausted,
    routes_that_refuse,
    unix_backlog_full,
)

needs = pytest.mark.needs
TCP, UDP = socket.SOCK_STREAM, socket.SOCK_DGRAM
IPV4, IPV6, UNIX = socket.AF_INET, socket.AF_INET6, socket.AF_UNIX
LOOPBACK = {IPV4: "127.0.0.1", IPV6: "::1"}
BOTH = (IPV4, IPV6)
IP_FREEBIND, IP_RECVERR = 15, 11  # <linux/in.h>
held: list[socket.socket] = []  # open to the end of a proof


def new(kind: int = TCP, family: int = IPV4) -> socket.socket:
    """A socket that stays open; 5 s for what blocks."""
    held.append(socket.socket(family, kind))
    held[-1].settimeout(5)
    return held[-1]


def in_c(function: str, sock: socket.socket, family: int, rest: bytes) -> int | None:
    """The errno of bind(2) or connect(2) with an address that Python would refuse."""
    libc = ctypes.CDLL(None, use_errno=True)
    address = struct.pack("=H", family) + rest
    if getattr(libc, function)(sock.fileno(), address, len(address)) == 0:
        return None
    return ctypes.get_errno()


def plain(kind: int = TCP, family: int = IPV4) -> socket.socket:
    """A socket that blocks, as the kernel makes it."""
    sock = new(kind, family)
    sock.setblocking(True)
    return sock


def listening(family: int = IPV4, backlog: int = 5) -> socket.socket:
    """A listening socket on a port that the kernel chose."""
    listener = new(TCP, family)
    listener.bind((LOOPBACK[family], 0))
    listener.listen(backlog)
    return listener


def full() -> socket.socket:
    """A listening socket whose queue is full, so that it drops the next SYN."""
    listener = listening(backlog=0)
    new().connect(listener.getsockname())
    return listener


def code(call, *arguments) -> int | None:
    """The errno with which a call fails, or None if it succeeds."""
    try:
        call(*arguments)
    except OSError as error:
        return error.errno
    return None


def impatient(family: int = IPV4) -> socket.socket:
    """A blocking TCP socket that gives up after a second without an answer."""
    sock = plain(TCP, family)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 300)
    return sock


def refused_address(kind: int = TCP) -> tuple[str, int]:
    """An address at which nobody is."""
    with socket.socket(type=kind) as gone:
        gone.bind((LOOPBACK[IPV4], 0))
        return gone.getsockname()


# Routes


@needs("private_net")
def test_sendto_is_told_of_the_route():
    """UDP `sendto()` fails with the errno that `connect()` gives: `ENETUNREACH` without
    a route, and `EHOSTUNREACH`, `EACCES` or `EINVAL` where a route of the type
    unreachable, prohibit or blackhole leads there."""
    assert no_route.connect_to(no_route.FAR, TCP) == "ENETUNREACH"
    assert no_route.connect_to(no_route.FAR, UDP) == "ENETUNREACH"
    assert code(new(UDP).sendto, b"x", no_route.FAR) == errno.ENETUNREACH
    networks.closed_routes()
    expected = {"unreachable": "EHOSTUNREACH", "prohibit": "EACCES"}
    expected |= {"blackhole": "EINVAL"}
    for kind, host in routes_that_refuse.ROUTES.items():
        assert routes_that_refuse.error_of(TCP, host) == expected[kind]
        assert routes_that_refuse.error_of(UDP, host) == expected[kind]
        number = getattr(errno, expected[kind])
        assert code(new(UDP).sendto, b"x", (host, 9)) == number


@needs("private_net", "sysctl")
def test_interface_down_is_network_unreachable():
    """When the only interface towards an address goes down, `connect()` fails with
    `ENETUNREACH`: the routes are gone with it."""
    for family in BOTH:
        if family == IPV6:
            networks.remove_link()
        networks.link(family)
        far = (networks.FAR[family], 9)
        assert code(new(UDP, family).connect, far) is None
        networks.unplug()
        for kind in (TCP, UDP):
            assert code(new(kind, family).connect, far) == errno.ENETUNREACH


@needs("private_net", "sysctl")
def test_silent_neighbour_is_host_unreachable():
    """When a machine on the own network does not answer, TCP `connect()` fails with
    `EHOSTUNREACH`, and `send()` on a UDP socket succeeds."""
    networks.link(IPV4)
    neighbour = (networks.NEIGHBOUR[IPV4], 9)
    sender = new(UDP)
    sender.connect(neighbour)
    assert sender.send(b"x") == 1
    assert code(plain().connect, neighbour) == errno.EHOSTUNREACH


@needs("private_net", "sysctl")
def test_recverr_tells_of_a_silent_neighbour():
    """A connected UDP socket is told that its peer's machine does not answer only if
    `IP_RECVERR` is set: then `recv()` fails with `EHOSTUNREACH`."""
    networks.link(IPV4)
    curious, other = new(UDP), new(UDP)
    curious.setsockopt(socket.SOL_IP, IP_RECVERR, 1)
    for sock in (other, curious):
        sock.connect((networks.NEIGHBOUR[IPV4], 9))
        sock.send(b"x")
    assert code(curious.recv, 1) == errno.EHOSTUNREACH
    assert other.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0


@needs("private_net", "sysctl")
def test_loopback_address_cannot_leave():
    """A socket bound to `127.0.0.1` gets `EINVAL` from `connect()` to another machine,
    on TCP and UDP."""
    networks.link(IPV4)
    far = (networks.FAR[IPV4], 9)
    for kind in (TCP, UDP):
        sock = plain(kind)
        sock.bind((LOOPBACK[IPV4], 0))
        assert code(sock.connect, far) == errno.EINVAL
    assert code(plain(UDP).connect, far) is None


# Firewalls and sandboxes


@needs("private_net")
def test_prohibited_is_another_errno_on_ipv6():
    """Where a firewall answers a SYN with ICMP administratively prohibited, `connect()`
    fails with `EHOSTUNREACH` on IPv4 and with `EACCES` on IPv6."""
    servers = {family: listening(family) for family in BOTH}
    networks.reject(networks.ADMIN_PROHIBITED)
    codes = {f: code(new(TCP, f).connect, servers[f].getsockname()) for f in BOTH}
    assert codes == {IPV4: errno.EHOSTUNREACH, IPV6: errno.EACCES}


@needs("private_net")
def test_firewall_can_refuse_for_a_server():
    """Where a firewall answers a SYN with ICMP port unreachable, `connect()` fails with
    `ECONNREFUSED` although the server listens."""
    server = listening()
    assert code(new().connect, server.getsockname()) is None
    networks.reject(networks.PORT_UNREACHABLE)
    assert code(new().connect, server.getsockname()) == errno.ECONNREFUSED


@needs("private_net")
def test_own_firewall_is_told_to_udp_only():
    """Where the machine's own firewall drops what is sent, UDP `sendto()` fails
    with `EPERM`, and TCP `connect()` is not told: it ends with `ETIMEDOUT`."""
    server = listening()
    networks.drop("output")
    assert code(new(UDP).sendto, b"x", server.getsockname()) == errno.EPERM
    assert code(impatient().connect, server.getsockname()) == errno.ETIMEDOUT


@needs("private_net")
def test_sandbox_gives_permission_denied():
    """In a Landlock sandbox, `bind()` and `connect()` on TCP fail with `EACCES`, and on
    UDP they succeed."""
    server = listening()
    networks.forbid_ports(bind=True, connect=True)
    here = (LOOPBACK[IPV4], 0)
    assert code(new().bind, here) == errno.EACCES
    assert code(new().connect, server.getsockname()) == errno.EACCES
    assert code(new(UDP).bind, here) is None
    assert code(new(UDP).connect, server.getsockname()) is None


@needs("private_net")
def test_low_ports_are_low_for_ipv6_too():
    """The limit of `net.ipv4.ip_unprivileged_port_start` holds for IPv6 as well: an
    ordinary user gets `EACCES` below it."""
    networks.ordinary_user()
    assert low_port_needs_a_right.bind_to(1023) == "EACCES"
    assert low_port_needs_a_right.bind_to(1024) == "success"
    for kind in (TCP, UDP):
        codes = [code(new(kind, IPV6).bind, ("::1", port)) for port in (1023, 1024)]
        assert codes == [errno.EACCES, None]


# Time


def test_timeout_of_python_has_no_number():
    """In Python, the `TimeoutError` of `settimeout()` has no errno and says `timed
    out`, while `ETIMEDOUT` from the kernel is a `TimeoutError` with a number."""
    listener, hasty, patient = full(), new(), impatient()
    hasty.settimeout(0.01)
    with pytest.raises(TimeoutError, match=r"^timed out$") as of_python:
        hasty.connect(listener.getsockname())
    with pytest.raises(TimeoutError, match=r"^\[Errno 110\]") as of_the_kernel:
        patient.connect(listener.getsockname())
    assert of_python.value.errno is None
    assert of_the_kernel.value.errno == errno.ETIMEDOUT


def test_send_timeout_looks_like_progress():
    """A blocking TCP `connect()` that takes longer than `SO_SNDTIMEO` fails with
    `EINPROGRESS`, not with `ETIMEDOUT`."""
    listener, client = full(), plain()
    ten_milliseconds = struct.pack("ll", 0, 10_000)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, ten_milliseconds)
    assert code(client.connect, listener.getsockname()) == errno.EINPROGRESS


def test_read_timeout_looks_like_nothing_to_read():
    """A blocking `recv()` that takes longer than `SO_RCVTIMEO` fails with `EAGAIN`, as
    if the socket did not block."""
    receiver = plain(UDP)
    receiver.bind((LOOPBACK[IPV4], 0))
    ten_milliseconds = struct.pack("ll", 0, 10_000)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, ten_milliseconds)
    assert code(receiver.recv, 1) == errno.EAGAIN
    receiver.sendto(b"x", receiver.getsockname())
    assert receiver.recv(1) == b"x"


def test_old_refusal_reaches_the_next_connect():
    """When a non-blocking `connect()` was refused and nobody read `SO_ERROR`, the next
    `connect()` reports that `ECONNREFUSED`, even to a server that listens."""
    server, client = listening(), new()
    client.setblocking(False)
    assert code(client.connect, refused_address()) == errno.EINPROGRESS
    assert select.select([], [client], [], 5)[1] == [client]
    assert code(client.connect, server.getsockname()) == errno.ECONNREFUSED


# Names


def test_freebind_takes_any_address():
    """With the Linux option `IP_FREEBIND`, `bind()` takes an address that no interface
    has."""
    address = address_not_local.DOCUMENTATION_ADDRESS
    assert address_not_local.bind_to(address) == "EADDRNOTAVAIL"
    sock = new()
    sock.setsockopt(socket.SOL_IP, IP_FREEBIND, 1)
    sock.bind((address, 0))
    assert sock.getsockname()[0] == address


@needs("private_net", "sysctl", "ipv6")
def test_new_ipv6_address_must_wait():
    """An IPv6 address that is still checked for duplicates cannot be bound:
    `EADDRNOTAVAIL`."""
    networks.link(IPV6)
    networks.new_address("2001:db8::77")
    assert code(new(TCP, IPV6).bind, ("2001:db8::77", 0)) == errno.EADDRNOTAVAIL
    assert code(new(TCP, IPV6).bind, (networks.HERE[IPV6], 0)) is None


@needs("private_net", "sysctl", "ipv6")
def test_without_ipv6_there_is_no_address():
    """Where IPv6 is switched off with `disable_ipv6`, `bind()` and `connect()` to `::1`
    fail with `EADDRNOTAVAIL`, and making the socket succeeds."""
    write_sysctl("net.ipv6.conf.all.disable_ipv6", "1")
    for kind in (TCP, UDP):
        assert code(new(kind, IPV6).bind, ("::1", 0)) == errno.EADDRNOTAVAIL
        assert code(new(kind, IPV6).connect, ("::1", 9)) == errno.EADDRNOTAVAIL


@needs("private_net", "sysctl")
def test_no_port_left_has_three_errnos():
    """The lack of a free port is `EADDRINUSE` from `bind()` and `listen()`,
    `EADDRNOTAVAIL` from TCP `connect()`, and `EAGAIN` from UDP `connect()` and
    `sendto()`."""
    networks.port_range(40000, 40000)
    assert port_range_exhausted.errors_without_a_port() == {
        "bind() to port 0": "EADDRINUSE",
        "listen()": "EADDRINUSE",
        "TCP connect()": "EADDRNOTAVAIL",
        "UDP connect()": "EAGAIN",
        "UDP sendto()": "EAGAIN",
    }


@needs("ipv6")
def test_mapped_address_is_unreachable():
    """With `IPV6_V6ONLY`, `connect()` to an IPv4-mapped address fails with
    `ENETUNREACH`, on TCP and UDP."""
    for kind in (TCP, UDP):
        for only in (1, 0):
            sock = new(kind, IPV6)
            sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, only)
            found = code(sock.connect, ("::ffff:127.0.0.1", 9))
            without = errno.ECONNREFUSED if kind == TCP else None
            assert found == (errno.ENETUNREACH if only else without)


def test_resolver_refuses_before_the_kernel():
    """In Python, an IPv6 address given to an IPv4 socket raises `socket.gaierror`,
    whose negative number is no errno; the kernel itself would say `EAFNOSUPPORT`."""
    sock = new()
    with pytest.raises(socket.gaierror) as caught:
        sock.bind(("::1", 0))
    assert caught.value.errno == socket.EAI_ADDRFAMILY < 0
    mistaken = socket.socket(IPV6, TCP, 0, fileno=os.dup(sock.fileno()))
    held.append(mistaken)
    assert code(mistaken.bind, ("::1", 0)) == errno.EAFNOSUPPORT


def test_two_names_for_one_number():
    """On Linux `EOPNOTSUPP` and `ENOTSUP` are both 95, and Python's `errno.errorcode`
    has only the second name."""
    number = code(new(UDP).listen)
    assert number == errno.EOPNOTSUPP == errno.ENOTSUP == 95
    assert errno.errorcode[number] == "ENOTSUP"


# Unix sockets


def test_unix_client_can_try_again():
    """A non-blocking Unix `connect()` that failed with `EAGAIN` has begun nothing: the
    same socket can call it again, and succeeds when the queue has room."""
    assert unix_backlog_full.two_attempts() == ("EAGAIN", "success")


def test_unix_shutdown_needs_no_peer():
    """`shutdown()` on a Unix socket without a peer succeeds, while on TCP it fails with
    `ENOTCONN`."""
    assert code(new(TCP, UNIX).shutdown, socket.SHUT_WR) is None
    assert code(new(TCP).shutdown, socket.SHUT_WR) == errno.ENOTCONN


@needs("ipv6")
def test_bound_address_decides_the_version():
    """An IPv6 socket bound to `::1` gets `ENETUNREACH` from `connect()` to
    `::ffff:127.0.0.1`, and one bound to `::ffff:127.0.0.1` gets `EAFNOSUPPORT` from
    `connect()` to `::1`; UDP `sendto()` fails alike."""
    mapped = "::ffff:127.0.0.1"
    for local, far, expected in (
        ("::1", mapped, errno.ENETUNREACH),
        (mapped, "::1", errno.EAFNOSUPPORT),
    ):
        for kind in (TCP, UDP):
            sock = new(kind, IPV6)
            sock.bind((local, 0))
            assert code(sock.connect, (far, 9)) == expected
        sock = new(UDP, IPV6)
        sock.bind((local, 0))
        assert code(sock.sendto, b"x", (far, 9)) == expected


def test_short_address_is_invalid():
    """In C, `bind()` and `connect()` fail with `EINVAL` when the address is shorter
    than an address of its family; Python never passes such a one."""
    for kind in (TCP, UDP):
        for function in ("bind", "connect"):
            sock = new(kind)
            assert in_c(function, sock, IPV4, b"\0") == errno.EINVAL
            assert sock.getsockname()[0] == "0.0.0.0"
            assert in_c(function, new(kind), IPV4, bytes(14)) != errno.EINVAL


@needs("ipv6")
def test_bind_forgives_a_missing_family():
    """In C, an IPv4 socket takes the family `AF_UNSPEC` in `bind()` if the address is
    the wildcard; with another address, or on an IPv6 socket, it is `EAFNOSUPPORT`."""
    for kind in (TCP, UDP):
        sock = new(kind)
        assert in_c("bind", sock, 0, bytes(14)) is None
        assert sock.getsockname()[0] == "0.0.0.0"
        loopback = bytes(2) + socket.inet_aton("127.0.0.1") + bytes(8)
        assert in_c("bind", new(kind), 0, loopback) == errno.EAFNOSUPPORT
        assert in_c("bind", new(kind, IPV6), 0, bytes(26)) == errno.EAFNOSUPPORT


def test_other_families_are_refused():
    """In C, `bind()` and `connect()` on an IPv4 TCP socket fail with `EAFNOSUPPORT`
    when the address says `AF_UNIX`, or a family that does not exist."""
    for family in (socket.AF_UNIX, 99):
        for function in ("bind", "connect"):
            sock = new()
            found = in_c(function, sock, family, bytes(108))
            assert found == errno.EAFNOSUPPORT
            assert sock.getsockname() == ("0.0.0.0", 0)
