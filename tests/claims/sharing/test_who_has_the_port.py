"""Proofs about who has a port: /proc, netlink, other processes and other users."""

import ctypes
import errno
import os
import socket
import struct
from pathlib import Path

import pytest
from pyroute2 import IPRoute

from lab.isolation import networks
from lab.isolation.namespace import CLONE_NEWNET, write_sysctl
from snippets.sharing import (
    who_holds_the_port,
)
from tests.claims.helpers import HOST, TCP, UDP, code
from tests.claims.sharing.helpers import (
    STATES,
    bound,
    close_in_order,
    listening,
    new,
    port_of,
)

needs = pytest.mark.needs


def rows_of(port: int, table: str = "tcp") -> list[list[str]]:
    """Lines of /proc/net/tcp or udp, split, whose local port is this one."""
    lines = Path("/proc/self/net", table).read_text().splitlines()[1:]
    fields = [line.split() for line in lines]
    return [f for f in fields if int(f[1].split(":")[1], 16) == port]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("private_net")
def test_proc_line_of_a_listener():
    """In `/proc/net/tcp`, a socket that listens on `127.0.0.1` and port 8080 has the
    local name `0100007F:1F90` and the state `0A`; one connected to it has that name as
    its peer name, and the state `01`."""
    listener = listening(address=(HOST, 8080))
    [line] = rows_of(8080)
    assert line[1:4] == ["0100007F:1F90", "00000000:0000", "0A"]
    assert line[4] == "00000000:00000000"
    client = new()
    client.connect(listener.getsockname())
    assert rows_of(8080)[0][4] == "00000000:00000001"
    [line] = rows_of(port_of(client))
    assert line[2:4] == ["0100007F:1F90", "01"]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("private_net")
def test_inode_leads_to_the_process():
    """The inode in a line of `/proc/net/tcp` is the number in the link `socket:[…]`
    that the owner of the socket has in `/proc/PID/fd`."""
    listener = listening()
    [line] = rows_of(port_of(listener))
    link = Path(f"/proc/{os.getpid()}/fd/{listener.fileno()}").readlink()
    assert str(link) == f"socket:[{line[9]}]"
    holders = who_holds_the_port.holders(port_of(listener))
    assert holders == [("tcp", "LISTEN", [os.getpid()])]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
def test_udp_lines_have_two_states():
    """In `/proc/net/udp`, a bound socket has the state `07`, and a connected one
    `01`."""
    server, client = bound(UDP), new(UDP)
    client.connect(server.getsockname())
    states = [rows_of(port_of(sock), "udp")[0][3] for sock in (server, client)]
    assert states == ["07", "01"]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
def test_bound_tcp_socket_is_not_in_proc():
    """A TCP socket that is bound and nothing more is not in `/proc/net/tcp`, and all
    the same `bind()` to its port fails with `EADDRINUSE`."""
    sock = bound()
    assert rows_of(port_of(sock)) == []
    assert code(new().bind, sock.getsockname()) == errno.EADDRINUSE
    sock.listen()
    assert len(rows_of(port_of(sock))) == 1


def asked_of_the_kernel(states: int) -> list[tuple[int, int]]:
    """(state, local port) of TCP sockets, by the netlink interface of sock_diag(7)."""
    diag_by_family, dump, request = 20, 0x300, 1
    with socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 4) as netlink:
        body = struct.pack("BBBxI", socket.AF_INET, socket.IPPROTO_TCP, 0, states)
        body += bytes(48)
        flags = dump | request
        netlink.send(
            struct.pack("IHHII", 16 + len(body), diag_by_family, flags, 1, 0) + body
        )
        answer, found = netlink.recv(65536), []
    while answer:
        length, kind = struct.unpack_from("IH", answer)
        if kind == diag_by_family:
            found.append((answer[17], struct.unpack_from("!H", answer, 20)[0]))
        answer = answer[(length + 3) & ~3 :]
    return found


@pytest.mark.scope("IPv4", because="the list is asked for by family")
@needs("private_net")
def test_kernel_can_list_bound_sockets():
    """Asked by netlink, as in sock_diag(7), the kernel lists a TCP socket that is
    bound and nothing more, if the question names state 13, bound and inactive,
    which Linux 6.1 does not know."""
    sock, listener = bound(), listening()
    usual_states = (1 << 13) - 1
    assert asked_of_the_kernel(usual_states) == [(10, port_of(listener))]
    assert asked_of_the_kernel(1 << 13) == [(7, port_of(sock))]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("private_net")
