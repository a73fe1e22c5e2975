"""The glossary: sorted, and linked from the pages that explain."""

import re

import pytest

from tests.site import pages

SOURCE = pages.pages()["reference/glossary"]
TERMS = re.findall(r"^(?! |:|#)(.+)\n  ", SOURCE, re.MULTILINE)
EXPLAINING = [
    page
    for page in pages.pages()
    if re.match("(learn|recipes)/", page) and not page.endswith("/index")
]


def test_terms_are_sorted():
    assert len(TERMS) >= 25
    assert sorted(TERMS, key=str.lower) == TERMS


@pytest.mark.parametrize("page", EXPLAINING)
def test_page_links_its_terms(page):
    """A term is linked once, where it is first used; a wrong one fails the build."""
    linked = re.findall(r"\{term\}`(?:[^`<]*<)?([^`<>]+)>?`", pages.pages()[page])
    assert linked, f"link the terms of {page} with {{term}}`…`"
    assert len(set(linked)) == len(linked)
    assert set(linked) <= set(TERMS)
