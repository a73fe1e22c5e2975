"""The explorer in a real browser: what it shows is what its programs print."""

import random
import subprocess
import sys

import pytest

from evidence import machines
from evidence.machines import read_walk
from lab.isolation import child, namespace
from tests.browser.test_pages import PHONE

needs = pytest.mark.needs
PAGE = "reference/explorer"
# Each costs a start of Python. 200 were clicked, and ran, before this was merged; the
# programs themselves were tried with 2,000 sequences.
SEQUENCES = 40
LONGEST = 8
# Click a kind, then buttons that can be clicked; the dice are numbers below 1.
CLICK = """([kind, dice]) => {
  document.querySelector(`[data-kind="${kind}"]`).click();
  const promised = dice.map((roll) => {
    const calls = [...document.querySelectorAll(".call:enabled")];
    const chosen = calls[Math.floor(roll * calls.length)];
    const call = chosen.querySelector("code").textContent;
    const told = chosen.querySelector(".outcome, .failed, .pending");
    const outcome = told.firstChild.textContent;
    const leads = told.parentElement.querySelector(".leads")?.textContent ?? "";
    chosen.click();
    return [call, outcome, leads.replace(" → ", "")];
  });
  return { promised, ...SHOWN };
}"""
SHOWN = """{
  steps: [...document.querySelectorAll(".walked li")].slice(1).map((step) => [
    step.querySelector("code").textContent,
    step.querySelector(".outcome, .failed, .pending").firstChild.textContent,
    ...[...step.querySelectorAll(".slot .name")].map((name) => name.textContent),
    step.querySelector(".state-name").textContent,
  ]),
  program: document.querySelector(".python .highlight pre").textContent,
  printed: document.querySelector(".python samp").textContent,
  hash: decodeURIComponent(location.hash.slice(1)),
}"""


def shown(page):
    return page.evaluate(f"() => ({SHOWN})")


def calls(page):
    """The calls and the outcomes of the walk on the page."""
    return [step[:2] for step in shown(page)["steps"]]


@pytest.fixture
def opened(open_page):
    """A function that opens the explorer at a walk, with the program unfolded."""

    def open_(walk: str = "", **options):
        page = open_page(PAGE, **options)
        if walk:
            page.evaluate("walk => { location.hash = walk; }", walk)
            page.wait_for_function("document.querySelectorAll('.walked li').length > 1")
        page.locator(".python summary").click()
        page.wait_for_function("document.querySelector('.python samp').isConnected")
        return page

    return open_


def run_all(programs: list[str]) -> list[str]:
    """What programs print, one after another, each as a reader would run it.

    All in one private network; run it in a process of its own.
    """
    namespace.enter()
    told = []
    for program in programs:
        ran = subprocess.run(
            [sys.executable, "-I", "-c", program],
            capture_output=True,
            text=True,
            timeout=20,
        )
        told.append(ran.stdout + ran.stderr)
    return told


@needs("private_net", "ipv6")
def test_clicked_sequences_run_and_print_what_the_page_shows(opened):
    page = opened()
    dice = random.Random(4)
    kinds = list(machines.KINDS)
    walks = [
        page.evaluate(
            CLICK.replace("SHOWN", SHOWN),
            [
                kinds[number % len(kinds)],
                [dice.random() for _ in range(dice.randint(1, LONGEST))],
            ],
        )
        for number in range(SEQUENCES)
    ]
    assert page.complaints == []
    assert len({walk["hash"] for walk in walks}) > SEQUENCES * 0.8
    for walk in walks:
        lines = [
            f"{call}: {outcome} | {local} | {peer}\n"
            for call, outcome, local, peer, _ in walk["steps"]
        ]
        assert "".join(lines) == walk["printed"]
        assert [step[:2] for step in walk["steps"]] == [
            promise[:2] for promise in walk["promised"]
        ]
        for step, (_, _, leads) in zip(walk["steps"], walk["promised"], strict=True):
            assert leads in ("", step[4])
    printed = child.run_fresh(run_all, [walk["program"] for walk in walks])
    for walk, told in zip(walks, printed, strict=True):
        assert told == walk["printed"], walk["hash"]


