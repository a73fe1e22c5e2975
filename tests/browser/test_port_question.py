"""The form "I have this socket, I want that one: may I?", asked by a browser."""

import random
import subprocess
import sys

import pytest

from evidence.sharing import IN_USE, OPTIONS, SHARED, Pair, Side, load, pairs
from lab.isolation.namespace import why_no_ipv6

PAGE = "reference/port-sharing"
VERDICTS = {SHARED: "Yes.", IN_USE: "No. bind() fails: OSError: [Errno 98]"}
SEED = 5  # the same pairs in each run
INVALID = "No. bind() fails: OSError: [Errno 22]"
CHOOSE_EACH = """choices => {
  const form = document.querySelector("form.port-question");
  const changed = () => form.dispatchEvent(new Event("change"));
  return choices.map(choice => {
    for (const [name, value] of Object.entries(choice)) {
      form.elements[name].value = value;
      if (form.elements[name].value !== value) return `no ${value} in ${name}`;
      if (name === "first-protocol") changed(); // it decides which states there are
    }
    changed();
    return form.querySelector(".verdict").textContent;
  });
}"""


def ask(page, pair: Pair) -> str:
    """Choose a pair in the form; returns the verdict."""
    first, state, second = pair
    for side, name in ((first, "first"), (second, "second")):
        page.select_option(f"select[name={name}-protocol]", side.protocol)
        page.select_option(f"select[name={name}-place]", side.place)
        page.select_option(f"select[name={name}-option]", side.option)
    page.select_option("select[name=state]", state)
    return page.locator(".verdict").inner_text()


def test_answers_are_those_of_the_evidence(open_page):
    """Three hundred, chosen by a script; the other tests choose as a reader does."""
    marks = load().by_pair
    page = open_page(PAGE)
    asked = random.Random(SEED).sample(list(pairs()), 300)
    choices = [
        {"first-protocol": pair.first.protocol, "state": pair.state}
        | {f"first-{name}": value for name, value in pair.first._asdict().items()}
        | {f"second-{name}": value for name, value in pair.second._asdict().items()}
        for pair in asked
    ]
    told = page.evaluate(CHOOSE_EACH, choices)
    wrong = [
        (pair, verdict)
        for pair, verdict in zip(asked, told, strict=True)
        if not verdict.startswith(VERDICTS.get(marks[pair], INVALID))
    ]
    assert wrong == []
    assert page.complaints == []


def test_reason_leads_to_its_claim_and_cure_is_told(open_page):
    page = open_page(PAGE)
    plain = Side("TCP", "0.0.0.0", OPTIONS[0])
    ask(page, Pair(plain, "TIME_WAIT", plain))
    cure = "with SO_REUSEADDR on both sockets, or with SO_REUSEPORT on both sockets."
    assert cure in page.locator(".cure").inner_text()
    page.locator(".reason a").click()
    target = page.url.partition("#")[2]
    assert target == "claim-matrix-time-wait-holds-the-port"
    sentence = page.locator(f"#{target}").inner_text().rstrip("✓ ")
    assert sentence in page.locator(".reason").inner_text()
    ask(page, Pair(plain, "listening", Side("TCP", "127.0.0.2", OPTIONS[1])))
    assert "SO_REUSEADDR on both" not in page.locator(".cure").inner_text()


def test_states_are_those_of_the_protocol(open_page):
    page = open_page(PAGE)
    page.select_option("select[name=first-protocol]", "UDP")
    states = page.locator("select[name=state] option").all_inner_texts()
    assert states == ["bound", "connected"]


@pytest.mark.parametrize(
    ("first", "state", "second", "said"),
    [
        (
            ("TCP", "::", "both options"),
            "connected",
            ("TCP", "0.0.0.0", "no option"),
            "EADDRINUSE",
        ),
        (
            ("TCP", ":: V6ONLY", "no option"),
            "listening",
            ("TCP", "0.0.0.0", "no option"),
            "success",
        ),
        (
            ("UDP", "0.0.0.0", "SO_REUSEPORT"),
            "bound",
            ("UDP", "::", "SO_REUSEPORT"),
            "success",
        ),
        (
            ("TCP", "127.0.0.1", "no option"),
            "bound",
            ("TCP", "::ffff:127.0.0.1 V6ONLY", "no option"),
            "EINVAL",
        ),
    ],
)
@pytest.mark.skipif(why_no_ipv6() is not None, reason="it runs where this test does")
def test_copied_program_does_what_the_answer_says(
    open_page, tmp_path, first, state, second, said
):
    page = open_page(PAGE)
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    ask(page, Pair(Side(*first), state, Side(*second)))
    page.locator(".port-question button.copy").click()
    program = tmp_path / "pasted.py"
    program.write_text(page.evaluate("navigator.clipboard.readText()"))
    ran = subprocess.run(
        [sys.executable, "-I", program], capture_output=True, text=True, timeout=20
    )
    assert ran.stdout.endswith(f"the second socket gets: {said}\n"), ran.stderr


def test_works_by_keyboard_and_tells_changes(open_page):
    page = open_page(PAGE)
    page.locator("select[name=second-place]").focus()
    page.keyboard.type("127.0.0.2")
    assert page.locator("select[name=second-place]").input_value() == "127.0.0.2"
    assert page.locator(".port-question [role=status] .verdict").count() == 1
    for select in page.locator(".port-question select").all():
        assert select.evaluate("select => select.labels.length") == 1


def test_tables_answer_without_scripts(open_page):
    page = open_page(PAGE, java_script_enabled=False)
    assert page.locator("form.port-question").is_hidden()
    assert page.locator("table.port-sharing").count() == 3
    assert page.locator("table.port-sharing").first.is_visible()


def test_script_is_loaded_on_this_page_only(open_page):
    asked = open_page(PAGE)
    elsewhere = open_page("index")
    assert [url for url in asked.requests if "port-question.js" in url]
    assert not [url for url in elsewhere.requests if "port-question.js" in url]


def test_works_as_files(open_page, built_site):
    page = open_page(PAGE, base=f"{built_site.as_uri()}/")
    assert page.locator(".verdict").inner_text().startswith("No.")
    assert page.complaints == []


def test_the_cell_of_the_question_is_lit_and_asks_it(open_page):
    page = open_page(PAGE, viewport={"width": 1280, "height": 900})
    asked = page.locator(".pairs .asked")
    first, second = "select[name=first-place]", "select[name=second-place]"
    for cell in random.Random(SEED).sample(page.locator(".pairs button").all(), 20):
        cell.click()
        assert asked.count() == 1 and cell.get_attribute("aria-pressed") == "true"
        told = cell.get_attribute("aria-label")
        row, column = page.input_value(first), page.input_value(second)
        assert told.startswith(f"{row}, then {column}: ")
        verdict = page.locator(".verdict").inner_text()
        assert verdict.startswith("Yes." if told.endswith("yes") else "No.")
    page.select_option(first, "0.0.0.0")
    page.select_option(second, "0.0.0.0")
    asked.focus()
    page.keyboard.press("ArrowDown")
    assert page.input_value(first) != "0.0.0.0"
    assert page.evaluate("document.activeElement.classList.contains('asked')")
