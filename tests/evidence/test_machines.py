"""The machines of evidence/ are whole; walks through them are read and followed."""

import json
import random

import msgspec
import pytest

from evidence import machines, store
from evidence.machines import Misspelt, Output, Walk, read_walk

CORE = [name for name in machines.NAMES if name.endswith("-core")]


@pytest.mark.parametrize("name", machines.NAMES)
def test_machine_is_complete(name):
    machine = machines.load(name)
    names = [state.name for state in machine.states]
    assert len(set(names)) == len(names) == machine.learned.states
    assert len(machine.inputs) == machine.learned.inputs
    assert list(machine.steps) == [
        (state, given) for state in names for given in machine.inputs
    ]
    assert {row.after for row in machine.rows} <= set(names)
    assert machine.start == names[0] == "unbound"


@pytest.mark.parametrize("name", machines.NAMES)
def test_word_of_a_state_leads_there_and_shows_its_names(name):
    machine = machines.load(name)
    for state in machine.states[1:]:
        last = machines.follow(machine, state.word)[-1]
        assert last.after == state.name
        assert last.output[1:] == (state.local, state.peer)


@pytest.mark.parametrize("name", CORE)
def test_full_machine_contains_the_core_machine(name):
    core = machines.load(name)
    full = machines.load(name.replace("core", "full"))
    part = msgspec.structs.replace(full, inputs=core.inputs)
    assert machines.differences(core, part) == []


@pytest.mark.parametrize("size", ["core", "full"])
def test_ipv6_is_the_same_machine(size):
    """TCP over IPv6 differs from TCP over IPv4 in how the loopback is written."""
    text = machines.path_of(f"tcp6-{size}").read_text().replace("[::1]", "127.0.0.1")
    six = msgspec.convert(json.loads(text), machines.Machine)
    assert machines.differences(machines.load(f"tcp-{size}"), six) == []


@pytest.mark.parametrize("name", machines.NAMES)
def test_machine_is_of_the_code_as_it_is(name):
    assert not machines.stale(machines.load(name)), "run `make evidence`"


# Two machines, and a machine and a socket


def altered(machine, change):
    """The machine with one line of its transitions changed, and where it was."""
    dice = random.Random(3)
    state = dice.choice(list(machine.transitions))
    lines = [list(line) for line in machine.transitions[state]]
    line = dice.choice(lines)
    change(line)
    changed = machine.transitions | {state: lines}
    return msgspec.structs.replace(machine, transitions=changed), line


def test_another_outcome_is_told_with_a_word_that_shows_it():
    kept = machines.load("tcp-core")
    other, (inputs, *_) = altered(kept, lambda line: line.__setitem__(1, "EPERM"))
    told = machines.differences(kept, other)
    assert len(told) == len(inputs.split())
    assert f": {inputs.split()[0]} gave " in told[0]
    assert "and gives EPERM" in told[0]


def test_another_next_state_is_told():
    kept = machines.load("udp-core")
    other, _ = altered(kept, lambda line: line.__setitem__(slice(2, 3), ["connected"]))
    assert machines.differences(kept, other)


def test_other_inputs_are_told():
    one, other = machines.load("udp-core"), machines.load("udp-full")
    [told] = machines.differences(one, other)
    assert told.startswith("inputs that one of them does not have: bind_any, ")


def test_socket_that_disobeys_is_told():
    kept = machines.load("udp-core")
    word = ["bind", "connect"]
    done = [step.output for step in machines.follow(kept, word)]
    assert machines.disagreements(kept, [(word, done)]) == []
    done[1] = Output("ENETDOWN", "—", "—")
    [told] = machines.disagreements(kept, [(word, done)])
    assert told.startswith("bind, connect: ok | 127.0.0.1:asked | —; ok")
    assert "ENETDOWN | — | — by the socket" in told


# Walks


def test_walk_is_read_shown_and_followed():
    text = "udp: bind, connect -> ok | 127.0.0.1:asked | server"
    walk = read_walk(text)
    assert walk == Walk("udp", ("bind", "connect"), ("ok", "127.0.0.1:asked", "server"))
    assert str(walk) == text
    assert walk.fragment == "udp:bind,connect"
    assert [step.after for step in walk.steps()] == ["bound", "bound, connected"]
    assert walk.complaint() is None
    assert read_walk(walk.fragment) == Walk("udp", ("bind", "connect"))


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tcp bind", r"'tcp bind' is no `tcp: bind, connect`, nor"),
        ("tcp: bind connect", "is no `tcp: bind, con"),
        ("tcp:", "is no `tcp: bind, con"),
        ("tcp: bind ->", "is no `tcp: bind, con"),
        ("sctp: bind", "'sctp: bind' begins with none of the known tcp, tcp6, udp"),
        ("tcp-full: bind", "begins with none of the known tcp"),
    ],
)
def test_what_is_no_walk_is_told(text, complaint):
    with pytest.raises(Misspelt, match=complaint):
        read_walk(text)


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("tcp: bond", r"'tcp: bond': no 'bond' in tcp; there are bind, listen"),
        ("tcp: peer_sends", "'tcp: peer_sends': peer_sends cannot happen there, noth"),
    ],
)
def test_walk_that_cannot_be_walked_is_told(text, complaint):
    with pytest.raises(Misspelt, match=complaint):
        read_walk(text).steps()


@pytest.mark.parametrize(
    ("text", "gives"),
    [
        ("tcp: bind, bind -> ok", "EINVAL | 127.0.0.1:asked | —"),
        ("tcp: bind -> ok | * | —", "ok | 127.0.0.1:asked | —"),
    ],
)
def test_walk_that_ends_otherwise_says_how(text, gives):
    assert read_walk(text).complaint() == gives


# Files


def test_unknown_and_missing_machines_are_told_apart(tmp_path, monkeypatch):
    with pytest.raises(store.EvidenceError, match="there are tcp-core"):
        machines.load("tcp-corps")
    monkeypatch.setattr(store, "ROOT", tmp_path)
    with pytest.raises(store.EvidenceError, match="no evidence/measured/machines/tcp-"):
        machines.load("tcp-core")


def test_changed_by_hand_and_incomplete_machines_are_told(tmp_path, monkeypatch):
    kept = machines.load("tcp-core")
    text = machines.path_of("tcp-core").read_text()
    monkeypatch.setattr(store, "ROOT", tmp_path)
    path = machines.path_of("tcp-core")
    path.parent.mkdir(parents=True)
    path.write_text(text.replace("EISCONN", "EINVAL", 1))
    with pytest.raises(store.EvidenceError, match=r"damaged.*digest.*make evidence"):
        machines.load("tcp-core")
    path.write_text(text.replace('"sources"', '"source"'))
    with pytest.raises(store.EvidenceError, match=r"damaged.*missing.*`sources`"):
        machines.load("tcp-core")
    fewer = kept.transitions | {"unbound": kept.transitions["unbound"][1:]}
    store.save(path, msgspec.structs.replace(kept, transitions=fewer))
    with pytest.raises(
        store.EvidenceError, match="damaged, in its transitions, 'bind'"
    ):
        machines.load("tcp-core")


def test_changed_file_is_read_again(tmp_path, monkeypatch):
    kept = machines.load("tcp-core")
    monkeypatch.setattr(store, "ROOT", tmp_path)
    store.save(machines.path_of("tcp-core"), kept)
    assert machines.load("tcp-core").socket == "TCP over IPv4"
    store.save(machines.path_of("tcp-core"), msgspec.structs.replace(kept, socket="?"))
    assert machines.load("tcp-core").socket == "?"
