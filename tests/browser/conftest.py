"""The built site, served on loopback and opened in the system's Chromium."""

import functools
import http.server
import threading

import pytest
from playwright.sync_api import sync_playwright

from tests.conftest import BROWSER

QUIET = [  # root needs no-sandbox; the rest keeps the browser from calling home
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


def pytest_collection_modifyitems(items):
    """All tests of this folder need a browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.needs("browser"))


@pytest.fixture(scope="module")
def chromium():
    """The running browser."""
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


@pytest.fixture
def open_page(chromium, address):
    """A function that opens a page; options are those of a browser context.

    The page has two lists: `complaints` of its console, `requests` it made.
    """
    contexts = []

    def open_(name: str, base: str = address, **options):
        context = chromium.new_context(**options)
        contexts.append(context)
        context.set_default_timeout(5000)
        page = context.new_page()
        page.complaints, page.requests = [], []
        page.on(
            "console",
            lambda message: (
                message.type in ("error", "warning")
                and page.complaints.append(message.text)
            ),
        )
        page.on("pageerror", lambda error: page.complaints.append(str(error)))
        page.on("request", lambda request: page.requests.append(request.url))
        page.goto(f"{base}{name}.html")
        return page

    yield open_
    for context in contexts:
        context.close()
