"""The claims and their proofs, read from tests/claims/ without running them.

A claim's id is its proof's name: `udp.connect_sends_no_packet` is
the function `test_connect_sends_no_packet` in a file of `tests/claims/udp/`, and its sentence is that
function's docstring.
"""

import ast
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from evidence import store


def folder() -> Path:
    """Where the proofs are."""
    return store.ROOT / "tests" / "claims"


@dataclass(frozen=True)
class Proof:
    """One proof: what it states, its source text and what it needs to run."""

    id: str
    sentence: str
    source: str
    path: str  # from the top of the repository
    line: int
    needs: tuple[str, ...]

    @property
    def digest(self) -> str:
        """Tells whether the proof has changed since it was last run."""
        return store.digest(self.source)


def read() -> dict[str, Proof]:
    """Every proof in tests/claims/: {id: Proof}, in file order."""
    files = sorted(folder().glob("*/test_*.py"))
    stamps = tuple((path, path.stat().st_mtime_ns) for path in files)
    return read_unchanged(stamps)


@lru_cache(maxsize=4)  # a build asks for each of hundreds of claims
def read_unchanged(stamps: tuple[tuple[Path, int], ...]) -> dict[str, Proof]:
    """The proofs of some files as they were at some time."""
    return {proof.id: proof for path, _ in stamps for proof in read_file(path)}


def read_file(path: Path) -> list[Proof]:
    """The proofs of one test file."""
    text = path.read_text()
    lines = text.splitlines()
    proofs = []
    for node in ast.parse(text).body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            needs = [
                ast.literal_eval(argument)
                for decorator in node.decorator_list
                if "needs" in ast.unparse(decorator)
                for argument in decorator.args
            ]
            proofs.append(
                Proof(
                    id=f"{path.parent.name}.{node.name[5:]}",
                    sentence=" ".join((ast.get_docstring(node) or "").split()),
                    source="\n".join(lines[first - 1 : node.end_lineno]),
                    path=path.relative_to(path.parents[3]).as_posix(),
                    line=first,
                    needs=tuple(needs),
                )
            )
    return proofs


def of_snippet(snippet: str) -> Proof | None:
    """The proof that runs a snippet: the one with its id, else the first that calls it.

    None for a program that is run as a process of its own.
    """
    package, _, module = snippet.rpartition(".")
    imports = re.compile(
        rf"^from snippets\.{package} import (?:\([^)]*|.*)\b{module}\b", re.M
    )
    files = {
        path.relative_to(store.ROOT).as_posix()
        for path in folder().glob("*/test_*.py")
        if imports.search(path.read_text())
    }
    mine = [proof for proof in read().values() if proof.path in files]
    calls = re.compile(rf"\b{module}\.")
    named = (proof for proof in mine if proof.id == snippet)
    calling = (proof for proof in mine if calls.search(proof.source))
    return next(named, None) or next(calling, None)


def plain(sentence: str) -> str:
    """A sentence without its markup, to compare a page with a docstring.

    >>> plain("`connect()` on a *UDP* socket")
    'connect() on a UDP socket'
    """
    return " ".join(re.sub(r"[`*]", "", sentence).split())


def outcomes() -> dict[str, dict]:
    """{platform: {claim id: outcome}} of every platform that ran the proofs."""
    files = sorted((store.measured() / "claims").glob("*.json"))
    stamps = tuple((path, path.stat().st_mtime_ns) for path in files)
    return outcomes_unchanged(stamps)


@lru_cache(maxsize=4)
def outcomes_unchanged(stamps: tuple[tuple[Path, int], ...]) -> dict[str, dict]:
    """The outcomes in some files as they were at some time."""
    return {
        path.stem: store.load_dict(f"claims/{path.name}")["proofs"]
        for path, _ in stamps
    }
