"""Attacks on the recipes: slow, rude and forged peers, files of others, Ctrl-C.

Each one was red on an earlier recipe. None measures time: what must not wait for one
client is seen by serving another one while the first is still there.
"""

import errno
import fcntl
import os
import resource
import select
import shutil
import socket
import stat
import struct
import subprocess
import sys
import threading
from contextlib import closing, suppress
from pathlib import Path

import pytest

from lab.isolation import child
from lab.isolation.capture import Capture, decode
from snippets.recipes import (
    port_handed_to_a_child,
    tcp_connect_to_the_first_of_several,
    tcp_connect_with_timeout,
    tcp_socketserver,
    unix_stream_pair,
)
from snippets.udp import reply_from_the_asked_address
from tests.claims.helpers import reset
from tests.recipes.servers import in_a_network, running

needs = pytest.mark.needs
FOR_MANY = ("tcp_server_in_threads", "tcp_socketserver", "tcp_asyncio")
ONE_BY_ONE = ("tcp_server", "dual_stack_server")
OTHERS = filter(None, map(shutil.which, ("python3.12", "python3.13", "python3.14")))


def works(python: str) -> bool:
    """Whether it is a Python, and not only the name of one that could be installed."""
    return subprocess.run([python, "-c", ""], capture_output=True).returncode == 0


PYTHONS = [sys.executable, *filter(works, OTHERS)]


def slow_clients(recipe: str) -> None:
    """A client that has sent one byte stays, and another one is served."""
    with running(recipe) as server:
        server.connect().sendall(b"x")
        assert server.serves()


@pytest.mark.parametrize("recipe", FOR_MANY)
def test_slow_client_does_not_block_others(recipe):
    in_a_network(slow_clients, recipe)


def dripping_client(recipe: str) -> None:
    """A client that goes on sending single bytes loses its connection."""
    with running(recipe, limit=0.5) as server:
        drip = server.connect()
        with pytest.raises(ConnectionError):
            while True:
                drip.sendall(b"x")
                if select.select([drip], [], [], 0.05)[0] and not drip.recv(100):
                    raise ConnectionError("closed")
        assert server.serves()


@pytest.mark.parametrize("recipe", ["tcp_server", *FOR_MANY[:2]])
def test_client_that_drips_is_given_up(recipe):
    in_a_network(dripping_client, recipe)


def rude_clients(recipe: str) -> None:
    """Clients that reset, close at once, or never read, harm nobody else."""
    with running(recipe, limit=1) as server:
        reset(server.connect())
        rude = server.connect()
        rude.sendall(b"x" * 1000)
        reset(rude)
        server.connect().close()
        deaf = server.connect(size=1024)
        deaf.setblocking(False)
        try:
            while deaf.send(b"x" * 65536):
                pass
        except BlockingIOError:
            pass
        assert server.serves()
        assert server.process.poll() is None


@pytest.mark.parametrize("recipe", [*FOR_MANY, *ONE_BY_ONE])
def test_rude_clients_harm_nobody_else(recipe):
    in_a_network(rude_clients, recipe)


def few_descriptors() -> None:
    """Let a process have 20 descriptors."""
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (20, hard))


def too_many_clients(recipe: str) -> None:
    """After more clients than descriptors, a new one is served when they have left."""
    with running(recipe, setup=few_descriptors) as server:
        crowd = [server.connect() for _ in range(40)]
        for client in crowd:
            client.close()
        assert server.serves()
        assert server.process.poll() is None


@pytest.mark.parametrize("recipe", FOR_MANY)
def test_server_survives_a_lack_of_descriptors(recipe):
    in_a_network(too_many_clients, recipe)


def stopped_with_clients(recipe: str, python: str) -> None:
    """Ctrl-C ends the server although a client is connected and silent."""
    with running(recipe, python=python) as server:
        idle = server.connect()
        idle.sendall(b"x")
        assert idle.recv(1) == b"x"
        server.stop()


@pytest.mark.parametrize("python", PYTHONS)
@pytest.mark.parametrize("recipe", [*FOR_MANY, "tcp_server"])
def test_ctrl_c_ends_a_server_with_idle_clients(recipe, python):
    in_a_network(stopped_with_clients, recipe, python)


