"""axe-core finds nothing to complain about, in light and in dark."""

import pytest
from axe_playwright_python.sync_playwright import Axe

from tests.checks.conftest import NAMES

# A page of a hundred proofs, all made by one template, takes axe-core as long as twenty
# pages written by hand: it gets the first of them to see.
SHORTEN = """() => {
  for (const proof of [...document.querySelectorAll("section.proof")].slice(12))
    proof.remove();
}"""


@pytest.fixture(scope="module")
def page(chromium):
    return chromium.new_page()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", NAMES)
def test_page_is_open_to_all(name, scheme, page, address):
    page.emulate_media(color_scheme=scheme)
    page.goto(f"{address}{name}.html")
    page.evaluate(SHORTEN)
    options = {"resultTypes": ["violations"]}
    if scheme == "dark":  # the page is the same; its colours are not
        options["runOnly"] = ["color-contrast"]
    found = Axe().run(page, options=options).response
    faults = [
        f"{fault['id']}: {node['html'][:120]}"
        for fault in found["violations"]
        for node in fault["nodes"]
    ]
    assert faults == []
