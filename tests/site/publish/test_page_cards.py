"""Cards of pages: a picture from the page's front matter, the minutes, its sentence."""

from docutils import nodes

from docs._ext.publish.glyphs import GLYPHS, glyph
from docs._ext.publish.page_cards import WORDS_A_MINUTE, minutes

FRONT = """# Front

```{{page-cards}}
* [](learn/one.md): what it answers.
```

```{{toctree}}
learn/one
```
"""


def site_with(site, front_matter: str) -> str:
    """The warnings of a site whose page `one` has this front matter."""
    site.without_claims()
    site.write("docs/index.md", FRONT.format())
    site.write(
        "docs/learn/one.md", f"---\n{front_matter}\n---\n\n# The one\n\nSome words.\n"
    )
    return site.build()


def test_card_has_picture_minutes_and_sentence(small_site):
    assert site_with(small_site, "picture: queue") == ""
    page = small_site.page()
    assert glyph("queue") in page
    assert '<span class="minutes">1 min</span>' in page
    assert "What it answers." in page and ": what" not in page


def test_page_without_a_picture_is_named(small_site):
    told = site_with(small_site, "picture: quue")
    assert "learn/one needs a picture in its front matter, one of: names" in told
    assert "The one" in small_site.page()


def test_minutes_leave_out_what_is_looked_up():
    tree = nodes.document(None, None)  # type: ignore[arg-type]
    tree += nodes.paragraph("", "word " * (WORDS_A_MINUTE + 1))
    assert minutes(tree) == 2
    tree += nodes.table("", nodes.paragraph("", "word " * 1000))
    assert minutes(tree) == 2


def test_each_picture_is_small_and_says_nothing():
    for name in GLYPHS:
        assert len(glyph(name)) < 2000, name
        assert 'aria-hidden="true"' in glyph(name)
