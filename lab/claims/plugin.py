"""The pytest plugin that runs each proof in a network of its own.

It is loaded for every run of pytest (pyproject.toml) and acts on tests/claims/ alone:

    python -m pytest tests/claims                   run the proofs
    python -m pytest --write-proofs tests/claims    and keep how they ended, as evidence
    python -m pytest --altered tests/claims         let sockets lie: each must notice
    python -m pytest --hunt tests/claims            tell in what odd networks they break

Each also takes some proofs only, and pytest-xdist's `-n 2`.
"""

import re
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from evidence import claims, store
from lab.claims import families, odd, outcomes
from lab.claims.alterations import ALTERATIONS, LAST_RESORT, alter
from lab.claims.proof import Ending, Wire, run_proof
from lab.isolation import child, namespace

TIME_LIMIT = 20  # seconds for one proof
MOST_CALLS = 60  # to a socket, in one proof, that are made to fail one by one
NODE = re.compile(r"tests/claims/(\w+)/test_\w+\.py::test_(\w+)$")
Found = dict[str, Any]  # what travels in a report: source, packets, caught
FAMILIES = ("IPv4", "IPv6")
SUBJECTS = {"tcp": ["TCP"], "udp": ["UDP"], "unix": ["Unix"]}  # and no other kind
ONE_NETWORK = (
    "tests/claims/ holds proofs, in files test_….py of a subject's folder, and a proof "
    "takes no parameters: loop over the cases in it, for it has one network of its own"
)
ONE_FAMILY = (
    "This was over IPv6, with addresses that lab/claims/families.py gives: make the "
    'proof hold there, or say why not: @pytest.mark.scope("IPv4", because="…")'
)


def claim_of(nodeid: str) -> str | None:
    """The id of the claim that a test proves, or None if it is no proof.

    >>> claim_of("tests/claims/udp/test_connect.py::test_x")
    'udp.x'
    """
    found = NODE.match(nodeid)
    return f"{found[1]}.{found[2]}" if found else None


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options that are for proofs alone."""
    parser.addoption(
        "--write-proofs",
        action="store_true",
        help="keep how the proofs ended, in evidence/measured/claims/ (make evidence)",
    )
    parser.addoption(
        "--altered",
        action="store_true",
        help="alter what sockets tell; a proof that notices nothing fails (make check)",
    )
    parser.addoption(
        "--hunt",
        action="store_true",
        help="run each proof in odd networks as well; tell where it breaks (make hunt)",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Have all reports read by one process: not by xdist's workers."""
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Reports(config), "proof-reports")


@pytest.fixture
def wire() -> Wire:
    """A capture of the proof's own loopback. Such a proof needs("packets")."""
    return Wire()


