"""The sidebar is drawn once, and is what the theme would have drawn for each page."""

import re

import pytest

PAGES = {
    "index": "# Front\n\n```{toctree}\none\na/index\nb/index\n"
    "Elsewhere <https://example.org/x.html>\n```\n",
    "one": "# One\n\n## A heading\n",
    "a/index": "# All of *A*, `code` & more\n\n```{toctree}\ntwo\ndeep/index\n```\n",
    "a/two": "# Two\n",
    "a/deep/index": "# Deep\n\n```{toctree}\nthree\n```\n",
    "a/deep/three": '# Three "quoted"\n\n## Four\n',
    "b/index": "# B\n\n```{toctree}\n:hidden:\n\nfive\n```\n",
    "b/five": "# Five\n",
    "alone": "---\norphan: true\n---\n# In no tree\n",
}
TREE = re.compile(r'<div class="sidebar-tree">.*?</div>', re.DOTALL)


@pytest.fixture
def site(small_site):
    """A site of three levels with the theme, whose pages are not yet built."""
    small_site.without_claims()
    for page, text in PAGES.items():
        small_site.write(f"docs/{page}.md", text)
    return small_site


def trees(site) -> dict[str, str]:
    """The sidebar's tree on each page, and on those that have no source."""
    names = [*PAGES, "search", "genindex", "404"]
    return {name: TREE.search(site.page(name))[0] for name in names}


def test_tree_is_the_one_that_the_theme_draws(site, monkeypatch):
    assert site.build(html_theme="furo") == ""
    drawn = trees(site)
    monkeypatch.setattr("docs._ext.publish.sidebar.drawn_by_theme", lambda app: False)
    assert site.build(html_theme="furo", html_title="Written anew") == ""
    assert trees(site) == drawn
    assert 'href="https://example.org/x.html"' in drawn["a/deep/three"]
    assert drawn["a/deep/three"].count("current-page") == 1
    assert drawn["a/deep/three"].count('checked=""') == 2
    assert "current" not in drawn["alone"] + drawn["search"]
    assert 'href="/en/latest/one.html"' in drawn["404"]  # its own default


@pytest.mark.parametrize("parallel", [1, 2])
def test_tree_is_drawn_once_for_all_pages(site, monkeypatch, parallel):
    from docs._ext.publish import sidebar

    drawn = site.folder / "drawn"
    real = sidebar.global_toctree_for_doc

    def counted(*args, **kwargs):
        with drawn.open("a") as count:  # a file: pages are written in child processes
            count.write("x")
        return real(*args, **kwargs)

    monkeypatch.setattr(sidebar, "global_toctree_for_doc", counted)
    for number in range(10):  # Sphinx writes few pages in one process
        site.write(f"docs/n{number}.md", f"---\norphan: true\n---\n# N{number}\n")
    assert site.build(html_theme="furo", parallel=parallel) == ""
    assert drawn.read_text() == "x"


def test_tree_is_drawn_anew_when_a_title_changes(site):
    site.build(html_theme="furo")
    site.write("docs/one.md", "# Another title\n")
    site.build(html_theme="furo")
    assert ">Another title</a>" in trees(site)["a/deep/three"]
