"""Proofs about sockets and ports that are handed to a child process."""

import errno
import socket
import subprocess
import sys

import pytest

from lab.isolation.namespace import write_sysctl
from snippets.recipes import (
    port_handed_to_a_child,
)
from snippets.sharing import port_found_and_lost
from tests.claims.helpers import HOST, failure
from tests.claims.recipes.helpers import closed

needs = pytest.mark.needs


@needs("sysctl")
def test_port_given_back_is_chosen_again():
    """A port that one socket got from `bind()` to port 0 and gave back by `close()` can
    be chosen for the next socket; `bind()` to its number then fails with `EADDRINUSE`.
    """
    write_sysctl("net.ipv4.ip_local_port_range", "40000 40000")
    port = port_found_and_lost.find_a_free_port()
    with socket.socket() as stranger, socket.socket() as server:
        stranger.bind((HOST, 0))
        assert stranger.getsockname() == (HOST, port)
        assert failure(server.bind, (HOST, port)) == errno.EADDRINUSE
    assert port_found_and_lost.lose_the_race() == "EADDRINUSE"


def test_child_serves_the_socket_of_its_parent():
    """A child process that is given the descriptor of a listening socket accepts
    clients on it, although its parent has closed its own."""
    child, address = port_handed_to_a_child.start_server()
    with child:
        answer = port_handed_to_a_child.ask(address)
    assert answer == b"the child serves port %d" % address[1]
    assert child.returncode == 0


@pytest.mark.scope("IPv4", because="the child prints the addresses as it sees them")
def test_child_gets_only_the_sockets_that_are_passed():
    """In Python, a program that `subprocess` starts has none of its parent's sockets,
    unless `pass_fds` names them."""
    ask = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); "
    ask += "print(*s.getsockname())"
    with closed() as sock:
        command = [sys.executable, "-c", ask, str(sock.fileno())]
        keep = {"capture_output": True, "text": True}
        passed = subprocess.run(command, pass_fds=[sock.fileno()], **keep)
        host, port = sock.getsockname()
        assert passed.stdout.split() == [host, str(port)]
        for close_fds in (True, False):
            other = subprocess.run(command, close_fds=close_fds, **keep)
            assert "Bad file descriptor" in other.stderr
