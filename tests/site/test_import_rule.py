"""The arrow in the README is the import rule; and no function is too long to read.

    snippets ──run by──▶ lab ──writes──▶ evidence ──shown by──▶ docs/_ext

Files are parsed, nothing is imported: an import within a function counts as well.
"""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from evidence.store import ROOT

OURS = {"snippets", "lab", "evidence", "docs", "tests", "conf"}
# Which of our packages the files of a room may import.
ALLOWED = {
    "snippets": set(),
    "evidence": {"evidence"},
    "lab": {"lab", "evidence", "snippets"},
    "docs": {"docs", "evidence"},
    "conf.py": {"docs", "evidence"},
}
# These have a list of modules, and import them by name.
BY_NAME = ("lab/__main__.py", "lab/incidents/play.py", "docs/live.py")
# What these may import from elsewhere, beyond the standard library.
FOREIGN = {"snippets": set(), "evidence": {"msgspec"}}
# A build opens no socket. The walks are texts that the explorer shows: programs.
SOCKETS = ("socket", "ssl", "asyncio", "http.client", "urllib.request", "socketserver")
PROGRAMS = "docs/_ext/machines/walks"
LINES = 50  # of a function, without its docstring; `# long: reason` allows more


def files(room: str) -> list[Path]:
    """The Python files of a room."""
    place = ROOT / room
    return [place] if place.is_file() else sorted(place.rglob("*.py"))


def imports(text: str, package: str) -> Iterator[tuple[int, str]]:
    """(line, module) of each import of a file in a package, wherever it stands.

    >>> list(imports("def f():\\n    from .. import a", "lab.runs"))
    [(2, 'lab.a')]
    >>> list(imports("import_module(f'lab.{part}')", "docs"))
    [(1, 'lab.')]
    >>> list(imports("from os import path; import lab.runs", "docs"))
    [(1, 'os.path'), (1, 'lab.runs')]
    """
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            above = package.split(".")[: 1 - node.level or None] if node.level else []
            module = ".".join([*above, *([node.module] if node.module else [])])
            for alias in node.names:
                yield node.lineno, f"{module}.{alias.name}"
        elif isinstance(node, ast.Call) and node.args:
            name = ast.unparse(node.func).rpartition(".")[2]
            if name in ("import_module", "__import__", "run_module"):
                yield node.lineno, beginning(node.args[0])


def beginning(text: ast.expr) -> str:
    """What is known of a text: all of it, or what stands before the first field."""
    if isinstance(text, ast.JoinedStr) and text.values:
        return beginning(text.values[0])
    return text.value if isinstance(text, ast.Constant) else ""


def imported(room: str) -> Iterator[tuple[str, str]]:
    """(place, module) of each import in a room; the place is `file:line`."""
    for path in files(room):
        name = path.relative_to(ROOT).as_posix()
        package = ".".join(path.relative_to(ROOT).parent.parts)
        for line, module in imports(path.read_text(encoding="utf-8"), package):
            yield f"{name}:{line}", module


@pytest.mark.parametrize("room", ALLOWED)
def test_room_imports_only_what_the_arrow_allows(room):
    found = list(imported(room))
    assert len(found) >= 3
    forbidden = OURS - ALLOWED[room]
    wrong = [
        f"{place} imports {module or 'what is only known when it runs'}"
        for place, module in found
        if module.partition(".")[0] in forbidden
        or (not module and not place.startswith(BY_NAME))
    ]
    rule = f"of ours, {room} may import {' and '.join(sorted(ALLOWED[room])) or 'none'}"
    assert not wrong, f"{rule}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("room", FOREIGN)
def test_room_needs_little_from_elsewhere(room):
    known = sys.stdlib_module_names | FOREIGN[room] | OURS
    wrong = [
        f"{place} imports {module}"
        for place, module in imported(room)
        if module.partition(".")[0] not in known
    ]
    extra = " and ".join(FOREIGN[room]) or "nothing"
    rule = f"beyond the standard library, {room} may import {extra}"
    assert not wrong, f"{rule}:\n" + "\n".join(wrong)


@pytest.mark.parametrize("room", ["docs/_ext", "evidence", "conf.py"])
def test_build_opens_no_socket(room):
    wrong = [
        f"{place} imports {module}"
        for place, module in imported(room)
        if f"{module}.".startswith(tuple(f"{name}." for name in SOCKETS))
        and not place.startswith(PROGRAMS)
    ]
    assert not wrong, "a build opens no socket, the lab does:\n" + "\n".join(wrong)


def long_functions(text: str) -> Iterator[tuple[int, str, int]]:
    """(line, name, number of lines) of each function with more than LINES lines.

    One whose first line ends with `# long:` and a reason is let through.
    """
    source = text.splitlines()
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        first = node.body[0]
        told = isinstance(first, ast.Expr) and isinstance(first.value, ast.Constant)
        size = node.end_lineno - node.lineno + 1
        size -= first.end_lineno - first.lineno + 1 if told else 0
        head = "\n".join(source[node.lineno - 1 : first.lineno])
        if size > LINES and "# long: " not in head:
            yield node.lineno, node.name, size


def test_long_functions_are_found():
    body = "    pass\n" * LINES
    assert list(long_functions(f"def f():\n{body}")) == [(1, "f", LINES + 1)]
    assert not list(long_functions(f"def f():  # long: a table\n{body}"))
    assert not list(long_functions(f'def f():\n    """\n    {body}    """\n    pass'))


@pytest.mark.parametrize("room", [*ALLOWED, "tests"])
def test_functions_are_short(room):
    wrong = [
        f"{path.relative_to(ROOT)}:{line} {name}() has {size} lines"
        for path in files(room)
        for line, name, size in long_functions(path.read_text(encoding="utf-8"))
    ]
    assert not wrong, (
        f"functions of more than {LINES} lines; divide them, or give a reason beside "
        "the name, `# long: reason`:\n" + "\n".join(wrong)
    )
