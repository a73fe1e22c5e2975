"""The line under a page's title: how many of its statements are proved, and where."""

from html import escape

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
    if title is None or text is None:
        return
    short, more = text
    line = nodes.container(classes=["byline"])
    tick = nodes.inline("", f"{MARK} ", classes=["mark"])
    line += nodes.inline("", "", tick, nodes.Text(short))
    line += html(
        ' <button class="every-mark" type="button">Show every mark</button>'
        f"<details><summary>How it is proved</summary>{escape(more)}</details>"
    )
    title.parent.insert(title.parent.index(title) + 1, line)


def byline(mine: list[str], known: marks.Known) -> tuple[str, str] | None:
    """The line's text and what it folds away, or None where nothing is proved.

    Raises EvidenceError where a platform is not described.
    """
    passed = [claim for claim in mine if known.proved(claim)]
    newest = {
        platform: max(found[claim].date for claim in passed if claim in found)
        for platform, found in known.outcomes.items()
        if any(claim in found for claim in passed)
    }
    if not newest:
        return None
    kernels = "; ".join(dict.fromkeys(systems.kernel(platform) for platform in newest))
    scope = claims.scope_in_words({kind for c in passed for kind in known.kinds(c)})
    statements = "statement" if len(mine) == 1 else "statements"
    count = str(len(mine)) if passed == mine else f"{len(passed)} of {len(mine)}"
    tried = f"With {scope}; options and settings at their defaults. " if scope else ""
    where = "; ".join(map(systems.name, newest))
    return (
        f"{count} {statements} proved by tests on {kernels}",
        f"{tried}Last proved on {where}, {written(max(newest.values()))}.",
    )


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", add_byline)
