"""Ways to an error of send() and sendto()."""

import select
import socket
from contextlib import suppress
from pathlib import Path

from lab.errors.cures import FIND_FAMILY, USE_BEFORE_CLOSE, WRONG_DESCRIPTOR
from lab.errors.kit import (
    ALL,
    IPV4,
    IPV6,
    LISTENERS,
    MAIL,
    PATH,
    STREAM,
    TCP,
    UDP,
    UDP4,
    UNIX,
    Kit,
)
from lab.errors.registry import cure, provokes
from lab.isolation import namespace, networks


@provokes(EDESTADDRREQ=UDP, ENOTCONN=MAIL, see="send(2)")
@cure("Give the address with `sendto()`, or `connect()` first.")
def send_without_peer(kit: Kit) -> None:
    """The socket has no peer, and the call names none."""
    receiver, sock = kit.bound(), kit.new()
    with kit.fails():
        sock.send(b"x")
    sock.sendto(b"x", receiver.getsockname())
    sock.connect(receiver.getsockname())
    sock.send(b"x")


@provokes(EPIPE=TCP, ENOTCONN=PATH, see="send(2)")
@cure("Connect first; on a stream `sendto()` with an address is no substitute.")
def send_without_connection(kit: Kit) -> None:
    """The stream socket is not connected."""
    listener, client = kit.listening(), kit.new()
    with kit.fails():
        client.send(b"x")
    client.connect(listener.getsockname())
    client.send(b"x")


@provokes(EPIPE=TCP, EOPNOTSUPP=PATH, see="send(2)")
@cure("Connect first; a stream has one peer, and `sendto()` does not find it.")
def sendto_does_not_connect(kit: Kit) -> None:
    """`sendto()` on a stream socket names a listening socket, without `connect()`."""
    listener, client = kit.listening(), kit.new()
    with kit.fails():
        client.sendto(b"x", listener.getsockname())
    client.connect(listener.getsockname())
    client.send(b"x")


@provokes(EISCONN=PATH, see="send(2)")
@cure("Use `send()`: the peer is known.")
def sendto_while_connected(kit: Kit) -> None:
    """The stream socket has a peer, and an address was given too."""
    client, server = kit.pair()
    with kit.fails():
        client.sendto(b"x", server.getsockname())
    client.send(b"x")


@provokes(EPIPE=LISTENERS + UDP + MAIL, see="shutdown(2) MSG_NOSIGNAL")
@cure("Send all before `shutdown(SHUT_WR)`.")
def send_after_shutdown(kit: Kit) -> None:
    """This end has said that it sends no more."""
    client, _ = kit.pair()
    client.shutdown(socket.SHUT_WR)
    with kit.fails():
        client.send(b"x")
    client, _ = kit.pair()
    client.send(b"x")
    client.shutdown(socket.SHUT_WR)


@provokes(EPIPE=LISTENERS, see="send(2) MSG_NOSIGNAL")
@cure("The peer is gone: connect again. Python ignores the signal SIGPIPE by itself.")
def peer_closed(kit: Kit) -> None:
    """The peer has closed its end, and an earlier `send()` was answered by a reset."""
    client, server = kit.pair()
    address = client.getpeername()
    server.close()
    kit.wait(client)
    if kit.family != UNIX:
        client.send(b"x")
        kit.wait(client, 0)
    with kit.fails():
        client.send(b"x")
    client = kit.new()
    client.connect(address)
    client.send(b"x")


@provokes(ECONNRESET=TCP, EPIPE=PATH, see="send(2)")
@cure("The peer is gone: connect again.")
def send_after_a_reset(kit: Kit) -> None:
    """The peer closed its end without having read everything."""
    client, server = kit.pair()
    address = client.getpeername()
    client.send(b"x")
    kit.wait(server)
    server.close()
    kit.wait(client)
    with kit.fails():
        client.send(b"x")
    client = kit.new()
    client.connect(address)
    client.send(b"x")


@provokes(ECONNREFUSED=UDP, see="udp(7) SO_ERROR IP_RECVERR")
@cure(
    "Nobody received the earlier datagram: start the receiver. This one was not"
    " sent: send it again."
)
def earlier_datagram_refused(kit: Kit) -> None:
    """An earlier datagram to the peer was answered by ICMP: port unreachable."""
    address, sock = kit.closed(), kit.new()
    sock.connect(address)
    sock.send(b"x")
    kit.wait(sock)
    with kit.fails():
        sock.send(b"x")
    receiver = kit.server_at(address)
    sock.send(b"x")
    receiver.recv(1)