@pytest.mark.parametrize("kind", machines.KINDS)
def test_page_shows_what_the_machine_says(kind, opened):
    """Clicks compared with evidence/machines/, which the page's data came from."""
    page = opened()
    rolls = [0.11, 0.52, 0.9, 0.31, 0.03, 0.77]
    walk = page.evaluate(CLICK.replace("SHOWN", SHOWN), [kind, rolls])
    told = read_walk(walk["hash"])
    assert told.kind == kind
    assert [tuple(step[1:4]) for step in walk["steps"]] == [
        step.output for step in told.steps()
    ]


def test_link_opens_the_very_sequence(open_page, address):
    page = open_page("index")
    page.goto(f"{address}{PAGE}.html#tcp:bind,listen,connect")
    assert calls(page) == [
        ["bind(asked)", "ok"],
        ["listen()", "ok"],
        ["connect(server)", "EISCONN"],
    ]
    assert "Transport endpoint is already connected" in page.inner_text(".walked")
    assert page.locator('[data-kind="tcp"]').get_attribute("aria-pressed") == "true"
    page.reload()
    assert len(calls(page)) == 3
    assert page.complaints == []


def test_every_question_on_the_page_opens_its_walk(open_page):
    page = open_page(PAGE)
    links = page.locator("article a.walk")
    assert links.count() >= 30
    for number in range(links.count()):
        link = links.nth(number)
        walk = link.get_attribute("href").partition("#")[2]
        link.evaluate("link => link.click()")
        page.wait_for_function(
            "walk => decodeURIComponent(location.hash) === '#' + walk", arg=walk
        )
        told = read_walk(walk)
        assert told.fragment == walk
        inputs = told.machine.inputs
        expected = [inputs[step.given].call for step in told.steps()]
        page.wait_for_function(
            "calls => JSON.stringify([...document.querySelectorAll('.walked li code')]"
            ".slice(1).map(code => code.textContent)) === JSON.stringify(calls)",
            arg=expected,
        )
    assert page.complaints == []


def test_undo_reset_and_another_kind(opened):
    page = opened("udp:bind,connect,connect_other")
    page.click('[data-tool="undo"]')
    assert shown(page)["hash"] == "udp:bind,connect"
    page.click('[data-tool="reset"]')
    assert shown(page)["hash"] == "udp:"
    assert shown(page)["steps"] == []
    assert page.locator('[data-tool="undo"]').is_disabled()
    page.click('[data-input="bind"]')
    page.click('[data-kind="unix-stream"]')
    assert shown(page)["hash"] == "unix-stream:"
    assert "AF_UNIX" in page.inner_text(".walked")


def test_keys_alone_are_enough(open_page):
    page = open_page(PAGE)
    page.locator('[data-input="bind"]').focus()
    page.keyboard.press("Enter")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert shown(page)["hash"] == "tcp:bind,bind_taken"
    focused = "document.activeElement.dataset.input"
    assert page.evaluate(focused) == "bind_taken", "the focus stays on the call"
    page.keyboard.press("ArrowUp")
    assert page.evaluate(focused) == "bind"
    page.keyboard.press("Backspace")
    assert shown(page)["hash"] == "tcp:bind"
    assert page.evaluate("document.activeElement.className") == "call"
    page.keyboard.press("Backspace")
    page.keyboard.press("Backspace")
    assert shown(page)["hash"] == "tcp:"


PLACES = """() => [...document.querySelectorAll("#explorer .call")].map(cell => {
  const box = cell.getBoundingClientRect();
  return [box.x + scrollX, box.y + scrollY, box.width, box.height].map(Math.round);
})"""
RANDOM_CLICKS = """([kind, dice]) => dice.forEach(roll => {
  const calls = [...document.querySelectorAll(".call:enabled")];
  calls[Math.floor(roll * calls.length)].click();
})"""


@pytest.mark.parametrize("width", [390, 1280])
@pytest.mark.parametrize("kind", machines.KINDS)
def test_no_cell_moves_under_the_pointer(width, kind, open_page):
    page = open_page(PAGE, viewport={"width": width, "height": 900})
    page.click(f'[data-kind="{kind}"]')
    before = page.evaluate(PLACES)
    dice = random.Random(9)
    for _ in range(6):
        page.evaluate(RANDOM_CLICKS, [kind, [dice.random() for _ in range(6)]])
        assert page.evaluate(PLACES) == before
        page.click('[data-tool="reset"]')


