"""Ways to an error of recv()."""

import socket

from lab.errors.cures import USE_BEFORE_CLOSE, WRONG_DESCRIPTOR
from lab.errors.kit import ALL, IPV6, LISTENERS, PATH, TCP, UDP, Kit
from lab.errors.registry import cure, provokes
from lab.isolation import networks


@provokes(ENOTCONN=TCP, EINVAL=PATH, see="recv(2)")
@cure("Connect first.")
def recv_without_peer(kit: Kit) -> None:
    """The stream socket has no peer."""
    kit.new().recv(1)


@provokes(ENOTCONN=TCP)
@cure("Read from the socket that `accept()` returned.")
def recv_on_the_listening_socket(kit: Kit) -> None:
    """The socket listens; data comes to the sockets that it accepts."""
    kit.listening().recv(1)


@provokes(EAGAIN=ALL, see="recv(2) O_NONBLOCK")
@cure("Wait with `select()` or `poll()` until it is readable, then call again.")
def nothing_to_read(kit: Kit) -> None:
    """The socket does not block, and nothing has arrived."""
    client, _ = kit.pair()
    client.setblocking(False)
    client.recv(1)


@provokes(EAGAIN=ALL, see="SO_RCVTIMEO")
@cure(
    "Call again, or take it for lost; Python raises `TimeoutError` for its own "
    "`settimeout()` only."
)
def nothing_came_in_time(kit: Kit) -> None:
    """Nothing arrived in the time that `SO_RCVTIMEO` gives."""
    client, _ = kit.pair()
    kit.time_limit(client, socket.SO_RCVTIMEO)
    client.recv(1)


@provokes(TimeoutError=ALL)
@cure("Catch `TimeoutError`; on UDP, send the request again.")
def recv_timed_out(kit: Kit) -> None:
    """Nothing arrived in the time that `settimeout()` gives."""
    client, _ = kit.pair()
    client.settimeout(0.01)
    client.recv(1)


@provokes(ECONNRESET=LISTENERS, see="recv(2) SO_LINGER")
@cure("The peer is gone: connect again.")
def peer_left_data_unread(kit: Kit) -> None:
    """The peer closed its end without having read everything."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    client.recv(1)


@provokes(ECONNREFUSED=TCP, see="connect(2) SO_ERROR")
@cure("Read `SO_ERROR` before you read data.")
def recv_after_a_refusal(kit: Kit) -> None:
    """A `connect()` that did not wait was refused; nobody asked why."""
    client = kit.new()
    client.setblocking(False)
    client.connect_ex(kit.closed())
    kit.wait(client)
    client.recv(1)


@provokes(ECONNREFUSED=UDP, see="udp(7) SO_ERROR")
@cure("Nobody receives there; it is about an earlier `send()`.")
def request_refused(kit: Kit) -> None:
    """A datagram to the peer was answered by ICMP: port unreachable."""
    sock = kit.new()
    sock.connect(kit.closed())
    sock.send(b"x")
    sock.recv(1)


@provokes(EHOSTUNREACH=UDP, see="IP_RECVERR arp(7)")
@cure("Is the machine on, on this network, and its address right?")
def datagram_to_a_silent_neighbour(kit: Kit) -> None:
    """The machine does not answer, and `IP_RECVERR` asks for such news."""
    networks.link(kit.family)
    sock = kit.new()
    six = kit.family == IPV6  # IPV6_RECVERR, IP_RECVERR
    sock.setsockopt(*((socket.IPPROTO_IPV6, 25) if six else (socket.SOL_IP, 11)), 1)
    sock.connect(kit.neighbour)
    sock.send(b"x")
    sock.recv(1)


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT SO_KEEPALIVE net.ipv4.tcp_retries2")
@cure("The peer or the way to it is gone: connect again.")
def acknowledgement_missing(kit: Kit) -> None:
    """Data was sent, and for too long nobody acknowledged it."""
    client, _ = kit.pair()
    kit.short_patience(client)
    networks.drop("input")
    client.send(b"x")
    client.recv(1)


@provokes(EBADF=ALL, see="recv(2)")
@cure(USE_BEFORE_CLOSE)
def recv_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, _ = kit.pair()
    sock.close()
    sock.recv(1)


@provokes(ENOTSOCK=ALL, see="recv(2)")
@cure(WRONG_DESCRIPTOR)
def recv_from_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    kit.no_socket().recv(1)
