"""The cards `Which is yours?`: each leads to a way, and its command can be pasted."""

import ast
import shutil
import subprocess

import pytest

from docs._ext.errors.directives import anchor_of
from evidence import errors
from tests.site import pages

CARDS = [
    (fence.page, fence.argument, *map(str.strip, line.split(" | ")))
    for fence in pages.all_fences()
    if fence.kind == "{which}"
    for line in fence.body.splitlines()
]
COMMANDS = sorted({look for _, _, _, look, _, _ in CARDS})
PYTHON = [look for look in COMMANDS if look.startswith(("print(", "import "))]
SHELL = [look for look in COMMANDS if look not in PYTHON]


def test_each_page_of_an_errno_has_cards():
    with_cards = {name for _, name, *_ in CARDS}
    alone = {
        fence.argument
        for fence in pages.all_fences()
        if fence.kind == "{errno-facts}"
        and fence.page == f"errors/{fence.argument.lower()}"
    }
    assert with_cards == alone and len(alone) > 20


def test_a_page_has_at_most_five_and_none_twice():
    for name in {name for _, name, *_ in CARDS}:
        ways = [way for _, of, _, _, _, way in CARDS if of == name]
        assert 1 <= len(ways) <= 5 and len(set(ways)) == len(ways), name


def test_the_most_met_errors_have_three_or_more():
    for name in ("EADDRINUSE", "EADDRNOTAVAIL", "ECONNREFUSED", "ETIMEDOUT", "EACCES"):
        assert sum(of == name for _, of, *_ in CARDS) >= 3, name


@pytest.mark.needs("packets")  # where the tools of a network are, and root
@pytest.mark.parametrize("command", SHELL)
def test_command_runs_as_it_is_pasted(command):
    assert shutil.which(command.split()[0]) or command.startswith("ulimit")
    ran = subprocess.run(
        ["unshare", "-n", "sh", "-c", f"ip link set lo up; {command}"],
        capture_output=True,
        text=True,
        timeout=20,
    )
    complaint = ran.stderr.lower()
    # A new network has no route, and says so: this is what the card tells.
    assert ran.returncode == 0 or "unreachable" in complaint, ran.stderr
    assert "usage" not in complaint and "invalid" not in complaint


@pytest.mark.parametrize("line", PYTHON)
def test_line_of_python_is_python(line):
    assert ast.parse(line)


def test_card_leads_to_its_way_on_the_page(built_site):
    ways = {(way.errno, way.id): way for way in errors.load().rows}
    for page, name, _, _, _, way in CARDS:
        text = (built_site / f"{page}.html").read_text()
        anchor = anchor_of(ways[name, way])
        assert f'href="#{anchor}"' in text and f'id="{anchor}"' in text
