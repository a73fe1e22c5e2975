"""Ways to an error of send() and sendto()."""

import socket
from contextlib import suppress
from pathlib import Path

from lab.errors.cures import RIGHT_FAMILY, USE_BEFORE_CLOSE, WRONG_DESCRIPTOR
from lab.errors.kit import (
    ALL,
    IPV6,
    LISTENERS,
    MAIL,
    PATH,
    STREAM,
    TCP,
    UDP,
    UDP4,
    UNIX,
    UNIXES,
    Kit,
)
from lab.errors.registry import cure, provokes
from lab.isolation import namespace, networks


@provokes(EDESTADDRREQ=UDP, ENOTCONN=UNIXES, EPIPE=TCP, see="send(2)")
@cure("Give the address with `sendto()`, or `connect()` first.")
def send_without_peer(kit: Kit) -> None:
    """The socket has no peer, and the call names none."""
    kit.new().send(b"x")


@provokes(EPIPE=TCP, EOPNOTSUPP=PATH, see="send(2)")
@cure("Connect first; a stream has one peer.")
def sendto_does_not_connect(kit: Kit) -> None:
    """A stream socket is sent to a listening socket without `connect()`."""
    listener = kit.listening()
    kit.new().sendto(b"x", listener.getsockname())


@provokes(EISCONN=PATH, see="send(2)")
@cure("Use `send()`: the peer is known.")
def sendto_while_connected(kit: Kit) -> None:
    """The stream socket has a peer, and an address was given too."""
    client, server = kit.pair()
    client.sendto(b"x", server.getsockname())


@provokes(EPIPE=LISTENERS + UDP + MAIL, see="shutdown(2) MSG_NOSIGNAL")
@cure("Do not send after `shutdown(SHUT_WR)`.")
def send_after_shutdown(kit: Kit) -> None:
    """This end has said that it sends no more."""
    client, _ = kit.pair()
    client.shutdown(socket.SHUT_WR)
    client.send(b"x")


@provokes(EPIPE=LISTENERS, see="send(2) MSG_NOSIGNAL")
@cure("The peer is gone: connect again. Python ignores the signal SIGPIPE by itself.")
def peer_closed(kit: Kit) -> None:
    """The peer has closed its end, and an earlier `send()` was answered by a reset."""
    client, server = kit.pair()
    server.close()
    kit.wait(client)
    if kit.family != UNIX:
        client.send(b"x")
        kit.wait(client, 0)
    client.send(b"x")


@provokes(ECONNRESET=TCP, EPIPE=PATH, see="send(2)")
@cure("The peer is gone: connect again.")
def send_after_a_reset(kit: Kit) -> None:
    """The peer closed its end without having read everything."""
    client, server = kit.pair()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    client.send(b"x")


@provokes(ECONNREFUSED=UDP, see="udp(7) SO_ERROR IP_RECVERR")
@cure(
    "Nobody receives there. It is about an earlier datagram: this one was not sent, "
    "send it again."
)
def earlier_datagram_refused(kit: Kit) -> None:
    """An earlier datagram to the peer was answered by ICMP: port unreachable."""
    sock = kit.new()
    sock.connect(kit.closed())
    sock.send(b"x")
    kit.wait(sock)
    sock.send(b"x")


@provokes(ECONNREFUSED=MAIL, see="unix(7)")
@cure("Start the receiver.")
def receiver_closed(kit: Kit) -> None:
    """The peer is closed."""
    client, server = kit.pair()
    server.close()
    client.send(b"x")


@provokes(ECONNREFUSED=MAIL, see="unix(7)")
@cure("Start the receiver.")
def sendto_file_left_behind(kit: Kit) -> None:
    """The file is there, but its socket is closed."""
    kit.new().sendto(b"x", kit.closed())


@provokes(ENOENT=MAIL, see="unix(7)")
@cure("Start the receiver, correct the path.")
def sendto_path_missing(kit: Kit) -> None:
    """No file has this path."""
    kit.new().sendto(b"x", "name")


@provokes(EACCES=MAIL, see="unix(7)")
@cure("Give the sender's user the right to write to the socket's file.")
def sendto_file_not_writable(kit: Kit) -> None:
    """The user may not write to the receiver's file."""
    server = kit.bound()
    Path(server.getsockname()).chmod(0o400)
    networks.give_up_capabilities()
    kit.new().sendto(b"x", server.getsockname())


