"""Packets on the loopback, with the kernel's own time stamps, decoded by scapy.

To capture takes CAP_NET_RAW, packet(7): a process has it after `namespace.enter()`, and
root has it everywhere. To decode takes no rights.
"""

import contextlib
import socket
import struct
from typing import NotRequired, TypedDict

ETH_P_IP, ETH_P_ALL = 0x0800, 0x0003  # <linux/if_ether.h>
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>
IPPROTO_IGMP = socket.IPPROTO_IGMP
ETHERNET_HEADER = 14  # ETH_HLEN, same file; on the loopback it is filled with zeros
LONGEST_FRAME = 65600  # bytes: the loopback's 64 KiB and its header
ANCILLARY = 64  # bytes: room for one time stamp, cmsg(3)
BUFFER = 1 << 22  # bytes, so that nothing is lost between two calls of drain()
# {scapy's letter: name}, in the order in which they are told; the rest is left out.
FLAGS = {"S": "SYN", "F": "FIN", "R": "RST", "P": "PSH", "A": "ACK"}


class Decoded(TypedDict):
    """An IP packet in the site's words.

    source, destination: [host, port], the port None where a protocol has none.
    payload: bytes that it carries. flags: TCP only. kind: of an ICMP message, in words.
    """

    protocol: str
    source: list[str | int | None]
    destination: list[str | int | None]
    payload: int
    flags: NotRequired[list[str]]
    kind: NotRequired[str]


class Capture:
    """Everything sent over the loopback while this is open, or IPv4 over a cable.

    interface: its name, for instance `lo`. Raises OSError where there is none, or the
    process may not open a packet socket, packet(7).
    """

    def __init__(self, interface: str = "lo") -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)
        )
        self._loopback = interface == "lo"
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, BUFFER)
        self._socket.setblocking(False)

    def drain(self) -> list[tuple[int, bytes]]:
        """Take what has been captured so far: [(moment, IP packet), …].

        moment: when the kernel took the packet over, in nanoseconds since 1970.
        """
        taken = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, extra, _, address = self._socket.recvmsg(
                    LONGEST_FRAME, ANCILLARY
                )
                _, protocol, direction, *_ = address
                if self._loopback and direction != socket.PACKET_OUTGOING:
                    continue  # the loopback shows each packet twice: sent, received
                if not self._loopback and protocol != ETH_P_IP:
                    continue  # ARP, and what IPv6 says by itself
                if protocol == ETH_P_IP and frame[ETHERNET_HEADER + 9] == IPPROTO_IGMP:
                    continue  # who is in which group: at moments of the kernel's choice
                seconds, nanoseconds = struct.unpack("qq", extra[0][2])
                moment = seconds * 1_000_000_000 + nanoseconds
                taken.append((moment, frame[ETHERNET_HEADER:]))
        return taken

    def close(self) -> None:
        """End the capture."""
        self._socket.close()


def decode(packet: bytes) -> Decoded:
    """Name the fields of an IP packet that the site talks about.

    packet: from the first byte of its IPv4 or IPv6 header.
    """
    from scapy.layers.inet import ICMP, IP, TCP, UDP  # slow to import: only here
    from scapy.layers.inet6 import ICMPv6DestUnreach, IPv6

    ip = IPv6(packet) if packet[0] >> 4 == 6 else IP(packet)
    for layer in (TCP, UDP):
        if (
            layer in ip and ICMP not in ip
        ):  # an ICMP message quotes the packet it is about
            inner = ip[layer]
            found: Decoded = {
                "protocol": layer.__name__,
                "source": [ip.src, inner.sport],
                "destination": [ip.dst, inner.dport],
                "payload": len(bytes(inner.payload)),
            }
            if layer is TCP:
                found["flags"] = [n for flag, n in FLAGS.items() if flag in inner.flags]
            return found
    name = str(ip.payload.name)
    kind = protocol = name
    if ICMP in ip or ICMPv6DestUnreach in ip:
        kind = str(ip.payload.sprintf("%type% %code%"))
        protocol = "ICMP" if ICMP in ip else "ICMPv6"
    return {
        "protocol": protocol,
        "source": [ip.src, None],
        "destination": [ip.dst, None],
        "payload": len(bytes(ip.payload.payload)),
        "kind": kind,
    }
