"""The page of the Netsem rules shows the data, or says what is wrong with it."""

import json
import re

import msgspec
import pytest

from evidence import cited, machines, store

RULES = cited.netsem().rules
KEPT = [  # whether the evidence is stale is none of the business of this file
    msgspec.structs.replace(
        machines.load(f"{kind}-full"), sources=machines.made_from(kind)
    )
    for kind in ("tcp", "udp")
]
CURE = "correct it by hand, or `git checkout` it"
TOLD = {"sockets": "TCP", "says": "EINVAL only", "verdict": "agrees"}


def test_page_shows_the_rules_that_do_not_agree(built_site):
    page = (built_site / "reference" / "netsem.html").read_text()
    shown = re.findall(r">(\w+_\d+\w?)</span></code> \(", page)
    other = [name for name, rule in RULES.items() if rule.verdict != "agrees"]
    assert sorted(shown) == sorted(other)
    assert len(other) >= 10


def test_whole_table_can_be_downloaded(built_site):
    (copy,) = built_site.glob("_downloads/*/netsem.json")
    assert copy.read_text() == store.cited(cited.NETSEM).read_text()


@pytest.fixture
def netsem_site(small_site):
    """A function that builds a page with the directive from some rules."""
    small_site.without_claims()
    for machine in KEPT:
        store.save(machines.path_of(machine.machine), machine)

    def build(argument: str, rules: dict) -> str:
        told = {"about": "", "source": "", "systems": [], "rules": rules}
        path = store.cited(cited.NETSEM)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(told))
        small_site.write("docs/index.md", f"# Front\n\n```{{netsem}} {argument}\n```\n")
        return small_site.build()

    build.site = small_site
    return build


def test_unknown_verdict_is_complained_of(netsem_site):
    warnings = netsem_site("perhaps", {})
    complaint = "netsem: 'perhaps' is none of in short, counts, agrees, changed since, "
    assert f"index.md:3: WARNING: {complaint}" in warnings


def test_rule_that_the_machine_does_not_bear_out_is_complained_of(netsem_site):
    rule = TOLD | {"seen": ["tcp: listen -> EINVAL"]}
    warnings = netsem_site("agrees", {"listen_2": rule})
    assert "index.md:3: WARNING: netsem: evidence/cited/netsem.json: " in warnings
    complaint = "listen_2: tcp: listen -> EINVAL, but it gives ok | *:chosen | —"
    assert f"{complaint}: {CURE}" in warnings


def test_misspelt_field_is_complained_of(netsem_site):
    warnings = netsem_site("agrees", {"listen_2": TOLD | {"seeen": []}})
    assert "evidence/cited/netsem.json is damaged" in warnings
    assert "seeen" in warnings
    assert CURE in warnings


def test_missing_file_is_complained_of(netsem_site):
    netsem_site("counts", {"listen_2": TOLD | {"seen": ["tcp: listen -> ok"]}})
    store.cited(cited.NETSEM).unlink()
    site = netsem_site.site
    site.write("docs/index.md", "# Front\n\n```{netsem} counts\n```\nAgain.\n")
    assert f"netsem: no evidence/cited/netsem.json: {CURE}" in site.build()


def test_rule_is_shown_with_its_walk(netsem_site):
    rule = TOLD | {"seen": ["tcp: listen -> ok | *:chosen | —"], "note": "it is so"}
    assert netsem_site("agrees", {"listen_2": rule}) == ""
    page = netsem_site.site.page()
    assert "explorer.html#tcp:listen" in page
    assert "listen(): ok</span></a>, local *:chosen, peer —<br>It is so." in page


def test_counts_are_by_call_and_verdict(netsem_site):
    seen = {"seen": ["tcp: listen -> ok"]}
    rules = {
        "listen_1": TOLD | seen,
        "listen_2": TOLD | seen | {"verdict": "changed since"},
        "bind_1": TOLD | {"verdict": "cannot be seen"},
    }
    assert netsem_site("counts", rules) == ""
    cells = re.findall(r"<p>(?:<code.*?><span.*?>)?([\w ]+)", netsem_site.site.page())
    table = cells[cells.index("call") : cells.index("call") + 16]
    assert table == [
        *("call", "agrees", "changed", "cannot be seen"),
        *("listen", "1", "1", "0"),
        *("bind", "0", "0", "1"),
        *("all", "1", "1", "1"),
    ]
