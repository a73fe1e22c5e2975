"""The search knows each section of each page, whichever pages were written last."""

import hashlib
import json
from pathlib import Path

PAGE = """# {title}

```{{index}} single: {title}; in the tree
```

Words of {title}.
Its second sentence.

## Deeper

| a | b |
| --- | --- |
| one<br>cell | another |

~~~python
not_text()
~~~
"""
LIBRARY = Path(__file__).parents[3] / "docs/_static/minisearch"
# Of version 7.2.0 as its package has it, less the line that names its source map.
SHA256 = "4e02b9fa52f244c377d737c7d06cda6bce967d137254e8532d6c79f68469bef3"


def index_of(site) -> dict[str, list]:
    text = (site.folder / "html/_static/search-sections.js").read_text()
    text = text.removeprefix("window.takeSections(").removesuffix(");\n")
    return {page: sections for page, _, _, sections, _ in json.loads(text)}


def test_a_section_has_its_heading_its_text_and_what_the_index_says(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", PAGE.format(title="one"))
    assert small_site.build() == ""
    assert index_of(small_site)["index"] == [
        ["", "one", "Words of one. Its second sentence.", ["one", "in the tree"]],
        ["deeper", "Deeper", "a · b\none cell · another", []],
    ]


def test_sections_outlive_a_build_of_one_page(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\none\ntwo\n```\n")
    for title in ("one", "two"):
        small_site.write(f"docs/{title}.md", PAGE.format(title=title))
    assert small_site.build() == ""
    whole = index_of(small_site)
    assert list(whole) == ["index", "one", "two"]
    small_site.write("docs/two.md", PAGE.format(title="two") + "\nOne more sentence.\n")
    assert small_site.build() == "" and small_site.read == ["two"]
    now = index_of(small_site)
    assert now["one"] == whole["one"]
    assert now["two"][1][2].endswith("One more sentence.")


def test_the_library_is_the_one_that_was_looked_at():
    text = (LIBRARY / "minisearch.js").read_bytes()
    assert hashlib.sha256(text).hexdigest() == SHA256
    assert "Permission is hereby granted" in (LIBRARY / "LICENSE.txt").read_text()
