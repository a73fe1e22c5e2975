"""A private network, and what is said where a system refuses one."""

import json
import subprocess
import sys

import pytest

from evidence import store
from lab.isolation import child, namespace

needs = pytest.mark.needs
NETWORK = ("namespace", "ids", "loopback")  # without these steps there is none


def in_a_namespace(setup: str, program: str) -> str:
    """What Python prints as root of a new user namespace, after a line of shell."""
    shell = ["unshare", "-Ur", "sh", "-ec", f'{setup}; exec "$@"', "sh"]
    ran = subprocess.run(
        [*shell, sys.executable, "-c", program],
        capture_output=True,
        text=True,
        cwd=store.ROOT,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout


def printed(expression: str) -> str:
    """A program that prints what a function of the namespace returns."""
    return (
        "import json; from lab.isolation import namespace; "
        f"print(json.dumps(namespace.{expression}))"
    )


@needs("private_net")
@pytest.mark.parametrize("limit", ["max_user_namespaces", "max_net_namespaces"])
def test_refused_namespace_is_named(limit):
    limits = f"echo 0 > /proc/sys/user/{limit}"
    found = json.loads(in_a_namespace(limits, printed("try_every_step()")))
    assert "No space left on device" in found["namespace"]
    assert {found[step] for step in namespace.STEPS[1:]} == {"not reached"}


@needs("private_net")
@pytest.mark.parametrize("limit", ["max_user_namespaces", "max_net_namespaces"])
def test_all_that_needs_a_refused_namespace_has_its_reason(limit):
    """In a new interpreter, as abilities() looks; ::1 is then the machine's own."""
    limits = f"echo 0 > /proc/sys/user/{limit}"
    found = json.loads(in_a_namespace(limits, printed("abilities()")))
    reason = "no private network (namespace): No space left on device"
    mine = {need for need, why in found.items() if why == reason}
    assert mine == {"private_net", "packets", "sysctl", "second_user"}
    assert found["ipv6"] == namespace.why_no_ipv6()


@pytest.mark.parametrize("step", ["namespace", "ids", "loopback", "sysctl", "packets"])
def test_each_refused_step_is_named(step, monkeypatch):
    """A system that allows what comes before a step, and then says no."""
    monkeypatch.setattr(namespace.ctypes, "CDLL", lambda *a, **k: Kernel(step))
    monkeypatch.setattr(namespace, "Path", paths_refusing(step))
    monkeypatch.setattr(namespace, "set_up_loopback", refusing(step, "loopback"))
    monkeypatch.setattr(
        "lab.isolation.capture.Capture.__init__", refusing(step, "packets")
    )
    monkeypatch.setattr("lab.isolation.capture.Capture.close", lambda self: None)
    found = namespace.try_every_step()
    order = list(namespace.STEPS)
    assert found[step] and found[step] != "not reached"
    assert all(found[earlier] is None for earlier in order[: order.index(step)])
    if step in NETWORK:
        assert {found[s] for s in order[order.index(step) + 1 :]} == {"not reached"}


class Kernel:
    """A C library whose unshare() answers as one step wants it."""

    def __init__(self, step):
        self.unshare = lambda flags: -1 if step == "namespace" else 0


def paths_refusing(step):
    """A Path whose files can be written, except those that a step writes."""

    class FakePath:
        def __init__(self, *parts):
            self.name = "/".join(parts)

        def write_text(self, text):
            if (step == "ids" and "map" in self.name) or (
                step == "sysctl" and "/proc/sys" in self.name
            ):
                raise PermissionError(1, "Operation not permitted", self.name)

    return FakePath


def refusing(step, mine):
    """A function that fails if the step under test is mine."""

    def function(*args):
        if step == mine:
            raise PermissionError(1, "Operation not permitted")

    return function


@pytest.fixture
def asked_anew():
    """abilities() asks once in a process; a test may give it another answer."""
    namespace.abilities.cache_clear()
    yield
    namespace.abilities.cache_clear()


@pytest.mark.usefixtures("asked_anew")
def test_probe_that_dies_is_a_reason(monkeypatch):
    def dies(_):
        raise child.ChildFailed("Traceback\nImportError: no pyroute2")

    monkeypatch.setattr(namespace.sys, "platform", "linux")
    monkeypatch.setattr(child, "run_fresh", dies)
    found = namespace.abilities()
    assert found["private_net"] == "no private network: ImportError: no pyroute2"
    assert found["packets"] == found["sysctl"] == found["private_net"]


@pytest.mark.usefixtures("asked_anew")
def test_another_system_is_a_reason(monkeypatch):
    monkeypatch.setattr(namespace.sys, "platform", "darwin")
    monkeypatch.setattr(child, "run_fresh", lambda _: pytest.fail("looked"))
    assert namespace.abilities()["private_net"].endswith("on darwin: Linux only")


def test_refusal_travels_between_processes():
    with pytest.raises(namespace.Missing, match=r"\(ids\): no") as caught:
        child.run(refuse)
    assert (caught.value.step, caught.value.reason) == ("ids", "no")


def refuse() -> None:
    raise namespace.Missing("ids", "no")


def interfaces() -> tuple[str, int, str]:
    """(the network's id, how many interfaces it has, the uid map of this process)."""
    from pathlib import Path

    namespace.enter()
    net = Path("/proc/self/ns/net").readlink()
    links = len(Path("/proc/self/net/dev").read_text().splitlines()) - 2
    return str(net), links, Path("/proc/self/uid_map").read_text().split()[0]


@needs("private_net")
def test_network_is_new_each_time_and_has_root_in_it():
    one, other = child.run(interfaces), child.run(interfaces)
    assert one[0] != other[0]
    assert one[1:] == other[1:] == (1, "0")
