"""Proofs about TCP sockets: bind(), listen(), connect(), accept() and their order."""

import errno
import os
import resource
import select
import socket
import struct
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Thread

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.recipes import tcp_client, tcp_server
from snippets.tcp import (
    accept_returns_a_reset_connection,
    accepted_socket_inherits_options,
    bind_after_connect_fails,
    bind_then_connect,
    bound_is_not_listening,
    connect_on_listening_socket_fails,
    connect_returns_before_accept,
    connect_twice_fails,
    full_backlog_leaves_connect_waiting,
    listen_without_bind,
    listening_socket_reports_its_queue,
    nonblocking_connect,
    port_already_taken,
    refused_connect_gives_port_back,
    second_bind_fails,
    server_and_client,
    unspec_ends_a_connection,
)
from snippets.tcp.unspec_ends_a_connection import disconnect

needs = pytest.mark.needs


def bind_to(host: str = "127.0.0.1") -> socket.socket:
    """A bound TCP socket on a port that the kernel chose; 5 s for what blocks."""
    sock = socket.socket()
    sock.settimeout(5)
    sock.bind((host, 0))
    return sock


def listen_on(host: str = "127.0.0.1", backlog: int = 5) -> socket.socket:
    """A listening socket on a port that the kernel chose; 5 s for what blocks."""
    listener = bind_to(host)
    listener.listen(backlog)
    return listener


def new_client() -> socket.socket:
    """A TCP socket without names; 5 s for what blocks."""
    client = socket.socket()
    client.settimeout(5)
    return client


def failure(call, *arguments) -> int:
    """The errno with which a call fails; a call that succeeds fails the proof."""
    with pytest.raises(OSError) as caught:
        call(*arguments)
    return caught.value.errno


def flags(packets: list[dict]) -> list[str]:
    """The TCP flags of each packet, for instance "SYN ACK"."""
    return [" ".join(packet["flags"]) for packet in packets]


# The life of a connection


@needs("packets")
def test_server_and_client(wire):
    """Each end of a TCP connection sends one SYN and, unless it is reset, one FIN,
    if no packet is lost.
    """
    assert server_and_client.conversation() == (b"ping", b"pong", b"")
    assert flags(wire()) == [
        *("SYN", "SYN ACK", "ACK"),  # connect()
        *("PSH ACK", "ACK", "PSH ACK", "ACK"),  # ping and pong
        *("FIN ACK", "ACK", "FIN ACK", "ACK"),  # client.close(), conn.close()
    ]


@needs("packets")
def test_connect_sends_the_syn(wire):
    """`connect()` sends the SYN; `bind()` and `listen()` send nothing."""
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.bind(("127.0.0.1", 0))
        assert wire() == []
        client.connect(listener.getsockname())
        first = wire()[0]
        assert first["flags"] == ["SYN"]
        assert tuple(first["source"]) == client.getsockname()


@needs("packets")
def test_handshake_needs_no_accept(wire):
    """SYN, SYN-ACK and ACK are exchanged although nobody calls `accept()`."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        packets = wire()
        assert flags(packets) == ["SYN", "SYN ACK", "ACK"]
        ends = [tuple(packet["source"]) for packet in packets]
        local, peer = client.getsockname(), listener.getsockname()
        assert ends == [local, peer, local]


def test_connect_returns_before_accept():
    """`connect()` succeeds on a listening socket that nobody calls `accept()` on."""
    result = connect_returns_before_accept.connect_then_accept()
    assert result == (None, True)


@needs("packets")
def test_accept_sends_no_packet(wire):
    """`accept()` sends no packet: it takes a finished connection from a queue."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        assert flags(wire()) == ["SYN", "SYN ACK", "ACK"]
        conn, _ = listener.accept()
        with conn:
            client.sendall(b"x")
            assert conn.recv(1) == b"x"
            assert flags(wire()) == ["PSH ACK", "ACK"]


def test_data_waits_for_accept():
    """Data that a client sends before `accept()` is kept, and read after it."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        assert client.send(b"early") == 5
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(100) == b"early"


def test_stream_has_no_message_borders():
    """A TCP stream keeps no message borders: one `recv()` can return what two `send()`
    calls sent, and a small `recv()` leaves the rest for the next one."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        client.send(b"ab")
        client.send(b"cd")
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(5)
            assert conn.recv(4, socket.MSG_WAITALL) == b"abcd"
            client.send(b"efgh")
            assert [conn.recv(3), conn.recv(3)] == [b"efg", b"h"]


