"""Two receivers join a multicast group, and each gets a copy."""

import socket
import struct

GROUP = "239.1.2.3"


def interface(index):
    """Return a struct ip_mreqn that names an interface, see ip(7)."""
    return struct.pack("4s4xi", socket.inet_aton(GROUP), index)


def member(port, index):
    """Return a socket that hears the group alone, at a port."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.settimeout(5)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((GROUP, port))
    join = socket.IP_ADD_MEMBERSHIP
    sock.setsockopt(socket.IPPROTO_IP, join, interface(index))
    return sock


def send(text, port, index):
    """Send to the group, through that interface."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        leave_by = socket.IP_MULTICAST_IF
        sock.setsockopt(socket.IPPROTO_IP, leave_by, interface(index))
        sock.sendto(text, (GROUP, port))


def copies():
    """Return what each of two members receives.

    >>> copies()
    [b'to all', b'to all']
    """
    index = socket.if_nametoindex("lo")  # or another, such as eth0
    with member(0, index) as first:
        port = first.getsockname()[1]
        with member(port, index) as second:
            send(b"to all", port, index)
            return [sock.recv(1024) for sock in (first, second)]


def main():
    for text in copies():
        print("a member received", text)


if __name__ == "__main__":
    main()
