"""Proofs about connect() on TCP: once, in the background, refused, tried again."""

import errno
import select
import signal
import socket
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.tcp import (
    connect_on_listening_socket_fails,
    connect_twice_fails,
    nonblocking_connect,
    refused_connect_gives_port_back,
)
from tests.claims.helpers import (
    TCP_FASTOPEN_CONNECT,
    TCP_FASTOPEN_NO_COOKIE,
    code,
    failure,
    in_c,
    listen_on,
)
from tests.claims.tcp.helpers import bind_to, new_client

needs = pytest.mark.needs


def test_connect_twice_fails():
    """After a blocking `connect()` has succeeded, another `connect()` to an IP
    address fails with `EISCONN`, and the peer stays.
    """
    assert connect_twice_fails.connect_twice() == ("EISCONN", True)


def test_connect_on_listening_socket_fails():
    """`connect()` to an IP address on a listening socket fails with `EISCONN`,
    although it has no peer name.
    """
    result = connect_on_listening_socket_fails.connect_a_listening_socket()
    assert result == ["EISCONN", "ENOTCONN"]


def test_listen_on_connected_socket_fails():
    """`listen()` on a connected TCP socket fails with `EINVAL`."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert failure(client.listen) == errno.EINVAL
        assert client.getpeername() == listener.getsockname()


def test_nonblocking_connect():
    """A non-blocking TCP `connect()` gives `EINPROGRESS`; when the socket is writable,
    `SO_ERROR` 0 means that it is connected."""
    assert nonblocking_connect.connect_in_two_steps() == ("EINPROGRESS", 0)


def test_nonblocking_refusal_is_in_so_error():
    """`SO_ERROR` reports the refusal of a non-blocking `connect()` once, and is 0
    after that."""
    with bind_to() as deaf, new_client() as client:
        client.setblocking(False)
        assert client.connect_ex(deaf.getsockname()) == errno.EINPROGRESS
        assert select.select([], [client], [], 5)[1] == [client]
        codes = [client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) for _ in "12"]
        assert codes == [errno.ECONNREFUSED, 0]


def test_connect_while_connecting():
    """`connect()` fails with `EALREADY` while a non-blocking `connect()` is in
    progress."""
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())  # fills the queue
        with new_client() as client:
            client.setblocking(False)
            codes = [client.connect_ex(listener.getsockname()) for _ in "12"]
            assert codes == [errno.EINPROGRESS, errno.EALREADY]


def test_connect_after_nonblocking_connect():
    """After a non-blocking `connect()` has succeeded, the next `connect()` returns 0,
    and only the one after it fails with `EISCONN`."""
    with listen_on() as listener, new_client() as client:
        client.setblocking(False)
        assert client.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        assert select.select([], [client], [], 5)[1] == [client]
        codes = [client.connect_ex(listener.getsockname()) for _ in "12"]
        assert codes == [0, errno.EISCONN]


def test_timeout_makes_connect_nonblocking():
    """In Python, after `settimeout()`, a second `connect()` to another server succeeds
    and does nothing: the peer stays."""
    with listen_on() as one, listen_on() as two, new_client() as client:
        assert client.connect_ex(one.getsockname()) == 0
        assert client.connect_ex(two.getsockname()) == 0
        assert client.getpeername() == one.getsockname()
        assert client.connect_ex(two.getsockname()) == errno.EISCONN


def test_connect_to_port_zero_is_refused():
    """A TCP `connect()` to port 0 fails with `ECONNREFUSED`."""
    for host in ("127.0.0.1", "0.0.0.0"):
        with new_client() as client:
            assert failure(client.connect, (host, 0)) == errno.ECONNREFUSED


# A refused connect()


def test_refused_connect_gives_port_back():
    """After a refused `connect()`, a local port that the kernel chose is free for
    others, although `getsockname()` still shows it."""
    client_port, other_port = refused_connect_gives_port_back.port_after_refusal()
    assert client_port == other_port
    with bind_to() as deaf, socket.socket() as client, new_client() as other:
        client.bind(("127.0.0.9", 0))  # the kernel chooses this port too
        name = client.getsockname()
        assert failure(client.connect, deaf.getsockname()) == errno.ECONNREFUSED
        other.bind(name)
        assert client.getsockname() == name == other.getsockname()


def test_refused_connect_keeps_a_named_port():
    """After a refused `connect()`, a local port that `bind()` asked for by number
    stays taken."""
    with bind_to("127.0.0.9") as scout:
        name = scout.getsockname()
    with bind_to() as deaf, socket.socket() as client, new_client() as other:
        client.bind(name)
        assert failure(client.connect, deaf.getsockname()) == errno.ECONNREFUSED
        assert client.getsockname() == name
        assert failure(other.bind, name) == errno.EADDRINUSE


def test_blocking_connect_can_be_tried_again():
    """A blocking TCP socket whose `connect()` was refused can call `connect()` again
    and succeed."""
    with bind_to() as server, socket.socket() as client:
        assert failure(client.connect, server.getsockname()) == errno.ECONNREFUSED
        server.listen()
        client.connect(server.getsockname())
        assert client.getpeername() == server.getsockname()


def test_nonblocking_connect_aborts_once():
    """In Python, after `settimeout()`, the first `connect()` that follows a refused
    one fails with `ECONNABORTED`, the next one can succeed."""
    with bind_to() as server, new_client() as client:
        assert client.connect_ex(server.getsockname()) == errno.ECONNREFUSED
        server.listen()
        codes = [client.connect_ex(server.getsockname()) for _ in "12"]
        assert codes == [errno.ECONNABORTED, 0]
        assert client.getpeername() == server.getsockname()


@needs("packets", "sysctl")
def test_syn_is_sent_again(wire):
    """A SYN that nobody answers is sent again as often as `TCP_SYNCNT` and
    `net.ipv4.tcp_syn_linear_timeouts`, which Linux 6.1 has not, say together."""
    write_sysctl("net.ipv4.tcp_syn_linear_timeouts", "1")
    with listen_on(backlog=0) as full, new_client() as first, socket.socket() as late:
        first.connect(full.getsockname())
        late.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)
        assert failure(late.connect, full.getsockname()) == errno.ETIMEDOUT
        source = list(first.getsockname())
        syns = [p for p in wire() if p["flags"] == ["SYN"] and p["source"] != source]
        assert len(syns) == 1 + 1 + 1


@needs("sysctl")
def test_defaults_of_the_syn():
    """By default `net.ipv4.tcp_syn_retries` is 6 and, on Linux 6.12 and newer,
    `net.ipv4.tcp_syn_linear_timeouts` is 4; the first is what `TCP_SYNCNT` of a new
    socket says."""
    with socket.socket() as sock:
        assert sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT) == 6
        assert sock.getsockname() == ("0.0.0.0", 0)
    folder = Path("/proc/sys/net/ipv4")
    assert int((folder / "tcp_syn_retries").read_text()) == 6
    assert int((folder / "tcp_syn_linear_timeouts").read_text()) == 4


@needs("packets")
def test_fastopen_connect_waits_for_data(wire):
    """With `TCP_FASTOPEN_CONNECT`, where no cookie has to be fetched, `connect()`
    succeeds without sending anything, even to a port where nobody listens, and leaves
    no peer name; the SYN goes with the first `send()`."""
    for blocking in (True, False):
        with socket.socket() as client:
            client.setblocking(blocking)
            for option in (TCP_FASTOPEN_CONNECT, TCP_FASTOPEN_NO_COOKIE):
                client.setsockopt(socket.IPPROTO_TCP, option, 1)
            client.connect(("127.0.0.1", 9))
            assert wire() == []
            assert failure(client.getpeername) == errno.ENOTCONN
            assert code(client.send, b"hello") in (errno.ECONNREFUSED, None)
            syn = wire()[0]
            assert (syn["flags"], syn["payload"]) == (["SYN"], 5)


@contextmanager
def full_queue_that_a_signal_empties() -> Iterator[tuple[str, int]]:
    """The address of a listener whose queue is full until a signal has come twice."""
    with listen_on(backlog=0) as listener, socket.socket() as waiting:
        waiting.connect(listener.getsockname())
        served: list[object] = []

        def accept_one(*_: object) -> None:
            served.append(listener.accept() if len(served) == 1 else None)

        before = signal.signal(signal.SIGALRM, accept_one)
        signal.setitimer(signal.ITIMER_REAL, 0.05, 0.05)
        try:
            yield listener.getsockname()
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)
            signal.signal(signal.SIGALRM, before)


def test_connect_goes_on_after_a_signal():
    """In Python, a signal does not end a blocking TCP `connect()`, unless its handler
    raises: the call goes on to wait, and returns when the connection is made."""
    with full_queue_that_a_signal_empties() as server, socket.socket() as client:
        client.connect(server)
        assert client.getpeername() == server


@pytest.mark.scope("IPv4", because="the address is put together for C")
def test_signal_ends_connect_in_c():
    """In C, a signal whose handler returns ends a blocking TCP `connect()` with
    `EINTR`; the connection is made all the same, and another `connect()` fails with
    `EALREADY` until then."""
    with full_queue_that_a_signal_empties() as server, socket.socket() as client:
        family = struct.pack("=H", socket.AF_INET)
        rest = struct.pack("!H4s8x", server[1], socket.inet_aton(server[0]))
        assert in_c("connect", client, family + rest) == errno.EINTR
        client.setblocking(False)
        assert failure(client.connect, server) == errno.EALREADY
        client.settimeout(5)
        assert select.select([], [client], [], 5) == ([], [client], [])
        assert client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == 0
        assert client.getpeername() == server


def events_of(sock: socket.socket) -> int:
    """What poll() reports at once."""
    poll = select.poll()
    poll.register(sock, select.POLLIN | select.POLLOUT | select.POLLRDHUP)
    return dict(poll.poll(0)).get(sock.fileno(), 0)


def test_poll_of_a_new_socket_reports_hangup():
    """`poll()` reports `POLLOUT` and `POLLHUP` for a new TCP socket, and nothing at all
    while its handshake is under way.
    """
    with new_client() as client, listen_on(backlog=0) as full, new_client() as first:
        assert events_of(client) == select.POLLOUT | select.POLLHUP
        first.connect(full.getsockname())
        client.setblocking(False)
        assert failure(client.connect, full.getsockname()) == errno.EINPROGRESS
        assert events_of(client) == 0


def test_poll_of_a_refused_socket_reports_everything():
    """When a non-blocking TCP `connect()` was refused, `poll()` reports `POLLIN`,
    `POLLOUT`, `POLLERR`, `POLLHUP` and `POLLRDHUP` together: only `SO_ERROR` tells a
    failure from a success."""
    with bind_to() as nobody, new_client() as client:
        client.setblocking(False)
        assert failure(client.connect, nobody.getsockname()) == errno.EINPROGRESS
        poll = select.poll()
        poll.register(client, select.POLLOUT)
        assert poll.poll(5000)
        every = select.POLLIN | select.POLLOUT | select.POLLERR
        assert events_of(client) == every | select.POLLHUP | select.POLLRDHUP
        refused = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        assert refused == errno.ECONNREFUSED


def test_timed_out_connect_goes_on():
    """In Python, after a TCP `connect()` that `settimeout()` has ended, the handshake
    goes on: another `connect()` on the socket, if it does not block, fails with
    `EALREADY`."""
    with listen_on(backlog=0) as full, new_client() as first, new_client() as client:
        first.connect(full.getsockname())
        client.settimeout(0.01)
        with pytest.raises(TimeoutError):
            client.connect(full.getsockname())
        client.settimeout(0)
        assert failure(client.connect, full.getsockname()) == errno.EALREADY


def test_timeout_of_zero_does_not_wait():
    """In Python, `settimeout(0)` makes a TCP `connect()` fail with `EINPROGRESS`, as
    `setblocking(False)` does; `settimeout(None)` lets it wait as long as the kernel
    does."""
    with listen_on() as listener:
        for prepare in (
            lambda sock: sock.settimeout(0),
            lambda sock: sock.setblocking(False),
        ):
            with socket.socket() as client:
                prepare(client)
                assert client.gettimeout() == 0
                address = listener.getsockname()
                assert failure(client.connect, address) == errno.EINPROGRESS
        with socket.socket() as client:
            client.settimeout(None)
            client.connect(listener.getsockname())
            assert client.getblocking()
