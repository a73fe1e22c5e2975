"""What a published site tells search engines, link previews and machine readers.

Each page gets a description, which is how it opens. With `html_baseurl` set
there is a sitemap too, and each page names its address and the site's picture.
"""

import re
from datetime import UTC, datetime
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape as xml

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

PICTURE = "_static/picture.png"
PICTURE_SHOWS = "A socket as a card with two slots: local and peer"
NOT_FOUND = "404"


def opening(text: str) -> str:
    """The first sentence, and the next ones as long as it is all short.

    >>> opening("Nobody answered. The packet was lost. Or so it seems.")
    'Nobody answered. The packet was lost. Or so it seems.'
    >>> opening(f"{'A long sentence ' * 4}ends. Another one.")[-5:]
    'ends.'
    """
    said = ""
    for sentence in re.split(r"(?<=[.?!]) ", text):
        said = f"{said} {sentence}".lstrip()
        if len(said) > 60:
            break
    return said


def description(doctree: nodes.document) -> str:
    """How a page opens: its first paragraph's start, marks and markup aside."""
    for paragraph in doctree.findall(nodes.paragraph):
        if not isinstance(paragraph.parent, nodes.section) or paragraph["classes"]:
            continue
        text = "".join(
            leaf.astext()
            for leaf in paragraph.findall(nodes.Text)
            if "mark" not in leaf.parent.get("classes", ())
        )
        text = re.sub(r"\s+(?=[.,;:)])", "", " ".join(text.split()))
        return opening(text)
    return ""


def note_description(app: Sphinx, doctree: nodes.document) -> None:
    """Keep it with the page's other metadata: llms.txt lists pages not built anew."""
    docname = app.env.docname
    app.env.metadata[docname]["description"] = description(doctree)


def tags(properties: dict[str, str]) -> str:
    """Meta tags; Open Graph has `property` where all others have `name`."""
    return "".join(
        f'<meta {"property" if name.startswith("og:") else "name"}="{name}" '
        f'content="{escape(content)}">\n'
        for name, content in properties.items()
    )


def describe(
    app: Sphinx,
    pagename: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """Add the description, and what a preview of a link shows, to one page."""
    if pagename == NOT_FOUND:  # answers at many addresses, and has none
        context.pop("pageurl", None)
        context["metatags"] = context.get("metatags", "") + tags({"robots": "noindex"})
    if pagename not in app.env.found_docs:
        return
    said = app.env.metadata[pagename].get("description", "")
    found = {
        "og:title": app.env.titles[pagename].astext(),
        "og:type": "website",
        "og:site_name": app.config.project,
    }
    if said:
        found = {"description": said, "og:description": said} | found
    if base := app.config.html_baseurl:
        found |= {
            "og:url": context["pageurl"],
            "og:image": base + PICTURE,
            "og:image:width": "1200",
            "og:image:height": "630",
            "og:image:alt": PICTURE_SHOWS,
            "twitter:card": "summary_large_image",
        }
    context["metatags"] = context.get("metatags", "") + tags(found)


def sitemap(base: str, pages: list[tuple[str, str]]) -> str:
    """XML of (page, day) pairs; a day that is not known is empty.

    >>> print(sitemap("https://example.org/", [("index", "2026-01-02")]))
    <?xml version="1.0" encoding="utf-8"?>
    <urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">
    <url><loc>https://example.org/index.html</loc><lastmod>2026-01-02</lastmod></url>
    </urlset>
    """
    lines = [
        f"<url><loc>{xml(base + quote(page))}.html</loc>"
        + (f"<lastmod>{day}</lastmod>" if day else "")
        + "</url>"
        for page, day in pages
    ]
    namespace = "http://www.sitemaps.org/schemas/sitemap/0.9"
    head = f'<?xml version="1.0" encoding="utf-8"?>\n<urlset xmlns="{namespace}">'
    return "\n".join([head, *lines, "</urlset>"])


def last_changed(env: BuildEnvironment, page: str) -> str:
    """The day of a page's last commit, or nothing."""
    seconds, _ = getattr(env, "git_last_updated", {}).get(page) or (None, False)
    return f"{datetime.fromtimestamp(int(seconds), UTC):%Y-%m-%d}" if seconds else ""


def list_of_pages(env: BuildEnvironment, base: str) -> str:
    """llms.txt: what the site is, then each page as Markdown with what it says."""

    def entry(page: str) -> str:
        said = env.metadata[page].get("description", "")
        title = env.titles[page].astext()
        return f"- [{title}]({base}{page}.md): {said}".removesuffix(": ")

    def entries(page: str) -> list[str]:
        below = env.toctree_includes.get(page, ())
        return [entry(page), *(one for child in below for one in entries(child))]

    root = env.config.root_doc
    parts = [
        f"# {env.config.project}",
        f"> {env.metadata[root].get('description', '')}",
        "Every page is here as Markdown, with its programs, what they printed when "
        "they were recorded, and its pictures as tables. A sentence with a ✓ is proved "
        "by a test; the ✓ links the proof. All measurements are JSON: "
        f"[evidence.zip]({base}evidence.zip). All programs: "
        f"[snippets.zip]({base}snippets.zip).",
        entry(root),
    ]
    for section in env.toctree_includes.get(root, ()):
        parts.append(f"## {env.titles[section].astext()}")
        parts.append("\n".join(entries(section)))
    return "\n\n".join(parts) + "\n"


def write_lists(app: Sphinx, exception: Exception | None) -> None:
    """Write sitemap.xml, if the site has an address, and llms.txt."""
    if exception or app.builder.name != "html":
        return
    base, out = app.config.html_baseurl, Path(app.outdir)
    (out / "llms.txt").write_text(list_of_pages(app.env, base), encoding="utf-8")
    if base:
        pages = [(page, last_changed(app.env, page)) for page in app.env.found_docs]
        (out / "sitemap.xml").write_text(sitemap(base, sorted(pages)), encoding="utf-8")
    else:
        (out / "sitemap.xml").unlink(missing_ok=True)


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", note_description)
    app.connect("html-page-context", describe)
    app.connect("build-finished", write_lists)
