"""What every test shares: needs that are probed, and one closing line about them."""

import functools
import http.server
import os
import shutil
import subprocess
import sys
import threading
from collections import Counter

import pytest

from evidence.store import ROOT
from lab.isolation.namespace import abilities

BROWSER = next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))),
    None,
)
QUIET = [  # root needs no-sandbox; the rest keeps the browser from calling home
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]
STRICT = os.environ.get("STRICT") == "1"
unmet: Counter[str] = Counter()
differences: list[str] = []


def why_unmet(item: pytest.Item) -> tuple[str, str] | None:
    """The first thing an item needs that is not here, and the reason; or None."""
    for marker in item.iter_markers("needs"):
        for need in marker.args:
            here = abilities() | {"browser": None if BROWSER else "no Chromium found"}
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
    for text in differences:
        terminalreporter.write_line(f"differs here: {text}")


@pytest.fixture(scope="session")
def built_site():
    """The folder of the built site, made as `make html` makes it."""
    folder = ROOT / "build" / "html"
    if os.environ.get("SITE_IS_BUILT"):  # by `make test`, for all that run side by side
        return folder
    command = [sys.executable, "-m", "sphinx", "-c", ".", "-q", "-W", "--keep-going"]
    built = subprocess.run(
        [*command, "-j", "auto", "docs", str(folder)],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    if built.returncode != 0:
        pytest.fail(f"the site does not build:\n{built.stderr}", pytrace=False)
    return folder


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
