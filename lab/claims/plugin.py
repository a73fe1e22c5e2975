"""Runs each proof in a network of its own, and keeps the outcomes as evidence."""

import os
import select
import signal
import socket
from datetime import date
from pathlib import Path

import pytest

from evidence import claims, store, systems
from lab.claims.alterations import ALTERATIONS, LAST_RESORT, altered_socket
from lab.isolation import namespace
from lab.isolation.capture import Capture, decode

TIME_LIMIT = 20  # seconds
outcomes: dict[str, dict] = {}
caught_first: dict[str, list[str]] = {}


def claim_id(nodeid: str) -> str:
    """`tests/claims/udp/test_connect.py::test_x` -> `udp.x`."""
    path, _, name = nodeid.partition("::")
    return f"{path.split('/')[-2]}.{name.removeprefix('test_')}"


def is_proof(path: Path) -> bool:
    """Whether a test file holds proofs: it stands in a subject's folder of claims/."""
    return path.parent.parent.name == "claims" and path.parents[2].name != "lab"


class Wire:
    """The packets on this proof's loopback; each call returns the new ones."""

    def __init__(self) -> None:
        self.seen: list[dict] = []
        self.alter = None
        self._capture: Capture | None = None

    def open(self) -> None:
        """Start to capture; done once the proof is in its own network."""
        self._capture = Capture()

    def __call__(self) -> list[dict]:
        """Packets as `lab.isolation.capture.decode` gives them, in the order they were sent."""
        fresh = [decode(raw) for _, raw in self._capture.drain()]
        self.seen += fresh
        return self.alter(fresh) if self.alter else fresh


@pytest.fixture
def wire():
    """A capture of the proof's own loopback. Such a proof needs("packets")."""
    return Wire()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a proof in a child process that has moved to a private network.

    Where the system refuses one, a proof that does not need it runs right here.
    """
    if not is_proof(pyfuncitem.path):
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    if namespace.abilities()["private_net"]:
        pyfuncitem.obj(**arguments)
        return True
    if pyfuncitem.config.getoption("--altered"):
        if not (caught := caught_by(pyfuncitem.obj, arguments)):
            pytest.fail("no alteration of its sockets makes it fail", pytrace=False)
        caught_first.setdefault(caught, []).append(claim_id(pyfuncitem.nodeid))
        return True
    complaint, packets = in_child(pyfuncitem.obj, arguments)
    if complaint:
        pytest.fail(complaint, pytrace=False)
    outcomes[claim_id(pyfuncitem.nodeid)] = {"packets": packets} if packets else {}
    return True


def caught_by(function, arguments: dict) -> str | None:
    """The first alteration of socket outcomes that turns a proof red, or None."""
    for name in ALTERATIONS:
        calls = range(1, 60) if name == LAST_RESORT else [0]
        if "wire" not in arguments and "packet" in name:
            continue
        for failing in calls:
            if in_child(function, arguments, (name, failing))[0]:
                return name
    return None


def in_child(function, arguments: dict, altered=None) -> tuple[str, list[str]]:
    """Run a proof in a child process; returns (complaint or "", packets in words)."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(reading)
        complaint = run_proof(function, arguments, altered)
        lines = packet_lines(arguments["wire"].seen) if "wire" in arguments else []
        with open(writing, "w") as answer:
            answer.write("\0".join([complaint, *lines]))
        os._exit(0)
    os.close(writing)
    with open(reading) as answer:
        ready, _, _ = select.select([answer], [], [], TIME_LIMIT)
        if not ready:
            os.kill(child, signal.SIGKILL)
        complaint, *packets = answer.read().split("\0")
    os.waitpid(child, 0)
    if not ready:
        return f"still running after {TIME_LIMIT} s", []
    return complaint, packets


def run_proof(function, arguments: dict, altered=None) -> str:
    """Call a proof in a new network; returns "" or what pytest would print."""
    marks = getattr(function, "pytestmark", [])
    needs = [need for mark in marks for need in mark.args if mark.name == "needs"]
    try:
        namespace.enter("second_user" in needs)
        if "wire" in arguments:
            arguments["wire"].open()
        if altered:
            name, failing = altered
            socket.socket = altered_socket(name, failing)
            if "wire" in arguments:
                arguments["wire"].alter = ALTERATIONS[name].get("packets")
        function(**arguments)
    except BaseException:
        return str(pytest.ExceptionInfo.from_current().getrepr(style="short"))
    return ""


def packet_lines(packets: list[dict]) -> list[str]:
    """Packets in words, chosen ports renumbered as in the recordings."""
    numbers: dict[int, int] = {}

    def end(address):
        host, port = address
        host = f"[{host}]" if ":" in host else host
        if port is None:
            return host
        if port >= 32768:  # net.ipv4.ip_local_port_range begins here
            port = numbers.setdefault(port, 50001 + len(numbers))
        return f"{host}:{port}"

    return [
        f"{p['protocol']} {end(p['source'])} → {end(p['destination'])}, "
        + (" ".join(p["flags"]) + ", " if "flags" in p else "")
        + (f"{p['kind']}, " if "kind" in p else "")
        + f"{p['payload']} bytes"
        for p in packets
    ]


def pytest_runtest_logreport(report):
    """Remember how each proof ended."""
    if not is_proof(Path(report.nodeid.partition("::")[0])):
        return
    if report.when == "call" or report.outcome != "passed":
        claim = claim_id(report.nodeid)
        if report.when != "teardown" or report.failed:
            outcomes.setdefault(claim, {})["outcome"] = report.outcome


def pytest_terminal_summary(terminalreporter):
    """With --altered, which alteration was the first to catch how many proofs."""
    for name, caught in caught_first.items():
        which = ": " + ", ".join(caught) if name == LAST_RESORT else ""
        terminalreporter.write_line(f"{len(caught)} caught by {name}{which}")


def pytest_sessionfinish(session, exitstatus):
    """With --write-proofs, keep the outcomes, unless the run failed or was partial."""
    if not session.config.getoption("--write-proofs", default=False):
        return
    written = write_outcomes(outcomes, claims.read(), exitstatus == 0)
    print(f"\n{written}")


def write_outcomes(found: dict[str, dict], known: dict, clean: bool) -> str:
    """Write evidence/proofs/<platform>.json; returns a line that says what was done.

    A skipped proof keeps its last real pass; an unchanged one keeps its date.
    """
    missing = sorted(known.keys() - found.keys())
    if not clean or missing:
        return f"proofs not written: {missing or 'the run has failures'}"
    platform = systems.here()
    path = store.measured() / "claims" / f"{platform}.json"
    old = store.load_dict(f"claims/{path.name}")["proofs"] if path.exists() else {}
    kept = {}
    for claim, proof in known.items():
        now = {"outcome": found[claim]["outcome"], "source": proof.digest}
        now |= {"packets": found[claim].get("packets", [])}
        before = old.get(claim, {})
        skipped = now["outcome"] == "skipped"
        same_source = before.get("source") == proof.digest
        unchanged = all(before.get(key) == value for key, value in now.items())
        keep = unchanged or (skipped and same_source)
        kept[claim] = before if keep else now | {"date": date.today().isoformat()}
    systems.note()
    changed = store.save(path, {"platform": platform, "proofs": kept})
    return f"{len(kept)} proofs: {'written' if changed else 'unchanged'}"
