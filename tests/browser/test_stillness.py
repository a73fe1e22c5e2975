"""A page stays where it is while it loads, on a slow machine too."""

import pytest

from tests.browser.test_pages import PHONE, WIDE

SLOW = 6  # times slower than this machine, as a cheap phone is
MOVED = """window.shift = 0;
new PerformanceObserver(
  list => list.getEntries().forEach(entry => { window.shift += entry.value; })
).observe({type: "layout-shift", buffered: true});"""
DRAWN = "new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))"


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