@needs("packets")
def test_first_close_sends_the_first_fin(wire):
    """The end that calls `close()` first, with nothing left unread, sends the first
    FIN, and the other end then reads `b''`.
    """
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        wire()
        conn.close()
        assert client.recv(1) == b""
        client.close()
        fins = [p for p in wire() if "FIN" in p["flags"]]
        server_port = listener.getsockname()[1]
        assert [p["source"][1] == server_port for p in fins] == [True, False]


def test_recv_returns_nothing_at_the_end():
    """When the peer has closed with nothing left unread, `recv()` returns what it
    had sent, then `b''`.
    """
    with tcp_server.open_listener() as listener, ThreadPoolExecutor(1) as thread:
        listener.settimeout(5)
        address = listener.getsockname()
        asked = thread.submit(tcp_client.ask, *address, b"hello\n")
        conn, seen = listener.accept()
        with conn:
            conn.settimeout(5)
            assert tcp_server.echo(conn) == 6  # bytes, until b""
            assert conn.recv(1) == b""
        assert asked.result(5) == (seen, address, b"hello\n")


def test_shutdown_ends_one_direction():
    """After `shutdown(SHUT_WR)` the peer reads end of file, and can still answer."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        client.shutdown(socket.SHUT_WR)
        conn, _ = listener.accept()
        with conn:
            assert conn.recv(1) == b""
            conn.sendall(b"answer")
            assert client.recv(100) == b"answer"
        assert failure(client.send, b"x") == errno.EPIPE


# listen() and its queue


def test_bound_is_not_listening():
    """A bound socket refuses `connect()` with `ECONNREFUSED` until `listen()`."""
    result = bound_is_not_listening.connect_before_and_after_listen()
    assert result == ("ECONNREFUSED", "connected")


@needs("packets")
def test_refusal_is_a_reset(wire):
    """A SYN to a port where no socket listens is answered with RST."""
    with bind_to() as deaf, new_client() as client:
        assert failure(client.connect, deaf.getsockname()) == errno.ECONNREFUSED
        syn, reset = wire()
        assert syn["flags"] == ["SYN"]
        assert reset["flags"] == ["RST", "ACK"]
        assert tuple(reset["source"]) == deaf.getsockname()


def test_listener_answers_only_at_its_address():
    """A socket listening on `127.0.0.1` refuses connections to `127.0.0.2`."""
    with listen_on("127.0.0.1") as listener:
        port = listener.getsockname()[1]
        with new_client() as client:
            assert failure(client.connect, ("127.0.0.2", port)) == errno.ECONNREFUSED
        with new_client() as client:
            assert client.connect_ex(("127.0.0.1", port)) == 0


def test_listen_without_bind():
    """`listen()` on an unbound TCP socket takes the wildcard and an ephemeral port."""
    before, after, reached = listen_without_bind.names_after_listen()
    assert before == ("0.0.0.0", 0)
    assert after[0] == "0.0.0.0"
    assert after[1] > 0
    assert reached == ("127.0.0.1", after[1])


def test_listen_again_changes_the_backlog():
    """`listen()` may be called again, and then sets a new backlog."""
    with listen_on(backlog=0) as listener:
        listener.listen(2)
        clients = [new_client() for _ in range(3)]  # listen(0) holds one
        assert [c.connect_ex(listener.getsockname()) for c in clients] == [0, 0, 0]


def test_backlog_holds_one_more():
    """With no `accept()`, `listen(n)` lets n + 1 clients connect one after another;
    the next one stays in progress.
    """
    for backlog in (0, 1, 5):
        with listen_on(backlog=backlog) as listener:
            clients = [new_client() for _ in range(backlog + 1)]
            for client in clients:
                client.connect(listener.getsockname())
                assert client.getpeername() == listener.getsockname()
            latecomer = new_client()
            latecomer.setblocking(False)
            code = latecomer.connect_ex(listener.getsockname())
            assert code == errno.EINPROGRESS
            assert failure(latecomer.getpeername) == errno.ENOTCONN


def test_full_backlog_leaves_connect_waiting():
    """When the queue is full, `connect()` is not refused: it stays in progress."""
    result = full_backlog_leaves_connect_waiting.fill_the_queue(3)
    assert result == ("EINPROGRESS", "ENOTCONN")


@needs("packets")
def test_full_queue_drops_the_syn(wire):
    """A full queue drops the SYN without an answer; it is sent again, and answered
    when there is room."""
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        wire()
        with new_client() as latecomer:
            latecomer.setblocking(False)
            latecomer.connect_ex(listener.getsockname())
            conn, _ = listener.accept()
            with conn:
                assert select.select([], [latecomer], [], 10)[1] == [latecomer]
            port = latecomer.getsockname()[1]
            own = [p for p in wire() if port in (p["source"][1], p["destination"][1])]
            assert flags(own)[:2] == ["SYN", "SYN"]
            assert flags(own)[-2:] == ["SYN ACK", "ACK"]
            assert "RST" not in " ".join(flags(own))


def test_accept_needs_listen():
    """`accept()` on a socket that does not listen fails with `EINVAL`."""
    with new_client() as unbound, bind_to() as bound:
        assert failure(unbound.accept) == errno.EINVAL
        assert failure(bound.accept) == errno.EINVAL


def test_closed_listener_resets_waiting_clients():
    """Closing a listening socket resets the connections that nobody has accepted."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        listener.close()
        assert failure(client.recv, 1) == errno.ECONNRESET


