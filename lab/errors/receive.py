"""Ways to an error of recv()."""

import socket

from lab.errors.cures import USE_BEFORE_CLOSE, WRONG_DESCRIPTOR
from lab.errors.kit import ALL, IPV4, LISTENERS, PATH, TCP, UDP, Kit
from lab.errors.registry import cure, provokes
from lab.isolation import networks


@provokes(ENOTCONN=TCP, EINVAL=PATH, see="recv(2)")
@cure("Connect first.")
def recv_without_peer(kit: Kit) -> None:
    """The stream socket has no peer."""
    sock = kit.new()
    with kit.fails():
        sock.recv(1)
    client, server = kit.pair()
    client.send(b"x")
    server.recv(1)


@provokes(ENOTCONN=TCP)
@cure("Read from the socket that `accept()` returned.")
def recv_on_the_listening_socket(kit: Kit) -> None:
    """The socket listens; data comes to the sockets that it accepts."""
    listener, client = kit.listening(), kit.new()
    with kit.fails():
        listener.recv(1)
    client.connect(listener.getsockname())
    client.send(b"x")
    server = listener.accept()[0]
    server.recv(1)


@provokes(EAGAIN=ALL, see="recv(2) O_NONBLOCK")
@cure("Wait with `select()` or `poll()` until it is readable, then call again.")
def nothing_to_read(kit: Kit) -> None:
    """The socket does not block, and nothing has arrived."""
    client, server = kit.pair()
    client.setblocking(False)
    with kit.fails():
        client.recv(1)
    server.send(b"x")
    kit.wait(client)
    client.recv(1)


@provokes(EAGAIN=ALL, see="SO_RCVTIMEO")
@cure(
    "Call again, or treat it as lost; Python raises `TimeoutError` for its own "
    "`settimeout()` only."
)
def nothing_came_in_time(kit: Kit) -> None:
    """Nothing arrived in the time that `SO_RCVTIMEO` gives."""
    client, server = kit.pair()
    kit.time_limit(client, socket.SO_RCVTIMEO)
    with kit.fails():
        client.recv(1)
    server.send(b"x")
    client.recv(1)


@provokes(TimeoutError=ALL)
@cure("Catch `TimeoutError`, and call again or give up; on UDP send the request again.")
def recv_timed_out(kit: Kit) -> None:
    """Nothing arrived in the time that `settimeout()` gives."""
    client, server = kit.pair()
    client.settimeout(0.01)
    with kit.fails():
        client.recv(1)
    server.send(b"x")
    client.settimeout(5)
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
    with kit.fails():
        client.recv(1)
    client, server = kit.pair()
    server.send(b"x")
    client.recv(1)


@provokes(ECONNREFUSED=TCP, see="connect(2) SO_ERROR")
@cure("The `connect()` failed: read `SO_ERROR` to see it, then connect a new socket.")
def recv_after_a_refusal(kit: Kit) -> None:
    """A `connect()` that did not wait was refused, and no call has told it yet."""
    address, client = kit.closed(), kit.new()
    client.setblocking(False)
    client.connect_ex(address)
    kit.wait(client)
    with kit.fails():
        client.recv(1)
    listener, client = kit.server_at(address), kit.new()
    client.connect(address)
    server = listener.accept()[0]
    server.send(b"x")
    client.recv(1)


@provokes(ECONNREFUSED=UDP, see="udp(7) SO_ERROR")
@cure(
    "Nobody received an earlier datagram: start the receiver, and send the "
    "request again."
)
def request_refused(kit: Kit) -> None:
    """A datagram to the peer was answered by ICMP: port unreachable."""
    address, sock = kit.closed(), kit.new()
    sock.connect(address)
    sock.send(b"x")
    with kit.fails():
        sock.recv(1)
    server = kit.server_at(address)
    sock.send(b"x")
    request, client = server.recvfrom(1)
    server.sendto(request, client)
    sock.recv(1)


@provokes(EHOSTUNREACH=UDP, see="IP_RECVERR arp(7)")
@cure(
    "Check that the machine is switched on, is on this network, and has this address.",
    unshown="there is no second machine to switch on",
)
def datagram_to_a_silent_neighbour(kit: Kit) -> None:
    """The machine does not answer, and `IP_RECVERR` asks for such errors."""
    networks.link(kit.family)
    sock = kit.new()
    level = socket.IPPROTO_IP if kit.family == IPV4 else socket.IPPROTO_IPV6
    recverr = 11 if kit.family == IPV4 else 25  # IP_RECVERR, IPV6_RECVERR
    sock.setsockopt(level, recverr, 1)
    sock.connect(kit.neighbour)
    sock.send(b"x")
    with kit.fails():
        sock.recv(1)


@provokes(ETIMEDOUT=TCP, see="TCP_USER_TIMEOUT SO_KEEPALIVE net.ipv4.tcp_retries2")
@cure("The peer or the way to it is gone: connect again.")
def acknowledgement_missing(kit: Kit) -> None:
    """Data was sent, and for too long nobody acknowledged it."""
    client, server = kit.pair()
    kit.short_patience(client)
    networks.drop("input")
    client.send(b"x")
    with kit.fails():
        client.recv(1)
    networks.remove_firewall()
    client, server = kit.pair()
    server.send(b"x")
    client.recv(1)


@provokes(EBADF=ALL, see="recv(2)")
@cure(USE_BEFORE_CLOSE)
def recv_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock = kit.pair()[0]
    sock.close()
    with kit.fails():
        sock.recv(1)
    client, server = kit.pair()
    server.send(b"x")
    client.recv(1)


@provokes(ENOTSOCK=ALL, see="recv(2)")
@cure(WRONG_DESCRIPTOR)
def recv_from_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock = kit.no_socket()
    with kit.fails():
        sock.recv(1)
    client, server = kit.pair()
    server.send(b"x")
    client.recv(1)
