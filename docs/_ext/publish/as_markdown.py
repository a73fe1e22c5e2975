"""Writes each page as Markdown too, beside the HTML: names.html, names.md.

The source of a page names its programs and recordings; this has them in full.
"""

import re
from pathlib import Path
from typing import Any

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from markdownify import MarkdownConverter
from sphinx.application import Sphinx

# A picture of a run is followed by the same as a table; a template repeats a program.
# What is no text is taken out before the page is parsed, for parsing takes the time.
NO_TEXT = re.compile(
    r"<(svg|template|button|script|style)\b.*?</\1>"
    r'|<input\b[^>]*>|<a class="headerlink".*?</a>',
    re.DOTALL,
)
CODE = re.compile(r"<pre\b.*?</pre>", re.DOTALL)
COLOURS = re.compile(r"</?span\b[^>]*>")


def language(block: Tag) -> str:
    """The language of a block of code, from the class that Sphinx gives it."""
    for box in block.parents:
        for name in box.get("class") or ():
            if name.startswith("highlight-"):
                found = name.removeprefix("highlight-").removesuffix("-socket")
                return "" if found == "default" else found
    return ""


def markdown(body: str) -> str:
    """A page's HTML as Markdown.

    >>> print(markdown('<h1>T<a class="headerlink">¶</a></h1><p>See <code>x</code>'))
    # T
    <BLANKLINE>
    See `x`
    """
    light = CODE.sub(lambda code: COLOURS.sub("", code[0]), NO_TEXT.sub("", body))
    page = BeautifulSoup(light, "html.parser")
    for card in page.find_all(class_="card"):
        parts = [
            part.get_text(" ", strip=True) for part in card.find_all(recursive=False)
        ]
        card.replace_with(f" ({', '.join(' '.join(p.split()) for p in parts)})")
    converter = MarkdownConverter(heading_style="ATX", code_language_callback=language)
    return str(converter.convert_soup(page)).strip()


def write_page(
    app: Sphinx,
    page: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """Write one page, and link it from the page's head and foot."""
    if app.builder.name != "html" or page not in app.env.found_docs:
        return
    path = Path(app.outdir, f"{page}.md")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(markdown(context["body"]) + "\n", encoding="utf-8")
    context["as_markdown"] = f"{page.rpartition('/')[2]}.md"
    context["metatags"] = context.get("metatags", "") + (
        f'<link rel="alternate" type="text/markdown" href="{context["as_markdown"]}">\n'
    )


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", write_page)
