"""The site in a real browser: what a reader sees, clicks, copies."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from lab import evidence
from tests.site.pages import pages

PHONE = {"viewport": {"width": 390, "height": 844}}
PAGES = [*pages(), "search", "genindex"]


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_and_asks_nobody_else(name, open_page, address):
    page = open_page(name)
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(address)] == []
    policy = page.locator("meta[http-equiv=Content-Security-Policy]")
    script_sources = re.search(r"script-src ([^;]+)", policy.get_attribute("content"))
    assert "unsafe-inline" not in script_sources[1]


@pytest.mark.parametrize("name", pages())
def test_page_fits_a_phone(name, open_page):
    page = open_page(name, **PHONE)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    sizes = page.evaluate(
        """[...document.querySelectorAll('svg.sequence, svg.decision')].flatMap(
          svg => [...svg.querySelectorAll('text')].map(text =>
            parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a))"""
    )
    assert all(size >= 11 for size in sizes), min(sizes)
    outside = page.evaluate(
        """[...document.querySelectorAll('svg.sequence, svg.decision')].flatMap(svg => {
          const box = svg.getBoundingClientRect();
          return [...svg.querySelectorAll('text')].filter(text => {
            const t = text.getBoundingClientRect();
            return t.left < box.left - 1 || t.right > box.right + 1;
          }).map(text => text.textContent);
        })"""
    )
    assert outside == []


def test_policy_stops_a_foreign_script(open_page):
    page = open_page("index")
    page.evaluate(
        """() => { const s = document.createElement('script');
        s.textContent = 'window.broken = true'; document.body.append(s); }"""
    )
    assert page.evaluate("window.broken") is None
    assert "Content Security Policy" in "".join(page.complaints)


def test_site_works_as_files(open_page, built_site):
    page = open_page("index", base=f"{built_site.as_uri()}/")
    page.locator("main, article").first.wait_for()
    page.locator(".sidebar-tree a", has_text="Learn it").first.click()
    page.locator("article a", has_text="TCP: server").first.click()
    assert page.locator("h1").inner_text().startswith("TCP")
    assert page.complaints == []
    assert page.evaluate("document.body.dataset.theme") == "auto"


def test_copied_program_runs_and_prints_what_the_page_shows(open_page, tmp_path):
    page = open_page("learn/tcp")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    boxes = page.locator(".snippet")
    assert boxes.count() >= 1
    for number in range(boxes.count()):
        box = boxes.nth(number)
        path = box.locator(".file").inner_text()
        box.locator("button.copy").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == (evidence.ROOT / path).read_text()
        if "recipes" in path:
            continue  # two programs: run together in tests/snippets
        program = tmp_path / "pasted.py"
        program.write_text(copied)
        ran = subprocess.run(
            [sys.executable, "-I", program], capture_output=True, text=True, timeout=20
        )
        shown = box.locator("samp").inner_text()
        ports = re.compile(r"\b\d{5}\b")
        assert ports.sub("PORT", ran.stdout.strip()) == ports.sub("PORT", shown.strip())


def test_theme_is_switched_and_remembered(open_page):
    wide = {"width": 1280, "height": 800}
    page = open_page("index", color_scheme="light", viewport=wide)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    for _ in range(3):
        page.locator(".theme-toggle-content button").click()
        if page.evaluate("document.body.dataset.theme") == "dark":
            break
    dark = page.evaluate(background)
    assert dark != light
    page.reload()
    assert page.evaluate(background) == dark


def test_search_finds_a_page_by_an_errno(open_page):
    page = open_page("search")
    page.goto(f"{page.url}?q=ECONNREFUSED")
    page.locator("#search-results li a").first.wait_for()
    assert page.complaints == []


def test_claim_leads_to_its_proof_and_back(open_page):
    page = open_page("learn/tcp")
    mark = page.locator(".claim a.proof").first
    claim = page.locator(".claim").first.get_attribute("id")
    mark.click()
    assert "#proof-" in page.url
    target = page.url.partition("#")[2]
    page.locator(f"#{target} a.home").first.click()
    assert page.url.endswith(f"learn/tcp.html#{claim}")


def test_page_is_whole_without_scripts(open_page):
    page = open_page("learn/tcp", java_script_enabled=False)
    assert page.locator("svg.sequence").first.is_visible()
    assert page.locator("button.copy").first.is_hidden()
    assert page.locator(".snippet-head a.download").first.is_visible()


def test_first_load_is_small(open_page, built_site, address):
    """What a content page makes a browser fetch, compressed, in bytes."""
    page = open_page("learn/tcp")
    page.wait_for_load_state("networkidle")
    files = {url.removeprefix(address).partition("?")[0] for url in page.requests}
    size = sum(len(gzip.compress(Path(built_site, f).read_bytes())) for f in files)
    assert size < 70_000, size
