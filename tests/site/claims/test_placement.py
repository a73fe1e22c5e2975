"""Marks stand behind the stop, and a wholly proved paragraph has a line."""

import pytest
from docutils import nodes
from docutils.utils import new_document
from sphinx import addnodes

from docs._ext.claims import placement
from docs._ext.claims.text import MARK


def mark() -> nodes.Node:
    made = addnodes.pending_xref("", nodes.inline("", MARK))
    made["classes"] = ["proof"]
    return made


def placed(*parts: str) -> str:
    """A paragraph of these parts, `*` for a mark, after both steps."""
    document = new_document("a page")
    paragraph = nodes.paragraph()
    for part in parts:
        paragraph += mark() if part == "*" else nodes.Text(part)
    document += paragraph
    placement.after_the_stop(None, document)
    placement.on_the_line(None, document)
    return paragraph.astext().replace(MARK, "*")


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        (("It is so", "*", "."), "It is so.*"),
        (("It is so ", "*", ". More"), "It is so.* More"),
        (("It is so ", "*", " ", "*", "; and"), "It is so;** and"),
        (("It is so", "*", ", but ", "*", "."), "It is so,* but.*"),
        (("It is so.", "*"), "It is so.*"),
        (("so ", "*", " and"), "so\N{NO-BREAK SPACE}* and"),
        (("*", "."), ".*"),
    ],
)
def test_stop_goes_before_the_mark(parts, expected):
    assert placed(*parts) == expected


@pytest.mark.parametrize("also", ["", "Not proved."])
def test_paragraph_of_claims_alone_is_noted(also):
    document = new_document("a page")
    paragraph = nodes.paragraph("", "", nodes.inline("", "So.", classes=["claim"]))
    paragraph += [nodes.Text(" "), nodes.inline("", "And so.", classes=["claim"])]
    if also:
        paragraph += nodes.Text(also)
    document += paragraph
    placement.wholly_proved(None, document)
    assert ("proved" in paragraph["classes"]) == (not also)