@provokes(EPERM=MAIL, see="unix(7)")
@cure("Only its peer may send to a connected datagram socket.")
def sendto_a_connected_socket(kit: Kit) -> None:
    """The receiver is connected to somebody else."""
    _, server = kit.pair()
    kit.new().sendto(b"x", server.getsockname())


@provokes(EPROTOTYPE=MAIL, see="unix(7)")
@cure("The receiver is a stream socket: `connect()`.")
def sendto_a_stream(kit: Kit) -> None:
    """The socket at that path is a stream socket."""
    server = socket.socket(UNIX, STREAM)
    kit.held.append(server)
    server.bind("name")
    kit.new().sendto(b"x", "name")


@provokes(EAGAIN=MAIL, see="unix(7) net.unix.max_dgram_qlen")
@cure("Wait until the receiver has read; `poll()` tells for a connected socket.")
def receiver_is_full(kit: Kit) -> None:
    """The socket does not block, and the receiver's queue is full."""
    client, _ = kit.pair()
    kit.fill(client)
    client.setblocking(False)
    client.send(b"x")


@provokes(EAGAIN=LISTENERS, see="send(2) SO_SNDBUF")
@cure("Wait until the socket is writable.")
def send_buffer_full(kit: Kit) -> None:
    """The socket does not block, and the peer does not read."""
    client, _ = kit.pair()
    kit.fill(client, 65536)
    client.setblocking(False)
    client.send(bytes(65536))


@provokes(TimeoutError=LISTENERS + MAIL)
@cure("Catch `TimeoutError`; raise the time given to `settimeout()`.")
def send_timed_out(kit: Kit) -> None:
    """The peer did not read in the time that `settimeout()` gives."""
    client, _ = kit.pair()
    kit.fill(client, 65536 if kit.type == STREAM else 1)
    client.settimeout(0.01)
    client.send(bytes(65536) if kit.type == STREAM else b"x")


