"""The search knows the index entries of every page, whichever were written last."""

import json

PAGE = """# {title}

```{{index}} single: {title}; in the tree, pair: socket; {title}
```

Words of {title}.
"""


def index_of(site) -> dict:
    text = (site.folder / "html/searchindex.js").read_text()
    return json.loads(text.removeprefix("Search.setIndex(").removesuffix(")"))


def test_index_entries_outlive_a_build_of_one_page(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\none\ntwo\n```\n")
    for title in ("one", "two"):
        small_site.write(f"docs/{title}.md", PAGE.format(title=title))
    assert small_site.build() == ""
    whole = index_of(small_site)["indexentries"]
    assert {"one", "two"} <= whole.keys()
    small_site.write("docs/two.md", PAGE.format(title="two") + "\nOne more sentence.\n")
    assert small_site.build() == "" and small_site.read == ["two"]
    assert index_of(small_site)["indexentries"] == whole


def test_entries_are_those_that_sphinx_finds(small_site, monkeypatch):
    small_site.without_claims()
    small_site.write("docs/index.md", PAGE.format(title="one"))
    small_site.build()
    ours = index_of(small_site)["indexentries"]
    monkeypatch.setattr("docs._ext.publish.search.complete_index", lambda app: [])
    small_site.build(html_title="Written anew")
    assert index_of(small_site)["indexentries"] == ours
