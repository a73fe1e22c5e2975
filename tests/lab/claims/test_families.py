"""Sockets of IPv6 for a program that was written for IPv4."""

import socket

import pytest

from lab.claims import families
from lab.isolation import child, namespace

needs = pytest.mark.needs("private_net", "ipv6")


def exchange(kind: int) -> tuple[set[str], list[object]]:
    """Talk over translated sockets; returns the kinds used, and what was told."""
    namespace.enter()
    seen: set[str] = set()
    families.translate(seen, None)
    server = socket.socket(socket.AF_INET, kind)
    server.bind(("127.0.0.9", 0))
    client = socket.socket(socket.AF_INET, kind)
    if kind == socket.SOCK_DGRAM:
        client.sendto(b"x", server.getsockname())
        told = [server.getsockname()[0], server.recvfrom(1)[1][0], client.family]
    else:
        server.listen()
        client.connect(server.getsockname())
        conn, address = server.accept()
        told = [conn.getpeername()[0], address[0], client.getpeername()[0], conn.family]
        conn.close()
    client.close()
    server.close()
    return seen, told


@needs
def test_tcp_is_told_in_addresses_of_ipv4():
    seen, told = child.run(exchange, socket.SOCK_STREAM)
    assert seen == {"TCP IPv6"}
    assert told == ["127.0.0.9", "127.0.0.9", "127.0.0.9", socket.AF_INET]


@needs
def test_udp_is_told_in_addresses_of_ipv4():
    seen, told = child.run(exchange, socket.SOCK_DGRAM)
    assert seen == {"UDP IPv6"}
    assert told == ["127.0.0.9", "127.0.0.9", socket.AF_INET]


@pytest.mark.parametrize("host", ["127.0.0.1", "127.9.8.7", "0.0.0.0", "192.0.2.7"])
def test_address_comes_back(host):
    assert families.over_ipv4(families.over_ipv6(host)) == host


@pytest.mark.parametrize("host", ["255.255.255.255", "239.1.1.1", "10.0.0.1"])
def test_address_without_a_counterpart_is_told(host):
    with pytest.raises(families.Untranslated, match=host):
        families.over_ipv6(host)


def test_names_and_paths_stay():
    assert families.there(("localhost", 80)) == ("localhost", 80)
    assert families.there("/tmp/socket") == "/tmp/socket"
