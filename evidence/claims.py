"""The claims and their proofs, read from tests/claims/ without running them.

A claim's id is its proof's name: `udp.connect_sends_no_packet` is the function
`test_connect_sends_no_packet` in a file of `tests/claims/udp/`, and its sentence is
that function's docstring. How each ended is in evidence/measured/claims/PLATFORM.json.
"""

import ast
import difflib
import os
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec

from evidence import sources, store, systems
from evidence.definitions import span

RUNNER = ("lab.claims.families", "run_over")  # what runs every proof
FOLDER = "tests/claims"
FORM = "write subject.what_is_so in small letters, as udp.connect_sends_no_packet"


def folder() -> Path:
    """Where the proofs are."""
    return store.ROOT / FOLDER


# Options of setsockopt(2), and settings of sysctl(8), in the source of a proof.
VARIED = re.compile(
    r"\b(?:SO|IP|IPV6|TCP)_[A-Z][A-Z0-9_]+\b|\bREUSE(?:ADDR|PORT)\b"
    r"|\bnet\.(?:ipv4|ipv6|core)\.[\w.]+"
)
# What is only read, or no option: states, what TCP_INFO and SO_ERROR tell.
ASKED = {"SO_ERROR", "SO_ACCEPTCONN", "TCP_INFO", "TCP_STATES", "SO_PEERCRED"}


@dataclass(frozen=True)
class Proof:
    """One proof: what it states, its source text and what it needs to run."""

    id: str
    sentence: str
    source: str
    path: str  # from the top of the repository
    line: int
    needs: tuple[str, ...]
    only: tuple[str, ...] = ()  # what its scope is narrowed to, such as `IPv4`
    because: str = ""  # why

    @property
    def varied(self) -> list[str]:
        """Options and settings that it names: it is proved for these, not for others.

        Such as `SO_REUSEADDR` and `net.ipv4.tcp_tw_reuse`; the rest is at its default.
        """
        named = {
            f"SO_{name}" if name.startswith("REUSE") else name.rstrip(".")
            for name in VARIED.findall(self.source)
        }
        return sorted(named - ASKED)

    @property
    def function(self) -> sources.Key:
        """The module that holds the proof, and its name there."""
        module = self.path.removesuffix(".py").replace("/", ".")
        return module, f"test_{self.id.partition('.')[2]}"

    @property
    def test(self) -> str:
        """How pytest names the proof."""
        return f"{self.path}::{self.function[1]}"

    @property
    def digest(self) -> str:
        """The digest of the proof and of all that it rests on, as it is now."""
        return sources.digest(self.function, RUNNER)


class Outcome(msgspec.Struct, frozen=True):
    """How a proof ended on one platform, with the sources that it had then."""

    outcome: str  # passed, failed or skipped
    source: str  # the digest of the proof and of all that it rests on
    packets: list[str]  # seen while it ran, in words
    kinds: list[str]  # of the sockets it is about, such as `TCP IPv6`, `Unix stream`
    date: str  # since when it ends so, with the same packets


class Outcomes(msgspec.Struct):
    """evidence/measured/claims/PLATFORM.json: one row for each proof.

    definitions: the digest of each definition that the proofs rest on, as it was when
    the last of them was run.
    """

    platform: str
    proofs: dict[str, Outcome]
    definitions: dict[str, str] = {}
    digest: str = ""


def read() -> dict[str, Proof]:
    """Every proof in tests/claims/: {id: Proof}, in file order.

    Raises EvidenceError for a file that is no Python.
    """
    return read_unchanged(stamps())


def stamps() -> tuple[tuple[str, int], ...]:
    """Every file of proofs and its time, in the order of their paths."""
    inside = f"{folder()}{os.sep}"
    return tuple(
        sorted(
            (file, stamp)
            for _, file, stamp in sources.stamps()
            if file.startswith(inside) and Path(file).name.startswith("test_")
        )
    )


@lru_cache(maxsize=4)  # a build asks for each of hundreds of claims
def read_unchanged(stamps_: tuple[tuple[str, int], ...]) -> dict[str, Proof]:
    """The proofs of some files as they were at some time."""
    return {proof.id: proof for path, _ in stamps_ for proof in read_file(Path(path))}


