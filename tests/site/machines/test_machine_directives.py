"""State machines in a site of a few lines: what is drawn, what is complained of."""

import re

import pytest

from docs._ext.machines import machine as drawing
from evidence import machines, systems

INPUTS = {
    "bind": {"call": "bind(asked)", "meaning": "", "by": "you"},
    "connect": {"call": "connect(server)", "meaning": "", "by": "you"},
    "disconnect": {"call": "connect(AF_UNSPEC)", "meaning": "", "by": "you"},
    "peer_sends": {"call": "the server sends", "meaning": "", "by": "others"},
}
BOUND, NONE = "127.0.0.1:asked", "—"
ROWS = [
    ["unbound", "bind", "ok", BOUND, NONE, "bound"],
    ["unbound", "connect", "EPERM", NONE, NONE, "unbound"],
    ["unbound", "disconnect", "ok", NONE, NONE, "unbound"],
    ["unbound", "peer_sends", "nothing: no port", NONE, NONE, "unbound"],
    ["bound", "bind", "EINVAL", BOUND, NONE, "bound"],
    ["bound", "connect", "ok", BOUND, "server", "bound, connected"],
    ["bound", "disconnect", "ok", BOUND, NONE, "bound"],
    ["bound", "peer_sends", "arrives", BOUND, NONE, "bound"],
    ["bound, connected", "bind", "EINVAL", BOUND, "server", "bound, connected"],
    ["bound, connected", "connect", "ok", BOUND, "server", "bound, connected"],
    ["bound, connected", "disconnect", "ok", BOUND, NONE, "bound"],
    ["bound, connected", "peer_sends", "arrives", BOUND, "server", "bound, connected"],
]
STATES = [
    {"name": "unbound", "local": NONE, "peer": NONE, "word": []},
    {"name": "bound", "local": BOUND, "peer": NONE, "word": ["bind"]},
    {
        "name": "bound, connected",
        "local": BOUND,
        "peer": "server",
        "word": ["bind", "connect"],
    },
]


def small(name):
    """A machine of three states, as the lab would write it."""
    return {
        "machine": name,
        "socket": "UDP over IPv4",
        "inputs": INPUTS,
        "start": "unbound",
        "states": STATES,
        "transitions": ROWS,
        "learned": {"states": 3, "inputs": 4, "queries": 9, "checked": "9 words"},
        "platform": systems.here(),
        "date": "2026-01-02",
    }


@pytest.fixture
def machine_site(small_site):
    """A small site with two machines in its evidence."""
    small_site.without_claims()
    for name in ("udp-core", "udp-full"):
        machines.keep(small(name))
    yield small_site
    machines.load.cache_clear()


def show(site, body):
    site.write("docs/index.md", f"# Front\n\n{body}\n")
    return site.build()


def test_machine_is_drawn_as_cards_and_calls(machine_site):
    assert show(machine_site, "```{machine} udp-core\n```") == ""
    page = machine_site.page()
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert svg.count('<g class="state">') == 3
    assert svg.count('class="edge"') == 2
    assert svg.count('class="edge undo"') == 1
    assert re.findall(r'class="at-edge"[^>]*>(\w+)', svg) == ["bind", "connect"]
    assert re.findall(r'class="failed"[^>]*>(\w+)', svg) == ["EPERM"] + ["EINVAL"] * 2
    assert "9 words agreed" in page
    assert "The same as a table" in page


def test_table_has_a_row_for_each_input_of_the_full_machine(machine_site):
    assert show(machine_site, "```{machine-table} udp\n```") == ""
    page = machine_site.page()
    rows = re.findall(r'<tr><th scope="row"><code>(.*?)</code>', page)
    assert rows == [told["call"] for told in INPUTS.values()]
    assert "<td>·</td>" in page, "an input that does nothing"
    assert "→ bound, connected" in page


def test_words_show_each_step(machine_site):
    words = "```{machine-words} udp-core\nBind twice | bind, bind\n```"
    assert show(machine_site, words) == ""
    page = machine_site.page()
    assert page.count("<code>bind(asked)</code>") == 2
    assert page.index(">ok</span>") < page.index('<span class="failed">EINVAL')


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("```{machine} udp\n```", "no machine 'udp'; there are tcp-core"),
        ("```{machine} tcp-core\n```", "no evidence/machines/tcp-core.json: run"),
        ("```{machine-table} tls\n```", "no machine 'tls-core'"),
        ("```{machine-words} udp-core\nTwice | bind, bend\n```", "no `title | input,"),
    ],
)
def test_complaint_has_page_and_line(machine_site, body, complaint):
    warnings = show(machine_site, body)
    assert complaint in warnings
    assert "index.md:3" in warnings


def test_damaged_machine_is_told(machine_site):
    path = machines.path_of("udp-core")
    path.write_text(path.read_text().replace("EPERM", "EACCES"))
    warnings = show(machine_site, "```{machine} udp-core\n```")
    assert "is damaged: run `make evidence`" in warnings


def test_changed_machine_is_drawn_again(machine_site):
    assert show(machine_site, "```{machine} udp-core\n```") == ""
    machines.keep(small("udp-core") | {"socket": "UDP over IPv8"})
    assert machine_site.build() == ""
    assert "IPv8" in machine_site.page()


@pytest.mark.parametrize("name", [n for n in machines.NAMES if n.endswith("-core")])
def test_picture_fits_a_phone(name):
    """344 units are a phone's column; 12 units of text are then 11 pixels or more."""
    width = float(
        re.search(r'viewBox="-2 -2 (\d+)', drawing.draw(machines.load(name)))[1]
    )
    assert width * 11 / 12 <= 344


@pytest.mark.parametrize("name", [n for n in machines.NAMES if n.endswith("-core")])
def test_every_call_of_a_machine_is_in_its_picture(name):
    """A call changes the state, or fails there, or changes nothing and succeeds."""
    machine = machines.load(name)
    edges, refused = drawing.moves(machine), drawing.refusals(machine)
    for state, given, outcome, _, _, after in machine["transitions"]:
        call = machine["inputs"][given]["call"]
        if drawing.is_errno(outcome):
            function = call.partition("(")[0]
            assert any(
                errno == outcome and shown.startswith(function)
                for errno, shown, _ in refused[state]
            )
        elif state != after:
            assert call in edges[state, after]


def test_doctests():
    import doctest

    failed, tried = doctest.testmod(drawing)
    assert tried >= 5
    assert failed == 0
