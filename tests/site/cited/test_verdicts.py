"""What others say: a bar of verdicts, a choice, and manual pages as a diff."""

import re

from docutils import nodes
from docutils.utils import new_document

from docs._ext.cited import verdicts
from tests.site import pages


def document() -> nodes.document:
    """A page with a place for the bar, four rows, and what a manual page says."""
    made = new_document("a page")
    made += nodes.container(classes=["verdicts"])
    rows = nodes.definition_list()
    for verdict in ("True.", "False.", "False.", ""):
        text = nodes.paragraph("", "", nodes.strong("", verdict), nodes.Text(" So."))
        term, definition = nodes.term("", "It is"), nodes.definition("", text)
        rows += nodes.definition_list_item("", term, definition)
    made += rows
    for said in ("The page:", "Measured:", "Suggested:"):
        made += nodes.paragraph("", "", nodes.emphasis("", said), nodes.Text(" so"))
    return made


def test_rows_have_the_class_of_their_verdict():
    page = document()
    verdicts.mark_rows(None, page)
    told = [term["classes"] for term in page.findall(nodes.term)]
    assert told == [
        ["judged", "judged-true"],
        *[["judged", "judged-false"]] * 2,
        [],
    ]
    pills = [bold for bold in page.findall(nodes.strong) if bold["classes"]]
    assert len(pills) == 3
    bar = next(page.findall(nodes.raw)).astext()
    widths = re.findall(r'judged-(\w+)" style="flex-grow:(\d)"', bar)
    assert widths == [("true", "1"), ("false", "2")]
    choices = re.findall(r'id="only-(\w+)"( checked)?> [\w ]+ <span>(\d)</span>', bar)
    assert choices == [("all", " checked", "3"), ("true", "", "1"), ("false", "", "2")]


def test_page_without_a_place_for_the_bar_stays_as_it_is():
    page = document()
    page.pop(0)
    verdicts.mark_rows(None, page)
    assert not any(term["classes"] for term in page.findall(nodes.term))


def test_manual_page_and_suggestion_are_a_diff():
    page = document()
    verdicts.mark_diff(None, page)
    told = [p["classes"] for p in page.findall(nodes.paragraph)][4:]
    assert told == [["page-says"], [], ["we-suggest"]]


def test_every_verdict_of_the_page_is_known():
    """A word of bold type at the head of a row that is no verdict has no pill."""
    text = pages.pages()["reference/popular-answers"]
    found = re.findall(r"^: \*\*([\w ]+)\.\*\*", text, re.MULTILINE)
    assert len(found) == 65 and set(found) <= verdicts.VERDICTS.keys()
