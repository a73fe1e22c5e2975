"""The commands of .readthedocs.yaml build a clean clone, with nothing of ours in it.

It is the site at an address: with canonical links, a sitemap, a way to edit each page.
"""

import re
import struct
from urllib.parse import urlsplit

import pytest
from ruamel.yaml import YAML

from docs._ext.publish import picture
from evidence.store import ROOT
from tests.checks.conftest import ADDRESS, SOURCES
from tests.site import pages
from tests.site.publish.test_hosting import head, meta, read

PAGES = list(pages.pages())


def test_the_locked_dependencies_are_installed():
    jobs = YAML(typ="safe").load(ROOT / ".readthedocs.yaml")["build"]["jobs"]
    assert jobs["install"] == [
        "python -m pip install --require-hashes -r requirements.txt"
    ]


def test_pages_link_the_book_that_was_built_before_them(read_the_docs):
    front = (read_the_docs / "index.html").read_text()
    assert 'href="bind-and-connect.epub"' in front
    assert (read_the_docs / "bind-and-connect.epub").stat().st_size > 100_000


@pytest.mark.parametrize("page", PAGES)
def test_page_names_its_address_and_a_picture(page, read_the_docs):
    parsed = head(read_the_docs, page)
    address = f"{ADDRESS}{page}.html"
    assert parsed.find("link", rel="canonical")["href"] == address
    assert meta(parsed, "og:url") == address
    assert (read_the_docs / meta(parsed, "og:image").removeprefix(ADDRESS)).is_file()


def test_picture_has_the_size_that_is_told(read_the_docs):
    start = picture.TARGET.read_bytes()[:24]
    assert start[:8] == b"\x89PNG\r\n\x1a\n"
    index = head(read_the_docs, "index")
    told = [int(meta(index, f"og:image:{side}")) for side in ("width", "height")]
    assert list(struct.unpack(">II", start[16:24])) == told
    assert "127.0.0.9:50002" in picture.drawing()
    assert picture.TARGET.stat().st_size < 100_000


def test_sitemap_lists_every_page_and_no_other(read_the_docs):
    text = (read_the_docs / "sitemap.xml").read_text()
    listed = re.findall(r"<loc>(.*?)</loc>", text)
    assert sorted(listed) == sorted(f"{ADDRESS}{page}.html" for page in PAGES)


def test_page_not_found_works_at_any_depth(read_the_docs):
    """Each address on it is absolute and leads to a file of the site."""
    page = read(read_the_docs, "404")
    places = [tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")]
    places = [place for place in places if not re.match("#|https?:", place)]
    places += [form["action"] for form in page.find_all("form")]
    assert len(places) > len(PAGES)
    prefix = urlsplit(ADDRESS).path
    for place in places:
        assert place.startswith(prefix), place
        assert (read_the_docs / urlsplit(place).path.removeprefix(prefix)).is_file(), (
            place
        )
    doors = [link["href"] for link in page.select("article li a")]
    assert len(doors) == 5
    assert page.find("link", rel="canonical") is None
    assert meta(page, "robots") == "noindex"


def test_page_is_edited_where_its_source_is(read_the_docs):
    for page in PAGES:
        text = (read_the_docs / f"{page}.html").read_text()
        links = re.findall(r'href="([^"]+)" rel="edit"', text)
        assert links == [f"{SOURCES}/edit/main/docs/{page}.md"]
