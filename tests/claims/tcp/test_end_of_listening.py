"""Proofs about the end of listening: close(), shutdown(), and who waits then."""

import errno
import os
import socket
from pathlib import Path
from threading import Thread

from tests.claims.helpers import failure, listen_on
from tests.claims.tcp.helpers import new_client


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


def test_shutdown_clears_acceptconn():
    """After `shutdown(SHUT_RD)` on a listening socket, `SO_ACCEPTCONN` is 0 again."""
    with listen_on() as listener:
        option = (socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
        assert listener.getsockopt(*option) == 1
        listener.shutdown(socket.SHUT_RD)
        assert listener.getsockopt(*option) == 0