@pytest.hookimpl(trylast=True)
def pytest_collection_finish(session: pytest.Session) -> None:
    """With --write-proofs, note the digest of what has just been imported."""
    if session.config.getoption("--write-proofs"):
        digests = claims.digests()
        for item in session.items:
            if claim := claim_of(item.nodeid):
                found: Found = {"source": digests[claim]}
                item.user_properties.append(("proof", found))


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a proof in a child process that has moved to a private network.

    Where the system refuses one, a proof that does not need it runs right here.
    """
    claim = claim_of(pyfuncitem.nodeid)
    if claim is None and pyfuncitem.nodeid.startswith("tests/claims/"):
        pytest.fail(ONE_NETWORK, pytrace=False)
    if claim is None:
        return None
    names = pyfuncitem._fixtureinfo.argnames
    arguments = {name: pyfuncitem.funcargs[name] for name in names}
    if namespace.abilities()["private_net"]:
        pyfuncitem.obj(**arguments)
        return True
    found: Found = {}
    pyfuncitem.user_properties.append(("proof", found))
    if pyfuncitem.config.getoption("--altered"):
        found["caught"] = caught_by(pyfuncitem.obj, arguments)
        if not found["caught"]:
            pytest.fail("no alteration of its sockets makes it fail", pytrace=False)
        return True
    if pyfuncitem.config.getoption("--hunt"):
        found["broken"] = broken_in(pyfuncitem.obj, arguments)
        return True
    ending = in_child(families.run_over, families.IPV4, pyfuncitem.obj, arguments)
    if ending.skipped:
        pytest.skip(ending.skipped)
    if ending.complaint:
        pytest.fail(ending.complaint, pytrace=False)
    mark = pyfuncitem.get_closest_marker("scope")
    kinds = [*ending.kinds, *over_the_other(pyfuncitem.obj, arguments, ending, mark)]
    told = in_scope(kinds, mark, claim.partition(".")[0])
    found |= {"packets": ending.packets, "kinds": told}
    return True


def over_the_other(
    function: Callable[..., object],
    arguments: dict[str, Any],
    ending: Ending,
    mark: pytest.Mark | None,
) -> list[str]:
    """Run a proof of IPv4 alone over IPv6 as well; returns the kinds of socket there.

    None where the proof says that it is for one family, or where there is no IPv6.
    """
    used = {kind.rpartition(" ")[2] for kind in ending.kinds}
    if "IPv4" not in used or "IPv6" in used or namespace.abilities()["ipv6"]:
        return []
    if mark and "IPv4" in mark.args:
        return []
    other = in_child(families.run_over, families.IPV6, function, arguments)
    if other.skipped:
        pytest.skip(other.skipped)
    if other.complaint:
        pytest.fail(f"{other.complaint}\n{ONE_FAMILY}", pytrace=False)
    return other.kinds


def in_scope(kinds: list[str], mark: pytest.Mark | None, subject: str) -> list[str]:
    """The kinds of socket that a proof speaks of, which are not all that it used.

    Those that its @scope names, and else those of its subject. Fails where it names one
    that was not used.
    """
    named = mark.args if mark else ()
    if unused := [word for word in named if not any(word in kind for kind in kinds)]:
        pytest.fail(f"@scope names {', '.join(unused)}, and used none", pytrace=False)
    asked = [word for word in named if word not in FAMILIES] or SUBJECTS.get(subject)
    return sorted(
        kind for kind in set(kinds) if not asked or any(word in kind for word in asked)
    )


def in_child(run: Callable[..., Ending], *arguments: object) -> Ending:
    """run_proof() or run_over() in a child process."""
    try:
        return child.fork(run, *arguments).result(TIME_LIMIT)
    except child.ChildFailed as failure:
        return Ending(complaint=str(failure))


def caught_by(function: Callable[..., object], arguments: dict[str, Any]) -> str | None:
    """The first alteration of socket outcomes that turns a proof red, or None."""
    for name in ALTERATIONS:
        if "wire" not in arguments and "packet" in name:
            continue
        for failing in range(1, MOST_CALLS) if name == LAST_RESORT else [0]:
            prepare = partial(alter, name, failing)
            if in_child(run_proof, function, arguments, prepare).complaint:
                return name
    return None


def broken_in(
    function: Callable[..., object], arguments: dict[str, Any]
) -> list[tuple[str, str]]:
    """The odd networks in which a proof breaks, each with the last line of why."""
    found = []
    for name, prepare in odd.NETWORKS.items():
        ending = in_child(
            run_proof, function, arguments, lambda _, make=prepare: make()
        )
        if ending.complaint:
            found.append((name, ending.complaint.strip().splitlines()[-1]))
    return found


class Reports:
    """Reads the reports of all proofs, from this process or from xdist's workers."""

    def __init__(self, config: pytest.Config) -> None:
        self.writing = config.getoption("--write-proofs")
        self.ended: dict[str, outcomes.Ended] = {}
        self.caught: dict[str, list[str]] = {}
        self.broken: dict[str, list[tuple[str, str]]] = {}
        self.done = ""

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note how a proof ended; a failure in its set-up or its end is one too."""
        claim = claim_of(report.nodeid)
        if claim is None or (report.when != "call" and report.passed):
            return
        found: Found = {}
        for name, value in report.user_properties:
            if name == "proof" and isinstance(value, dict):
                found |= value
        if "caught" in found and report.passed:
            self.caught.setdefault(found["caught"], []).append(claim)
        if found.get("broken"):
            self.broken[claim] = found["broken"]
        if "source" in found:
            seen = found if report.passed else {}
            ended = outcomes.Ended(
                report.outcome,
                found["source"],
                tuple(seen.get("packets", ())),
                tuple(seen.get("kinds", ())),
            )
            self.ended[claim] = ended

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """With --write-proofs, keep the outcomes."""
        if self.writing and self.ended:
            try:
                self.done = outcomes.keep(self.ended)
            except store.EvidenceError as error:
                self.done = f"proofs not written: {error}"
                session.exitstatus = pytest.ExitCode.USAGE_ERROR
        elif self.writing:
            self.done = "proofs not written: none was run"

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Say what was kept, and which alteration was the first to catch how many."""
        if self.done:
            terminalreporter.write_line(self.done)
        for claim, networks in sorted(self.broken.items()):
            terminalreporter.write_line(claim)
            for name, line in networks:
                terminalreporter.write_line(f"    {name}: {line}")
        for name in sorted(self.caught, key=list(ALTERATIONS).index):
            caught = self.caught[name]
            which = f": {', '.join(sorted(caught))}" if name == LAST_RESORT else ""
            terminalreporter.write_line(f"{len(caught)} caught by {name}{which}")
