"""The line under a page's title: how many of its statements are proved, and where."""

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.claims import domain, marks
from docs._ext.claims.text import MARK, written
from docs._ext.shared import html
from evidence import claims, systems
from evidence.store import EvidenceError


def add_byline(app: Sphinx, doctree: nodes.document) -> None:
    """Say it under the title of a page that states, cites or proves something."""
    ours, page = domain.of(app.env), app.env.docname
    mine = ours.of_page(page)
    ours.data["signature"][page] = ours.signature(page)
    title = next(doctree.findall(nodes.title), None)
    try:
        text = byline(mine, ours.known)
    except EvidenceError as error:
        domain.complain(page, 1, str(error))
        return
    if title is None or not text:
        return
    line = nodes.paragraph("", "", nodes.inline("", f"{MARK} ", classes=["mark"]))
    line += nodes.Text(text)
    line += html(' <button class="every-mark" type="button">Show every mark</button>')
    line["classes"] = ["byline"]
    title.parent.insert(title.parent.index(title) + 1, line)


def byline(mine: list[str], known: marks.Known) -> str:
    """The line's text, or nothing where nothing is proved.

    Raises EvidenceError where a platform is not described.
    """
    passed = [claim for claim in mine if known.proved(claim)]
    newest = {
        platform: max(found[claim].date for claim in passed if claim in found)
        for platform, found in known.outcomes.items()
        if any(claim in found for claim in passed)
    }
    if not newest:
        return ""
    where = "; ".join(map(systems.name, newest))
    day = written(max(newest.values()))
    scope = claims.scope_in_words({kind for c in passed for kind in known.kinds(c)})
    statements = "statement" if len(mine) == 1 else "statements"
    said = (
        f"Proved by tests: {len(passed)} of {len(mine)} {statements}, on {where}, {day}"
    )
    return (
        f"{said}. Tried with: {scope}; options and settings at their defaults"
        if scope
        else said
    )


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", add_byline)
