"""Each page at five widths: nothing sticks out, is cut off, covered, or too small."""

import pytest

from docs._ext.publish.glyphs import EDGE, GLYPHS
from tests.site.pages import pages

WIDTHS = (390, 768, 1280, 1440, 1920)
# Text of less than 12 pixels, 11 in a picture; what is cut; what lies under the bar.
LOOK = """readable => {
  const wide = document.documentElement.clientWidth, found = [];
  const most = document.documentElement.scrollWidth;
  if (most > wide) found.push(`the page is ${most} wide`);
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (readable && walker.nextNode()) {
    const text = walker.currentNode.data.trim(), at = walker.currentNode.parentElement;
    if (!text || at.closest("script, style, template, [hidden], .mark")) continue;
    if (!at.checkVisibility() || !at.getClientRects().length) continue;
    const svg = at.closest("svg"), scale = svg ? svg.getScreenCTM().a : 1;
    const size = parseFloat(getComputedStyle(at).fontSize) * scale;
    if (size < (svg ? 10.9 : 11.9)) found.push(`${size} px: ${text.slice(0, 30)}`);
  }
  for (const at of document.querySelectorAll("article *, .topbar *, .toc-drawer *")) {
    const hides = getComputedStyle(at).overflowX === "hidden";
    if (hides && at.clientWidth && at.scrollWidth > at.clientWidth + 1)
      found.push(`cut off: ${at.tagName} ${at.className}`);
  }
  const bar = document.querySelector(".topbar").getBoundingClientRect();
  const title = document.querySelector("h1").getBoundingClientRect();
  if (title.top < bar.bottom) found.push("the title is under the bar");
  const parts = [...document.querySelectorAll(".topbar > *")]
    .map(part => part.getBoundingClientRect()).filter(part => part.width);
  for (let at = 1; at < parts.length; at++)
    if (parts[at].left < parts[at - 1].right - 1) found.push("the bar's parts overlap");
  return [...new Set(found)];
}"""


@pytest.fixture(scope="module")
def visitor(chromium):
    """One window that goes from page to page."""
    page = chromium.new_page()
    yield page
    page.context.close()


@pytest.mark.parametrize("name", [*pages(), "search", "genindex"])
def test_nothing_is_cut_covered_or_small(name, visitor, address):
    visitor.goto(f"{address}{name}.html")
    for width in WIDTHS:
        visitor.set_viewport_size({"width": width, "height": 900})
        told = visitor.evaluate(LOOK, width in (390, 1440))  # sizes change once
        assert told == [], f"at {width} pixels"


def test_contents_stand_beside_the_text_from_1200_pixels(open_page):
    page = open_page("learn/names", viewport={"width": 1199, "height": 900})
    contents = page.locator(".toc-drawer")
    assert contents.bounding_box()["x"] >= 1199
    page.set_viewport_size({"width": 1200, "height": 900})
    box, text = contents.bounding_box(), page.locator(".content").bounding_box()
    assert text["x"] + text["width"] <= box["x"] and box["x"] + box["width"] <= 1200


def test_line_of_text_is_not_long(open_page):
    """At most 78 letters on the widest window: the eye finds the next line."""
    page = open_page("learn/names", viewport={"width": 1920, "height": 900})
    letters = page.evaluate(
        """() => {
          const text = document.querySelector("article section section > p");
          const range = document.createRange(), lines = new Map();
          const walker = document.createTreeWalker(text, NodeFilter.SHOW_TEXT);
          while (walker.nextNode()) {
            for (let at = 0; at < walker.currentNode.length; at++) {
              range.setStart(walker.currentNode, at);
              range.setEnd(walker.currentNode, at + 1);
              const top = Math.round(range.getBoundingClientRect().bottom / 8);
              lines.set(top, (lines.get(top) ?? 0) + 1);
            }
          }
          return Math.max(...lines.values());
        }"""
    )
    assert 40 <= letters <= 78


def test_pictures_of_cards_begin_at_one_edge(visitor, built_site):
    drawn = "".join(
        f'<svg id="{name.replace(" ", "-")}" viewBox="0 0 64 40"><g>{text}</g></svg>'
        for name, text in GLYPHS.items()
    )
    visitor.set_content(drawn)
    look = "all => all.map(svg => [svg.id, svg.querySelector('g').getBBox().x])"
    begins = dict(visitor.eval_on_selector_all("svg", look))
    wrong = {
        name: x
        for name, x in begins.items()
        if abs(x - EDGE.get(name.replace("-", " "), 2)) > 0.5
    }
    assert not wrong