@provokes(ECONNREFUSED=MAIL, see="unix(7)")
@cure("Start the receiver, and `connect()` to it again.")
def receiver_closed(kit: Kit) -> None:
    """The peer is closed."""
    client, server = kit.pair()
    path = server.getsockname()
    server.close()
    with kit.fails():
        client.send(b"x")
    Path(path).unlink()
    server = kit.server_at(path)
    client.connect(path)
    client.send(b"x")


@provokes(ECONNREFUSED=MAIL, see="unix(7)")
@cure("Start the receiver; it removes the old file and binds the path again.")
def sendto_file_left_behind(kit: Kit) -> None:
    """The file is there, but its socket is closed."""
    path, sock = kit.closed(), kit.new()
    with kit.fails():
        sock.sendto(b"x", path)
    Path(path).unlink()
    kit.server_at(path)
    sock.sendto(b"x", path)


@provokes(ENOENT=MAIL, see="unix(7)")
@cure("Start the receiver, or correct the path.")
def sendto_path_missing(kit: Kit) -> None:
    """No file has this path."""
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", "name")
    kit.server_at("name")
    sock.sendto(b"x", "name")


@provokes(EACCES=MAIL, see="unix(7)")
@cure("Give the sender's user the right to write to the socket's file.")
def sendto_file_not_writable(kit: Kit) -> None:
    """The user may not write to the receiver's file."""
    kit.server_at("name")
    sock = kit.new()
    Path("name").chmod(0o400)
    networks.give_up_capabilities()
    with kit.fails():
        sock.sendto(b"x", "name")
    Path("name").chmod(0o600)
    sock.sendto(b"x", "name")


@provokes(EPERM=MAIL, see="unix(7)")
@cure(
    "Only its peer may send to a connected datagram socket: bind a second one "
    "for others."
)
def sendto_a_connected_socket(kit: Kit) -> None:
    """The receiver is connected to somebody else."""
    receiver, sock = kit.pair()[1], kit.new()
    with kit.fails():
        sock.sendto(b"x", receiver.getsockname())
    another = kit.bound()
    sock.sendto(b"x", another.getsockname())


@provokes(EPROTOTYPE=MAIL, see="unix(7)")
@cure("The receiver is a stream socket: make one, and `connect()` it.")
def sendto_a_stream(kit: Kit) -> None:
    """The socket at that path is a stream socket."""
    server, sock = socket.socket(UNIX, STREAM), kit.new()
    server.bind("name")
    server.listen()
    with kit.fails():
        sock.sendto(b"x", "name")
    stream = socket.socket(UNIX, STREAM)
    stream.connect("name")
    stream.send(b"x")


@provokes(EAGAIN=MAIL, see="unix(7) net.unix.max_dgram_qlen")
@cure("Wait until the receiver has read; `poll()` tells for a connected socket.")
def receiver_is_full(kit: Kit) -> None:
    """The socket does not block, and the receiver's queue is full."""
    receiver, sender = kit.bound(), kit.new()
    sender.connect(receiver.getsockname())
    kit.fill(sender)
    sender.setblocking(False)
    with kit.fails():
        sender.send(b"x")
    receiver.recv(1)
    kit.wait(sender, select.POLLOUT)
    sender.send(b"x")


@provokes(EAGAIN=LISTENERS + MAIL, see="send(2) SO_SNDBUF")
@cure("Wait until the socket is writable; the peer must read.")
def send_buffer_full(kit: Kit) -> None:
    """The socket does not block, and the peer does not read."""
    client, server = kit.pair()
    kit.fill(client, 65536 if kit.type == STREAM else 1)
    client.setblocking(False)
    with kit.fails():
        client.send(bytes(65536 if kit.type == STREAM else 1))
    kit.drain(server)
    kit.wait(client, select.POLLOUT)
    client.send(b"x")


@provokes(TimeoutError=LISTENERS + MAIL)
@cure(
    "Catch `TimeoutError`; raise the time given to `settimeout()`, and see why "
    "the peer does not read."
)
def send_timed_out(kit: Kit) -> None:
    """The peer did not read in the time that `settimeout()` gives."""
    client, server = kit.pair()
    kit.fill(client, 65536 if kit.type == STREAM else 1)
    client.settimeout(0.01)
    with kit.fails():
        client.send(bytes(65536 if kit.type == STREAM else 1))
    client.settimeout(5)
    kit.drain(server)
    client.send(b"x")


