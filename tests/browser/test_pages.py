"""The site in a real browser: what a reader sees, clicks, copies."""

import gzip
import re
import subprocess
import sys
from pathlib import Path

import pytest

from evidence import differences, store
from tests.site.pages import pages

WIDE = {"width": 1280, "height": 800}
PHONE = {"viewport": {"width": 390, "height": 844}}
PAGES = [*pages(), "search", "genindex"]
# What reaches beyond the window, and is in no box that scrolls there.
CUT = """() => {
  const scrolls = box => !box.matches("article") &&
    (/auto|scroll/.test(getComputedStyle(box).overflowX) || scrolls(box.parentElement));
  const within = element => element.getBoundingClientRect().right <= innerWidth + 1;
  return [...document.querySelectorAll("article :is(table, pre, img, figure, svg, p)")]
    .filter(element => element.checkVisibility() && !within(element))
    .filter(({parentElement: box}) => !box.closest("svg") && !scrolls(box))
    .map(element => `${element.tagName} ${element.textContent.slice(0, 40)}`);
}"""


@pytest.fixture(scope="module")
def visitor(chromium):
    """One browser window that goes from page to page, as a reader does."""
    page = chromium.new_page()
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.add_init_script(
        """window.shift = 0;
        new PerformanceObserver(
          list => list.getEntries().forEach(entry => { window.shift += entry.value; })
        ).observe({type: "layout-shift", buffered: true});"""
    )
    yield page
    page.context.close()


@pytest.mark.parametrize("name", PAGES)
def test_page_is_quiet_still_and_fits_a_phone(name, visitor, address):
    page = visitor
    page.complaints.clear()
    page.requests.clear()
    page.set_viewport_size(WIDE)
    page.goto(f"{address}{name}.html")
    assert page.complaints == []
    assert [url for url in page.requests if not url.startswith(address)] == []
    policy = page.locator("meta[http-equiv=Content-Security-Policy]")
    script_sources = re.search(r"script-src ([^;]+)", policy.get_attribute("content"))
    assert "unsafe-inline" not in script_sources[1]
    assert page.evaluate("window.shift") < 0.01, "the layout moved while loading"
    page.set_viewport_size(PHONE["viewport"])
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(CUT) == []
    small, outside = page.evaluate(
        """() => {
          const small = [], outside = [];
          for (const svg of document.querySelectorAll('svg.sequence, svg.decision')) {
            const box = svg.getBoundingClientRect(), scale = svg.getScreenCTM().a;
            for (const text of svg.querySelectorAll('text')) {
              if (parseFloat(getComputedStyle(text).fontSize) * scale < 11)
                small.push(text.textContent);
              const t = text.getBoundingClientRect();
              if (t.left < box.left - 1 || t.right > box.right + 1)
                outside.push(text.textContent);
            }
          }
          return [small, outside];
        }"""
    )
    assert small == [], "text of a picture under 11 pixels"
    assert outside == [], "text that leaves its picture"


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
    page.locator(".topbar-sections a", has_text="Learn").first.click()
    page.locator("article a", has_text="TCP: server").first.click()
    assert page.locator("h1").inner_text().startswith("TCP")
    assert page.complaints == []
    assert page.evaluate("document.body.dataset.theme") == "auto"


def test_copied_program_runs_and_prints_what_the_page_shows(open_page, tmp_path):
    page = open_page("learn/tcp")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    boxes = page.locator(".snippet")
    assert boxes.count() >= 1
    for number in range(boxes.count()):
        box = boxes.nth(number)
        path = box.locator(".file").inner_text()
        box.locator("button.copy").click()
        copied = page.evaluate("navigator.clipboard.readText()")
        assert copied == (store.ROOT / path).read_text()
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
    page = open_page("index", color_scheme="light", viewport=WIDE)
    background = "getComputedStyle(document.body).backgroundColor"
    light = page.evaluate(background)
    for _ in range(3):
        page.locator(".topbar .theme-toggle").click()
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


def test_mark_opens_a_panel_that_leads_to_proof_and_home(open_page):
    page = open_page("learn/tcp")
    mark = page.locator(".claim a.proof").first
    claim = page.locator(".claim").first.get_attribute("id")
    sentence = page.locator(".claim").first.inner_text()
    mark.focus()
    page.keyboard.press("Enter")
    panel = page.locator(".proof-panel")
    panel.wait_for()
    assert panel.locator(".proof-sentence").inner_text() in sentence
    assert "def test_" in panel.locator("pre").inner_text()
    assert panel.locator(".strip .sign").count() == len(differences.ids())
    assert panel.locator(".strip .told").inner_text()
    home = panel.get_by_role("link").last.get_attribute("href")
    assert home.endswith(f"learn/tcp.html#{claim}")
    page.keyboard.press("Escape")
    assert panel.count() == 0
    assert page.evaluate("document.activeElement.matches('a.proof')")
    mark.click()
    panel.get_by_role("link", name="Open the proof").click()
    assert "#proof-" in page.url
    target = page.url.partition("#")[2]
    page.locator(f"#{target} a.home").first.click()
    assert page.url.endswith(f"learn/tcp.html#{claim}")
    assert page.complaints == []


