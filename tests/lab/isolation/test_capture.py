"""Packets are taken once each, in order, and their fields are named."""

import socket

import pytest
from scapy.layers.inet import ICMP, IP, TCP, UDP
from scapy.layers.inet6 import ICMPv6EchoRequest, IPv6

from lab.isolation import capture, child, namespace

needs = pytest.mark.needs
ENDS = {"src": "192.0.2.1", "dst": "192.0.2.2"}
ENDS6 = {"src": "2001:db8::1", "dst": "2001:db8::2"}


@pytest.mark.parametrize(
    ("packet", "fields"),
    [
        (
            IP(**ENDS) / TCP(sport=50001, dport=80, flags="PA") / b"hello",
            {"protocol": "TCP", "payload": 5, "flags": ["PSH", "ACK"]},
        ),
        (
            IPv6(**ENDS6) / TCP(sport=50001, dport=80, flags="S"),
            {"protocol": "TCP", "payload": 0, "flags": ["SYN"]},
        ),
        (
            IP(**ENDS) / TCP(sport=50001, dport=80, flags="FRAPSUEC"),
            {
                "protocol": "TCP",
                "payload": 0,
                "flags": ["SYN", "FIN", "RST", "PSH", "ACK"],
            },
        ),
        (
            IPv6(**ENDS6) / UDP(sport=50001, dport=80) / b"hi",
            {"protocol": "UDP", "payload": 2},
        ),
    ],
)
def test_ports_and_flags_are_named(packet, fields):
    ends = ENDS if packet.version == 4 else ENDS6
    ends = {"source": [ends["src"], 50001], "destination": [ends["dst"], 80]}
    assert capture.decode(bytes(packet)) == ends | fields


@pytest.mark.parametrize(
    ("packet", "fields"),
    [
        (
            IP(**ENDS)
            / ICMP(type=3, code=3)
            / IP(**ENDS)
            / UDP(sport=50001, dport=80)
            / b"hi",
            {"protocol": "ICMP", "kind": "dest-unreach port-unreachable"},
        ),
        (
            IPv6(**ENDS6) / ICMPv6EchoRequest(),
            {"protocol": "ICMPv6 Echo Request", "kind": "ICMPv6 Echo Request"},
        ),
    ],
)
def test_message_has_no_ports_but_a_kind(packet, fields):
    ends = ENDS if packet.version == 4 else ENDS6
    found = capture.decode(bytes(packet))
    assert found["source"] == [ends["src"], None]
    assert found["destination"] == [ends["dst"], None]
    assert "flags" not in found
    assert found | fields == found


def datagrams() -> list[list[tuple[int, bytes]]]:
    """What is captured of two datagrams, of none more, and of a third one."""
    namespace.enter()
    wire = capture.Capture()
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        for payload in (b"a", b"bb"):
            sock.sendto(payload, sock.getsockname())
        taken = [wire.drain(), wire.drain()]
        sock.sendto(b"ccc", sock.getsockname())
        taken.append(wire.drain())
    wire.close()
    return taken


@needs("packets")
def test_each_packet_is_taken_once_in_order():
    taken = child.run(datagrams)
    sizes = [[capture.decode(raw)["payload"] for _, raw in part] for part in taken]
    assert sizes == [[1, 2], [], [3]]
    moments = [moment for part in taken for moment, _ in part]
    assert moments == sorted(moments)


def far_interface() -> None:
    namespace.enter()
    capture.Capture("nowhere0")


@needs("packets")
def test_unknown_interface_is_refused():
    with pytest.raises(OSError, match="No such device"):
        child.run(far_interface)
