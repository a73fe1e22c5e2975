"""State machines in a site of a few lines: what is drawn, what is complained of."""

import itertools
import re

import msgspec
import pytest

from docs._ext.machines import drawing
from evidence import machines, store, systems
from evidence.calls import is_errno
from evidence.machines import Input, Learned, Machine, State

INPUTS = {
    "bind": Input("bind(asked)", "", "you"),
    "connect": Input("connect(server)", "", "you"),
    "disconnect": Input("connect(AF_UNSPEC)", "", "you"),
    "peer_sends": Input("the server sends", "", "others"),
}
CODE = store.ROOT
SCENE = "lab/machines/scenes/udp.py"
BOUND, NONE = "127.0.0.1:asked", "—"
BOTH = "bound, connected"
STATES = [
    State("unbound", NONE, NONE, []),
    State("bound", BOUND, NONE, ["bind"]),
    State(BOTH, BOUND, "server", ["bind", "connect"]),
]
TRANSITIONS = {
    "unbound": [
        ["bind", "ok", "bound"],
        ["connect", "EPERM"],
        ["disconnect", "ok"],
        ["peer_sends", "nothing: no port"],
    ],
    "bound": [
        ["bind", "EINVAL"],
        ["connect", "ok", BOTH],
        ["disconnect", "ok"],
        ["peer_sends", "arrives"],
    ],
    BOTH: [
        ["bind", "EINVAL"],
        ["connect", "ok"],
        ["disconnect", "ok", "bound"],
        ["peer_sends", "arrives"],
    ],
}


def small(name):
    """A machine of three states, as the lab would write it."""
    return Machine(
        machine=name,
        socket="UDP over IPv4",
        made_by="socket(AF_INET, SOCK_DGRAM)",
        size=name.rpartition("-")[2],
        inputs=INPUTS,
        rules={},
        notes={},
        start="unbound",
        states=STATES,
        transitions=TRANSITIONS,
        learned=Learned(states=3, inputs=4, queries=9, checked="9 words"),
        platform=systems.here(),
        date="2026-01-02",
        sources=machines.made_from("udp"),
    )


def keep(machine):
    """Write a machine into the site's evidence."""
    store.save(machines.path_of(machine.machine), machine)


@pytest.fixture
def machine_site(small_site):
    """A small site with two machines in its evidence."""
    small_site.without_claims()
    for name in ("udp-core", "udp-full"):
        keep(small(name))
    return small_site


def show(site, body):
    site.write("docs/index.md", f"# Front\n\n{body}\n")
    return site.build()


def test_machine_is_drawn_as_cards_and_calls(machine_site):
    assert show(machine_site, "```{machine} udp-core\n```") == ""
    page = machine_site.page()
    svg = page[page.index("<svg") : page.index("</svg>")]
    assert svg.count('<a class="state"') == 3
    assert 'href="reference/explorer.html#udp:bind,connect"' in svg
    assert svg.count('class="edge"') == 2
    assert svg.count('class="edge undo"') == 1
    assert re.findall(r'class="at-edge"[^>]*>(\w+)', svg) == ["bind", "connect"]
    assert re.findall(r'class="failed"[^>]*>(\w+)', svg) == ["EPERM"] + ["EINVAL"] * 2
    assert "Fails here: EPERM: connect()" in svg
    assert "answers to 9 other sequences of calls" in page
    assert "The same as a table" in page


def test_table_has_a_row_for_each_input_of_the_full_machine(machine_site):
    assert show(machine_site, "```{machine-table} udp\n```") == ""
    page = machine_site.page()
    rows = re.findall(r'<tr><th scope="row"><code>(.*?)</code>', page)
    assert rows == [told.call for told in INPUTS.values()]
    assert "<td>—</td>" in page, "an input that does nothing"
    assert "→ bound, connected" in page


