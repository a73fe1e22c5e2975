"""Reads the pages' sources for the gates; knows MyST's fences, not Sphinx.

They are read once: hundreds of tests look each for their own line.
"""

import re
from dataclasses import dataclass
from functools import cache

from evidence.store import ROOT

DOCS = ROOT / "docs"


@dataclass(frozen=True)
class Fence:
    """A fenced block: its language or {directive}, argument, options and content."""

    page: str
    line: int
    kind: str
    argument: str
    body: str


@cache
def pages() -> dict[str, str]:
    """{page name: source} of every page."""
    return {
        path.relative_to(DOCS).with_suffix("").as_posix(): path.read_text()
        for path in sorted(DOCS.rglob("*.md"))
    }


def fences(page: str, source: str) -> list[Fence]:
    """The fenced blocks of a page, outer ones with what is inside them."""
    found, open_ = [], []
    for number, line in enumerate(source.splitlines(), 1):
        fence = re.match(r"\s*(`{3,}|:{3,})(.*)$", line)
        if not fence:
            for block in open_:
                block["body"].append(line)
            continue
        ticks, rest = fence.groups()
        if open_ and ticks == open_[-1]["ticks"] and not rest.strip():
            block = open_.pop()
            body = "\n".join(block["body"])
            kind, _, argument = block["rest"].strip().partition(" ")
            found.append(Fence(page, block["line"], kind, argument, body))
        else:
            open_.append({"ticks": ticks, "rest": rest, "line": number, "body": []})
    assert not open_, f"{page}: fence of line {open_[-1]['line']} is never closed"
    return found


@cache
def all_fences() -> list[Fence]:
    """The fenced blocks of every page."""
    return [fence for page, source in pages().items() for fence in fences(page, source)]


@cache
def stated() -> list[tuple[str, str, str]]:
    """(claim id, sentence, page) of every claim that a page states."""
    found = []
    for page, source in pages().items():
        for match in re.finditer(r"\{claim\}(`+)(.+?)\s*<([\w.]+)>\1", source):
            found.append((match[3], match[2].strip(), page))
        for fence in fences(page, source):
            if fence.kind == "{claim}":
                found.append((fence.argument.strip(), fence.body.strip(), page))
    return found


@cache
def cited() -> set[str]:
    """Ids of the claims that a page cites."""
    return {
        match[1]
        for source in pages().values()
        for match in re.finditer(r"\{proved\}`+(?:[^`]*?<)?([\w.]+)>?`", source)
    }