def read_file(path: Path) -> list[Proof]:
    """The proofs of one test file. Raises EvidenceError where it is no Python."""
    text = path.read_text(encoding="utf-8")
    lines = text.splitlines()
    try:
        statements = ast.parse(text).body
    except SyntaxError as error:
        raise store.EvidenceError(f"{store.shown(path)}: {error}: correct it") from None
    proofs = []
    for node in statements:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
            first, last = span(node)
            proofs.append(
                Proof(
                    id=f"{path.parent.name}.{node.name.removeprefix('test_')}",
                    sentence=" ".join((ast.get_docstring(node) or "").split()),
                    source="\n".join(lines[first - 1 : last]),
                    path=path.relative_to(path.parents[3]).as_posix(),
                    line=first,
                    needs=tuple(needs_of(node)),
                    **scope_of(node),
                )
            )
    return proofs


def needs_of(node: ast.FunctionDef) -> list[str]:
    """What the `@needs(…)` lines of a proof name."""
    return [
        str(ast.literal_eval(argument))
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Call) and "needs" in ast.unparse(decorator.func)
        for argument in decorator.args
    ]


def scope_of(node: ast.FunctionDef) -> dict[str, Any]:
    """What the `@scope(…)` line of a proof says: only, because; nothing without one."""
    for line in node.decorator_list:
        if isinstance(line, ast.Call) and "scope" in ast.unparse(line.func):
            only = tuple(str(ast.literal_eval(argument)) for argument in line.args)
            said = [ast.literal_eval(keyword.value) for keyword in line.keywords]
            return {"only": only, "because": "".join(said)}
    return {}


def users_in_words(needs: Iterable[str], source: str) -> str:
    """As whom a proof runs, in a reader's words; nothing for one user, who is root.

    >>> users_in_words(["second_user"], ""), users_in_words([], "ordinary_user()")
    ('two users', 'a user without capabilities')
    """
    if "second_user" in needs:
        return "two users"
    given_up = "ordinary_user()" in source or "give_up_capabilities()" in source
    return "a user without capabilities" if given_up else ""


def scope_in_words(kinds: Iterable[str]) -> str:
    """Kinds of socket in a reader's words; nothing for none.

    >>> scope_in_words(["TCP IPv4", "TCP IPv6", "UDP IPv4", "UDP IPv6"])
    'TCP and UDP, over IPv4 and IPv6'
    >>> scope_in_words(["TCP IPv4", "UDP IPv4", "UDP IPv6", "Unix stream"])
    'TCP over IPv4; UDP over IPv4 and IPv6; Unix stream'
    """
    families: dict[str, list[str]] = {}
    for kind in sorted(kinds):
        protocol, _, family = kind.partition(" ")
        if protocol == "Unix":
            families[kind] = []
        else:
            families.setdefault(protocol, []).append(family)
    inet = {name: found for name, found in families.items() if found}
    unix = [name for name, found in families.items() if not found]
    if len({tuple(found) for found in inet.values()}) == 1:
        told = [f"{' and '.join(inet)}, over {' and '.join(next(iter(inet.values())))}"]
    else:
        told = [f"{name} over {' and '.join(found)}" for name, found in inet.items()]
    return "; ".join([*told, *unix])


def known(claim: str) -> Proof:
    """The proof of a claim. Raises EvidenceError, with what might have been meant."""
    found = read()
    if claim not in found:
        raise store.EvidenceError(f"no claim {claim}{did_you_mean(claim, found)}")
    return found[claim]


def is_id(text: str) -> bool:
    """Whether a claim could have this id.

    >>> is_id("udp.connect_sends_no_packet"), is_id("UDP.x"), is_id("udp")
    (True, False, False)
    """
    return re.fullmatch(r"[a-z]+\.[a-z][a-z0-9_]*", text) is not None


def close_to(name: str, names: Iterable[str]) -> list[str]:
    """The names, two at the most, that are most like an unknown one."""
    return difflib.get_close_matches(name, sorted(names), 2)


def did_you_mean(name: str, names: Iterable[str]) -> str:
    """`; did you mean x or y?` of the names most like an unknown one, or nothing."""
    close = close_to(name, names)
    return f"; did you mean {' or '.join(close)}?" if close else ""


def digests() -> dict[str, str]:
    """The digest of each proof and of all that it rests on: {id: digest}.

    Raises EvidenceError for a file that is no Python.
    """
    return digests_at(sources.project())


@lru_cache(maxsize=4)
def digests_at(project: sources.Project) -> dict[str, str]:
    """The digests in a project as it was at some time."""
    return {
        claim: project.digest(proof.function, RUNNER) for claim, proof in read().items()
    }