def test_closed_listener_keeps_accepted_connections():
    """An accepted connection lives on when its listening socket is closed."""
    with listen_on() as listener, new_client() as client:
        address = listener.getsockname()
        client.connect(address)
        conn, _ = listener.accept()
        listener.close()
        with conn, new_client() as other:
            conn.sendall(b"still here")
            assert client.recv(100) == b"still here"
            assert failure(other.connect, address) == errno.ECONNREFUSED


# bind(): once, first, and not what another socket has


def test_second_bind_fails():
    """A second `bind()` on a socket that holds a port fails with `EINVAL`."""
    assert second_bind_fails.bind_twice() == "EINVAL"
    with bind_to() as sock:
        name = sock.getsockname()
        assert failure(sock.bind, name) == errno.EINVAL  # not even to the same name
        assert sock.getsockname() == name


def test_bind_after_connect_fails():
    """`bind()` on a connected TCP socket fails with `EINVAL`."""
    assert bind_after_connect_fails.bind_after_connect() == "EINVAL"


def test_bind_after_listen_fails():
    """`bind()` after `listen()` fails with `EINVAL`, because `listen()` has bound the
    socket."""
    with socket.socket() as listener:
        listener.listen()
        name = listener.getsockname()
        assert failure(listener.bind, ("127.0.0.1", 0)) == errno.EINVAL
        assert listener.getsockname() == name


def test_bind_then_connect():
    """A client that calls `bind()` before `connect()` comes from the bound address."""
    bound, seen = bind_then_connect.address_seen_by_the_server()
    assert bound[0] == "127.0.0.9"
    assert seen == bound


@needs("packets")
def test_syn_comes_from_the_bound_address(wire):
    """The SYN carries the address and the port that the client has bound."""
    with listen_on() as listener, bind_to("127.0.0.9") as client:
        bound = client.getsockname()
        client.connect(listener.getsockname())
        syn = wire()[0]
        assert syn["flags"] == ["SYN"]
        assert tuple(syn["source"]) == bound
        assert bound[0] == "127.0.0.9"


def test_port_already_taken():
    """Without reuse options, `bind()` to the local name of another TCP socket fails
    with `EADDRINUSE`."""
    assert port_already_taken.bind_a_taken_port() == "EADDRINUSE"


def test_wildcard_conflicts_with_one_address():
    """Without reuse options, a TCP port that is bound to the wildcard cannot be bound
    to one address, nor the other way round."""
    with bind_to("127.0.0.1") as specific, bind_to("0.0.0.0") as wildcard:
        taken = specific.getsockname()[1]
        other = wildcard.getsockname()[1]
        with new_client() as sock:
            assert failure(sock.bind, ("0.0.0.0", taken)) == errno.EADDRINUSE
            assert failure(sock.bind, ("127.0.0.1", other)) == errno.EADDRINUSE


def test_same_port_on_another_address():
    """Two TCP sockets can bind the same port on different addresses."""
    with bind_to("127.0.0.1") as one, new_client() as two:
        port = one.getsockname()[1]
        two.bind(("127.0.0.2", port))
        assert two.getsockname() == ("127.0.0.2", port)


def test_same_port_for_tcp_and_udp():
    """A TCP socket and a UDP socket can bind the same address and port."""
    with bind_to() as tcp, socket.socket(type=socket.SOCK_DGRAM) as udp:
        udp.bind(tcp.getsockname())
        assert udp.getsockname() == tcp.getsockname()


