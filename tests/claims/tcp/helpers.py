"""What the proofs about TCP use: sockets that are bound, listen, or are new."""

import socket


def bind_to(host: str = "127.0.0.1") -> socket.socket:
    """A bound TCP socket on a port that the kernel chose; 5 s for what blocks."""
    sock = socket.socket()
    sock.settimeout(5)
    sock.bind((host, 0))
    return sock


def new_client() -> socket.socket:
    """A TCP socket without names; 5 s for what blocks."""
    client = socket.socket()
    client.settimeout(5)
    return client


def flags(packets: list[dict]) -> list[str]:
    """The TCP flags of each packet, for instance "SYN ACK"."""
    return [" ".join(packet["flags"]) for packet in packets]