def test_mark_is_a_link_without_scripts(open_page):
    page = open_page("learn/tcp", java_script_enabled=False)
    page.locator(".claim a.proof").first.click()
    assert "#proof-" in page.url


def test_every_mark_is_shown_if_asked_for(open_page):
    page = open_page("learn/tcp")
    weight = "element => getComputedStyle(element).fontWeight"
    mark = page.locator("article a.proof .mark").first
    assert mark.evaluate(weight) == "400"
    page.get_by_role("button", name="Show every mark").click()
    assert mark.evaluate(weight) == "700"
    page.reload()
    assert mark.evaluate(weight) == "700"


def test_page_is_whole_without_scripts(open_page):
    page = open_page("learn/udp", java_script_enabled=False)
    assert page.locator("svg.sequence").first.is_visible()
    assert page.locator("button.copy").first.is_hidden()
    assert page.locator(".snippet-head a.download").first.is_visible()


def test_first_load_is_small(open_page, built_site, address):
    """What a content page makes a browser fetch, compressed, in bytes."""
    page = open_page("learn/tcp")
    page.wait_for_load_state("networkidle")
    files = {url.removeprefix(address).partition("?")[0] for url in page.requests}
    size = sum(len(gzip.compress(Path(built_site, f).read_bytes())) for f in files)
    assert size < 60_000, size
    assert len(files) <= 12, files


def test_menu_on_a_phone_leads_to_a_page(open_page):
    page = open_page("index", **PHONE)
    link = page.locator(".sidebar-tree a", has_text="Recipes").first
    assert not link.is_visible() or link.bounding_box()["x"] < 0
    page.locator(".topbar-menu").click()
    link.click()
    assert page.url.endswith("recipes/index.html")


def test_link_to_a_claim_shows_the_claim(open_page):
    page = open_page("learn/udp", reduced_motion="reduce")
    claims = page.locator(".claim[id]")
    anchor = claims.nth(claims.count() - 1).get_attribute("id")
    page.goto(f"{page.url}#{anchor}")
    box = page.locator(f"#{anchor}").bounding_box()
    assert 0 <= box["y"] < page.viewport_size["height"]
    marked = "getComputedStyle(document.querySelector(':target')).backgroundColor"
    assert page.evaluate(marked) != "rgba(0, 0, 0, 0)"


def test_keyboard_reaches_everything(open_page):
    page = open_page("learn/tcp", viewport=WIDE)
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wanted = page.evaluate(
        """() => {
          const reachable = 'a[href], button, input, select, summary, [tabindex="0"]';
          return [...document.querySelectorAll(reachable)].filter(element =>
            element.checkVisibility({visibilityProperty: true}) && element.tabIndex >= 0
          ).length; }"""
    )
    page.evaluate("window.reached = new Set()")
    page.evaluate("addEventListener('focusin', event => reached.add(event.target))")
    for _ in range(wanted + 10):
        page.keyboard.press("Tab")
    assert wanted > 50
    assert page.evaluate("reached.size") >= wanted
    page.reload()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.textContent.trim()") == (
        "Skip to content"
    )


def test_nothing_moves_for_those_who_asked_for_less_motion(open_page):
    page = open_page("learn/tcp", reduced_motion="reduce")
    moving = page.evaluate(
        """() => [...document.querySelectorAll('*')].filter(element => {
          const style = getComputedStyle(element);
          return style.animationName !== 'none' || style.scrollBehavior === 'smooth' ||
            style.transitionDuration.split(',').some(time => parseFloat(time) > 0);
        }).map(element => element.className)"""
    )
    assert moving == []


def test_front_page_answers_an_error_as_one_types(open_page):
    page = open_page("index", viewport={"width": 1280, "height": 900})
    answers = page.locator(".error-answer:visible")
    assert answers.count() == 0
    for typed, name in (
        ("OSError: [Errno 98] Address already in use", "EADDRINUSE"),
        ("WinError 10061", "ECONNREFUSED"),
        ("econnre", "ECONNREFUSED"),
        ("connect: network is unreachable", "ENETUNREACH"),
    ):
        page.locator("#error-text").fill(typed)
        assert answers.first.locator("a").inner_text() == name, typed
        assert answers.count() <= 4
    answers.first.locator("a").click()
    assert page.url.endswith("errors/enetunreach.html#errno-enetunreach")
    assert page.complaints == []


def test_card_of_the_front_page_fills_call_by_call(open_page):
    """By the mouse, by the keys, and without scripts."""
    page = open_page("index", java_script_enabled=False)
    empty = page.locator(".live-panel:visible .slot.empty")
    assert empty.count() == 1
    page.locator(".live-calls label", has_text="connect").click()
    assert empty.count() == 0
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    assert empty.count() == 2
