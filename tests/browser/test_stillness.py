"""A page stays where it is while it loads, on a slow machine too; nothing is cut."""

import pytest

from tests.browser.test_pages import PHONE, WIDE
from tests.site.pages import pages

SLOW = 6  # times slower than this machine, as a cheap phone is
MOVED = """window.shift = 0;
new PerformanceObserver(
  list => list.getEntries().forEach(entry => { window.shift += entry.value; })
).observe({type: "layout-shift", buffered: true});"""
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"
# What reaches beyond the window, and is in no box that scrolls there.
CUT = """() => {
  document.querySelectorAll("details").forEach(fold => { fold.open = true; });
  const scrolls = box => !box.matches("article") &&
    (/auto|scroll/.test(getComputedStyle(box).overflowX) || scrolls(box.parentElement));
  const within = element => element.getBoundingClientRect().right <= innerWidth + 1;
  return [...document.querySelectorAll("article :is(table, pre, img, figure, svg, p)")]
    .filter(element => element.checkVisibility() && !within(element))
    .filter(({parentElement: box}) => !box.closest("svg") && !scrolls(box))
    .map(element => `${element.tagName} ${element.textContent.slice(0, 40)}`);
}"""


@pytest.mark.parametrize("size", [WIDE, PHONE["viewport"]], ids=["wide", "phone"])
@pytest.mark.parametrize(
    "name", ["learn/containers", "learn/udp-errors", "errors/ebadf", "index"]
)
def test_page_stays_where_it_is_on_a_slow_machine(name, size, chromium, address):
    page = chromium.new_page(viewport=size)
    page.add_init_script(MOVED)
    chrome = page.context.new_cdp_session(page)
    chrome.send("Emulation.setCPUThrottlingRate", {"rate": SLOW})
    page.goto(f"{address}{name}.html")
    page.evaluate(DRAWN)
    assert page.evaluate("window.shift") < 0.01, "the layout moved while loading"
    page.close()


def test_nothing_is_cut_on_a_phone(chromium, address):
    page = chromium.new_page(**PHONE)
    cut = {}
    for name in [*pages(), "genindex", "search", "404"]:
        page.goto(f"{address}{name}.html")
        cut[name] = page.evaluate(CUT)
    page.close()
    assert len(cut) > 80
    assert {name: found for name, found in cut.items() if found} == {}
