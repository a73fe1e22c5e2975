"""A captured packet with what differs from run to run set: same behaviour, same bytes.

Ports that the kernel chose have the numbers of the recording. Sequence numbers begin at
0, as Wireshark shows them. The identification of IPv4 and the flow label of IPv6 are 0,
the time stamps and the Fast Open cookie of TCP too. Checksums are right again: on the
loopback the kernel leaves them out.
"""

from typing import Any, TypeAlias

from lab.runs.events import Sent
from lab.runs.labels import Ports

Flow: TypeAlias = tuple[str, int, str, int]  # source and destination, with their ports
FASTOPEN = 34  # TCP option, RFC 7413


def parsed(raw: bytes) -> Any:
    """The packet, as scapy takes it apart."""
    from scapy.layers.inet import IP  # slow to import: only here
    from scapy.layers.inet6 import IPv6

    return IPv6(raw) if raw[0] >> 4 == 6 else IP(raw)


def settle(captured: list[Sent], ports: Ports) -> None:
    """Set all of that in each packet, in the order in which they were captured."""
    begins: dict[Flow, int] = {}
    for sent in captured:
        if sent.raw:
            sent.raw = same_each_time(sent.raw, ports, begins)


def flow(ip: Any, tcp: Any) -> Flow:
    """From where to where."""
    return ip.src, tcp.sport, ip.dst, tcp.dport


def same_each_time(raw: bytes, ports: Ports, begins: dict[Flow, int]) -> bytes:
    """The bytes of an IP packet with all of that set.

    begins: the first sequence number of each direction of a TCP connection, which a
    SYN sets anew. What a message of ICMP quotes is treated alike.
    """
    packet = parsed(raw)
    layer = packet
    ip = packet
    while layer:
        kind = type(layer).__name__.removesuffix("error").removesuffix("inICMP")
        if kind in ("IP", "IPv6"):
            ip = layer
            set_fields(layer, id=0, fl=0, chksum=None)
        elif kind == "TCP":
            set_tcp(layer, flow(ip, layer), ports, begins)
        elif kind == "UDP":
            set_ports(layer, ports)
        elif kind == "ICMP":
            set_fields(layer, chksum=None)
        elif kind == "Raw":
            layer.load = ports.in_text(layer.load.decode("latin-1")).encode("latin-1")
        set_fields(layer, cksum=None)
        layer = layer.payload
    return bytes(packet)


def set_fields(layer: Any, **values: int | None) -> None:
    """Set those fields that the layer has."""
    for name, value in values.items():
        if name in layer.fields:
            setattr(layer, name, value)


def set_ports(layer: Any, ports: Ports) -> None:
    """Other numbers for chosen ports, and a new checksum."""
    layer.sport = int(ports.port(layer.sport))
    layer.dport = int(ports.port(layer.dport))
    layer.chksum = None


def set_tcp(tcp: Any, sent: Flow, ports: Ports, begins: dict[Flow, int]) -> None:
    """Also numbers that begin at 0, and options without what is random."""
    back = sent[2:] + sent[:2]
    if "S" in tcp.flags:
        begins[sent] = tcp.seq
    own, other = begins.setdefault(sent, tcp.seq), begins.get(back)
    tcp.seq = (tcp.seq - own) % 2**32
    if "A" in tcp.flags:
        other = tcp.ack if other is None else other
        tcp.ack = (tcp.ack - other) % 2**32
    options = []
    for name, value in tcp.options:
        if name == "Timestamp":
            value = (0, 0)
        elif name == "SAck":
            value = tuple((edge - (other or 0)) % 2**32 for edge in value)
        elif name in ("TFO", FASTOPEN):
            value = type(value)(len(value)) if isinstance(value, bytes) else value
        options.append((name, value))
    tcp.options = options
    set_ports(tcp, ports)
