"""Every snippet, as a reader meets it: pasted into an empty file and run."""

import ast
import re
import subprocess
import sys

import pytest

from evidence import runs, store
from lab.isolation import child, networks
from lab.isolation.namespace import abilities, enter
from lab.runs.labels import FIRST_PORT
from tests.snippets.doctests import failures
from tests.snippets.pairs import TIME_LIMIT, run_pair

SNIPPETS = runs.snippet_ids()
CLIENTS = [s for s in SNIPPETS if runs.needs(s).server]


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
    """Put the program alone into a folder; returns the command that runs it."""
    path = folder / "pasted.py"
    folder.mkdir(exist_ok=True)
    path.write_text(source_of(snippet))
    return [sys.executable, "-I", "-u", str(path)]


def within(network: str | None, function, *arguments):
    """function(*arguments) in a new network of that name, or here where it has none.

    A loopback of its own is enough for most: there no other program calls at a server,
    or takes a port at the wrong moment.
    """
    if network is None and not abilities()["private_net"]:
        network = "a loopback of its own"
    if network is None:
        return function(*arguments)
    return child.run(inside, network, function, arguments)


def inside(network: str, function, arguments: tuple):
    """The same, for a process that may enter it."""
    enter()
    networks.named(network)()
    return function(*arguments)


def every_run():
    """The runs; one with a network of its own is for a machine that has them."""
    for run_id in runs.run_ids():
        needs = runs.needs(run_id)
        alone = needs.network or needs.container
        marks = [pytest.mark.needs("private_net")] if alone else []
        yield pytest.param(run_id, marks=marks)


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


@pytest.mark.parametrize("run_id", list(every_run()))
def test_pasted_program_prints_what_the_page_shows(run_id, tmp_path):
    printed = runs.load_run(run_id).printed
    needs = runs.needs(run_id)
    client = paste(run_id, tmp_path / "client")
    if needs.server is None:
        said = within(needs.network, run, client)
        assert re.fullmatch(pattern(printed[0]), said)
        return
    server = paste(needs.server, tmp_path / "server")
    job = (server, client, len(printed[0]), needs.container)
    said = within(needs.network, run_pair, job)
    for lines, output in zip(printed, said, strict=True):
        assert re.fullmatch(pattern(lines), output), output


@pytest.fixture(scope="module")
def failed_doctests() -> dict[str, int]:
    """{snippet: doctests that failed}, run on a private loopback where there is one."""
    if abilities()["private_net"]:
        return {snippet: failures(snippet) for snippet in SNIPPETS}
    return dict(zip(SNIPPETS, child.run_each(failures, SNIPPETS), strict=True))


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
    longest = 78 if snippet.startswith("recipes.") else 60  # robust, not short
    assert len(lines) <= longest, "about 45 lines"
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


@pytest.fixture(scope="module")
def imported() -> set[str]:
    """The snippets that proofs import."""
    proofs = (store.ROOT / "tests" / "claims").rglob("*.py")
    return {
        f"{node.module}.{alias.name}".removeprefix("snippets.")
        for proof in proofs
        for node in ast.walk(ast.parse(proof.read_text()))
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


# Recipes are programs: run as processes, above and by the lab.
@pytest.mark.parametrize("snippet", [s for s in SNIPPETS if s[:8] != "recipes."])
def test_is_imported_by_a_proof(snippet, imported):
    assert snippet in imported, "import it in tests/claims"


def test_pattern_keeps_equal_ports_equal():
    shape = pattern([f"{FIRST_PORT} {FIRST_PORT} 65535"])
    assert re.fullmatch(shape, "40000 40000 65535")
    assert not re.fullmatch(shape, "40000 40001 65535")
    assert not re.fullmatch(shape, "40000 40000 65534")


def test_there_are_clients():
    assert len(CLIENTS) >= 5


@pytest.mark.parametrize("client", CLIENTS)
def test_client_without_an_address_says_how_to_use_it(client, tmp_path):
    ended = subprocess.run(paste(client, tmp_path), capture_output=True, text=True)
    assert ended.returncode != 0
    assert "usage" in ended.stderr.lower(), ended.stderr
    assert "Traceback" not in ended.stderr
