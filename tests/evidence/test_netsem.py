"""Each verdict on a Netsem rule is borne out by a machine or by a claim."""

import json
from collections import Counter

import msgspec
import pytest

from evidence import cited, machines, store
from evidence.cited import Rule, netsem_complaints
from evidence.machines import read_walk

RULES = cited.netsem().rules
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


def rule(**told) -> Rule:
    """A rule about TCP that agrees, or what is told of it."""
    return Rule(**{"sockets": "TCP", "says": "it fails", "verdict": "agrees"} | told)


def test_every_rule_of_the_seven_calls_is_there():
    assert Counter(map(cited.call_of, RULES)) == COUNTED
    assert sum(COUNTED.values()) == 47


def test_machines_and_proofs_bear_out_every_verdict():
    assert netsem_complaints(RULES) == []


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.seen])
def test_another_outcome_is_complained_of(name):
    """Each walk is followed to its end: one that ends otherwise is found."""
    for text in RULES[name].seen:
        walk = read_walk(text)
        outcome, *names = walk.ends
        for ends in ((f"not {outcome}", *names), (outcome, "nowhere", *names[1:])):
            lie = str(walk._replace(ends=ends))
            changed = msgspec.structs.replace(RULES[name], seen=[lie])
            (found,) = netsem_complaints({name: changed})
            assert found.startswith(f"{name}: {lie}, but it gives {outcome}")


def test_changed_machine_changes_a_verdict(monkeypatch):
    """The walks are followed in evidence/machines/, not in a copy of it."""
    kept = machines.load("tcp-full")
    lines = [
        [inputs, "EINVAL"] if "listen" in inputs.split() else [inputs, *end]
        for inputs, *end in kept.transitions["unbound"]
    ]
    changed = msgspec.structs.replace(
        kept, transitions=kept.transitions | {"unbound": lines}
    )
    monkeypatch.setattr(machines, "load", lambda name: changed)
    [found] = netsem_complaints({"listen_1": rule(seen=["tcp: listen -> ok"])})
    assert found == "listen_1: tcp: listen -> ok, but it gives EINVAL | — | —"


@pytest.mark.parametrize(
    ("told", "complaint"),
    [
        ({}, "bind_1: 'agrees', and decided by []"),
        (
            {"verdict": "cannot be seen", "claims": ["tcp.second_bind_fails"]},
            "bind_1: 'cannot be seen', and decided by ['tcp.second_bind_fails']",
        ),
        ({"claims": ["tcp.no_such_claim"]}, "bind_1: no claim tcp.no_such_claim"),
        (
            {"verdict": "perhaps", "claims": ["tcp.second_bind_fails"]},
            "bind_1: the verdict is none of agrees, changed since, cannot be seen",
        ),
        ({"seen": ["tcp: bind = ok"]}, "bind_1: 'tcp: bind = ok' is no `tcp: "),
        ({"seen": ["tcp: bond -> ok"]}, "bind_1: 'tcp: bond -> ok': no 'bond' in tcp"),
    ],
)
def test_verdict_needs_what_decides_it(told, complaint):
    [found] = netsem_complaints({"bind_1": rule(**told)})
    assert found.startswith(complaint)


def test_says_is_one_short_line_each():
    for name, told in RULES.items():
        assert len(told.says) <= 160, name
        assert told.sockets in ("TCP", "UDP", "TCP, UDP")
    assert cited.netsem().systems[0].startswith("Linux 2.4")


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('"says"', '"say"', r"netsem.json is damaged.*\bsay"),
        ('"rules": {', '"rules": [', r"netsem.json is damaged"),
    ],
)
def test_damaged_file_is_cured_by_hand(tmp_path, monkeypatch, old, new, complaint):
    text = store.cited(cited.NETSEM).read_text()
    monkeypatch.setattr(store, "ROOT", tmp_path)
    path = store.cited(cited.NETSEM)
    with pytest.raises(
        store.EvidenceError, match=r"no evidence/cited/netsem.json: cor"
    ):
        cited.netsem()
    path.parent.mkdir(parents=True)
    path.write_text(text.replace(old, new, 1))
    with pytest.raises(store.EvidenceError, match=complaint) as told:
        cited.netsem()
    assert "make evidence" not in str(told.value)
    assert "by hand" in str(told.value)


def test_file_has_a_line_for_each_rule():
    """It is written by hand: one rule a line can be read, and read in a diff."""
    lines = store.cited(cited.NETSEM).read_text().splitlines()
    found = [line.strip().rstrip(",") for line in lines if line.startswith('  "')]
    assert [next(iter(json.loads("{" + line + "}"))) for line in found] == list(RULES)
