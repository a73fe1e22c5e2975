"""What the explorer is given is the evidence, and its links can be walked."""

import ast
import gzip
import json
import os
import re

import pytest

from docs._ext.machines import explorer, walks
from docs._ext.shared import Refused
from evidence import machines, store
from evidence.machines import read_walk

SCRIPT = store.ROOT / "docs" / "_ext" / "machines" / "explorer.js"


@pytest.fixture(scope="module")
def told() -> dict:
    """The data as the page's script gets it."""
    name, _, text = explorer.script().partition(" = ")
    assert name == "globalThis.socketMachines"
    found = json.loads(text.removesuffix(";\n"))
    for kind, machine in found["kinds"].items():
        if like := machine.get("like"):  # as explorer.js does it
            found["kinds"][kind] = found["kinds"][like] | machine
    return found


@pytest.mark.parametrize("kind", machines.KINDS)
def test_data_is_the_evidence(kind, told):
    kept, shown = machines.load(f"{kind}-full"), told["kinds"][kind]
    assert [row[0] for row in shown["inputs"]] == list(kept.inputs)
    for given, call, meaning, mine in shown["inputs"]:
        by = "you" if mine else "others"
        assert kept.inputs[given] == machines.Input(call, meaning, by)
    unfolded = [
        (state, row[0], *shown["results"][result], shown["states"][after])
        for state, steps in zip(shown["states"], shown["steps"], strict=True)
        for row, result, after in zip(
            shown["inputs"], steps[::2], steps[1::2], strict=True
        )
    ]
    assert unfolded == list(kept.rows)
    assert shown["states"][shown["start"]] == kept.start


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


def test_error_that_nobody_provoked_has_no_message():
    with pytest.raises(store.EvidenceError, match=r"errors.json has no EMADEUP: write"):
        explorer.messages({"EINVAL", "EMADEUP"})


@pytest.mark.parametrize("kind", machines.KINDS)
def test_program_has_a_function_for_each_input(kind):
    tree = ast.parse(walks.source(kind))
    functions = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert machines.load(f"{kind}-full").inputs.keys() <= functions
    imported = {
        (node.module if isinstance(node, ast.ImportFrom) else node.names[0].name)
        for node in tree.body
        if isinstance(node, ast.Import | ast.ImportFrom)
    }
    assert {"socket", "os"} <= imported
    assert imported <= __import__("sys").stdlib_module_names


@pytest.mark.parametrize("kind", machines.KINDS)
def test_every_part_of_a_program_is_of_use(kind):
    inputs = machines.load(f"{kind}-full").inputs
    used = {n for name in ("step", *inputs) for n in walks.uses(kind, name)}
    unused = [walks.parts(kind)[n].text for n in range(len(walks.parts(kind)))]
    assert [text for n, text in enumerate(unused) if n not in used] == []


def test_scripts_of_the_page_are_small():
    own = SCRIPT.read_bytes()
    assert len(own) < 20_000
    assert (
        len(gzip.compress(own)) + len(gzip.compress(explorer.script().encode()))
        < 60_000
    )


def test_program_that_lacks_a_function_is_told():
    with pytest.raises(Refused, match=r"udp.py has no bond\(\): write it there"):
        walks.uses("udp", "bond")


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
            assert read_walk(walk).steps()
            found += 1
    assert found >= 20


def test_complaints_name_the_page_and_the_line(small_site):
    small_site.without_claims()
    text = "# Front\n\n```{explorer}\nNo script.\n```\n"
    small_site.write("docs/index.md", text)
    warnings = small_site.build()
    missing = "no evidence/measured/machines/tcp-full"
    assert f"index.md:3: WARNING: explorer: {missing}" in warnings
    assert "explorer.js" not in small_site.page()


# What a reader understands without the table: what was called, what waits.
PLAIN = re.compile(
    r"unbound|bound( to (any|shared|a chosen name))?|listening|connected( to \w+)?|"
    r"peer has closed|server closed|end of file|(sending|reading) shut down|"
    r"SO_REUSEADDR|a (byte|client|datagram from \w+) waits"
)


def test_words_of_the_states_are_explained():
    page = (store.ROOT / "docs" / "reference" / "explorer.md").read_text()
    table = page.partition("## The words of a state")[2]
    explained = re.findall(r"^\| ([^|]+?) \|", table, re.MULTILINE)[2:]
    used = {
        re.sub(r"\bE[A-Z]+", "E…", part)
        for kind in machines.KINDS
        for state in machines.load(f"{kind}-full").states
        for part in state.name.split(", ")
    }
    assert {part for part in used if not PLAIN.fullmatch(part)} == set(explained)


@pytest.mark.parametrize("kind", machines.KINDS)
def test_no_two_states_are_told_apart_by_a_number(kind):
    names = [state.name for state in machines.load(f"{kind}-full").states]
    assert [name for name in names if re.search(r"\d", name)] == []