def test_words_show_each_step(machine_site):
    words = "```{machine-words}\nBind twice <udp: bind, bind>\n```"
    assert show(machine_site, words) == ""
    page = machine_site.page()
    assert page.count("<code>bind(asked)</code>") == 2
    assert page.index(">ok</span>") < page.index('<span class="failed">EINVAL')
    assert 'href="reference/explorer.html#udp:bind,bind"' in page


def test_role_links_a_walk_and_tells_it_where_it_has_no_words(machine_site):
    body = "{walk}`twice <udp: bind, bind>` {walk}`<udp: bind>`"
    assert show(machine_site, body) == ""
    links = re.findall(
        r'href="reference/explorer.html(#.*?)"><span>(.*?)</span>', machine_site.page()
    )
    assert links == [("#udp:bind,bind", "twice"), ("#udp:bind", "bind(asked): ok")]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("```{machine} udp\n```", "machine: no machine 'udp'; there are tcp-core"),
        (
            "```{machine} tcp-core\n```",
            "machine: no evidence/measured/machines/tcp-core.json: run `make evidence`",
        ),
        ("```{machine-table} tls\n```", "no kind 'tls'; there are tcp, tcp6, udp"),
        (
            "```{machine-words}\nTwice <udp: bind, bend>\n```",
            "machine-words: 'udp: bind, bend': no 'bend' in udp; there are bind, conn",
        ),
        (
            "```{machine-words}\nudp: bind, bind\n```",
            "'udp: bind, bind' is no `title <tcp: bind, bind>`",
        ),
        (
            "```{machine-words}\nTwice <bind, bind>\n```",
            "'bind, bind' is no `tcp",
        ),
        (
            "```{machine-words}\nSend <udp: peer_sends>\n```",
            "cannot happen there, noth",
        ),
        (
            "```{machine-figures}\n```",
            "machine-figures: no evidence/measured/machines/tcp-core.json: run `make",
        ),
        ("{walk}`twice <udp: bend>`", "walk: 'udp: bend': no 'bend' in udp; there are"),
        (
            "{walk}`twice <tls: bind>`",
            "walk: 'tls: bind' begins with none of the known tcp, tcp6",
        ),
        (
            "{walk}`twice <tcp: bind>`",
            "walk: no evidence/measured/machines/tcp-full.json",
        ),
    ],
)
def test_complaint_has_page_and_line(machine_site, body, complaint):
    warnings = show(machine_site, body)
    assert complaint in warnings
    assert "index.md:3: WARNING" in warnings
    assert warnings.count("[evidence]") == 1


def test_words_of_a_refused_walk_stay(machine_site):
    show(machine_site, "{walk}`twice <udp: bend>`")
    assert "twice" in machine_site.page()


def test_damaged_machine_is_told(machine_site):
    path = machines.path_of("udp-core")
    path.write_text(path.read_text().replace("EPERM", "EACCES"))
    warnings = show(machine_site, "```{machine} udp-core\n```")
    assert (
        "is damaged, its `digest` is not that of the rest: run `make evid" in warnings
    )


ALL_STALE = """\
```{machine-table} udp
```
```{machine-words}
Bind <udp: bind>
```
{walk}`words <udp: bind>` {walk}`<udp: bind>`
"""


def test_stale_machine_is_shown_and_complained_of_once(machine_site):
    keep(msgspec.structs.replace(small("udp-full"), sources="another"))
    [warning] = show(machine_site, ALL_STALE).splitlines()
    assert (
        "index.md:3: WARNING: machine-table: the machine udp-full is stale" in warning
    )
    assert "run `make evidence`" in warning
    assert "machine-outcomes" in machine_site.page()


def test_changed_code_makes_the_page_be_read_again(machine_site):
    """The scene of UDP changes, and nothing else: the page that shows it complains."""
    text = (CODE / SCENE).read_text()
    machine_site.write(SCENE, text)
    assert show(machine_site, "```{machine} udp-core\n```") == ""
    assert machine_site.build() == ""
    assert machine_site.read == []
    machine_site.write(SCENE, text.replace("self.settle()", "self.settle() or None"))
    assert "index.md:3: WARNING: machine: the machine udp-core" in machine_site.build()


