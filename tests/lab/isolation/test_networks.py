"""The worlds that snippets ask for: each is there, and each is another network."""

import subprocess
import sys

import pytest

from evidence import runs, store
from lab.isolation import networks
from lab.runs import recorder

needs = pytest.mark.needs
WORLD_OF = {
    snippet: need
    for snippet in runs.snippet_ids()
    if (need := runs.needs(runs.snippet_path(snippet).read_text()))
    and not runs.server_of(snippet)
}


def inside(world: str, program: str) -> str:
    """What a program prints in a world."""
    command = [
        sys.executable,
        "-m",
        "lab.isolation.networks",
        world,
        sys.executable,
        "-c",
    ]
    ran = subprocess.run(
        [*command, program], capture_output=True, text=True, cwd=store.ROOT
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.strip()


def test_every_need_of_a_snippet_has_a_world():
    assert len(WORLD_OF) >= 4
    plain = {"a loopback of its own"}  # for programs that name no need
    assert set(WORLD_OF.values()) | plain == networks.WORLDS.keys()


@needs("private_net")
@pytest.mark.parametrize("world", networks.WORLDS)
def test_world_has_a_loopback_of_its_own(world):
    program = "import os; print(os.readlink('/proc/self/ns/net'))"
    assert inside(world, program) != subprocess.getoutput("readlink /proc/self/ns/net")


@needs("private_net")
def test_ordinary_user_has_no_capability_after_a_start():
    program = "print(open('/proc/self/status').read())"
    status = inside("an ordinary user", program)
    assert "CapEff:\t0000000000000000" in status
    assert "CapBnd:\t0000000000000000" in status


@needs("sysctl")
def test_one_port_is_one_port():
    program = "print(*open('/proc/sys/net/ipv4/ip_local_port_range').read().split())"
    world = "one port in net.ipv4.ip_local_port_range"
    assert inside(world, program) == "40000 40000"


@needs("private_net")
def test_unknown_need_is_refused(monkeypatch):
    monkeypatch.delitem(networks.WORLDS, "no route to 203.0.113.1")
    monkeypatch.setattr(recorder, "WORLDS", networks.WORLDS)
    with pytest.raises(recorder.Refused, match="cannot make"):
        recorder.run("errors.no_route")
