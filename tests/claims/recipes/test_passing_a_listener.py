"""Proofs about a listening socket that goes from one process to another."""

import errno
import os
import socket
import subprocess
import sys
from collections.abc import Callable
from subprocess import DEVNULL

import pytest

from snippets.recipes import socket_activation
from tests.claims.helpers import failure, listen_on

needs = pytest.mark.needs


def in_a_child(run: Callable[[], object]) -> int:
    """Run something in a forked child; its process id. An exception ends it with 1."""
    child = os.fork()
    if child == 0:
        try:
            run()
        except BaseException:
            os._exit(1)
        os._exit(0)
    return child


def exit_code(child: int) -> int:
    """How a child ended, once it has."""
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_listener_is_passed_over_a_unix_socket():
    """A listening TCP socket that one process sends to another over a Unix stream
    socket, by `SCM_RIGHTS`, stays the same socket: the receiver accepts clients that
    were in its queue before, although the sender has closed its own descriptor.
    """
    listener = listen_on()
    ours, theirs = socket.socketpair()
    with socket.create_connection(listener.getsockname(), 5) as client:
        socket.send_fds(ours, [b"x"], [listener.fileno()])
        listener.close()

        def serve() -> None:
            [number] = socket.recv_fds(theirs, 1, 1)[1]
            with socket.socket(fileno=number) as passed:
                conn, _ = passed.accept()
                conn.sendall(b"hello")

        child = in_a_child(serve)
        assert client.recv(5) == b"hello"
        assert exit_code(child) == 0
    ours.close()
    theirs.close()


def test_restart_with_a_passed_listener_loses_no_client():
    """While a listening TCP socket is open in some process, clients connect and wait:
    none is refused when one server ends before the next begins to accept.
    """
    with listen_on() as listener:
        assert exit_code(in_a_child(lambda: listener.listen())) == 0
        with socket.create_connection(listener.getsockname(), 5) as client:

            def serve() -> None:
                conn, peer = listener.accept()
                assert peer == client.getsockname()
                conn.close()

            assert exit_code(in_a_child(serve)) == 0
            assert client.recv(1) == b""


def test_non_blocking_is_shared_by_copies():
    """Whether a listening TCP socket blocks is one setting for all its copies, those of
    other processes too: after `setblocking(False)` in a child, `accept()` in the parent
    fails with `EAGAIN` where nobody waits."""
    with listen_on() as listener:
        listener.setblocking(True)
        assert exit_code(in_a_child(lambda: listener.setblocking(False))) == 0
        assert failure(listener.accept) == errno.EAGAIN


@pytest.mark.scope("TCP", "UDP", "Unix stream", "Unix datagram")
@needs("ipv6")
def test_fileno_finds_family_and_type(tmp_path, monkeypatch):
    """In Python, `socket.socket(fileno=…)` finds out family and type by itself, for
    TCP, UDP and Unix sockets."""
    monkeypatch.chdir(tmp_path)
    free = {socket.AF_INET: ("127.0.0.1", 0), socket.AF_INET6: ("::1", 0)}
    for family in (socket.AF_INET, socket.AF_INET6, socket.AF_UNIX):
        for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
            with socket.socket(family, kind) as sock:
                sock.bind(free.get(family, kind.name))
                copy = socket.socket(fileno=os.dup(sock.fileno()))
                with copy:
                    assert (copy.family, copy.type) == (family, kind)


# Becomes a program as systemd does: the socket is number 3, and whose it is is told.
ACTIVATE = """
import os, sys
os.dup2(int(sys.argv[1]), 3)
os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}
os.execv(sys.executable, [sys.executable, "-I", sys.argv[2]])
"""


@pytest.mark.scope("IPv4", because="the child prints the addresses as it sees them")
def test_activated_server_takes_the_passed_socket():
    """If the program is started as systemd starts a service, with the listening TCP
    socket as descriptor 3 and the number of sockets in `LISTEN_FDS`, it serves on that
    socket.
    """
    program = socket_activation.__file__
    with listen_on() as listener:
        number = listener.fileno()
        command = [sys.executable, "-I", "-c", ACTIVATE, str(number), program]
        keep = {"stdout": subprocess.PIPE, "text": True}
        with subprocess.Popen(command, pass_fds=[number], **keep) as child:
            with socket.create_connection(listener.getsockname(), 5) as client:
                assert client.recv(100) == b"hello\n"
            address = listener.getsockname()
            told = child.communicate(timeout=20)[0].splitlines()
    assert told == [f"passed: {address}"]
    by_hand = [sys.executable, "-I", program]
    done = subprocess.run(by_hand, capture_output=True, text=True, stdin=DEVNULL)
    assert done.stdout.startswith("opened: ('127.0.0.1', ")
