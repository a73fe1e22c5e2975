"""Lets a browser wait with its first picture of a page until the first screen is there.

A long page arrives in pieces. A browser that shows half a table shows another one when
the rest has come: its columns change their widths, and what a reader has begun to read
moves. `rel=expect` names the element that has to be there first. A browser that does
not know it shows the page as it comes.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

# The title's section is the first, and two more fill a screen.
SECTIONS = 3
FOOT = "foot"  # docs/_templates/page.html has it behind the text


def expected(tree: nodes.document | None) -> str:
    """The id of the element that a browser waits for: a heading, else the foot.

    Deeper headings do not count: a table may stand before the first of them.
    """
    if tree is None:
        return FOOT
    found = [
        section["ids"][0]
        for top in tree.findall(nodes.section)
        if top.parent is tree
        for section in [top, *(s for s in top.children if isinstance(s, nodes.section))]
    ]
    return str(found[SECTIONS - 1]) if len(found) >= SECTIONS else FOOT


def add_link(
    app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    tree: nodes.document | None,
) -> None:
    """Add the link to the head of one page."""
    if app.builder.name == "html":
        link = f'<link rel="expect" href="#{expected(tree)}" blocking="render">\n'
        context["metatags"] = context.get("metatags", "") + link


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add_link)
