"""Names of Python and manual pages lead to their documentation, without a network."""

import re
from pathlib import Path

import pytest
from sphinx.util.inventory import InventoryFile

from evidence.store import ROOT
from tests.site import pages

INVENTORY = ROOT / "docs/_inventories/python.inv"
ABOUT_THEM = {"reference/manual-pages"}  # quotes them on every line
MAN_PAGE = re.compile(r"\b[a-z][a-z_.-]+\([2-8]\)")


def test_inventory_is_a_small_file_of_ours(built_site):
    found = InventoryFile.loads(INVENTORY.read_bytes(), uri="")
    assert ("py:method", "socket.socket.bind") in found
    assert INVENTORY.stat().st_size < 10_000


@pytest.mark.parametrize(
    ("page", "address"),
    [
        ("learn/names", "https://docs.python.org/3/library/exceptions.html#OSError"),
        ("learn/connect-on-tcp", "https://docs.python.org/3/library/socket.html#"),
        ("learn/unix", "https://man7.org/linux/man-pages/man7/unix.7.html"),
        ("errors/eaddrinuse", "https://man7.org/linux/man-pages/man2/bind.2.html"),
    ],
)
def test_role_becomes_a_link(page, address, built_site):
    assert f'href="{address}' in Path(built_site, f"{page}.html").read_text()


@pytest.mark.parametrize("page", sorted(pages.pages().keys() - ABOUT_THEM))
def test_page_links_each_manual_page_that_it_names(page):
    prose = re.sub(r"^#.*|^>.*", "", pages.pages()[page], flags=re.MULTILINE)
    prose = re.sub(r"\{claim\}(`+).+?\1", "", prose)  # plain words, as in the proof
    linked = re.findall(r"\{manpage\}`([^`]+)`|\[[^\]]*?([a-z_.-]+\(\d\))`?\]\(", prose)
    named = set(MAN_PAGE.findall(prose))
    assert named <= {name for pair in linked for name in pair}, "use {manpage}`…`"
