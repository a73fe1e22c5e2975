"""Packets on the loopback, with the kernel's own time stamps, decoded by scapy."""

import contextlib
import socket
import struct

ETH_P_ALL = 0x0003  # <linux/if_ether.h>
SO_TIMESTAMPNS = 35  # <asm-generic/socket.h>
ETH_P_IP = 0x0800
ETHERNET_HEADER = 14  # loopback frames carry one, filled with zeros


class Capture:
    """Everything sent over the loopback while this is open, or IPv4 over a cable.

    Raises OSError where the process may not open a packet socket (packet(7)).
    """

    def __init__(self, interface: str = "lo") -> None:
        self._socket = socket.socket(
            socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL)
        )
        self._loopback = interface == "lo"
        self._socket.bind((interface, ETH_P_ALL))
        self._socket.setsockopt(socket.SOL_SOCKET, SO_TIMESTAMPNS, 1)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1 << 22)
        self._socket.setblocking(False)

    def drain(self) -> list[tuple[int, bytes]]:
        """Take what has been captured so far: [(nanoseconds, IP packet), …]."""
        taken = []
        with contextlib.suppress(BlockingIOError):
            while True:
                frame, extra, _, address = self._socket.recvmsg(65600, 64)
                _, protocol, direction, *_ = address
                if self._loopback and direction != socket.PACKET_OUTGOING:
                    continue  # the loopback shows each packet twice: sent, received
                if not self._loopback and protocol != ETH_P_IP:
                    continue  # ARP, and what IPv6 says by itself
                seconds, nanoseconds = struct.unpack("qq", extra[0][2])
                moment = seconds * 1_000_000_000 + nanoseconds
                taken.append((moment, frame[ETHERNET_HEADER:]))
        return taken

    def close(self) -> None:
        """End the capture."""
        self._socket.close()


def decode(packet: bytes) -> dict:
    """Name the fields of an IP packet that the site talks about.

    Returns protocol, source and destination as (host, port), or (host, None)
    where the protocol has no ports, payload length in bytes, and for TCP the
    flags in the order of RFC 9293, for ICMP the type and code in words.
    """
    from scapy.layers.inet import ICMP, IP, TCP, UDP  # slow to import: only here
    from scapy.layers.inet6 import IPv6

    ip = IPv6(packet) if packet[0] >> 4 == 6 else IP(packet)
    for layer in (TCP, UDP):
        if layer in ip and ICMP not in ip:
            inner = ip[layer]
            length = len(bytes(inner.payload))
            fields = {
                "protocol": layer.__name__,
                "source": [ip.src, inner.sport],
                "destination": [ip.dst, inner.dport],
                "payload": length,
            }
            if layer is TCP:
                names = (("S", "SYN"), ("F", "FIN"), ("R", "RST"), ("P", "PSH"))
                names = (*names, ("A", "ACK"))
                fields["flags"] = [n for flag, n in names if flag in inner.flags]
            return fields
    kind = ip.payload.sprintf("%type% %code%") if ICMP in ip else ip.payload.name
    return {
        "protocol": "ICMP" if ICMP in ip else ip.payload.name,
        "source": [ip.src, None],
        "destination": [ip.dst, None],
        "payload": len(bytes(ip.payload.payload)),
        "kind": kind,
    }
