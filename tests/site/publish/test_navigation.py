"""A new page appears in the sidebar of every page, of unchanged ones too."""

import re

import pytest


def test_every_page_is_written_when_the_sidebar_changes(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\none\n```\n")
    small_site.write("docs/one.md", "# One\n")
    small_site.build()
    written = []
    small_site.on_write = written.append
    assert small_site.build() == "" and written == []
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\none\ntwo\n```\n")
    small_site.write("docs/two.md", "# Two\n")
    assert small_site.build() == ""
    assert sorted(written) == ["index", "one", "two"]


@pytest.mark.parametrize("page", ["index", "learn/tcp", "search", "404"])
def test_both_sidebars_are_landmarks_with_a_name(page, built_site):
    """The theme gives them none; docs/_templates/page.html does, by their classes."""
    asides = re.findall(r"<aside\b[^>]*>", (built_site / f"{page}.html").read_text())
    drawers = [aside for aside in asides if "-drawer" in aside]
    assert len(drawers) == 2
    assert all("aria-label=" in aside for aside in drawers)