def test_changed_machine_is_drawn_again(machine_site):
    assert show(machine_site, "```{machine} udp-core\n```") == ""
    keep(msgspec.structs.replace(small("udp-core"), socket="UDP over IPv8"))
    assert machine_site.build() == ""
    assert "IPv8" in machine_site.page()


CORES = [name for name in machines.NAMES if name.endswith("-core")]
MOST = 740  # units, and pixels: a page's column at 1,280


def grid_of(name):
    """The cards and wires of a machine in their places."""
    machine = machines.load(name)
    refused = drawing.refusals(machine)
    cards = {
        state.name: drawing.Card(
            state, refused[state.name], drawing.column_of(state), drawing.row_of(state)
        )
        for state in machine.states
    }
    grid = drawing.Grid(list(cards.values()), drawing.wires(machine, cards))
    grid.lay()
    return grid


def box_of(card):
    """Left, top, right, bottom of a card with its title."""
    top = card.top - drawing.LINE * len(card.title)
    return card.left, top, card.left + drawing.WIDTH, card.top + card.slot_height


def words_of(wire):
    """The box of what stands at a wire; None where nothing does."""
    if not wire.lines:
        return None
    x, y = wire.label
    half = wire.breadth / 2
    return x - half, y - 6 - drawing.LINE * (len(wire.lines) - 1), x + half, y + 6


def meet(one, other):
    """Whether two boxes overlap by more than a unit."""
    return (
        min(one[2], other[2]) - max(one[0], other[0]) > 1
        and min(one[3], other[3]) - max(one[1], other[1]) > 1
    )


@pytest.mark.parametrize("name", CORES)
def test_no_two_states_have_one_place(name):
    cards = grid_of(name).cards
    assert len({(card.column, card.row) for card in cards}) == len(cards)


@pytest.mark.parametrize("name", CORES)
def test_no_wire_goes_through_a_card_and_all_are_orthogonal(name):
    grid = grid_of(name)
    assert grid.size[0] <= MOST
    for wire in grid.wires:
        for (x0, y0), (x1, y1) in itertools.pairwise(wire.points):
            assert x0 == x1 or y0 == y1
            run = min(x0, x1), min(y0, y1), max(x0, x1), max(y0, y1)
            for card in grid.cards:
                left, top, right, bottom = box_of(card)
                inside = left + 1, top + 1, right - 1, bottom - 1
                assert not (
                    run[0] < inside[2]
                    and run[2] > inside[0]
                    and run[1] < inside[3]
                    and run[3] > inside[1]
                ), (wire.start.state.name, wire.end.state.name, card.state.name)


@pytest.mark.parametrize("name", CORES)
def test_no_words_lie_over_others_or_a_card(name):
    grid = grid_of(name)
    boxes = [box for wire in grid.wires if (box := words_of(wire))]
    for number, box in enumerate(boxes):
        assert not any(meet(box, other) for other in boxes[number + 1 :])
        assert not any(meet(box, box_of(card)) for card in grid.cards)


@pytest.mark.parametrize("name", CORES)
def test_every_move_is_drawn_once(name):
    machine, grid = machines.load(name), grid_of(name)
    drawn = [(wire.start.state.name, wire.end.state.name) for wire in grid.wires]
    moved = {(row.state, row.after) for row in machine.rows if row.state != row.after}
    assert sorted(drawn) == sorted(moved)


@pytest.mark.parametrize("name", CORES)
def test_every_call_of_a_machine_is_in_its_picture(name):
    """A call changes the state, or fails there, or changes nothing and succeeds."""
    machine = machines.load(name)
    edges, refused = drawing.moves(machine), drawing.refusals(machine)
    for row in machine.rows:
        call = machine.inputs[row.given].call
        if is_errno(row.outcome):
            function = call.partition("(")[0]
            assert any(
                refusal.errno == row.outcome and refusal.call.startswith(function)
                for refusal in refused[row.state]
            )
        elif row.state != row.after:
            assert call in edges[row.state, row.after]