def test_child_keeps_the_port():
    """A forked child that inherited a listening socket keeps its port taken after the
    parent has closed it; the socket is then found in the child's `/proc/PID/fd`."""
    listener = listening()
    name = listener.getsockname()
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(writing)
        os.read(reading, 1)  # until the parent closes its end
        os._exit(0)
    listener.close()
    assert code(new().bind, name) == errno.EADDRINUSE
    assert who_holds_the_port.holders(name[1]) == [("tcp", "LISTEN", [child])]
    os.close(writing)
    os.waitpid(child, 0)
    assert code(new().bind, name) is None


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("private_net")
def test_other_network_has_its_own_table():
    """A socket is in `/proc/net/tcp` of its own network namespace only, and in another
    one its port can be bound.
    """
    listener = listening()
    port = port_of(listener)
    assert len(rows_of(port)) == 1
    assert ctypes.CDLL(None).unshare(CLONE_NEWNET) == 0
    assert rows_of(port) == []
    assert code(new().bind, ("0.0.0.0", port)) is None
    assert listener.getsockname() == (HOST, port)


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("private_net")
def test_some_lines_have_no_process():
    """In `/proc/net/tcp`, a connection that waits for `accept()` and one in `TIME_WAIT`
    have the inode 0: they belong to no process."""
    listener = listening()
    client = new()
    client.connect(listener.getsockname())

    def inodes(state):
        lines = rows_of(port_of(listener))
        return [line[9] for line in lines if STATES[line[3]] == state]

    assert inodes("ESTABLISHED") == ["0"]
    conn, _ = listener.accept()
    conn.settimeout(5)
    assert inodes("ESTABLISHED") == [str(os.fstat(conn.fileno()).st_ino)]
    close_in_order(conn, client)
    assert inodes("TIME_WAIT") == ["0"]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("second_user")
def test_other_users_descriptors_are_hidden():
    """An ordinary user sees the sockets of all users in `/proc/net/tcp`, but to look
    into another user's `/proc/PID/fd` fails with `EACCES`."""
    listener = listening()
    ours = os.getpid()
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.setresuid(1, 1, 1)
        seen = len(rows_of(port_of(listener)))
        end = code(os.listdir, f"/proc/{ours}/fd")
        os.write(writing, f"{seen} {end}".encode())
        os._exit(0)
    os.close(writing)
    assert os.read(reading, 100).decode() == f"1 {errno.EACCES}"
    os.wait()


@needs("sysctl")
def test_low_port_needs_a_capability():
    """Without the capability `CAP_NET_BIND_SERVICE`, `bind()` to a port below
    `net.ipv4.ip_unprivileged_port_start`, 1024 by default, fails with `EACCES`."""
    setting = "net.ipv4.ip_unprivileged_port_start"
    default = Path("/proc/sys", *setting.split(".")).read_text()
    assert int(default) == 1024
    assert code(new().bind, (HOST, 1023)) is None
    write_sysctl(setting, "80")
    version_3_of_this_process = struct.pack("Ii", 0x20080522, 0)
    assert ctypes.CDLL(None).capset(version_3_of_this_process, bytes(24)) == 0
    for kind in (TCP, UDP):
        ends = [code(new(kind).bind, (HOST, port)) for port in (79, 80)]
        assert ends == [errno.EACCES, None]


@pytest.mark.scope("IPv4", because="sockets of IPv6 are in another file")
@needs("private_net")
def test_kernel_can_hold_a_port_itself():
    """The kernel itself can hold a UDP port, for instance for a VXLAN interface that is
    up: `bind()` fails with `EADDRINUSE`, and the line in `/proc/net/udp` has an inode
    that no process has."""
    port = 51820
    networks.tunnel(port)
    assert code(new(UDP).bind, ("0.0.0.0", port)) == errno.EADDRINUSE
    [(kind, _, holders)] = who_holds_the_port.holders(port)
    assert (kind, holders) == ("udp", [])
    with IPRoute() as network:
        network.link("set", ifname="tunnel", state="down")
    assert code(new(UDP).bind, ("0.0.0.0", port)) is None
