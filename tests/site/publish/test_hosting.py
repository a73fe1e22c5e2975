"""What a published site has beyond its pages, with an address and without one."""

import os
import re
import shutil
import struct
import subprocess
import sys
from html import unescape
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from bs4 import BeautifulSoup
from ruamel.yaml import YAML
from sphinx.util.inventory import InventoryFile

from docs._ext.publish import picture
from evidence import claims, runs, store
from tests.site import pages
from tests.site.publish.test_glossary import TERMS

ADDRESS = "https://example.org/a/site/"
SOURCES = "https://git.example.org/group/sockets"
PAGES = list(pages.pages())


@pytest.fixture(scope="module")
def published(built_site, tmp_path_factory):
    """The folder of the site as it is built for ADDRESS."""
    folder = tmp_path_factory.mktemp("published")
    shutil.copytree(built_site / ".doctrees", folder / ".doctrees")
    command = [sys.executable, "-m", "sphinx", "-c", ".", "-q", "-W", "-j", "auto"]
    built = subprocess.run(
        [*command, "docs", str(folder)],
        cwd=store.ROOT,
        env=os.environ | {"SITE_URL": ADDRESS[:-1], "SITE_REPOSITORY": SOURCES},
        capture_output=True,
        text=True,
    )
    assert built.returncode == 0, built.stderr
    return folder


def read(folder: Path, page: str) -> BeautifulSoup:
    """A page of the site, parsed."""
    return BeautifulSoup((folder / f"{page}.html").read_text(), "html.parser")


def head(folder: Path, page: str) -> BeautifulSoup:
    """The head of a page, parsed; that is a tenth of the work."""
    text = (folder / f"{page}.html").read_text().partition("</head>")[0]
    return BeautifulSoup(text, "html.parser")


def meta(page: BeautifulSoup, name: str) -> str:
    """What a meta tag says."""
    key = "property" if name.startswith("og:") else "name"
    found = page.find_all("meta", {key: name})
    assert len(found) == 1, f"{name} stands {len(found)} times"
    return found[0]["content"]


def test_site_without_an_address_invents_none(built_site):
    for page in PAGES:
        parsed = head(built_site, page)
        assert parsed.find("link", rel="canonical") is None
        assert parsed.find("meta", property=["og:url", "og:image"]) is None
    assert not (built_site / "sitemap.xml").exists()


@pytest.mark.parametrize("page", PAGES)
def test_page_names_its_address_and_a_picture(page, published):
    parsed = head(published, page)
    address = f"{ADDRESS}{page}.html"
    assert parsed.find("link", rel="canonical")["href"] == address
    assert meta(parsed, "og:url") == address
    assert (published / meta(parsed, "og:image").removeprefix(ADDRESS)).is_file()


@pytest.mark.parametrize("page", PAGES)
def test_description_is_how_the_page_opens(page, built_site):
    parsed = head(built_site, page)
    said = meta(parsed, "description")
    assert 15 < len(said) < 300
    assert said == meta(parsed, "og:description")
    text = (built_site / f"{page}.html").read_text().partition("<article")[2]
    shown = unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", "", text, flags=re.DOTALL))
    assert re.sub(r"\W", "", said) in re.sub(r"\W", "", shown)


def test_picture_has_the_size_that_is_told(published):
    start = picture.TARGET.read_bytes()[:24]
    assert start[:8] == b"\x89PNG\r\n\x1a\n"
    index = head(published, "index")
    told = [int(meta(index, f"og:image:{side}")) for side in ("width", "height")]
    assert list(struct.unpack(">II", start[16:24])) == told
    assert "127.0.0.9:50002" in picture.drawing()
    assert picture.TARGET.stat().st_size < 100_000


def test_sitemap_lists_every_page_and_no_other(published):
    text = (published / "sitemap.xml").read_text()
    listed = re.findall(r"<loc>(.*?)</loc>", text)
    assert sorted(listed) == sorted(f"{ADDRESS}{page}.html" for page in PAGES)


