"""Each incident stands on one page, under its own words, with what was seen."""

import re
from collections import Counter

import pytest

from docs._ext.incidents import directives
from evidence import incidents, store
from evidence.incidents import Cited, Play, Step

PAGES = {
    path.stem: path.read_text()
    for path in (store.ROOT / "docs" / "incidents").glob("*.md")
}
SHOWN = [
    (page, title, name)
    for page, text in PAGES.items()
    for title, name in re.findall(
        r"^## (.+)\n(?:(?!## ).*\n)*?`{3,}\{incident\} (\S+)$", text, re.M
    )
]
EVERY = {one.id: one for one in incidents.every()}


def test_there_are_thirty_sections():
    assert len(SHOWN) >= 30


def test_each_incident_is_on_one_page():
    assert Counter(name for *_, name in SHOWN) == Counter(EVERY.keys())


@pytest.mark.parametrize(("page", "title", "name"), SHOWN)
def test_heading_has_the_words_of_the_incident(page, title, name):
    one = EVERY[name]
    assert title.replace("`", "") == one.title
    assert page == one.group, "an incident stands on the page of its group"


@pytest.mark.parametrize("page", PAGES)
def test_page_shows_what_was_recorded(page, built_site):
    html = (built_site / "incidents" / f"{page}.html").read_text()
    for where, _, name in SHOWN:
        if where != page:
            continue
        section = re.search(rf'<section id="{name}">(.*?)</section>', html, re.DOTALL)
        assert section, f"{name} is no anchor"
        if isinstance(EVERY[name], Cited):
            assert "Not measured here" in section[1]
            assert EVERY[name].url.replace("&", "&amp;") in section[1]
        else:
            assert section[1].count('<figure class="incident-run ') == 2


def test_search_finds_an_incident_by_its_message(built_site):
    sections = (built_site / "_static" / "search-sections.js").read_text()
    assert "Could not create server TCP listening socket" in sections


def test_only_what_failed_is_red():
    failed = Step("nginx", "bind(3, 0.0.0.0:80)", "EADDRINUSE", failed=True)
    under_way = Step("curl", "connect(3, 127.0.0.1:80)", "EINPROGRESS", failed=True)
    cause = Step("nginx", "setsockopt(3, IPV6_V6ONLY, 0)", "0", cause=True)
    assert 'class="failed"' in directives.call(failed)
    assert 'class="pending"' in directives.call(under_way)
    assert "failed" not in directives.call(cause)
    assert "the cause" in directives.call(cause)


def test_what_programs_print_is_escaped():
    play = Play(
        [incidents.Line("it", "<script>")], [Step("<b>", "x(<i>)", "<u>")], "<p>"
    )
    shown = directives.runs(play, play)
    assert not re.search(r"<(script|b|i|u)>", shown) and "<p></p>" not in shown