def test_closed_socket_frees_its_port():
    """A listening socket that never had a connection frees its port as soon as it is
    closed."""
    with listen_on() as listener:
        name = listener.getsockname()
    with new_client() as next_owner:
        next_owner.bind(name)
        assert next_owner.getsockname() == name


# connect(): once, and not on a listening socket


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
    """`listen()` on a connected socket fails with `EINVAL`."""
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


# connect() with AF_UNSPEC


def test_unspec_ends_a_connection():
    """On Linux `connect()` with the family `AF_UNSPEC` ends a TCP connection with a
    reset, and the socket can connect again: the old peer reads `ECONNRESET`.
    """
    result = unspec_ends_a_connection.connect_to_one_and_then_another()
    assert result == ("ECONNRESET", True)
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn = listener.accept()[0]
        disconnect(client)
        assert failure(client.getpeername) == errno.ENOTCONN
        assert failure(conn.recv, 1) == errno.ECONNRESET
        conn.close()


def test_unspec_leaves_an_error():
    """After `AF_UNSPEC` has ended a TCP connection, the next `send()` or `recv()` fails
    with `ECONNRESET`, and those after it as on a new socket.
    """
    for call, argument, later in (
        (socket.socket.send, b"x", errno.EPIPE),
        (socket.socket.recv, 1, errno.ENOTCONN),
    ):
        with listen_on() as listener, new_client() as client:
            assert failure(call, client, argument) == later
            client.connect(listener.getsockname())
            disconnect(client)
            assert failure(call, client, argument) == errno.ECONNRESET
            assert failure(call, client, argument) == later


def test_unspec_gives_back_a_chosen_port():
    """After `AF_UNSPEC` on a TCP socket, a local port that the kernel chose is free for
    others, although `getsockname()` still shows it.
    """
    with listen_on() as listener, new_client() as client, socket.socket() as other:
        client.connect(listener.getsockname())
        port = client.getsockname()[1]
        assert failure(other.bind, ("127.0.0.1", port)) == errno.EADDRINUSE
        disconnect(client)
        assert client.getsockname() == ("0.0.0.0", port)
        other.bind(("127.0.0.1", port))
        assert other.getsockname() == ("127.0.0.1", port)


def test_unspec_keeps_a_named_port():
    """After `AF_UNSPEC` on a TCP socket, an address and a port that `bind()` asked for
    by number stay taken.
    """
    with bind_to() as reserved:
        name = reserved.getsockname()
    with listen_on() as listener, new_client() as client, socket.socket() as other:
        client.bind(name)
        client.connect(listener.getsockname())
        disconnect(client)
        assert client.getsockname() == name
        assert failure(other.bind, name) == errno.EADDRINUSE


def test_unspec_ends_listening():
    """`AF_UNSPEC` on a listening TCP socket ends the listening: a client in the queue
    is reset, new ones are refused, and `listen()` can begin anew.
    """
    with bind_to() as reserved:
        name = reserved.getsockname()
    with socket.socket() as listener, new_client() as queued, new_client() as late:
        listener.settimeout(5)
        listener.bind(name)
        listener.listen()
        queued.connect(name)
        disconnect(listener)
        assert failure(queued.recv, 1) == errno.ECONNRESET
        assert failure(listener.accept) == errno.EINVAL
        assert failure(late.connect, name) == errno.ECONNREFUSED
        listener.listen()
        with new_client() as client:
            client.connect(name)
            conn, source = listener.accept()
            assert source == client.getsockname()
            conn.close()


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


# Calls that need a connection


def test_send_before_connect():
    """`send()` on a TCP socket that has never begun to connect fails with `EPIPE`."""
    with new_client() as unbound, bind_to() as bound:
        assert failure(unbound.send, b"x") == errno.EPIPE
        assert failure(bound.send, b"x") == errno.EPIPE


def test_recv_before_connect():
    """`recv()` on a TCP socket that has never begun to connect fails with
    `ENOTCONN`.
    """
    with new_client() as unbound, bind_to() as bound:
        assert failure(unbound.recv, 1) == errno.ENOTCONN
        assert failure(bound.recv, 1) == errno.ENOTCONN


def test_shutdown_before_connect():
    """`shutdown()` on a TCP socket that neither listens nor has begun to connect
    fails with `ENOTCONN`.
    """
    with new_client() as client:
        assert failure(client.shutdown, socket.SHUT_WR) == errno.ENOTCONN


