"""Where marks stand: after the stop, never at the beginning of a line.

A paragraph in which each sentence is proved gets a class of its own, and a line at its
edge.
"""

import re

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from docs._ext.claims.text import MARK

STOP = re.compile(r"[.,;:!?)]+")


def is_mark(node: nodes.Node | None) -> bool:
    """Whether a node is the mark of a proof."""
    return (
        isinstance(node, addnodes.pending_xref)
        and "proof" in node["classes"]
        and node.astext() == MARK
    )


def blank(node: nodes.Node | None) -> bool:
    """Whether a node is nothing but white space."""
    return isinstance(node, nodes.Text) and not node.strip()


def after_the_stop(app: Sphinx, doctree: nodes.document) -> None:
    """Move the stop behind some marks before them: `words✓.` becomes `words.✓`."""
    for made in list(doctree.findall(addnodes.pending_xref)):
        parent = made.parent
        place = parent.index(made) if is_mark(made) else -1
        after = parent[place + 1] if 0 <= place < len(parent) - 1 else None
        if not isinstance(after, nodes.Text) or not (stop := STOP.match(after)):
            continue
        parent[place + 1] = nodes.Text(after[stop.end() :])
        while place and (is_mark(parent[place - 1]) or blank(parent[place - 1])):
            place -= 1
        if blank(parent[place]):
            del parent[place]
        before = parent[place - 1] if place else None
        if isinstance(before, nodes.Text):
            parent[place - 1] = nodes.Text(before.rstrip(" \u00a0") + stop[0])
        else:
            parent.insert(place, nodes.Text(stop[0]))


def on_the_line(app: Sphinx, doctree: nodes.document) -> None:
    """A no-break space before each mark, so that none begins a line."""
    for made in list(doctree.findall(addnodes.pending_xref)):
        if not is_mark(made):
            continue
        place = made.parent.index(made)
        if (
            place > 1
            and is_mark(made.parent[place - 2])
            and blank(made.parent[place - 1])
        ):
            del made.parent[place - 1]  # marks of one sentence stand close together
            continue
        before = made.parent[place - 1] if place else None
        if isinstance(before, nodes.Text) and before.endswith(" "):
            made.parent[place - 1] = nodes.Text(before.rstrip(" ") + "\u00a0")


def wholly_proved(app: Sphinx, doctree: nodes.document) -> None:
    """Note the paragraphs of which each sentence states a claim."""
    for paragraph in doctree.findall(nodes.paragraph):
        rest = [one for one in paragraph.children if not blank(one)]
        stated = [
            isinstance(one, nodes.inline) and "claim" in one["classes"] for one in rest
        ]
        if stated and all(stated):
            paragraph["classes"].append("proved")


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", after_the_stop, priority=400)
    app.connect("doctree-read", on_the_line)
    app.connect("doctree-read", wholly_proved)
