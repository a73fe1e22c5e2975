"""The page that a web server shows for an address that has none."""

from tests.browser.test_pages import CUT


def test_reader_without_a_page_finds_one(open_page):
    page = open_page("404")
    page.locator("form.search-again input").fill("EADDRINUSE")
    page.locator("form.search-again button").click()
    page.locator("#search-results li a").first.wait_for()
    assert page.complaints == []


def test_page_not_found_fits_a_phone(open_page):
    page = open_page("404", viewport={"width": 390, "height": 844})
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    assert page.evaluate(CUT) == []