@provokes(EAGAIN=UDP, see="udp(7) net.ipv4.ip_local_port_range")
@cure("Widen the range, or use one socket for many receivers.")
def sendto_no_port_left(kit: Kit) -> None:
    """The socket is unbound, and every port of the ephemeral range is taken."""
    networks.port_range(40000, 40000)
    owner, sock = kit.bound(), kit.new()
    with kit.fails():
        sock.sendto(b"x", (kit.host, 9))
    owner.sendto(b"x", (kit.host, 9))
    networks.port_range(40000, 40001)
    sock.sendto(b"x", (kit.host, 9))


@provokes(EINVAL=UDP, see="udp(7)")
@cure("Name the receiver's port.")
def sendto_port_zero(kit: Kit) -> None:
    """The port is 0."""
    receiver, sock = kit.bound(), kit.new()
    with kit.fails():
        sock.sendto(b"x", (kit.host, 0))
    sock.sendto(b"x", receiver.getsockname())


@provokes(EACCES=UDP4, see="SO_BROADCAST ip(7)")
@cure("Set `SO_BROADCAST` on the socket.")
def sendto_broadcast(kit: Kit) -> None:
    """The address is a broadcast address, and `SO_BROADCAST` is not set."""
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", ("127.255.255.255", 9))
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
    sock.sendto(b"x", ("127.255.255.255", 9))


@provokes(ENETUNREACH=UDP, see="ip-route(8)")
@cure("Give the machine a route: `ip route`.")
def sendto_no_route(kit: Kit) -> None:
    """The machine has no route to that address."""
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", kit.far)
    networks.link(kit.family)
    sock.sendto(b"x", kit.far)


@provokes(EHOSTUNREACH=UDP, see="ip-route(8)")
@cure(
    "Look at the route: `ip route get ADDRESS`. Somebody closed it on purpose; "
    "`ip route delete` opens it, if there is another way."
)
def sendto_route_unreachable(kit: Kit) -> None:
    """The route to that address is of the type unreachable."""
    networks.link(kit.family)
    networks.close_route("unreachable", kit.family)
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", kit.far)
    networks.open_route("unreachable", kit.family)
    sock.sendto(b"x", kit.far)


@provokes(EACCES=UDP, see="ip-route(8)")
@cure(
    "Look at the route: `ip route get ADDRESS`. Somebody closed it on purpose; "
    "`ip route delete` opens it, if there is another way."
)
def sendto_route_prohibited(kit: Kit) -> None:
    """The route to that address is of the type prohibit."""
    networks.link(kit.family)
    networks.close_route("prohibit", kit.family)
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", kit.far)
    networks.open_route("prohibit", kit.family)
    sock.sendto(b"x", kit.far)


@provokes(EINVAL=UDP, see="ip-route(8)")
@cure(
    "Look at the route: `ip route get ADDRESS`. Somebody closed it on purpose; "
    "`ip route delete` opens it, if there is another way."
)
def sendto_route_blackhole(kit: Kit) -> None:
    """The route to that address is of the type blackhole."""
    networks.link(kit.family)
    networks.close_route("blackhole", kit.family)
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", kit.far)
    networks.open_route("blackhole", kit.family)
    sock.sendto(b"x", kit.far)


@provokes(EINVAL=UDP4, see="ip(7)")
@cure("Bind to an address of the interface that leads there, or not at all.")
def sendto_from_loopback_to_outside(kit: Kit) -> None:
    """The socket is bound to `127.0.0.1`, and the receiver is another machine."""
    networks.link(kit.family)
    sock, another, third = kit.bound(), kit.new(), kit.new()
    with kit.fails():
        sock.sendto(b"x", kit.far)
    another.bind((kit.local, 0))
    another.sendto(b"x", kit.far)
    third.sendto(b"x", kit.far)


@provokes(EPERM=UDP, see="nft(8)")
@cure("Open the firewall of this machine for it.")
def datagram_dropped(kit: Kit) -> None:
    """The firewall of this machine drops what the socket sends."""
    networks.drop("output")
    sock = kit.new()
    with kit.fails():
        sock.sendto(b"x", (kit.host, 9))
    networks.remove_firewall()
    sock.sendto(b"x", (kit.host, 9))


@provokes(EAFNOSUPPORT=UDP4, see="send(2)")
@cure(FIND_FAMILY)
def sendto_other_family(kit: Kit) -> None:
    """The address is an IPv6 address, and the socket is an IPv4 socket."""
    sock = kit.handed_down(IPV6)
    with kit.fails():
        sock.sendto(b"x", ("::1", 9))
    right = socket.socket(fileno=sock.detach())
    right.sendto(b"x", (kit.host, 9))


