"""What every test shares: needs that are probed, and one closing line about them."""

import fcntl
import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter

import pytest
from xdist.scheduler import LoadScopeScheduling

from evidence.store import ROOT
from lab.incidents.play import missing
from lab.incidents.registry import Program
from lab.isolation.namespace import abilities

# The first of these that is there; the shell starts a page in a third of the time.
BROWSERS = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
BROWSER = next(filter(None, map(shutil.which, BROWSERS)), None)
QUIET = [  # root needs no-sandbox; the rest keeps the browser from calling home
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
# The commands with which a pasted program makes its network, and their packages.
TOOLS = {"ip": "iproute2", "nft": "nftables"}
STRICT = os.environ.get("STRICT") == "1"
# A quarter of a minute and more of tests in one file, the longest first.
LONGEST = (
    "tests/checks/test_access.py",
    "tests/checks/test_read_the_docs.py",
    "tests/checks/test_html.py",
    "tests/lab/incidents/test_incidents.py",
    "tests/lab/runs/test_recordings.py",
    "tests/lab/claims/test_plugin.py",
    "tests/browser/test_pages.py",
    "tests/site/test_every_directive.py",
    "tests/browser/test_explorer.py",
    "tests/browser/test_search.py",
)
ON_LOOPBACK = ("tests/claims/", "tests/lab/", "tests/snippets/")
unmet: Counter[str] = Counter()
differences: list[str] = []


def why_unmet(item: pytest.Item) -> tuple[str, str] | None:
    """The first thing an item needs that is not here, and the reason; or None."""
    here = {"browser": None if BROWSER else "no Chromium found"}
    for tool, package in TOOLS.items():
        found = shutil.which(tool, path="/usr/sbin:/usr/bin:/sbin:/bin")
        here[tool] = None if found else f"no {tool}, which is in the package {package}"
    for marker in item.iter_markers("needs"):
        here |= abilities()
        for need in marker.args:
            if isinstance(need, Program):  # a real program, which an incident runs
                if reason := missing(need):
                    return need.package, reason
                continue
            if need not in here:
                raise pytest.UsageError(f"{item.nodeid}: unknown need {need!r}")
            if reason := here[need]:
                return need, reason
    return None


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item):
    """Skip what cannot run here, and count it; under STRICT=1 that is a failure."""
    found = why_unmet(item)
    if found is None:
        return
    need, reason = found
    if STRICT:
        pytest.fail(f"STRICT=1 allows no skip, and {need} is missing: {reason}", False)
    unmet[need] += 1
    pytest.skip(f"needs {need}: {reason}")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    """Under STRICT=1 a skip is a failure, wherever in a test it was decided."""
    report = yield
    if STRICT and report.skipped:
        report.outcome = "failed"
        report.longrepr = f"STRICT=1 allows no skip: {report.longrepr[2]}"
    return report


@pytest.fixture
def differs():
    """Report a difference from the evidence without failing, unless STRICT=1."""

    def report(text: str) -> None:
        if STRICT:
            pytest.fail(text, pytrace=False)
        differences.append(text)

    return report


def pytest_terminal_summary(terminalreporter):
    """One line for what was not proved here, one for each difference found here."""
    if unmet:
        counts = ", ".join(f"{n} for want of {need}" for need, n in unmet.items())
        terminalreporter.write_line(f"not proved here: {counts}")
    for text in sorted(differences):
        terminalreporter.write_line(f"differs here: {text}")


def pytest_sessionfinish(session):
    """Tests that ran in a worker process: hand over what was counted there."""
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["unmet"] = dict(unmet)
        session.config.workeroutput["differences"] = differences


def pytest_testnodedown(node):
    """A worker has ended: add what it counted."""
    told = getattr(node, "workeroutput", {})  # one that crashed tells nothing
    unmet.update(told.get("unmet", {}))
    differences.extend(told.get("differences", []))


class ByFile(LoadScopeScheduling):
    """The tests of a file run in one process, for they share what is slow to set up.

    So do all that would meet on the machine's own loopback, where there is no other.
    """

    def _split_scope(self, nodeid: str) -> str:
        path = nodeid.partition("::")[0]
        if path.startswith(ON_LOOPBACK) and abilities()["private_net"]:
            return "loopback"
        return path


def pytest_xdist_auto_num_workers():
    """One worker more than processors, for some of them are always waiting."""
    return min((os.cpu_count() or 1) + 1, 4)


def pytest_xdist_make_scheduler(config, log):
    """How `pytest -n 2` shares out the tests."""
    config.option.loadscopereorder = False  # pytest_collection_modifyitems did it
    return ByFile(config, log)


def pytest_collection_modifyitems(items):
    """Files that take long come first: else one process ends long before the other."""
    order = {path: number for number, path in enumerate(LONGEST)}
    items.sort(key=lambda item: order.get(item.nodeid.partition("::")[0], len(order)))


class ToldAtOnce:
    """Says which test failed while the others run; the details come at the end."""

    def __init__(self, terminal) -> None:
        self.terminal = terminal

    @pytest.hookimpl(trylast=True)
    def pytest_runtest_logreport(self, report):
        if report.failed:
            self.terminal.line("")
            self.terminal.line(f"FAILED {report.nodeid}", red=True)


def pytest_sessionstart(session):
    """Register the above, where there is somebody to tell."""
    plugins = session.config.pluginmanager
    if terminal := plugins.get_plugin("terminalreporter"):
        plugins.register(ToldAtOnce(terminal))


@pytest.fixture(scope="session")
def built_site(testrun_uid):
    """The folder of the built site, made as `make html` makes it, once for all."""
    folder = ROOT / "build" / "html"
    if os.environ.get("SITE_IS_BUILT"):  # by `make test`
        return folder
    folder.mkdir(parents=True, exist_ok=True)
    with open(folder.with_name("built-for"), "a+") as note:
        fcntl.flock(note, fcntl.LOCK_EX)  # another process may be about to build it
        note.seek(0)
        if note.read() != testrun_uid:
            build(folder)
            note.truncate(0)
            note.write(testrun_uid)
    return folder


def build(folder):
    """Build the site into a folder, or fail with what Sphinx says."""
    command = [sys.executable, "-m", "sphinx", "-c", ".", "-q", "-W", "--keep-going"]
    built = subprocess.run(
        [*command, "-j", "auto", "docs", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if built.returncode != 0:
        # What was read is kept, and would not be complained of again.
        (folder / ".doctrees" / "environment.pickle").unlink(missing_ok=True)
        pytest.fail(f"the site does not build:\n{built.stderr}", pytrace=False)


@pytest.fixture(scope="module")
def chromium():
    """The running browser."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=QUIET)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def address(built_site):
    """Where the site is served, for instance `http://127.0.0.1:50001/`."""

    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=built_site)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()
