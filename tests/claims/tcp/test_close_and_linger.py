"""Proofs about `close()`, `shutdown()` and `SO_LINGER`: how a connection ends."""

import errno
import socket
import struct
from concurrent.futures import ThreadPoolExecutor

import pytest

from lab.isolation import networks
from snippets.tcp import orderly_end
from tests.claims.helpers import code, failure, listen_on
from tests.claims.sharing.helpers import connections, port_of
from tests.claims.tcp.helpers import flags, new_client

needs = pytest.mark.needs
MORE = 1 << 16  # bytes, for a buffer of a few thousand


def connected(buffer: int = 0) -> tuple[socket.socket, socket.socket]:
    """A connection: the client's end and the server's. buffer: SO_RCVBUF of the latter.

    Both have read nothing; the listener is gone.
    """
    with listen_on() as listener:
        if buffer:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, buffer)
        client = new_client()
        client.connect(listener.getsockname())
        conn, _ = listener.accept()
    conn.settimeout(5)
    return client, conn


def linger(sock: socket.socket, seconds: int) -> None:
    """Set SO_LINGER, socket(7)."""
    told = struct.pack("ii", 1, seconds)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, told)


def fill(sock: socket.socket) -> int:
    """Send until no more is taken; the number of bytes."""
    sock.setblocking(False)
    sent = 0
    while True:
        try:
            sent += sock.send(bytes(MORE))
        except BlockingIOError:
            sock.settimeout(5)
            return sent


def read_all(sock: socket.socket) -> int:
    """Read to the end; the number of bytes. Raises ConnectionResetError."""
    count = 0
    while data := sock.recv(MORE):
        count += len(data)
    return count


def state_of(port: int) -> str | None:
    """The state of the connection with that local port; None if there is none."""
    return next((state for mine, state, _ in connections() if mine == port), None)


@needs("private_net")
def test_close_returns_before_the_peer_has_all():
    """`close()` on a TCP connection with nothing left unread returns although data
    waits for the peer to read; the kernel goes on sending, and the peer gets all of
    it, then `b''`."""
    client, conn = connected(buffer=4096)
    with conn:
        sent, port = fill(client), port_of(client)
        client.close()
        assert state_of(port) == "FIN_WAIT_1"
        assert read_all(conn) == sent


@needs("private_net")
def test_close_does_not_tell_of_lost_data():
    """`close()` on a TCP connection succeeds although what `send()` took has not
    reached the peer.
    """
    client, conn = connected()
    with conn:
        networks.drop("input")
        client.sendall(b"lost")
        assert code(client.close) is None


@needs("private_net", "packets")
def test_linger_zero_is_a_reset(wire):
    """With `SO_LINGER` on and 0 seconds, `close()` on a TCP connection sends RST and no
    FIN."""
    client, conn = connected()
    with conn:
        linger(client, 0)
        wire()
        client.close()
        assert flags(wire()) == ["RST ACK"]
        assert failure(conn.recv, 1) == errno.ECONNRESET


@needs("private_net")
def test_linger_zero_throws_data_away():
    """With `SO_LINGER` on and 0 seconds, `close()` on a TCP connection throws away what
    the peer's kernel has not taken yet: the peer's `recv()` fails with `ECONNRESET`."""
    client, conn = connected(buffer=4096)
    with conn:
        fill(client)
        port = port_of(client)
        linger(client, 0)
        client.close()
        assert state_of(port) is None
        assert failure(read_all, conn) == errno.ECONNRESET


@needs("private_net")
def test_linger_waits_for_the_peer():
    """With `SO_LINGER` on and a time, a blocking `close()` on a TCP connection returns
    when the peer's kernel has acknowledged all data and the FIN."""
    client, conn = connected(buffer=4096)
    with conn, ThreadPoolExecutor(1) as pool:
        sent, port = fill(client), port_of(client)
        linger(client, 20)
        client.settimeout(None)

        def read_once_it_is_closed() -> int:
            while state_of(port) != "FIN_WAIT_1":
                pass
            return read_all(conn)

        reader = pool.submit(read_once_it_is_closed)
        client.close()
        assert state_of(port) in ("FIN_WAIT_2", "TIME_WAIT")
        assert reader.result() == sent


@needs("private_net")
def test_linger_gives_up_in_silence():
    """When the time of `SO_LINGER` is over, `close()` on a TCP connection still
    succeeds, and the kernel goes on trying.
    """
    client, conn = connected()
    with conn:
        port = port_of(client)
        linger(client, 1)
        client.settimeout(None)
        networks.drop("input")
        client.sendall(b"x")
        assert code(client.close) is None
        assert state_of(port) == "FIN_WAIT_1"


def test_shutdown_of_an_ended_connection():
    """`shutdown()` on a TCP connection that both ends have closed, or that was reset,
    fails with `ENOTCONN`; a second `shutdown(SHUT_WR)` while the peer has not closed
    succeeds."""
    client, conn = connected()
    with client:
        client.shutdown(socket.SHUT_WR)
        assert code(client.shutdown, socket.SHUT_WR) is None
        conn.close()
        assert client.recv(1) == b""
        assert failure(client.shutdown, socket.SHUT_RDWR) == errno.ENOTCONN
    client, conn = connected()
    with client:
        linger(conn, 0)
        conn.close()
        assert failure(client.recv, 1) == errno.ECONNRESET
        assert failure(client.shutdown, socket.SHUT_RDWR) == errno.ENOTCONN


def test_orderly_end_loses_nothing():
    """After `shutdown(SHUT_WR)` a TCP peer reads all that was sent, then `b''`; what it
    sends before it closes is read here to the end as well."""
    question, answer = b"the whole question", b"the whole answer"
    assert orderly_end.conversation() == (question, answer)
    client, conn = connected(buffer=4096)
    with client, ThreadPoolExecutor(1) as pool, conn:
        sent = fill(client)
        client.shutdown(socket.SHUT_WR)
        reader = pool.submit(read_all, client)
        assert read_all(conn) == sent
        conn.sendall(bytes(MORE))
        conn.close()
        assert reader.result() == MORE
