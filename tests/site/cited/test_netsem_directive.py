"""The page of the Netsem rules shows the data, or says what is wrong with it."""

import re

from evidence import machines, store
from evidence import netsem_tmp as netsem

RULES = netsem.load()
KEPT = [machines.load(name) for name in ("tcp-full", "udp-full")]


def test_page_shows_the_rules_that_do_not_agree(built_site):
    page = (built_site / "reference" / "netsem.html").read_text()
    shown = re.findall(r">(\w+_\d+\w?)</span></code> \(", page)
    other = [rule for rule, told in RULES.items() if told["verdict"] != "agrees"]
    assert sorted(shown) == sorted(other)
    assert len(other) >= 10


def test_whole_table_can_be_downloaded(built_site):
    (copy,) = built_site.glob("_downloads/*/netsem.json")
    assert copy.read_text() == (store.measured() / netsem.FILE).read_text()


def complaint_about(site, argument, rules):
    """The warnings of a site whose page has the directive, and whose data are these."""
    site.without_claims()
    for machine in KEPT:
        machines.keep(machine)
    store.save(store.measured() / netsem.FILE, {"rules": rules})
    site.write("docs/index.md", f"# Front\n\n```{{netsem}} {argument}\n```\n")
    warnings = site.build()
    machines.load.cache_clear()
    return warnings


def test_unknown_verdict_is_complained_of(small_site):
    warnings = complaint_about(small_site, "perhaps", {})
    assert (
        "index.md:3: WARNING: netsem: 'perhaps' is none of counts, agrees" in warnings
    )


def test_rule_that_the_machine_does_not_bear_out_is_complained_of(small_site):
    told = {"sockets": "TCP", "says": "fails", "verdict": "agrees"}
    rule = told | {"seen": ["tcp-full: listen -> EINVAL"]}
    warnings = complaint_about(small_site, "agrees", {"listen_2": rule})
    assert "netsem: listen_2: tcp-full: listen -> EINVAL, but it gives ok" in warnings


def test_rule_is_shown_with_its_walk(small_site):
    told = {"sockets": "TCP", "says": "EINVAL only", "verdict": "agrees"}
    rule = told | {"seen": ["tcp-full: listen -> ok"]}
    assert complaint_about(small_site, "agrees", {"listen_2": rule}) == ""
    page = small_site.page()
    assert "explorer.html#tcp:listen" in page
    assert "listen(): ok" in page