def test_sitemap_is_whole_after_one_page_was_built(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{toctree}\nother\n```\n")
    small_site.write("docs/other.md", "# Other\n\nOne sentence.\n")
    assert small_site.build(html_baseurl=ADDRESS) == ""
    small_site.write("docs/other.md", "# Other\n\nAnother sentence.\n")
    assert small_site.build(html_baseurl=ADDRESS) == ""
    assert (small_site.folder / "html/sitemap.xml").read_text().count("<loc>") == 2
    listed = (small_site.folder / "html/llms.txt").read_text()
    assert "(https://example.org/a/site/other.md): Another sentence." in listed
    small_site.build()
    assert not (small_site.folder / "html/sitemap.xml").exists()


def test_page_not_found_works_at_any_depth(published):
    """Each address on it is absolute and leads to a file of the site."""
    page = read(published, "404")
    places = [tag.get("href") or tag.get("src") for tag in page.select("[href], [src]")]
    places = [place for place in places if not re.match("#|https?:", place)]
    places += [form["action"] for form in page.find_all("form")]
    assert len(places) > len(PAGES)
    prefix = urlsplit(ADDRESS).path
    for place in places:
        assert place.startswith(prefix), place
        assert (published / urlsplit(place).path.removeprefix(prefix)).is_file(), place
    doors = [link["href"] for link in page.select("article li a")]
    assert len(doors) == 3
    assert page.find("link", rel="canonical") is None
    assert meta(page, "robots") == "noindex"


def test_page_not_found_without_an_address_starts_at_the_top(built_site):
    page = read(built_site, "404")
    assert page.select_one("article li a")["href"] == "/learn/index.html"


def test_page_is_edited_where_its_source_is(published, built_site):
    for page in PAGES:
        text = (published / f"{page}.html").read_text()
        links = re.findall(r'href="([^"]+)" rel="edit"', text)
        assert links == [f"{SOURCES}/edit/main/docs/{page}.md"]
    if not os.environ.get("GITHUB_REPOSITORY"):
        assert read(built_site, "index").select_one(".edit-this-page") is None


def test_day_of_a_page_is_that_of_its_last_commit(small_site):
    small_site.without_claims()
    assert small_site.build() == ""
    assert "Last updated" not in small_site.page()  # no git, no day, no warning
    environment = os.environ | {
        f"GIT_{who}_{what}": value
        for who in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", "n"),
            ("EMAIL", "e@example.org"),
            ("DATE", "2001-02-03T04:05:06Z"),
        )
    }
    for command in ("init", "add docs", "commit -m first"):
        subprocess.run(
            ["git", *command.split()],
            cwd=small_site.folder,
            env=environment,
            check=True,
            capture_output=True,
        )
    (small_site.folder / "docs/index.md").write_text("# Front\n\nNot committed.\n")
    assert small_site.build(git_last_updated_timezone="UTC") == ""
    assert "Feb 03, 2001" in small_site.page()


def test_inventory_has_pages_terms_and_claims(built_site):
    found = InventoryFile.loads((built_site / "objects.inv").read_bytes(), uri="")
    names = {kind: set(items) for kind, items in found.data.items()}
    assert set(PAGES) <= names["std:doc"]
    assert set(TERMS) == names["std:term"]
    assert claims.read().keys() <= names["std:label"]
    claim, proof = next(iter(claims.read().items()))
    assert found["std:label", claim].display_name == claims.plain(proof.sentence)


def test_list_for_machine_readers_has_every_page(built_site):
    text = (built_site / "llms.txt").read_text()
    listed = re.findall(r"^- \[.+\]\((.+)\.md\): \w", text, re.MULTILINE)
    assert sorted(listed) == sorted(PAGES)
    for page in listed:
        beside = head(built_site, page).find("link", type="text/markdown")["href"]
        assert (built_site / page).parent.joinpath(beside).is_file()


@pytest.mark.parametrize("page", PAGES)
def test_markdown_of_a_page_has_its_programs_and_output(page, built_site):
    text = (built_site / f"{page}.md").read_text()
    first = re.sub(r"[`\\*]", "", text.splitlines()[0])
    assert first == f"# {meta(head(built_site, page), 'og:title')}"
    outside = re.sub(r"^```.*?^```|`[^`]*`", "", text, flags=re.DOTALL | re.MULTILINE)
    assert not re.search(r"</?(svg|span|div|template|button)\b", outside)
    for fence in pages.fences(page, pages.pages()[page]):
        if fence.kind == "{snippet}" and "no-output" not in fence.body:
            run = runs.load_run(runs.run_of(fence.argument.strip()))
            place = list(run.snippets).index(fence.argument.strip())
            assert "\n".join(run.printed[place]) in text


def test_workflow_and_read_the_docs_give_address_and_history():
    yaml = YAML(typ="safe")
    workflow = yaml.load(store.ROOT / ".github/workflows/site.yml")
    steps = workflow["jobs"]["build"]["steps"]
    (made,) = [step for step in steps if step.get("run") == "make epub html"]
    assert "github.io" in made["env"]["SITE_URL"]
    assert steps[0]["with"]["fetch-depth"] == 0
    elsewhere = yaml.load(store.ROOT / ".readthedocs.yaml")
    assert "git fetch --unshallow" in elsewhere["build"]["jobs"]["post_checkout"][0]
