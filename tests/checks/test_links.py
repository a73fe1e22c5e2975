"""Every link inside the site leads to a page, and to a place on it."""

from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit


class Page(HTMLParser):
    """Collects what a page links to, and the places that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.places: set[str] = set()
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("href", "src", "action") and value:
                self.links.add(value)
            elif name == "id":
                self.places.add(value)


def test_every_internal_link_leads_somewhere(built_pages, built_site):
    read = {path.resolve(): Page(path) for path in built_pages}
    lost = []
    for path, page in read.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme or parts.netloc:
                continue
            place = unquote(parts.path)
            # On 404.html they start at the top of the site.
            start = built_site if place.startswith("/") else path.parent
            target = (start / place.lstrip("/")).resolve()
            target = target if parts.path else path
            if not target.is_file():
                lost.append(f"{path.name}: no file {link}")
            elif parts.fragment and target in read:
                # The explorer's fragments are sequences of calls, not places.
                known = read[target].places | {"", "top"}
                place = unquote(parts.fragment)
                if place not in known and target.name != "explorer.html":
                    lost.append(f"{path.name}: no place {link}")
    assert lost == []


def test_every_page_is_three_clicks_away(built_pages):
    """From the front page, without the search and the index of all entries."""
    read = {path.resolve(): Page(path) for path in built_pages}
    front = next(p for p in read if p.name == "index.html" and p.parent.name == "html")
    aside = {front.with_name(f"{name}.html") for name in ("search", "genindex", "404")}
    reached = {front}
    for _ in range(3):
        reached |= {
            (path.parent / unquote(urlsplit(link).path)).resolve()
            for path in reached & read.keys() - aside
            for link in read[path].links
            if not urlsplit(link).scheme
        }
    assert sorted(read.keys() - reached - aside) == []
