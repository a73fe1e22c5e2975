"""What a site has beyond its pages; tests/checks/ looks at one with an address."""

import os
import re
import subprocess
from html import unescape
from pathlib import Path

import pytest
from bs4 import BeautifulSoup
from ruamel.yaml import YAML
from sphinx.util.inventory import InventoryFile

from evidence import claims, runs, store
from tests.site import pages
from tests.site.publish.test_glossary import TERMS

ADDRESS = "https://example.org/a/site/"
PAGES = list(pages.pages())


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
def test_description_is_how_the_page_opens(page, built_site):
    parsed = head(built_site, page)
    said = meta(parsed, "description")
    assert 15 < len(said) < 300
    assert said == meta(parsed, "og:description")
    text = (built_site / f"{page}.html").read_text().partition("<article")[2]
    shown = unescape(re.sub(r"<svg.*?</svg>|<[^>]+>", "", text, flags=re.DOTALL))
    assert re.sub(r"\W", "", said) in re.sub(r"\W", "", shown)


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


def test_page_not_found_without_an_address_starts_at_the_top(built_site):
    page = read(built_site, "404")
    assert page.select_one("article li a")["href"] == "/learn/index.html"


def test_page_without_a_repository_has_no_place_to_edit(built_site):
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
