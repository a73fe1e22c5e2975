"""Proofs of the rules by which two sockets share a port."""

import errno
from itertools import product

import pytest

from snippets.matrix import two_sockets_one_port

needs = pytest.mark.needs
new_socket = two_sockets_one_port.new_socket
outcome = two_sockets_one_port.outcome
IN_USE = errno.errorcode[errno.EADDRINUSE]
ADDR, PORT = "SO_REUSEADDR", "SO_REUSEPORT"
TCP_STATES = ["bound", "listening", "connected", "TIME_WAIT"]
IPV4 = ["127.0.0.1", "127.0.0.2", "127.9.9.9"]


def tcp(host: str, *options: str) -> tuple:
    """A TCP socket as the program takes it."""
    return ("TCP", host, options)


def udp(host: str, *options: str) -> tuple:
    """A UDP socket as the program takes it."""
    return ("UDP", host, options)


# Which sockets meet


@needs("ipv6")
def test_mapped_address_refuses_v6only():
    """With `IPV6_V6ONLY` set, `bind()` to an IPv4-mapped address such as
    `::ffff:127.0.0.1` fails with `EINVAL`.
    """
    for host in ("::ffff:127.0.0.1", "::ffff:0.0.0.0"):
        with new_socket("TCP", host, ["IPV6_V6ONLY"]) as sock:
            with pytest.raises(OSError) as caught:
                sock.bind((host, 0))
            assert caught.value.errno == errno.EINVAL
        with new_socket("TCP", host) as sock:
            sock.bind((host, 0))


@needs("private_net", "ipv6")
def test_tcp_and_udp_never_conflict():
    """A TCP socket and a UDP socket may have the same address and port, whatever their
    options and state.
    """
    options = [(), (ADDR,), (PORT,), (ADDR, PORT)]
    hosts = ["127.0.0.1", "0.0.0.0", "::", "::1"]
    for host, state, mine, others in product(hosts, TCP_STATES, options, options):
        assert outcome(tcp(host, *mine), state, udp(host, *others)) == "success"
    for host, state in product(hosts, TCP_STATES):
        assert outcome(tcp(host), state, tcp(host)) == IN_USE
    for host, state in product(["127.0.0.1", "0.0.0.0"], ["bound", "connected"]):
        for mine, others in product(options, options):
            assert outcome(udp(host, *mine), state, tcp(host, *others)) == "success"
        assert outcome(udp(host), state, udp(host)) == IN_USE


@needs("private_net", "ipv6")
def test_no_common_address():
    """Two sockets of one protocol may have one port if no address belongs to both."""
    for kind in (tcp, udp):
        for one, other in product(["127.0.0.1", "127.0.0.2", "::1"], repeat=2):
            expected = IN_USE if one == other else "success"
            assert outcome(kind(one), "bound", kind(other)) == expected


@needs("private_net", "ipv6")
def test_ipv4_wildcard_is_every_ipv4_address():
    """`0.0.0.0` stands for every IPv4 address and for no IPv6 address."""
    for kind in (tcp, udp):
        for host in ("0.0.0.0", *IPV4):
            assert outcome(kind("0.0.0.0"), "bound", kind(host)) == IN_USE
        for other in (kind("::1"), kind("::", "IPV6_V6ONLY")):
            assert outcome(kind("0.0.0.0"), "bound", other) == "success"


@needs("private_net", "ipv6")
def test_ipv6_wildcard_is_every_address():
    """`::` stands for every IPv6 address and, unless `IPV6_V6ONLY` is set, for every
    IPv4 address too.
    """
    for kind in (tcp, udp):
        only = kind("::", "IPV6_V6ONLY")
        for host in ("::", "::1"):
            assert outcome(kind("::"), "bound", kind(host)) == IN_USE
            assert outcome(only, "bound", kind(host)) == IN_USE
        for host in ("0.0.0.0", "::ffff:0.0.0.0", *IPV4):
            assert outcome(kind("::"), "bound", kind(host)) == IN_USE
            assert outcome(only, "bound", kind(host)) == "success"


@needs("private_net", "ipv6")
def test_mapped_address_is_the_ipv4_address():
    """`::ffff:127.0.0.1` stands for `127.0.0.1`, and `::ffff:0.0.0.0` for `0.0.0.0`."""
    for host, kind in product(["0.0.0.0", "127.0.0.1"], [tcp, udp]):
        mapped = kind(f"::ffff:{host}")
        for other in ("0.0.0.0", "127.0.0.1", "127.0.0.2", "::", "::1"):
            expected = outcome(kind(host), "bound", kind(other))
            assert outcome(mapped, "bound", kind(other)) == expected
        assert outcome(mapped, "bound", kind(host)) == IN_USE
        assert outcome(mapped, "bound", kind("::1")) == "success"


# What options permit


@needs("private_net")
def test_no_common_option():
    """If an address belongs to both sockets, and no device tells them apart, the
    second `bind()` fails with `EADDRINUSE` unless both have `SO_REUSEPORT` or both
    have `SO_REUSEADDR`.
    """
    choices = [(), (ADDR,), (PORT,), (ADDR, PORT)]
    for kind, one, other in product([tcp, udp], choices, choices):
        first, second = kind("127.0.0.1", *one), kind("0.0.0.0", *other)
        expected = "success" if set(one) & set(other) else IN_USE
        assert outcome(first, "bound", second) == expected


