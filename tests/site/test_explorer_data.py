"""What the explorer is given is the evidence, and its links can be walked."""

import ast
import json
import os
import re

import pytest

from docs._ext import explorer
from lab import evidence, machines, walks

STATIC = evidence.ROOT / "docs" / "_static"


@pytest.fixture(scope="module")
def told() -> dict:
    """The data as the page's script gets it."""
    name, _, text = explorer.script().partition(" = ")
    assert name == "globalThis.socketMachines"
    return json.loads(text.removesuffix(";\n"))


@pytest.mark.parametrize("kind", machines.KINDS)
def test_data_is_the_evidence(kind, told):
    kept, shown = machines.load(f"{kind}-full"), told["kinds"][kind]
    assert [row[0] for row in shown["inputs"]] == list(kept["inputs"])
    for given, call, meaning, mine in shown["inputs"]:
        by = "you" if mine else "others"
        assert kept["inputs"][given] == {"call": call, "meaning": meaning, "by": by}
    unfolded = [
        [state, row[0], *shown["results"][result], shown["states"][after]]
        for state, steps in zip(shown["states"], shown["steps"], strict=True)
        for row, result, after in zip(
            shown["inputs"], steps[::2], steps[1::2], strict=True
        )
    ]
    assert unfolded == kept["transitions"]
    assert shown["states"][shown["start"]] == kept["start"]


def test_each_error_has_its_message(told):
    outcomes = {
        row[0].removeprefix("pending ")
        for kind in told["kinds"].values()
        for row in kind["results"]
    }
    errors = {name for name in outcomes if re.fullmatch(r"E[A-Z0-9]+", name)}
    assert len(errors) >= 10
    assert told["messages"].keys() == errors
    if os.uname().sysname == "Linux":
        import errno

        for name, message in told["messages"].items():
            assert os.strerror(getattr(errno, name)) == message


@pytest.mark.parametrize("kind", machines.KINDS)
def test_program_has_a_function_for_each_input(kind):
    tree = ast.parse(walks.source(kind))
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert machines.load(f"{kind}-full")["inputs"].keys() <= functions
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {"socket", "os"} <= imported
    assert imported <= __import__("sys").stdlib_module_names


@pytest.mark.parametrize("kind", machines.KINDS)
def test_every_part_of_a_program_is_of_use(kind):
    inputs = machines.load(f"{kind}-full")["inputs"]
    used = {n for name in ("step", *inputs) for n in walks.uses(kind, name)}
    unused = [walks.parts(kind)[n][0] for n in range(len(walks.parts(kind)))]
    assert [text for n, text in enumerate(unused) if n not in used] == []


def test_script_is_small():
    assert (STATIC / "explorer.js").stat().st_size < 20_000
    assert len(explorer.script()) < 200_000


def test_link_is_checked():
    assert explorer.fragment("tcp: bind, connect") == "tcp:bind,connect"
    for walk, complaint in {
        "tcp: bond": "no 'bond' in tcp; there are bind",
        "sctp: bind": "begins with none of tcp",
        "tcp: peer_sends": "cannot happen there, nothing: no peer",
    }.items():
        with pytest.raises(explorer.Misspelt, match=complaint):
            explorer.fragment(walk)


def test_only_the_page_of_the_explorer_loads_it(built_site):
    for page in built_site.rglob("*.html"):
        has = "explorer.js" in page.read_text()
        assert has == (page.relative_to(built_site).as_posix() == EXPLORER_PAGE), page


EXPLORER_PAGE = "reference/explorer.html"


def test_walks_of_the_site_lead_somewhere(built_site):
    """Links that were made by hand, not by the role, are checked here."""
    found = 0
    for page in built_site.rglob("*.html"):
        for walk in re.findall(r'explorer\.html#([\w-]+:[\w,]+)"', page.read_text()):
            assert explorer.fragment(walk) == walk
            found += 1
    assert found >= 20