@pytest.mark.parametrize("kind", machines.KINDS)
def test_every_input_has_one_cell_in_one_group(kind, open_page):
    page = open_page(PAGE)
    page.click(f'[data-kind="{kind}"]')
    shown = page.locator(".calls:visible .call").evaluate_all(
        "all => all.map(one => one.dataset.input)"
    )
    assert sorted(shown) == sorted(machines.load(f"{kind}-full").inputs)


def test_a_step_of_the_tape_leads_back_to_it(opened):
    page = opened("tcp:bind,listen,client_arrives,accept")
    page.locator(".walked .back", has_text="listen()").click()
    assert shown(page)["hash"] == "tcp:bind,listen"
    page.locator(".walked .back").first.click()
    assert shown(page)["hash"] == "tcp:"


def test_who_wants_to_guess_is_told_nothing_before(open_page):
    page = open_page(PAGE)
    page.uncheck('[data-tool="tell"]')
    told = page.locator('[data-input="bind"] .told')
    assert told.evaluate("one => getComputedStyle(one).visibility") == "hidden"
    page.reload()
    assert not page.is_checked('[data-tool="tell"]')
    page.click('[data-input="bind"]')
    assert calls(page) == [["bind(asked)", "ok"]]


def test_questions_on_top_are_those_of_the_table(open_page):
    page = open_page(PAGE)
    page.click('[data-kind="udp"]')
    page.locator(".questions a", has_text="bind twice").click()
    page.wait_for_function("document.querySelectorAll('.walked li').length === 3")
    assert shown(page)["hash"] == "udp:bind,bind"


def test_link_with_an_impossible_step_says_what_was_left_out(open_page, address):
    page = open_page("index")
    page.goto(f"{address}{PAGE}.html#tcp:bind,peer_sends,bond,listen")
    assert calls(page) == [["bind(asked)", "ok"], ["listen()", "ok"]]
    assert page.locator(".said").is_visible()
    assert "peer_sends, bond" in page.inner_text(".said")


def test_program_is_copied(opened):
    page = opened("unix-datagram:bind,connect,stranger_sends")
    page.context.grant_permissions(["clipboard-read", "clipboard-write"])
    page.click(".python button.copy")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == shown(page)["program"]
    assert 'step("the other sends", stranger_sends)' in copied
    assert "def peer_closes" not in copied


def test_it_works_as_a_file(open_page, built_site):
    page = open_page(PAGE, base=f"{built_site.as_uri()}/")
    page.click('[data-kind="udp"]')
    page.click('[data-input="send"]')
    page.locator(".python summary").click()
    assert calls(page) == [["send()", "EDESTADDRREQ"]]
    assert page.url.endswith(f"{PAGE}.html#udp:send")
    page.reload()
    assert calls(page) == [["send()", "EDESTADDRREQ"]]
    assert page.complaints == []


def test_tables_are_there_without_scripts(open_page):
    page = open_page(PAGE, java_script_enabled=False)
    assert page.get_by_text("scripts do not run here").is_visible()
    assert page.locator(".machine-outcomes").count() == 4
    assert page.locator(".machine-outcomes").first.is_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_long_walk_fits_a_phone(scheme, opened):
    walk = "tcp:connect_refused_nowait,read_error,connect,connect,shutdown_write"
    page = opened(walk, color_scheme=scheme, **PHONE)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


def test_step_that_ends_otherwise_elsewhere_says_where(opened):
    page = opened("tcp:listen,connect")
    last = page.locator(".walked li").last
    assert "EISCONN" in last.inner_text()
    assert "EINVAL on gVisor" in last.inner_text()
    assert page.locator(".walked .elsewhere").count() == 1


def test_back_of_the_browser_goes_back_a_step(open_page):
    page = open_page(PAGE)
    page.click('[data-input="bind"]')
    page.click('[data-input="listen"]')
    page.go_back()
    assert calls(page) == [["bind(asked)", "ok"]]
    page.go_back()
    assert calls(page) == []
    page.go_forward()
    assert calls(page) == [["bind(asked)", "ok"]]