def interrupted_while_a_thread_begins() -> None:
    """Ctrl-C between the start of a client's thread and the next accept().

    The socket is closed while its thread waits in poll(), which heeds a closed
    descriptor only when something else wakes it.
    """
    threads: list[threading.Thread] = []

    def until_it_waits() -> None:
        sleeps_in = Path(f"/proc/self/task/{threads[0].native_id}/wchan")  # proc(5)
        with suppress(OSError):  # it has ended
            while "poll" not in sleeps_in.read_text():
                os.sched_yield()

    class Interrupted(tcp_socketserver.Server):
        def process_request(self, conn, peer):
            super().process_request(conn, peer)
            assert idle.recv(1) == b"x"
            threads.extend(set(threading.enumerate()) - {threading.main_thread()})
            until_it_waits()
            raise KeyboardInterrupt

        def close_request(self, conn):
            if threading.current_thread() is threading.main_thread():
                assert idle.recv(1) == b""  # its FIN has come
                # A late ACK of that would wake poll() after all.
                idle.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
                until_it_waits()
            super().close_request(conn)

    with socket.socket() as idle:
        server = Interrupted(("127.0.0.1", 0), tcp_socketserver.Echo)
        idle.connect(server.server_address)
        idle.sendall(b"x")
        with pytest.raises(KeyboardInterrupt):
            server.handle_request()
        (thread,) = threads
        thread.join(20)  # alone it would wait for its client, 60 s
        assert not thread.is_alive()
        server.server_close()


def test_ctrl_c_while_a_thread_begins_ends_it():
    child.run(interrupted_while_a_thread_begins)


def over_ipv6(recipe: str) -> None:
    with running(recipe, "::1") as server:
        assert server.serves()


@needs("ipv6")
@pytest.mark.parametrize("recipe", ["tcp_server"])
def test_server_takes_an_ipv6_address(recipe):
    in_a_network(over_ipv6, recipe)


# UDP


def forged(source: tuple[str, int], to: tuple[str, int], data: bytes) -> bytes:
    """An IPv4 packet with a datagram whose sender is made up."""
    udp = struct.pack("!HHHH", source[1], to[1], 8 + len(data), 0) + data
    head = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0)
    return head + socket.inet_aton(source[0]) + socket.inet_aton(to[0]) + udp


def answered_itself(data: bytes, most: int) -> None:
    """A datagram forged from the server's own name makes it send at most so many."""
    with running("udp_server") as server, closing(Capture()) as wire:
        with socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as raw:
            packet = forged(server.address, server.address, data)
            raw.sendto(packet, server.address)
        with socket.socket(type=socket.SOCK_DGRAM) as client:
            client.settimeout(10)
            client.sendto(b"?after it", server.address)  # it is asked after the loop
            assert client.recv(100) == b"!AFTER IT"
        seen = [decode(raw) for _, raw in wire.drain()]
        own = [p for p in seen if p["source"] == list(server.address)]
        assert len(own) <= most + 2  # the forged one, and the answer to the client


@needs("packets")
@pytest.mark.parametrize(("data", "most"), [(b"?hello", 1), (b"!HELLO", 0), (b"", 0)])
def test_udp_server_does_not_answer_its_own_answers(data, most):
    in_a_network(answered_itself, data, most)


def test_note_names_no_interface(monkeypatch):
    """Handed back with its interface, the note would overrule the route."""
    sent = []

    class Watched(socket.socket):
        def sendmsg(self, buffers, ancillary=(), *rest):
            sent.extend(ancillary)
            return super().sendmsg(buffers, ancillary, *rest)

    monkeypatch.setattr(reply_from_the_asked_address.socket, "socket", Watched)
    asked, answered = reply_from_the_asked_address.asked_and_answered()
    assert asked == answered
    assert [note[:4] for _, _, note in sent] == [bytes(4)]


# Unix


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("kind", ["file", "link", "folder"])
def test_unix_server_removes_nothing_of_others(kind, folder):
    target = folder / "target"
    target.write_text("precious")
    path = folder / "server"
    if kind == "file":
        path.write_text("precious")
    elif kind == "link":
        path.symlink_to(target)
    else:
        path.mkdir()
    with pytest.raises(OSError) as caught:
        unix_stream_pair.open_listener("server")
    assert caught.value.errno == errno.EADDRINUSE
    assert path.is_symlink() == (kind == "link")
    assert path.exists()
    assert target.read_text() == "precious"


