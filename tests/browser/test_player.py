"""Pictures of runs that play: each step is as recorded; nothing overlaps or is cut."""

import json

import pytest

from docs._ext.cards import shown_name
from docs._ext.runs.steps import story
from evidence import runs
from tests.browser.test_pages import PHONE
from tests.site.pages import all_fences

PAGE, RUN = "learn/tcp", "tcp.server_and_client"
WIDTHS = (390, 768, 1280, 1440, 1920)
# Texts and boxes of a picture that lie over others, or outside of it.
LOOK = """svg => {
  const found = [], wide = svg.getBoundingClientRect();
  const texts = [...svg.querySelectorAll("text")]
    .map(text => [text, text.getBoundingClientRect()]);
  for (const [text, box] of texts) {
    const cut = box.left < wide.left - 1 || box.right > wide.right + 1;
    if (cut) found.push(`cut: ${text.textContent}`);
    const size = parseFloat(getComputedStyle(text).fontSize) * svg.getScreenCTM().a;
    if (size < 11.9) found.push(`${size} px: ${text.textContent}`);
  }
  for (const [n, [text, a]] of texts.entries())
    for (const [other, b] of texts.slice(n + 1))
      if (a.left < b.right - 1 && b.left < a.right - 1 &&
          a.top < b.bottom - 3 && b.top < a.bottom - 3)
        found.push(`${text.textContent} lies over ${other.textContent}`);
  return found;
}"""


def player_of(page, run=RUN):
    return page.locator(f'figure[data-run="{run}"]').first


def names_shown(player) -> dict[str, list[str]]:
    """{socket: what the slots of its card say} of the cards that are there."""
    return {
        card.locator(".card-title").inner_text(): card.locator(
            ".name"
        ).all_inner_texts()
        for card in player.locator(".player-cards .card:not(.absent, .closed)").all()
    }


def test_each_step_shows_the_names_that_were_recorded(open_page):
    page = open_page(PAGE, viewport={"width": 1280, "height": 900})
    player = player_of(page)
    player.locator("[data-do=first]").click()
    assert names_shown(player) == {}
    expected: dict[str, list[str]] = {}
    for step in story(runs.load_run(RUN)).steps:
        player.locator("[data-do=next]").click()
        expected.setdefault(step.socket, ["—", "—"])
        for socket, names in step.names.items():
            expected[socket] = list(map(shown_name, names))
            if names == (None, None):
                del expected[socket]
        assert names_shown(player) == expected
    assert page.complaints == []


def test_keys_slider_and_links_lead_to_a_step(open_page):
    page = open_page(PAGE, viewport={"width": 1280, "height": 900})
    player = player_of(page)
    slider = player.locator("input[type=range]")
    slider.focus()
    page.keyboard.press("Home")
    for _ in range(3):
        page.keyboard.press("ArrowRight")
    assert slider.input_value() == "3"
    assert "listen" in player.locator(".player-now").inner_text()
    linked = open_page(f"{PAGE}", viewport={"width": 1280, "height": 900})
    linked.goto(f"{linked.url}#step={RUN}:6")
    there = player_of(linked)
    there.locator(".player-now code", has_text="accept").wait_for()
    assert there.locator("g.step.now").get_attribute("data-step") == "6"


def test_a_link_opens_the_fold_of_its_picture(open_page):
    page = open_page(PAGE)
    run = "tcp.bound_is_not_listening"
    page.goto(f"{page.url}#step={run}:4")
    player_of(page, run).locator("g.step.now").wait_for()


def test_who_wants_to_guess_is_asked_before_a_surprise(open_page):
    page = open_page(PAGE, viewport={"width": 1280, "height": 900})
    run = "tcp.bound_is_not_listening"
    page.goto(f"{page.url}#step={run}:3")
    player = player_of(page, run)
    player.locator(".player-guess input").check()
    player.locator("[data-do=next]").click()
    choices = player.locator(".player-now button")
    assert choices.count() == 3
    assert not player.locator(".player-now .failed").count(), "not told before"
    choices.filter(has_text="ECONNREFUSED").click()
    assert player.locator(".player-now .right").count() == 1
    assert player.locator("g.step.now").get_attribute("data-step") == "4"


def test_the_line_of_the_program_is_lit(open_page):
    page = open_page(PAGE, viewport={"width": 1280, "height": 900})
    run = "tcp.bound_is_not_listening"
    steps = json.loads(player_of(page, run).get_attribute("data-steps"))
    number = next(n for n, step in enumerate(steps, 1) if "listen(" in step["call"])
    page.goto(f"{page.url}#step={run}:{number}")
    lit = page.locator(".line-now")
    lit.wait_for()
    source = runs.snippet_path(run).read_text().splitlines()
    # Which line of the block is below the middle of what is lit.
    under = lit.evaluate(
        """lit => {
        const block = lit.closest("pre"), all = block.textContent.split("\\n");
        const from = parseFloat(getComputedStyle(block).paddingTop);
        const height = (block.clientHeight - 2 * from) / (all.length - 1);
        return all[Math.floor((lit.offsetTop + lit.offsetHeight / 2 - from) / height)];
        }"""
    )
    assert under == source[steps[number - 1]["at"][1] - 1]


WITH_PICTURES = {
    fence.page
    for fence in all_fences()
    if fence.kind == "{sequence}" or ":picture:" in fence.body
}


@pytest.mark.parametrize("page_name", sorted(WITH_PICTURES))
def test_nothing_in_a_picture_overlaps_or_is_cut(page_name, open_page):
    page = open_page(page_name, viewport={"width": 390, "height": 900})
    page.evaluate(
        "document.querySelectorAll('details').forEach(one => one.open = true)"
    )
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        for svg in page.locator("svg.sequence").all():
            assert svg.evaluate(LOOK) == [], f"at {width} pixels"


def test_without_scripts_and_on_paper_the_picture_is_whole(open_page):
    page = open_page(PAGE, java_script_enabled=False)
    assert not page.locator(".player-head").first.is_visible()
    assert player_of(page).locator("svg.sequence").is_visible()
    page = open_page(PAGE, viewport={"width": 1280, "height": 900})
    player_of(page).locator("[data-do=first]").click()
    page.emulate_media(media="print")
    pale = "all => all.filter(one => getComputedStyle(one).opacity !== '1').length"
    assert player_of(page).locator("g.step").evaluate_all(pale) == 0


def test_head_stays_in_sight_on_a_phone(open_page):
    page = open_page(PAGE, **PHONE)
    player = player_of(page)
    player.locator("svg g.step").last.scroll_into_view_if_needed()
    top = player.locator(".player-head").bounding_box()["y"]
    assert 0 <= top < 100


def test_browser_that_does_not_allow_to_copy_says_so(open_page):
    page = open_page(PAGE)
    page.evaluate("void (navigator.clipboard.writeText = () => Promise.reject())")
    player = player_of(page)
    player.locator('[data-do="next"]').click()
    player.locator('[data-do="link"]').click()
    player.get_by_text("In the address bar").wait_for()
    assert "#step=" in page.url
    assert page.complaints == []


def test_player_at_rest_begins_at_its_first_call(open_page):
    page = open_page(PAGE)
    player = player_of(page)
    assert player.locator("g.step.now").count() == 0
    player.locator('[data-do="next"]').click()
    assert player.locator(".player-now").inner_text().startswith("1 of ")
    assert player.locator("input[type=range]").input_value() == "1"