def definitions(claims: Iterable[str]) -> dict[str, str]:
    """The digest of every definition on which the proofs of some claims rest."""
    project = sources.project()
    found: dict[str, str] = {}
    for claim in claims:
        found |= project.digests(known(claim).function, RUNNER)
    return dict(sorted(found.items()))


def helpers(proof: Proof, project: sources.Project) -> dict[str, str]:
    """What a proof rests on beside itself in tests/claims/: {path: source}.

    Functions and what they need, in the order of their files, comments and all.
    """
    found: dict[str, dict[int, str]] = {}
    for name, top in project.reached(proof.function):
        module = project.module(name)
        ours = name.startswith(FOLDER.replace("/", ".")) and top != "needs"
        if module is None or not ours or (name, top) == proof.function:
            continue
        for node in module.tops.get(top, ()):
            first, last = span(node)
            source = "\n".join(module.lines[first - 1 : last])
            path = project.shown((name, top)).partition(":")[0]
            found.setdefault(path, {})[first] = source
    return {
        path: "\n\n".join(source for _, source in sorted(sources_.items()))
        for path, sources_ in sorted(found.items())
    }


def of_snippet(snippet: str) -> Proof | None:
    """The proof that runs a snippet: the one with its id, else the first that calls it.

    None for a program that is run as a process of its own.
    """
    package, _, module = snippet.rpartition(".")
    imports = re.compile(
        rf"^from snippets\.{package} import (?:\([^)]*|.*)\b{module}\b", re.M
    )
    texts = texts_unchanged(stamps())
    files = {path for path, text in texts.items() if imports.search(text)}
    mine = [proof for proof in read().values() if proof.path in files]
    calls = re.compile(rf"\b{module}\.")
    named = (proof for proof in mine if proof.id == snippet)
    calling = (proof for proof in mine if calls.search(proof.source))
    return next(named, None) or next(calling, None)


@lru_cache(maxsize=2)
def texts_unchanged(stamps_: tuple[tuple[str, int], ...]) -> dict[str, str]:
    """{path from the top of the repository: text} of the files of proofs."""
    return {
        Path(path).relative_to(store.ROOT).as_posix(): Path(path).read_text("utf-8")
        for path, _ in stamps_
    }


def plain(sentence: str) -> str:
    """A sentence without its markup, to compare a page with a docstring.

    >>> plain("`connect()` on a *UDP* socket")
    'connect() on a UDP socket'
    """
    return " ".join(re.sub(r"[`*]", "", sentence).split())


def path_of(platform: str) -> Path:
    """Where the outcomes on a platform are kept."""
    return store.measured("claims", f"{platform}.json")


def kept() -> dict[str, Outcomes]:
    """The outcomes of every platform that ran the proofs. Raises EvidenceError."""
    files = sorted(store.measured("claims").glob("*.json"))
    return kept_unchanged(tuple((path, path.stat().st_mtime_ns) for path in files))


@lru_cache(maxsize=4)
def kept_unchanged(stamps: tuple[tuple[Path, int], ...]) -> dict[str, Outcomes]:
    """The outcomes in some files as they were at some time."""
    return {path.stem: store.load(path, Outcomes) for path, _ in stamps}


def outcomes() -> dict[str, dict[str, Outcome]]:
    """{platform: {claim id: Outcome}} of every platform that ran the proofs.

    Raises EvidenceError where a file is damaged.
    """
    return {platform: found.proofs for platform, found in kept().items()}


def stale() -> list[Proof]:
    """The proofs that have not passed or been skipped here as they stand now.

    Raises EvidenceError for a file that is no Python.
    """
    found = store.kept(path_of(systems.here()), Outcomes)
    rows = found.proofs if found else {}
    now = digests()
    return [
        proof
        for claim, proof in read().items()
        if claim not in rows
        or rows[claim].source != now[claim]
        or rows[claim].outcome not in ("passed", "skipped")
    ]


def changed_since(claim: str) -> list[str]:
    """`snippets/udp/x.py:function` of each definition that has changed since its proof.

    Those that have changed since any proof that rests on them was run last; an empty
    list where nothing is known of it.
    """
    before: dict[str, str] = {}
    for found in kept().values():
        before |= found.definitions
    if claim not in read() or not before:
        return []
    now = definitions([claim])
    return [name for name, digest in now.items() if before.get(name) != digest]