@provokes(EAGAIN=UDP, see="udp(7) net.ipv4.ip_local_port_range")
@cure("Widen the range, or use one socket for many receivers.")
def sendto_no_port_left(kit: Kit) -> None:
    """The socket is unbound, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    kit.bound()
    kit.new().sendto(b"x", (kit.host, 9))


@provokes(EINVAL=UDP, see="udp(7)")
@cure("Name a port.")
def sendto_port_zero(kit: Kit) -> None:
    """The port is 0."""
    kit.new().sendto(b"x", (kit.host, 0))


@provokes(EACCES=UDP4, see="SO_BROADCAST ip(7)")
@cure("Set `SO_BROADCAST` on the socket.")
def sendto_broadcast(kit: Kit) -> None:
    """The address is a broadcast address, and `SO_BROADCAST` is not set."""
    kit.new().sendto(b"x", ("127.255.255.255", 9))


@provokes(ENETUNREACH=UDP, see="ip-route(8)")
@cure("Give the machine a route: `ip route`.")
def sendto_no_route(kit: Kit) -> None:
    """The machine has no route to that address."""
    kit.new().sendto(b"x", kit.far)


@provokes(EHOSTUNREACH=UDP, see="ip-route(8)")
@cure("Look at the route: `ip route get ADDRESS`.")
def sendto_route_unreachable(kit: Kit) -> None:
    """The route to that address is of the type unreachable."""
    networks.route("unreachable", kit.family)
    kit.new().sendto(b"x", kit.far)


@provokes(EACCES=UDP, see="ip-route(8)")
@cure("Look at the route: `ip route get ADDRESS`.")
def sendto_route_prohibited(kit: Kit) -> None:
    """The route to that address is of the type prohibit."""
    networks.route("prohibit", kit.family)
    kit.new().sendto(b"x", kit.far)


@provokes(EINVAL=UDP, see="ip-route(8)")
@cure("Look at the route: `ip route get ADDRESS`.")
def sendto_route_blackhole(kit: Kit) -> None:
    """The route to that address is of the type blackhole."""
    networks.route("blackhole", kit.family)
    kit.new().sendto(b"x", kit.far)


@provokes(EINVAL=UDP4, see="ip(7)")
@cure("Bind to an address of the interface that leads there, or not at all.")
def sendto_from_loopback_to_outside(kit: Kit) -> None:
    """The socket is bound to `127.0.0.1`, and the receiver is another machine."""
    networks.link(kit.family)
    kit.bound().sendto(b"x", kit.far)


@provokes(EPERM=UDP, see="nft(8)")
@cure("Open the firewall of this machine for it.")
def datagram_dropped(kit: Kit) -> None:
    """The firewall of this machine drops what the socket sends."""
    networks.drop("output")
    kit.new().sendto(b"x", (kit.host, 9))


@provokes(EAFNOSUPPORT=UDP4, see="send(2)")
@cure(RIGHT_FAMILY)
def sendto_other_family(kit: Kit) -> None:
    """The address is an IPv6 address, and the socket is an IPv4 socket."""
    sock = kit.handed_down(IPV6)
    sock.sendto(b"x", ("::1", 9))


@provokes(EMSGSIZE=UDP, see="udp(7)")
@cure("Send less: a UDP datagram carries 65,507 bytes over IPv4, 65,527 over IPv6.")
def datagram_too_long(kit: Kit) -> None:
    """The datagram does not fit in an IP packet."""
    kit.new().sendto(bytes(65528), (kit.host, 9))


@provokes(EMSGSIZE=UDP, see="IP_MTU_DISCOVER IP_MTU ip(7)")
@cure("Send less than the path allows, or let IP fragment it.")
def datagram_over_the_mtu(kit: Kit) -> None:
    """The datagram is longer than the MTU, and must not be fragmented."""
    networks.link(kit.family, mtu=1400)
    sock = kit.new()
    six = kit.family == IPV6  # IPV6_MTU_DISCOVER, IP_MTU_DISCOVER; 2: do not fragment
    sock.setsockopt(*((socket.IPPROTO_IPV6, 23) if six else (socket.SOL_IP, 10)), 2)
    sock.sendto(bytes(1400), kit.far)


@provokes(EMSGSIZE=MAIL, see="unix(7) SO_SNDBUF net.core.wmem_max")
@cure("Send less, or raise `SO_SNDBUF`.")
def datagram_over_the_buffer(kit: Kit) -> None:
    """The datagram is longer than the send buffer."""
    client, _ = kit.pair()
    client.send(bytes(1 << 24))


@provokes(EOPNOTSUPP=UDP4 + MAIL, see="send(2)")
@cure("Out-of-band data is for TCP.")
def out_of_band_datagram(kit: Kit) -> None:
    """`MSG_OOB` was given on a datagram socket."""
    client, _ = kit.pair()
    client.send(b"x", socket.MSG_OOB)


@provokes(EOPNOTSUPP=TCP, see="net.ipv4.tcp_fastopen tcp(7)")
@cure("Switch it on, or use `connect()`.")
def fast_open_off(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given, and fast open is switched off."""
    namespace.write_sysctl("net.ipv4.tcp_fastopen", "0")
    listener = kit.listening()
    kit.new().sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes(EINPROGRESS=TCP, see="tcp(7) send(2)")
@cure("Wait until the socket is writable.")
def fast_open_without_waiting(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given on a socket that does not block."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes(EALREADY=TCP, see="tcp(7) send(2)")
@cure("Wait until the socket is writable.")
def fast_open_twice(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given again before the handshake had ended."""
    listener = kit.listening(backlog=0)
    kit.new().connect(listener.getsockname())
    client = kit.new()
    client.setblocking(False)
    with suppress(BlockingIOError):
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
    client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes(EISCONN=TCP, see="tcp(7)")
@cure("Connect once: with `connect()` or with the first `sendto()`.")
def fast_open_while_connected(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given on a connected socket."""
    client, server = kit.pair()
    client.sendto(b"x", socket.MSG_FASTOPEN, server.getsockname())


@provokes(EBADF=ALL, see="send(2)")
@cure(USE_BEFORE_CLOSE)
def send_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, _ = kit.pair()
    sock.close()
    sock.send(b"x")


@provokes(ENOTSOCK=ALL, see="send(2)")
@cure(WRONG_DESCRIPTOR)
def send_to_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    kit.no_socket().send(b"x")
