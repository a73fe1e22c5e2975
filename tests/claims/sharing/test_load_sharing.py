"""Proofs about load sharing, and what is lost when a socket leaves."""

import errno
import os
import select
import socket

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.sharing import (
    closed_listener_loses_its_queue,
)
from tests.claims.helpers import HOST, TCP, UDP, code, reset
from tests.claims.sharing.helpers import (
    REUSEADDR,
    REUSEPORT,
    accepted,
    bound,
    connected,
    listening,
    new,
    receivers,
)

needs = pytest.mark.needs


def test_client_name_decides_the_listener():
    """With `SO_REUSEPORT`, the address and port of the client decide which listening
    socket gets its connection: while the group stays as it is, the same client name
    reaches the same socket again."""
    one = listening(REUSEPORT)
    two = listening(REUSEPORT, address=one.getsockname())
    reached = {port: set() for port in range(20001, 20041)}
    for port in [*reached, *reached, *reached]:
        client = bound(TCP, REUSEADDR, address=(HOST, port))
        client.connect(one.getsockname())
        [ready] = select.select([one, two], [], [], 5)[0]
        reset(ready.accept()[0])
        assert code(client.recv, 1) == errno.ECONNRESET
        reached[port].add(ready)
    assert all(len(listeners) == 1 for listeners in reached.values())
    assert set.union(*reached.values()) == {one, two}


def queues_of_two(clients: int = 40) -> tuple[list, list]:
    """Two listeners on one port by `SO_REUSEPORT`, and clients that wait in both."""
    one = listening(REUSEPORT)
    two = listening(REUSEPORT, address=one.getsockname())
    for listener in (one, two):
        listener.listen(clients)
        listener.setblocking(False)
    waiting = [new() for _ in range(clients)]
    for client in waiting:
        client.connect(one.getsockname())
    return [one, two], waiting


def test_closed_listener_loses_its_queue():
    """When one of two sockets that listen by `SO_REUSEPORT` is closed, the clients that
    wait in its queue are reset, although the other one still listens."""
    (one, two), clients = queues_of_two()
    one.close()
    served = accepted(two)
    lost = [c for c in clients if c.getsockname() not in served]
    assert 0 < len(served) < len(clients)
    assert {code(client.recv, 1) for client in lost} == {errno.ECONNRESET}
    assert closed_listener_loses_its_queue.what_became_of_the_client() == "reset"


@needs("sysctl")
def test_migrate_req_saves_the_queue():
    """With `net.ipv4.tcp_migrate_req` set to 1, the clients that wait in the queue of a
    closed listener are accepted by another one that shares its port by
    `SO_REUSEPORT`."""
    write_sysctl("net.ipv4.tcp_migrate_req", "1")
    (one, two), clients = queues_of_two()
    one.close()
    assert sorted(accepted(two)) == sorted(c.getsockname() for c in clients)


def test_new_socket_moves_udp_senders():
    """When a third UDP socket joins two that share a name by `SO_REUSEPORT`, the
    datagrams of some senders reach another socket than before, and not only the new
    one."""
    group = [bound(UDP, REUSEPORT)]
    name = group[0].getsockname()
    group.append(bound(UDP, REUSEPORT, address=name))
    senders = [new(UDP) for _ in range(120)]
    for sender in senders:
        sender.connect(name)
    before = receivers(senders, group)
    assert receivers(senders, group) == before
    group.append(bound(UDP, REUSEPORT, address=name))
    after = receivers(senders, group)
    moves = set(zip(before, after, strict=True))
    assert moves == {(0, 0), (0, 1), (1, 1), (1, 2)}


def test_closed_socket_loses_its_datagrams():
    """Datagrams that wait in a UDP socket are lost when it is closed, although another
    one shares its name by `SO_REUSEPORT`; their senders get no error."""
    one = bound(UDP, REUSEPORT)
    two = bound(UDP, REUSEPORT, address=one.getsockname())
    senders = [new(UDP) for _ in range(40)]
    for sender in senders:
        sender.connect(one.getsockname())
        sender.send(b"first")
    one.close()
    assert [code(sender.send, b"second") for sender in senders] == [None] * 40
    two.setblocking(False)
    got = []
    while code(lambda: got.append(two.recv(100))) is None:
        pass
    assert got.count(b"second") == 40
    assert 0 < got.count(b"first") < 40


@needs("second_user")
def test_reuseport_needs_one_user():
    """With `SO_REUSEPORT`, `bind()` to the port of another user's socket fails with
    `EADDRINUSE`, for root too; what counts is the owner of the socket, which is the
    effective user at `socket()` until `fchown()` changes it."""
    for kind in (TCP, UDP):
        for owner, stranger in ((0, 1), (1, 0)):
            first = bound(kind, REUSEPORT, user=owner)
            name = first.getsockname()
            assert code(new(kind, REUSEPORT, user=stranger).bind, name) == (
                errno.EADDRINUSE
            )
            assert code(new(kind, REUSEPORT, user=owner).bind, name) is None
            given = new(kind, REUSEPORT, user=stranger)
            os.fchown(given.fileno(), owner, -1)
            assert code(given.bind, name) is None


def test_option_removed_ends_load_sharing():
    """When all UDP sockets of a group have set `SO_REUSEPORT` back to 0, one of them
    receives every datagram: the load is no longer shared."""
    group = [bound(UDP, REUSEPORT)]
    group += [bound(UDP, REUSEPORT, address=group[0].getsockname()) for _ in range(2)]
    senders = [new(UDP) for _ in range(60)]
    for sender in senders:
        sender.connect(group[0].getsockname())
    assert len(set(receivers(senders, group))) > 1
    for sock in group:
        sock.setsockopt(socket.SOL_SOCKET, REUSEPORT, 0)
    assert len(set(receivers(senders, group))) == 1


def test_bound_socket_reserves_without_taking():
    """A TCP socket that is bound with `SO_REUSEPORT` and does not listen takes no
    connection away from one that listens there by `SO_REUSEPORT`: it only keeps the
    port reserved."""
    with bound(TCP, REUSEPORT) as keeper:
        with listening(REUSEPORT, address=keeper.getsockname()) as listener:
            for _ in range(20):
                client, conn = connected(listener)
                reset(client)
                conn.close()
        with new(TCP) as other:
            assert code(other.bind, keeper.getsockname()) == errno.EADDRINUSE
