"""Each verdict on a Netsem rule is borne out by a machine or by a claim."""

from collections import Counter

import pytest

from evidence import machines, store
from evidence import netsem_tmp as netsem

RULES = netsem.load()
# Counted in specification/TCP1_hostLTSScript.sml; bind_8 is commented out there.
COUNTED = {
    "accept": 7,
    "bind": 7,
    "connect": 15,
    "disconnect": 5,
    "getpeername": 2,
    "getsockname": 3,
    "listen": 8,
}


def test_every_rule_of_the_seven_calls_is_there():
    assert Counter(map(netsem.call_of, RULES)) == COUNTED
    assert sum(COUNTED.values()) == 47


def test_machines_and_proofs_bear_out_every_verdict():
    assert netsem.complaints(RULES) == []


@pytest.mark.parametrize("rule", [rule for rule in RULES if "seen" in RULES[rule]])
def test_another_outcome_is_complained_of(rule):
    """Each walk is followed to its end: one that ends otherwise is found."""
    for text in RULES[rule]["seen"]:
        name, word, (outcome, *names) = netsem.walk(text)
        for ends in ([f"not {outcome}", *names], [outcome, "nowhere", *names[1:]]):
            lie = f"{name}: {', '.join(word)} -> {' | '.join(ends)}"
            (found,) = netsem.complaints({rule: RULES[rule] | {"seen": [lie]}})
            assert found.startswith(f"{rule}: {lie}, but it gives {outcome}")


def test_changed_machine_changes_a_verdict(monkeypatch):
    """The walks are followed in evidence/machines/, not in a copy of it."""
    kept = machines.load("tcp-full")
    rows = [
        ["unbound", "listen", "EINVAL", *row[3:]]
        if row[:2] == ["unbound", "listen"]
        else row
        for row in kept["transitions"]
    ]
    changed = kept | {"transitions": rows}
    monkeypatch.setattr(machines, "load", lambda name: changed)
    told = {"verdict": "agrees", "seen": ["tcp-full: listen -> ok"]}
    assert netsem.complaints({"listen_1": told}) != []


def test_verdict_needs_what_decides_it():
    undecided = {"bind_1": {"verdict": "agrees"}}
    assert "decided by []" in netsem.complaints(undecided)[0]
    decided = {
        "bind_1": {"verdict": "cannot be seen", "claims": ["tcp.second_bind_fails"]}
    }
    assert "decided by ['tcp.second" in netsem.complaints(decided)[0]
    unknown = {"bind_1": {"verdict": "agrees", "claims": ["tcp.no_such_claim"]}}
    assert netsem.complaints(unknown) == ["bind_1: no claim tcp.no_such_claim"]
    strange = {"bind_1": {"verdict": "perhaps", "claims": ["tcp.second_bind_fails"]}}
    assert "the verdict is none of agrees" in netsem.complaints(strange)[0]


def test_says_is_one_short_line_each():
    for rule, told in RULES.items():
        assert len(told["says"]) <= 160, rule
        assert told["sockets"] in ("TCP", "UDP", "TCP, UDP")
    assert store.load_dict(netsem.FILE)["systems"][0].startswith("Linux 2.4")


def test_doctests():
    import doctest

    from docs._ext import netsem as page

    assert doctest.testmod(netsem) == (0, 2)
    assert doctest.testmod(page) == (0, 1)