@provokes(EMSGSIZE=UDP, see="udp(7)")
@cure("Send less: a UDP datagram carries 65,507 bytes over IPv4, 65,527 over IPv6.")
def datagram_too_long(kit: Kit) -> None:
    """The datagram does not fit in an IP packet."""
    sock = kit.new()
    with kit.fails():
        sock.sendto(bytes(65528), (kit.host, 9))
    sock.sendto(bytes(65507 if kit.family == IPV4 else 65527), (kit.host, 9))


@provokes(EMSGSIZE=UDP, see="IP_MTU_DISCOVER IP_MTU ip(7)")
@cure("Send less than the path allows, or let IP fragment it.")
def datagram_over_the_mtu(kit: Kit) -> None:
    """The datagram is longer than the MTU, and must not be fragmented."""
    networks.link(kit.family, mtu=1400)
    sock = kit.new()
    level = socket.IPPROTO_IP if kit.family == IPV4 else socket.IPPROTO_IPV6
    mtu_discover = 10 if kit.family == IPV4 else 23  # IP_…, IPV6_MTU_DISCOVER
    never_fragment, fragment = 2, 0  # IP_PMTUDISC_DO, IP_PMTUDISC_DONT
    sock.setsockopt(level, mtu_discover, never_fragment)
    with kit.fails():
        sock.sendto(bytes(1400), kit.far)
    sock.sendto(bytes(1300), kit.far)
    sock.setsockopt(level, mtu_discover, fragment)
    sock.sendto(bytes(1400), kit.far)


@provokes(EMSGSIZE=MAIL, see="unix(7) SO_SNDBUF net.core.wmem_max")
@cure("Send less; `SO_SNDBUF` can be raised up to `net.core.wmem_max`.")
def datagram_over_the_buffer(kit: Kit) -> None:
    """The datagram is longer than the send buffer."""
    client, _ = kit.pair()
    with kit.fails():
        client.send(bytes(1 << 24))
    client.send(bytes(1 << 14))


@provokes(EOPNOTSUPP=UDP4 + MAIL, see="send(2)")
@cure("Out-of-band data is for TCP.")
def out_of_band_datagram(kit: Kit) -> None:
    """`MSG_OOB` was given on a datagram socket."""
    client, _ = kit.pair()
    with kit.fails():
        client.send(b"x", socket.MSG_OOB)
    client.send(b"x")


@provokes(EOPNOTSUPP=TCP, see="net.ipv4.tcp_fastopen tcp(7)")
@cure("Switch it on, or use `connect()`.")
def fast_open_off(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given, and fast open is switched off."""
    namespace.write_sysctl("net.ipv4.tcp_fastopen", "0")
    listener, client, another = kit.listening(), kit.new(), kit.new()
    with kit.fails():
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
    another.connect(listener.getsockname())
    namespace.write_sysctl("net.ipv4.tcp_fastopen", "1")
    client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())


@provokes(EINPROGRESS=TCP, see="tcp(7) send(2)")
@cure("Wait until the socket is writable, then read `SO_ERROR`.")
def fast_open_without_waiting(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given on a socket that does not block."""
    listener, client = kit.listening(), kit.new()
    client.setblocking(False)
    with kit.fails():
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
    kit.finish(client)
    client.send(b"x")


@provokes(EALREADY=TCP, see="tcp(7) send(2)")
@cure("Wait until the socket is writable, then read `SO_ERROR`.")
def fast_open_twice(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given again before the handshake had ended."""
    listener, client = kit.full(), kit.new()
    client.setblocking(False)
    with suppress(BlockingIOError):
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
    with kit.fails():
        client.sendto(b"x", socket.MSG_FASTOPEN, listener.getsockname())
    listener.accept()
    kit.finish(client)
    client.send(b"x")


@provokes(EISCONN=TCP, see="tcp(7)")
@cure("Connect once, with `connect()` or with the first `sendto()`; then use `send()`.")
def fast_open_while_connected(kit: Kit) -> None:
    """`MSG_FASTOPEN` was given on a connected socket."""
    client, server = kit.pair()
    with kit.fails():
        client.sendto(b"x", socket.MSG_FASTOPEN, server.getsockname())
    client.send(b"x")


@provokes(EBADF=ALL, see="send(2)")
@cure(USE_BEFORE_CLOSE)
def send_closed(kit: Kit) -> None:
    """The socket is closed."""
    sock, another = kit.pair()[0], kit.pair()[0]
    sock.close()
    with kit.fails():
        sock.send(b"x")
    another.send(b"x")


@provokes(ENOTSOCK=ALL, see="send(2)")
@cure(WRONG_DESCRIPTOR)
def send_to_a_file(kit: Kit) -> None:
    """The descriptor is that of a file."""
    sock, another = kit.no_socket(), kit.pair()[0]
    with kit.fails():
        sock.send(b"x")
    another.send(b"x")
