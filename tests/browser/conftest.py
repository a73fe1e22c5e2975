"""The built site, served on loopback and opened in the system's Chromium."""

import pytest


def pytest_collection_modifyitems(items):
    """All tests of this folder need a browser."""
    for item in items:
        if "tests/browser/" in item.nodeid:
            item.add_marker(pytest.mark.needs("browser"))


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
