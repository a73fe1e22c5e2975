"""Altered sockets lie to the program and tell the kernel the truth."""

import socket
import subprocess
import sys

import pytest

from evidence.store import ROOT
from lab.claims.alterations import ALTERATIONS, altered_socket


def test_altered_address_leads_to_the_true_place():
    lying = altered_socket("another local port")
    with lying() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        told = listener.getsockname()
        real = socket.socket.getsockname(listener)
        assert told[1] == real[1] + 1
        with lying() as caller:
            caller.connect(told)
            assert caller.getpeername() == real
        client.connect(real)


def test_each_alteration_changes_something():
    def told(kind):
        """What a program is told of an exchange of datagrams with itself."""
        try:
            with kind(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind(("127.0.0.1", 0))
                sock.connect(sock.getsockname())
                sock.settimeout(5)
                sock.send(b"hello")
                local = socket.socket.getsockname(sock)
                data, peer = sock.recvfrom(10)
                names = (sock.getsockname() == local, peer == local, peer[0], data)
                failure = None
                try:
                    sock.listen()
                except OSError as error:
                    failure = error.errno
                return names, failure
        except OSError as error:
            return error.errno

    truth = told(socket.socket)
    for name in ALTERATIONS:
        if "packet" in name:
            continue
        assert told(altered_socket(name, failing=1)) != truth, name


def test_packets_are_altered_too():
    for name, ways in [("one packet less", [[1], []]), ("one packet more", [[1]])]:
        for packets in ways:
            assert ALTERATIONS[name]["packets"](packets) != packets or packets == []


@pytest.mark.needs("private_net")
@pytest.mark.parametrize("body", ["assert True", "socket.socket().close()"])
def test_proof_that_asserts_nothing_is_caught(body, tmp_path):
    path = tmp_path / "claims" / "odd" / "test_vacuous.py"
    path.parent.mkdir(parents=True)
    path.write_text(f'import socket\n\n\ndef test_it():\n    """It."""\n    {body}\n')
    plugins = ["-p", "tests.conftest"]
    settings = ["-c", str(ROOT / "pyproject.toml"), "--rootdir", str(tmp_path)]
    ended = subprocess.run(
        [sys.executable, "-m", "pytest", *plugins, *settings, "--altered", str(path)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert "no alteration of its sockets makes it fail" in ended.stdout