def test_sendto_does_not_connect():
    """`sendto()` without flags does not connect a TCP socket: it fails with `EPIPE`,
    and the socket stays unbound.
    """
    with listen_on() as listener, new_client() as client:
        assert failure(client.sendto, b"x", listener.getsockname()) == errno.EPIPE
        assert client.getsockname() == ("0.0.0.0", 0)


def test_sendto_ignores_the_address():
    """`sendto()` on a connected TCP socket ignores the address that it is given, and
    sends to the peer."""
    with listen_on() as listener, listen_on() as elsewhere, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert client.sendto(b"x", elsewhere.getsockname()) == 1
            assert conn.recv(10) == b"x"
            elsewhere.setblocking(False)
            assert failure(elsewhere.accept) == errno.EAGAIN


# listen() and accept() in detail: what they change, the queue, and the end of it


def late_connect(address: tuple[str, int], latecomer: socket.socket) -> tuple[int, int]:
    """What a non-blocking connect() and then getpeername() report."""
    latecomer.setblocking(False)
    return latecomer.connect_ex(address), failure(latecomer.getpeername)


def reset(client: socket.socket) -> None:
    """Close a connected socket with a RST instead of a FIN."""
    no_linger = struct.pack("ii", 1, 0)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, no_linger)
    client.close()


def accept_in_a_thread(listener: socket.socket) -> tuple[Thread, list]:
    """A thread that sleeps in accept(), and the list that it will add the result to."""
    listener.settimeout(None)
    results = []

    def run() -> None:
        try:
            results.append(listener.accept())
        except OSError as error:
            results.append(error.errno)

    thread = Thread(target=run, daemon=True)
    thread.start()
    sleeps_in = Path(f"/proc/self/task/{thread.native_id}/wchan")  # proc(5)
    while "accept" not in sleeps_in.read_text():
        os.sched_yield()
    return thread, results