@needs("private_net", "ipv6")
def test_both_reuseport():
    """If both sockets have `SO_REUSEPORT` and belong to the same user, they share
    the port in every state: both can listen.
    """
    for host, state in product(["127.0.0.1", "0.0.0.0", "::"], TCP_STATES):
        first, second = tcp(host, PORT), tcp("127.0.0.1", PORT)
        assert outcome(first, state, second) == "success"
    assert outcome(tcp("::", PORT), "listening", tcp("::")) == IN_USE
    for state in ("bound", "connected"):
        both = udp("127.0.0.1", PORT)
        assert outcome(both, state, both) == "success"


@needs("private_net", "ipv6")
def test_both_reuseaddr():
    """If both sockets have `SO_REUSEADDR`, they share the port unless the first one is
    listening.
    """
    for host, state in product(["127.0.0.1", "0.0.0.0", "::"], TCP_STATES):
        first, second = tcp(host, ADDR), tcp(host, ADDR)
        expected = IN_USE if state == "listening" else "success"
        assert outcome(first, state, second) == expected
    for state in ("bound", "connected"):
        both = udp("127.0.0.1", ADDR)
        assert outcome(both, state, both) == "success"


@needs("private_net")
def test_reuseaddr_stops_at_a_listener():
    """Where one TCP socket is listening, `SO_REUSEADDR` on both does not let another
    one bind to its address and port: `EADDRINUSE`.
    """
    for one, other in product(["127.0.0.1", "0.0.0.0"], repeat=2):
        first, second = tcp(one, ADDR), tcp(other, ADDR)
        assert outcome(first, "listening", second) == IN_USE
        assert outcome(first, "bound", second) == "success"


# What else counts


@needs("private_net")
def test_connect_narrows_a_wildcard():
    """A socket bound to `0.0.0.0` and then connected holds the port only of the one
    address it has now.
    """
    for kind in (tcp, udp):
        for state, expected in (("bound", IN_USE), ("connected", "success")):
            assert outcome(kind("0.0.0.0"), state, kind("127.0.0.2")) == expected
            assert outcome(kind("0.0.0.0"), state, kind("127.0.0.1")) == IN_USE


@needs("private_net", "ipv6")
def test_connected_dual_stack_keeps_the_ipv4_wildcard():
    """A socket bound to `::` without `IPV6_V6ONLY` and connected over IPv6 still bars
    `0.0.0.0`, but no longer `127.0.0.1`.
    """
    for kind in (tcp, udp):
        assert outcome(kind("::"), "connected", kind("0.0.0.0")) == IN_USE
        assert outcome(kind("::"), "connected", kind("127.0.0.1")) == "success"
        only = kind("::", "IPV6_V6ONLY")
        assert outcome(only, "connected", kind("0.0.0.0")) == "success"


@needs("private_net")
def test_time_wait_holds_the_port():
    """A TCP connection in TIME_WAIT holds its port as it did while it was connected."""
    choices = [(), (ADDR,), (PORT,)]
    for host, one, other in product(["127.0.0.1", "0.0.0.0"], choices, choices):
        first = tcp("0.0.0.0", *one)
        now = outcome(first, "TIME_WAIT", tcp(host, *other))
        assert now == outcome(first, "connected", tcp(host, *other))
        assert now == ("success" if set(one) & set(other) else IN_USE)
    assert outcome(tcp("0.0.0.0"), "TIME_WAIT", tcp("127.0.0.2")) == "success"


@needs("private_net", "ipv6")
def test_order_does_not_matter_while_bound():
    """For two sockets that are bound and nothing more it does not matter which came
    first.
    """
    hosts = ["0.0.0.0", "127.0.0.1", "::", "::1"]
    shared = 0
    for one, other in product(product(hosts, ["", ADDR, PORT]), repeat=2):
        first, second = (tcp(host, *option.split()) for host, option in (one, other))
        result = outcome(first, "bound", second)
        assert result == outcome(second, "bound", first)
        shared += result == "success"
    assert shared == 60


@needs("private_net")
def test_udp_shares_like_tcp():
    """UDP sockets share a port by the same rules as TCP sockets that do not listen."""
    hosts, choices = ["0.0.0.0", "127.0.0.1"], [(), (ADDR,), (PORT,)]
    for state in ("bound", "connected"):
        for one, other in product(product(hosts, choices), repeat=2):
            first, second = udp(one[0], *one[1]), udp(other[0], *other[1])
            as_tcp = tcp(*first[1:2], *first[2]), tcp(*second[1:2], *second[2])
            result = outcome(first, state, second)
            assert result == outcome(as_tcp[0], state, as_tcp[1])
            assert result == ("success" if set(one[1]) & set(other[1]) else IN_USE)


@needs("private_net", "ipv6")
def test_third_socket_may_slip_in():
    """A third socket with `SO_REUSEPORT` can get a port that the first one alone would
    have refused.
    """
    guard, door = tcp("0.0.0.0"), tcp("::", PORT)
    assert outcome(guard, "listening", door) == IN_USE
    between = new_socket("TCP", "::", ["IPV6_V6ONLY", PORT])
    with new_socket(*guard) as first, between, new_socket(*door) as third:
        first.bind(("0.0.0.0", 0))
        first.listen()
        for sock in (between, third):
            sock.bind(("::", first.getsockname()[1]))
            sock.listen()
        assert third.getsockname()[1] == first.getsockname()[1]
