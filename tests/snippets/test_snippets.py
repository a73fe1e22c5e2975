"""Every snippet, as a reader meets it: pasted into an empty file and run."""

import ast
import os
import re
import subprocess
import sys

import pytest

from evidence import runs, store
from lab.isolation.namespace import abilities, run_each
from lab.runs.canonical import FIRST_PORT
from tests.snippets.doctests import failures
from tests.snippets.pairs import TIME_LIMIT, run_pair

SNIPPETS = runs.snippet_ids()
# Servers and clients, which must be on one network.
PAIRS = {s for s in SNIPPETS if runs.server_of(s)}
PAIRS |= {runs.server_of(s) for s in PAIRS}


def source_of(snippet: str) -> str:
    return runs.snippet_path(snippet).read_text()


def pattern(lines: list[str]) -> str:
    """A regular expression for recorded lines in which every port may be another.

    The same port must be the same each time: later ones are back-references.
    """
    seen: set[str] = set()

    def port(found: re.Match) -> str:
        number = found[0]
        if not FIRST_PORT <= int(number) < FIRST_PORT + 100:
            return number
        if number in seen:
            return f"(?P=p{number})"
        seen.add(number)
        return rf"(?P<p{number}>\d+)"

    return re.sub(r"\b\d{5}\b", port, re.escape("\n".join(lines)))


def paste(snippet: str, folder) -> list[str]:
    """Put the program alone into a folder; returns the command that runs it.

    It is started in the world that it needs, else on a loopback of its own where the
    machine can give it one: there no other program takes a port at the wrong moment.
    """
    path = folder / "pasted.py"
    folder.mkdir(exist_ok=True)
    path.write_text(source_of(snippet))
    command = [sys.executable, "-I", "-u", str(path)]
    if snippet in PAIRS or (abilities()["private_net"] and not world_of(snippet)):
        return command
    world = world_of(snippet) or "a loopback of its own"
    return [sys.executable, "-m", "lab.isolation.networks", world, *command]


def world_of(snippet: str) -> str | None:
    """What the program needs beyond a loopback and, for a client, its server."""
    return None if runs.server_of(snippet) else runs.needs(source_of(snippet))


def run(command: list[str]) -> str:
    """Run to the end; returns what was printed."""
    ended = subprocess.run(
        command,
        capture_output=True,
        text=True,
        timeout=TIME_LIMIT,
        cwd=store.ROOT,
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout.rstrip("\n")


def test_there_are_snippets():
    assert len(SNIPPETS) >= 19


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_pasted_program_prints_what_the_page_shows(run_id, tmp_path):
    recording = runs.load_run(run_id)
    contained = runs.in_a_container(run_id)
    if (contained or world_of(run_id)) and (reason := abilities()["private_net"]):
        pytest.skip(f"{run_id} needs a network of its own: {reason}")
    programs = list(recording["snippets"])
    client = paste(run_id, tmp_path / "client")
    if len(programs) == 1:
        assert re.fullmatch(pattern(recording["printed"][0]), run(client))
        return
    server = paste(programs[0], tmp_path / "server")
    job = (server, client, len(recording["printed"][0]), contained)
    # On a network of their own: on the machine's, any program can call at the server.
    alone = not abilities()["private_net"]
    said = run_each(run_pair, [job])[0] if alone else run_pair(job)
    for lines, output in zip(recording["printed"], said, strict=True):
        assert re.fullmatch(pattern(lines), output), output


@pytest.fixture(scope="module")
def failed_doctests() -> dict[str, int]:
    """{snippet: doctests that failed}, run on a private loopback where there is one."""
    if abilities()["private_net"]:
        return {snippet: failures(snippet) for snippet in SNIPPETS}
    return dict(zip(SNIPPETS, run_each(failures, SNIPPETS), strict=True))


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_doctests_pass_without_flags(snippet, failed_doctests):
    assert "doctest:" not in source_of(snippet)
    assert failed_doctests[snippet] == 0


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_form(snippet):
    """What the design asks of every snippet that can be seen in its text."""
    source = source_of(snippet)
    tree = ast.parse(source)
    lines = source.splitlines()
    assert max(map(len, lines)) <= 72, "lines of at most 72 columns"
    assert len(lines) <= 60, "about 45 lines"
    docstring = ast.get_docstring(tree)
    assert docstring and "\n" not in docstring, "a docstring of one line"
    names = {n.name for n in tree.body if isinstance(n, ast.FunctionDef)}
    assert "main" in names, "main() prints"
    modules = {
        alias.name.partition(".")[0]
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    } | {n.module for n in ast.walk(tree) if isinstance(n, ast.ImportFrom)}
    assert modules <= sys.stdlib_module_names, "the standard library only"
    assert "sleep" not in source, "no sleeps"
    assert not re.search(r"example|demo|\d", snippet), "named by behaviour"


@pytest.mark.parametrize("snippet", SNIPPETS)
def test_is_imported_by_a_proof(snippet):
    package, _, module = snippet.rpartition(".")
    if package == "recipes":
        return  # programs: run as processes, above and by the lab
    tests = [p.read_text() for p in (store.ROOT / "tests/claims").glob("test_*.py")]
    imports = [
        (node.module, alias.name)
        for text in tests
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    ]
    assert len(imports) >= 1
    assert (f"snippets.{package}", module) in imports, "import it in tests/claims"


def test_pattern_keeps_equal_ports_equal():
    shape = pattern([f"{FIRST_PORT} {FIRST_PORT} 65535"])
    assert re.fullmatch(shape, "40000 40000 65535")
    assert not re.fullmatch(shape, "40000 40001 65535")
    assert not re.fullmatch(shape, "40000 40000 65534")


def test_recipe_without_an_address_says_how_to_use_it(tmp_path):
    for client in [s for s in SNIPPETS if runs.server_of(s)]:
        ended = subprocess.run(
            paste(client, tmp_path), capture_output=True, text=True, env=os.environ
        )
        assert ended.returncode != 0
        assert "usage" in ended.stderr.lower(), ended.stderr
        assert "Traceback" not in ended.stderr