def test_listening_socket_accepts_connections():
    """`SO_ACCEPTCONN` is 0 on a bound socket, 1 after `listen()`, and 0 on an accepted
    socket."""
    with bind_to() as listener, new_client() as client:
        listening = (socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        before = listener.getsockopt(*listening)
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            after = listener.getsockopt(*listening)
            assert (before, after, conn.getsockopt(*listening)) == (0, 1, 0)


def test_listening_socket_carries_no_data():
    """On a listening socket `send()` fails with `EPIPE` and `recv()` with `ENOTCONN`,
    even while a client is connected."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        listener.settimeout(None)
        assert failure(listener.send, b"x") == errno.EPIPE
        assert failure(listener.recv, 1) == errno.ENOTCONN


@needs("sysctl")
def test_somaxconn_caps_the_backlog():
    """`listen()` lowers a backlog above `net.core.somaxconn` to that value, and
    reports no error."""
    write_sysctl("net.core.somaxconn", "2")
    with listen_on(backlog=100) as listener:
        clients = [new_client() for _ in range(3)]  # a backlog of 2 holds three
        assert [c.connect_ex(listener.getsockname()) for c in clients] == [0, 0, 0]
        found = late_connect(listener.getsockname(), new_client())
        assert found == (errno.EINPROGRESS, errno.ENOTCONN)


@needs("sysctl")
def test_somaxconn_is_read_by_listen():
    """A new value of `net.core.somaxconn` counts from the next `listen()`; sockets
    that listen already keep their backlog."""
    queue = listening_socket_reports_its_queue.waiting_and_backlog
    with listen_on(backlog=100) as listener:
        write_sysctl("net.core.somaxconn", "2")
        assert queue(listener) == (0, 100)
        listener.listen(100)
        assert queue(listener) == (0, 2)


def test_listen_in_python_asks_for_128():
    """In Python, `listen()` without an argument sets a backlog of 128."""
    with bind_to() as listener:
        listener.listen()
        queue = listening_socket_reports_its_queue.waiting_and_backlog(listener)
        assert queue == (0, 128)


def test_listening_socket_reports_its_queue():
    """On a listening socket `TCP_INFO` holds the number of connections that wait, as
    `tcpi_unacked`, and the backlog, as `tcpi_sacked`."""
    found = listening_socket_reports_its_queue.watch_the_queue(clients=3, backlog=5)
    assert found == ((3, 5), (2, 5))


def test_full_queue_is_counted():
    """The kernel adds one to `ListenOverflows` in `/proc/net/netstat` for a SYN that a
    full queue drops."""

    def overflows() -> int:
        lines = Path("/proc/net/netstat").read_text().splitlines()
        names, values = (line.split() for line in lines if line.startswith("TcpExt"))
        return int(values[names.index("ListenOverflows")])

    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        before = overflows()
        with new_client() as latecomer:
            late_connect(listener.getsockname(), latecomer)
            assert overflows() - before == 1


@needs("packets", "sysctl")
def test_abort_on_overflow_drops_the_syn_too(wire):
    """A SYN that finds the queue full gets no answer even if
    `net.ipv4.tcp_abort_on_overflow` is 1."""
    write_sysctl("net.ipv4.tcp_abort_on_overflow", "1")
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        wire()
        with new_client() as latecomer:
            found = late_connect(listener.getsockname(), latecomer)
            assert found == (errno.EINPROGRESS, errno.ENOTCONN)
            port = latecomer.getsockname()[1]
            first.send(b"x")
            packets = wire()
            assert packets[-1]["source"][1] != port  # what came after the SYN
            own = [p for p in packets if port in (p["source"][1], p["destination"][1])]
            assert flags(own) == ["SYN"]


def handshake_at_a_full_queue() -> tuple[socket.socket, socket.socket, list]:
    """A listening socket whose queue is full, a client whose handshake has not ended
    there, and the clients in the queue.

    TCP_DEFER_ACCEPT of tcp(7) puts the end of a handshake off until data arrives.
    """
    listener = bind_to()
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_DEFER_ACCEPT, 5)
    listener.listen(2)
    late, *queued = clients = [new_client() for _ in range(4)]
    for client in clients:
        client.connect(listener.getsockname())
        if client is not late:
            client.send(b"x")
    return listener, late, queued


def test_handshake_may_end_at_a_full_queue():
    """A client can be connected while the queue has no room for it: `accept()` returns
    its connection later, when others have left the queue."""
    listener, late, queued = handshake_at_a_full_queue()
    with listener, late:
        late.send(b"late")  # the server drops it, and the client's kernel repeats it
        assert late.getpeername() == listener.getsockname()
        queue = listening_socket_reports_its_queue.waiting_and_backlog(listener)
        assert queue == (3, 2)
        peers = [listener.accept()[1] for _ in queued]
        assert peers == [client.getsockname() for client in queued]
        conn, peer = listener.accept()
        with conn:
            assert (peer, conn.recv(100)) == (late.getsockname(), b"late")


@needs("sysctl")
def test_abort_on_overflow_resets_the_connected():
    """If `net.ipv4.tcp_abort_on_overflow` is 1, a connected client for which the queue
    has no room is reset: `recv()` fails with `ECONNRESET`."""
    write_sysctl("net.ipv4.tcp_abort_on_overflow", "1")
    listener, late, _queued = handshake_at_a_full_queue()
    with listener, late:
        late.send(b"late")
        assert failure(late.recv, 1) == errno.ECONNRESET


def test_full_queue_ends_in_etimedout():
    """If the queue stays full, a blocking `connect()` fails with `ETIMEDOUT` in the
    end."""
    with listen_on(backlog=0) as listener, new_client() as first:
        first.connect(listener.getsockname())
        with socket.socket() as latecomer:
            latecomer.setsockopt(socket.IPPROTO_TCP, socket.TCP_SYNCNT, 1)  # one retry
            code = failure(latecomer.connect, listener.getsockname())
            assert code == errno.ETIMEDOUT


def test_accept_keeps_the_order():
    """`accept()` returns the connections in the order in which their handshakes
    ended."""
    with listen_on() as listener:
        clients = [new_client() for _ in range(4)]
        for client in clients:
            client.connect(listener.getsockname())
        peers = [listener.accept()[1] for _ in clients]
        assert peers == [client.getsockname() for client in clients]


def test_waiting_connection_makes_the_listener_readable():
    """`select()` reports a listening socket as readable exactly while a connection
    waits in its queue."""
    with listen_on() as listener, new_client() as client:
        assert select.select([listener], [], [], 0)[0] == []
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        conn, _ = listener.accept()
        with conn:
            assert select.select([listener], [], [], 0)[0] == []


def test_accept_on_an_empty_queue():
    """A non-blocking `accept()` on an empty queue fails with `EAGAIN`."""
    with listen_on() as listener:
        listener.setblocking(False)
        assert failure(listener.accept) == errno.EAGAIN


def test_accept_without_descriptors():
    """When the process may open no more descriptors, `accept()` fails with `EMFILE`,
    and the connection stays in the queue."""
    with listen_on() as listener, new_client() as client:
        listener.settimeout(None)
        client.connect(listener.getsockname())
        limits = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (0, limits[1]))
        try:
            code = failure(listener.accept)
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert code == errno.EMFILE
        conn, peer = listener.accept()
        conn.close()
        assert peer == client.getsockname()


def test_accepted_socket_inherits_options():
    """An accepted socket has its listening socket's values of `SO_REUSEADDR`,
    `SO_KEEPALIVE`, `SO_LINGER`, `SO_RCVBUF` and `TCP_NODELAY`."""
    with bind_to() as listener, new_client() as client:
        values = []
        for level, option, value, size in (
            (socket.SOL_SOCKET, socket.SO_REUSEADDR, 1, 4),
            (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1, 4),
            (socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 7), 8),
            (socket.SOL_SOCKET, socket.SO_RCVBUF, 5000, 4),
            (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1, 4),
        ):
            listener.setsockopt(level, option, value)
            values.append((level, option, size))
        listener.listen()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            for asked in values:
                inherited = conn.getsockopt(*asked)
                assert inherited == listener.getsockopt(*asked)
                assert inherited != client.getsockopt(*asked)  # not the default


def test_options_are_copied_at_the_handshake():
    """An option that the listening socket gets after the handshake is not on the
    accepted socket, although `accept()` comes later."""
    before, after, _ = accepted_socket_inherits_options.options_of_accepted_socket()
    assert (before, after) == (True, False)


def test_accepted_socket_is_blocking():
    """On Linux an accepted socket is in blocking mode, although its listening socket
    has `O_NONBLOCK`."""
    with listen_on() as listener, new_client() as client:
        listener.setblocking(False)
        client.connect(listener.getsockname())
        assert select.select([listener], [], [], 5)[0] == [listener]
        conn, _ = listener.accept()
        with conn:
            assert not os.get_blocking(listener.fileno())
            assert os.get_blocking(conn.fileno())


def test_accepted_socket_has_no_timeout():
    """In Python, the timeout of a listening socket is not passed on: the accepted
    socket has none, and waits for ever."""
    _, _, timeout = accepted_socket_inherits_options.options_of_accepted_socket()
    assert timeout is None
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            assert listener.gettimeout() == 5
            assert os.get_blocking(conn.fileno())


def test_accept_returns_a_reset_connection():
    """On Linux `accept()` returns a connection that the client has reset, with the
    client's address; then `recv()` fails with `ECONNRESET`."""
    result = accept_returns_a_reset_connection.accept_a_reset_connection()
    assert result == (True, "ECONNRESET")


def test_reset_connection_has_no_peer_name():
    """On a connection that was reset before `accept()`, `getpeername()` fails with
    `ENOTCONN`: only `accept()` tells who it was."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        name = client.getsockname()
        reset(client)
        conn, peer = listener.accept()
        with conn:
            assert failure(conn.recv, 1) == errno.ECONNRESET
            assert peer == name
            assert failure(conn.getpeername) == errno.ENOTCONN


def test_reset_connection_keeps_its_place():
    """A connection that the client has reset keeps its place in the queue until
    `accept()`."""
    with listen_on(backlog=0) as listener, new_client() as client:
        client.connect(listener.getsockname())
        reset(client)
        found = late_connect(listener.getsockname(), new_client())
        assert found == (errno.EINPROGRESS, errno.ENOTCONN)
        conn, _ = listener.accept()
        with conn:
            assert failure(conn.recv, 1) == errno.ECONNRESET


def test_data_outlives_the_reset():
    """Data that arrived before the client reset the connection can still be read after
    `accept()`; then `recv()` fails with `ECONNRESET`."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        client.send(b"early")
        reset(client)
        conn, _ = listener.accept()
        with conn:
            hang_up = select.poll()
            hang_up.register(conn, 0)
            assert hang_up.poll(5000)  # the reset has arrived
            assert conn.recv(100) == b"early"
            assert failure(conn.recv, 1) == errno.ECONNRESET


def test_last_close_ends_listening():
    """A socket listens until the last of its descriptors is closed."""
    with listen_on() as listener, listener.dup() as copy:
        address = listener.getsockname()
        listener.close()
        with new_client() as client:
            client.connect(address)
            conn, peer = copy.accept()
            conn.close()
            assert peer == client.getsockname()
        copy.close()
        with new_client() as client:
            assert failure(client.connect, address) == errno.ECONNREFUSED


def test_close_does_not_end_accept():
    """On Linux `close()` does not end a blocking `accept()` in another thread: the
    socket listens until one more client has come."""
    with listen_on() as listener, new_client() as client, new_client() as other:
        address = listener.getsockname()
        thread, results = accept_in_a_thread(listener)
        listener.close()
        client.connect(address)
        thread.join(5)
        [(conn, peer)] = results
        with conn:
            assert peer == client.getsockname()
            assert failure(other.connect, address) == errno.ECONNREFUSED


def test_shutdown_ends_accept():
    """On Linux `shutdown(SHUT_RD)` on a listening socket ends a blocking `accept()` in
    another thread: it fails with `EINVAL`."""
    with listen_on() as listener:
        thread, results = accept_in_a_thread(listener)
        listener.shutdown(socket.SHUT_RD)
        thread.join(5)
        assert results == [errno.EINVAL]


def test_shutdown_stops_listening():
    """On Linux `shutdown()` with `SHUT_RD` or `SHUT_RDWR` ends listening: it resets the
    clients that wait, new ones are refused, and `accept()` fails with `EINVAL`."""
    for how in (socket.SHUT_RD, socket.SHUT_RDWR):
        with listen_on() as listener, new_client() as waiting, new_client() as late:
            waiting.connect(listener.getsockname())
            listener.shutdown(how)
            assert failure(waiting.recv, 1) == errno.ECONNRESET
            assert failure(late.connect, listener.getsockname()) == errno.ECONNREFUSED
            assert failure(listener.accept) == errno.EINVAL


def test_shutdown_write_keeps_listening():
    """On Linux `shutdown(SHUT_WR)` on a listening socket succeeds and changes nothing:
    clients still connect."""
    with listen_on() as listener, new_client() as waiting, new_client() as late:
        waiting.connect(listener.getsockname())
        listener.shutdown(socket.SHUT_WR)
        late.connect(listener.getsockname())
        peers = [listener.accept()[1] for _ in "12"]
        assert peers == [waiting.getsockname(), late.getsockname()]


def test_listen_after_shutdown():
    """After `shutdown(SHUT_RD)` a socket can `listen()` again, and clients can
    connect."""
    with listen_on() as listener, new_client() as client:
        listener.shutdown(socket.SHUT_RD)
        listener.listen()
        client.connect(listener.getsockname())
        conn, peer = listener.accept()
        conn.close()
        assert peer == client.getsockname()


def test_shutdown_gives_a_chosen_port_back():
    """`shutdown(SHUT_RD)` on a listening socket gives back a port that the kernel
    chose, and keeps one that `bind()` asked for by number."""
    with listen_on() as chosen, new_client() as other:
        name = chosen.getsockname()
        chosen.shutdown(socket.SHUT_RD)
        other.bind(name)
    with listen_on() as scout:
        name = scout.getsockname()
    with new_client() as named, new_client() as other:
        named.bind(name)
        named.listen()
        named.shutdown(socket.SHUT_RD)
        assert failure(other.bind, name) == errno.EADDRINUSE


def test_connect_to_port_zero_is_refused():
    """A TCP `connect()` to port 0 fails with `ECONNREFUSED`."""
    for host in ("127.0.0.1", "0.0.0.0"):
        with new_client() as client:
            assert failure(client.connect, (host, 0)) == errno.ECONNREFUSED


def test_shutdown_clears_acceptconn():
    """After `shutdown(SHUT_RD)` on a listening socket, `SO_ACCEPTCONN` is 0 again."""
    with listen_on() as listener:
        option = (socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        assert listener.getsockopt(*option) == 1
        listener.shutdown(socket.SHUT_RD)
        assert listener.getsockopt(*option) == 0


def test_recvfrom_names_nobody():
    """`recvfrom()` on a TCP socket tells no address: in Python it returns `None` in
    its place."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            client.send(b"x")
            assert conn.recvfrom(9) == (b"x", None)
            assert conn.getpeername() == client.getsockname()


def test_shutdown_read_keeps_no_data_out():
    """After `shutdown(SHUT_RD)` on a TCP connection `recv()` returns `b''` when nothing
    waits, but data that comes later is received, and `send()` still works."""
    with listen_on() as listener, new_client() as client:
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
        with conn:
            conn.shutdown(socket.SHUT_RD)
            assert conn.recv(9) == b""
            client.send(b"late")
            assert conn.recv(9) == b"late"
            assert conn.recv(9) == b""
            assert conn.send(b"answer") == 6
            assert client.recv(9) == b"answer"
