"""The networks that snippets ask for: each is there, and each is another one."""

import subprocess
import sys
from pathlib import Path

import pytest

from evidence import runs, store
from lab.isolation import networks

needs = pytest.mark.needs
ASKED_FOR = {
    snippet: need
    for snippet in runs.snippet_ids()
    if (need := runs.needs(snippet).network)
}


def lab_network(need: str, *command: str) -> subprocess.CompletedProcess:
    """Run a command as a reader runs it who has this need."""
    return subprocess.run(
        [sys.executable, "-m", "lab", "network", need, *command],
        capture_output=True,
        text=True,
        cwd=store.ROOT,
    )


def inside(need: str, program: str) -> str:
    """What a line of Python prints in a network."""
    ran = lab_network(need, sys.executable, "-c", program)
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_every_need_of_a_snippet_has_a_network():
    assert len(ASKED_FOR) >= 4
    plain = {"a loopback of its own"}  # for programs that name no need
    assert set(ASKED_FOR.values()) | plain == networks.NETWORKS.keys()


@needs("private_net")
@pytest.mark.parametrize("need", networks.NETWORKS)
def test_network_is_another_one(need):
    program = "import os; print(os.readlink('/proc/self/ns/net'))"
    assert inside(need, program) != str(Path("/proc/self/ns/net").readlink())


@needs("private_net")
def test_ordinary_user_has_no_capability_after_a_start():
    program = "print(open('/proc/self/status').read())"
    status = inside("an ordinary user", program)
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status


@needs("sysctl")
def test_one_port_is_one_port():
    program = "print(*open('/proc/sys/net/ipv4/ip_local_port_range').read().split())"
    assert inside("one port in net.ipv4.ip_local_port_range", program) == "40000 40000"


@pytest.mark.parametrize("need", ["no route to 203.0.113.2", "an ordinry user", ""])
def test_unknown_network_lists_every_known_one(need):
    with pytest.raises(networks.Unknown) as unknown:
        networks.named(need)
    assert all(repr(name) in str(unknown.value) for name in networks.NETWORKS)


def test_closest_network_is_named_first():
    with pytest.raises(networks.Unknown, match="it makes: 'an ordinary user'; "):
        networks.named("an ordinry user")


def test_command_line_refuses_an_unknown_network_in_a_line():
    ran = lab_network("an ordinry user", "true")
    assert ran.returncode == 1
    assert ran.stderr.startswith("lab/isolation/networks.py makes no network")
    assert ran.stderr.count("\n") == 1


@needs("private_net")
def test_command_line_names_a_program_that_is_not_there():
    ran = lab_network("an ordinary user", "no-such-program")
    assert (ran.returncode, ran.stderr) == (
        1,
        "no-such-program: No such file or directory\n",
    )
