"""Explain this: what the page says of texts that people paste.

Each file of explain/ begins with what is expected: the call, the error and the page of
the first answer, `-` for none; then what must stand somewhere in the answers. Some are
broken or hostile.
"""

import gzip
from pathlib import Path

import pytest

from docs._ext.errors.explain import EXAMPLES
from tests.browser.test_pages import PHONE

EXCERPTS = sorted(Path(__file__).with_name("explain").glob("*.txt"))
ANSWER = """text => {
  const { cards } = explain(text);
  const said = cards.flatMap(({ kicker, title, state, notes, ways }) => [
    kicker, title, state ?? "", ...notes.map(([words]) => words),
    ...ways.flatMap(({ cause, because }) => [cause, because])]);
  const [{ call, errno, page }] = cards;
  const first = [call, errno, page.split(".html")[0]].map(one => one || "-");
  return [first, said.join("\\n")];
}"""
WORKED = """text => { const start = performance.now(); explain(text);
  return performance.now() - start; }"""


def read(path):
    """The text of a file, what the first answer is, and what is said somewhere."""
    head, _, text = path.read_text(encoding="utf-8").partition("---\n")
    told = [line.split(": ", 1) for line in head.splitlines()]
    expected = next(value for name, value in told if name == "expect").split()
    if ["escaped", "yes"] in told:
        text = text.strip().encode("latin-1").decode("unicode_escape")
    return text, expected, [value for name, value in told if name == "says"]


@pytest.fixture(scope="module")
def page(chromium, address):
    """The page, with all that it asked for and complained of."""
    page = chromium.new_page()
    page.complaints, page.requests = [], []
    page.on("console", lambda message: page.complaints.append(message.text))
    page.on("pageerror", lambda error: page.complaints.append(str(error)))
    page.on("request", lambda request: page.requests.append(request.url))
    page.goto(f"{address}errors/explain.html")
    page.wait_for_load_state("networkidle")
    page.requests.clear()
    yield page
    page.close()


PASTE = """text => {
  document.querySelector(".explain-answers").replaceChildren();
  const field = document.getElementById("explain-text"), data = new DataTransfer();
  data.setData("text", text);
  const taken = !field.dispatchEvent(new ClipboardEvent(
    "paste", { clipboardData: data, bubbles: true, cancelable: true }));
  if (taken) return;
  field.value = text;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
}"""


def paste(page, text):
    """Paste, and wait until the page has answered."""
    page.evaluate(PASTE, text)
    page.locator(".explain-card").first.wait_for()


def test_there_are_many_excerpts():
    hostile = [path for path in EXCERPTS if path.name.startswith("hostile_")]
    assert len(EXCERPTS) >= 40
    assert len(hostile) >= 10


@pytest.mark.parametrize("path", EXCERPTS, ids=lambda path: path.stem)
def test_answer(path, page):
    text, expected, says = read(path)
    answered, said = page.evaluate(ANSWER, text)
    if expected == ["-", "-", "-"]:  # the first answer is about no error
        assert answered[1:] in (["-", "-"], ["ETIMEDOUT", "etimedout"])
    else:
        assert answered == expected
    assert [part for part in says if part not in said] == [], said


@pytest.mark.parametrize("path", EXCERPTS, ids=lambda path: path.stem)
def test_page_draws_it_as_text_and_asks_nobody(path, page):
    text, _, _ = read(path)
    paste(page, text)
    assert page.evaluate("window.broken") is None
    answers = page.locator(".explain-answers")
    assert answers.locator("script, img, b, i, iframe").count() == 0
    drawn = answers.inner_text()
    assert "undefined" not in drawn
    assert "{}" not in drawn
    assert "NaN" not in drawn
    assert page.complaints == []
    assert page.requests == []
    kept = page.evaluate("[Object.keys(sessionStorage), document.cookie]")
    assert kept == [[], ""]


def test_links_lead_to_what_is_there(page, built_site):
    paste(page, (EXAMPLES / "traceback.txt").read_text())
    links = page.locator(".explain-answers a[href]")
    targets = {links.nth(n).get_attribute("href") for n in range(links.count())}
    assert len(targets) > 5
    for target in targets:
        name, _, anchor = target.partition("#")
        text = Path(built_site, "errors", name).resolve().read_text(encoding="utf-8")
        assert f'id="{anchor}"' in text, target


def test_learned_machine_is_opened_at_the_walk(open_page):
    page = open_page("errors/explain")
    page.get_by_role("button", name="strace", exact=True).click()
    page.get_by_role("link", name="The learned machine").first.click()
    page.locator("#explorer .walked li").nth(3).wait_for()
    assert page.url.endswith("explorer.html#tcp:bind,listen,bind")
    assert "EINVAL" in page.locator("#explorer .walked li").last.inner_text()


@pytest.mark.parametrize("name", ["a traceback", "strace", "ss"])
def test_examples_are_answered(name, open_page):
    page = open_page("errors/explain", viewport=PHONE["viewport"])
    page.get_by_role("button", name=name, exact=True).click()
    assert page.locator(".explain-card").count() >= 1
    assert "answer" in page.locator(".explain-said").inner_text()
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    page.get_by_role("button", name="Clear").click()
    assert page.locator(".explain-card").count() == 0
    assert page.evaluate("document.activeElement.id") == "explain-text"
    assert page.complaints == []


@pytest.mark.parametrize(
    "line",
    [
        "x" * 99,
        "(" * 99,
        "1 " * 50,
        "    s.bind((" * 8,
        'bind(3, {sa_family=AF_INET, sin_port=htons(1), "' * 2,
        "OSError: [Errno 98] Address already in use",
        "tcp LISTEN 0 5 127.0.0.1:1 0.0.0.0:*",
        "\u00e9\U0001f600" * 30,
    ],
    ids=lambda line: line[:6],
)
@pytest.mark.parametrize("end", ["\n", ""], ids=["lines", "one line"])
def test_a_megabyte_is_read_in_part_and_answered(line, end, page):
    """It does not hang: the page has all of its time-out, which is not measured."""
    text = (line + end) * (1_000_000 // len(line + end))
    assert page.evaluate(WORKED, text) > 0
    paste(page, text)
    assert (
        "its beginning and its end were read"
        in page.locator(".explain-said").inner_text()
    )


def test_end_of_a_long_text_is_read(page):
    text = "noise\n" * 200_000 + (EXAMPLES / "traceback.txt").read_text()
    answered, _ = page.evaluate(ANSWER, text)
    assert answered == ["bind", "EADDRINUSE", "eaddrinuse"]


def test_works_as_a_file(open_page, built_site):
    page = open_page("errors/explain", base=f"{built_site.as_uri()}/")
    page.get_by_role("button", name="a traceback").click()
    assert "EADDRINUSE" in page.locator(".explain-card").first.inner_text()
    assert page.complaints == []


def test_without_scripts_it_says_so_and_leads_on(open_page):
    page = open_page("errors/explain", java_script_enabled=False)
    assert page.locator("#explain-text").is_hidden()
    page.locator(".without-script a").first.click()
    assert "errors/index.html" in page.url


def test_script_is_small(built_site):
    """What a browser fetches to read a text, compressed, in bytes."""
    script = Path(built_site, "_static", "explain.js").read_bytes()
    assert len(gzip.compress(script)) < 14_000