@pytest.mark.parametrize("kind", ["file", "link"])
def test_unix_server_empties_no_file_that_it_takes_for_its_lock(kind, folder):
    target = folder / ("server.lock" if kind == "file" else "target")
    target.write_text("precious")
    if kind == "link":
        (folder / "server.lock").symlink_to(target)
    listener, lock = unix_stream_pair.open_listener("server")
    with lock, listener:
        assert target.read_text() == "precious"


def test_unix_server_spares_one_that_does_not_listen_yet(folder):
    with Path("server.lock").open("w") as lock, socket.socket(socket.AF_UNIX) as early:
        fcntl.flock(lock, fcntl.LOCK_EX)  # another process has it, and has bound
        early.bind("server")
        with pytest.raises(BlockingIOError):
            unix_stream_pair.open_listener("server")
    assert stat.S_ISSOCK(os.lstat("server").st_mode)


def test_second_unix_server_leaves_the_first_one_alone(folder):
    listener, lock = unix_stream_pair.open_listener("server")
    with lock, listener:
        with pytest.raises(BlockingIOError):
            unix_stream_pair.open_listener("server")
        with unix_stream_pair.connect("server"):
            listener.accept()[0].close()


def test_unix_server_starts_again_after_a_crash(folder):
    listener, lock = unix_stream_pair.open_listener("server")
    listener.close()
    lock.close()
    listener, lock = unix_stream_pair.open_listener("server")
    with lock, listener, unix_stream_pair.connect("server"):
        listener.accept()[0].close()


CROWD = """
import sys
sys.path.insert(0, {root!r})
from snippets.recipes import unix_stream_pair
print("calling", flush=True)
unix_stream_pair.connect("server").close()
print("connected")
"""


def test_unix_client_waits_for_a_place_in_the_queue(folder):
    root = str(Path(__file__).parents[2])
    with (
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as one,
    ):
        listener.bind("server")
        listener.listen(0)
        one.connect("server")
        client = subprocess.Popen(
            [sys.executable, "-c", CROWD.format(root=root)],
            stdout=subprocess.PIPE,
            text=True,
        )
        with client:
            assert client.stdout.readline() == "calling\n"
            wait = Path(f"/proc/{client.pid}/wchan")
            while "unix" not in wait.read_text() and client.poll() is None:
                os.sched_yield()
            listener.accept()[0].close()
            assert client.stdout.read() == "connected\n"


# Clients


def test_client_of_several_addresses_returns_a_blocking_tcp_socket():
    connect_any = tcp_connect_to_the_first_of_several.connect_any
    with socket.create_server(("127.0.0.1", 0)) as listener:
        both = socket.getaddrinfo(*listener.getsockname())  # TCP, UDP and raw
        assert {info[1] for info in both} >= {socket.SOCK_STREAM, socket.SOCK_DGRAM}
        udp_first = sorted(both, key=lambda info: info[1] != socket.SOCK_DGRAM)
        with connect_any(udp_first) as client:
            assert client.type == socket.SOCK_STREAM
            assert client.gettimeout() > 1


def test_client_of_several_addresses_tells_why_each_failed():
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        infos = socket.getaddrinfo(*closed.getsockname(), type=socket.SOCK_STREAM)
        with pytest.raises(ConnectionError, match="refused"):
            tcp_connect_to_the_first_of_several.connect_any(infos)


@pytest.mark.parametrize(
    ("error", "told"),
    [
        (socket.gaierror(socket.EAI_AGAIN, ""), "no name server answers"),
        (socket.gaierror(socket.EAI_NONAME, ""), "no such name"),
        (ConnectionRefusedError(errno.ECONNREFUSED, ""), "or a firewall"),
        (TimeoutError("timed out"), "our own patience"),
        (TimeoutError(errno.ETIMEDOUT, ""), "the kernel has stopped"),
        (OSError(errno.ENETUNREACH, ""), "or one on the way"),
        (OSError(errno.EHOSTUNREACH, ""), "or one on the way"),
        (OSError(errno.EADDRNOTAVAIL, "no port"), "not possible: no port"),
    ],
)
def test_reason_of_a_failed_connect(error, told):
    assert told in tcp_connect_with_timeout.why(error)


def test_parent_ends_although_it_cannot_ask(monkeypatch):
    def fails(_):
        raise OSError("cannot ask")

    monkeypatch.setattr(port_handed_to_a_child, "ask", fails)
    with pytest.raises(OSError, match="cannot ask"):
        port_handed_to_a_child.main()
