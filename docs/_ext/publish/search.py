"""Gives the search all entries of the index, in a build that wrote only some pages.

Sphinx keeps the words of a page that did not change, and forgets its index entries,
by which docs/_static/search-scorer.js finds the page that a question is about.
"""

from sphinx.util.index_entries import split_index_msg


def restore_index_entries(app) -> list:
    """Take the entries from the environment, which knows those of every page."""
    indexer = getattr(app.builder, "indexer", None)
    if indexer is not None:
        for page, entries in app.env.get_domain("index").entries.items():
            indexer._index_entries[page] = sorted(
                {
                    (words, target or "", main or "")
                    for kind, value, target, main, _ in entries
                    for words in split_index_msg(kind, value)
                }
            )
    return []


def setup(app):
    app.connect("html-collect-pages", restore_index_entries)
