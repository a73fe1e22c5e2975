"""Gives the search all entries of the index, in a build that wrote only some pages.

Sphinx keeps the words of a page that did not change, and forgets its index entries
(its issue 12599), by which search-scorer.js finds the page that a question is about.
"""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment import BuildEnvironment
from sphinx.util.index_entries import split_index_msg

Found = dict[str, list[tuple[int, str, bool]]]


def index_entries(env: BuildEnvironment, pages: Sequence[str]) -> Found:
    """{words: [(number of the page, anchor, whether it is the main place)]}.

    As searchindex.js has them, of every page; pages: their names, by number.
    """
    found: Found = {}
    entries: Mapping[str, Any] = env.get_domain("index").data["entries"]
    for number, page in enumerate(pages):
        on_page = set()
        for kind, value, target, main, _ in entries.get(page, ()):
            with suppress(ValueError):  # malformed; Sphinx has said so
                for words in split_index_msg(kind, value):
                    on_page.add((words, target or "", main or ""))
        for words, target, main in sorted(on_page):
            found.setdefault(words.lower(), []).append((number, target, main == "main"))
    return found


def complete_index(app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """Let the search's index take the entries from the environment; adds no page."""
    builder = app.builder
    indexer = getattr(builder, "indexer", None)
    if isinstance(builder, StandaloneHTMLBuilder) and indexer is not None:
        freeze = indexer.freeze

        def frozen() -> dict[str, Any]:
            known: dict[str, Any] = freeze()
            return known | {"indexentries": index_entries(app.env, known["docnames"])}

        indexer.freeze = frozen
    return []


def setup(app: Sphinx) -> None:
    app.connect("html-collect-pages", complete_index)
