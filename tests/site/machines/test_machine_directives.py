"""State machines in a site of a few lines: what is drawn, what is complained of."""

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
    assert svg.count('<g class="state">') == 3
    assert svg.count('class="edge"') == 2
    assert svg.count('class="edge undo"') == 1
    assert re.findall(r'class="at-edge"[^>]*>(\w+)', svg) == ["bind", "connect"]
    assert re.findall(r'class="failed"[^>]*>(\w+)', svg) == ["EPERM"] + ["EINVAL"] * 2
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
