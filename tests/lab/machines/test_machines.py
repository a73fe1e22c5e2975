"""Each machine in evidence/ is what the sockets of this kernel do."""

import random

import pytest

from evidence import machines, store, systems
from lab.machines.learning import learner

needs = pytest.mark.needs
CORE = [name for name in machines.NAMES if name.endswith("-core")]
FULL = [name for name in machines.NAMES if name.endswith("-full")]
SAMPLE = 1_000  # words for a full machine; `make evidence` tries CHECKED_WITH


def with_needs(names):
    """Each machine as a parameter, with what learning it needs."""
    return [
        pytest.param(
            name,
            marks=needs("private_net", *(["ipv6"] if name.startswith("tcp6") else [])),
        )
        for name in names
    ]


def report(name, found, differs):
    """Fail where the machine was learned; elsewhere say what is different."""
    if not found:
        return
    complaint = f"{machines.told(name, found)}\nrun `make evidence` and read the diff"
    if machines.load(name)["platform"] == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)


@pytest.fixture(scope="module")
def answers() -> dict:
    """{machine: what the learner found}: the core ones learned, all of them walked."""
    jobs = [machines.job(name, True, machines.CHECKED_WITH, 7) for name in CORE]
    jobs += [machines.job(name, False, SAMPLE, 7) for name in FULL]
    return dict(zip(CORE + FULL, machines.ask(jobs), strict=True))


def answer_for(name, answers):
    """What the learner found, or a failure with its last words."""
    if "failed" in answers[name]:
        pytest.fail(answers[name]["failed"], pytrace=False)
    return answers[name]


@pytest.mark.parametrize("name", with_needs(CORE))
def test_core_machine_is_learned_again(name, answers, differs):
    """The same machine, and the socket agrees on 10,000 words not used to learn it."""
    answer = answer_for(name, answers)
    body = machines.finished(name, answer["learned"])
    assert len(answer["walks"]) == 10_000
    assert machines.disagreements(body, answer["walks"]) == []
    kept = machines.load(name)
    report(name, machines.differences(kept, body), differs)
    if kept["platform"] == systems.here():
        assert body["states"] == kept["states"], "run `make evidence`"


@pytest.mark.parametrize("name", with_needs(FULL))
def test_full_machine_agrees_with_the_socket(name, answers, differs):
    """A sample of random words, sent straight to the kernel."""
    answer = answer_for(name, answers)
    report(name, machines.disagreements(machines.load(name), answer["walks"]), differs)


@pytest.mark.parametrize("name", machines.NAMES)
def test_machine_is_complete(name):
    machine = machines.load(name)
    names = [state["name"] for state in machine["states"]]
    assert len(set(names)) == len(names)
    assert list(machines.table(machine)) == [
        (state, given) for state in names for given in machine["inputs"]
    ]
    assert {row[5] for row in machine["transitions"]} <= set(names)
    assert machine["start"] == names[0] == "unbound"


@pytest.mark.parametrize("name", machines.NAMES)
def test_word_of_a_state_leads_there_and_shows_its_names(name):
    machine = machines.load(name)
    steps = machines.table(machine)
    for state in machine["states"]:
        at, shown = machine["start"], ["—", "—"]
        for given in state["word"]:
            _, *shown, at = steps[at, given]
        assert at == state["name"]
        assert shown == [state["local"], state["peer"]]


@pytest.mark.parametrize("name", CORE)
def test_full_machine_contains_the_core_machine(name):
    core = machines.load(name)
    full = machines.load(name.replace("core", "full"))
    part = full | {"inputs": core["inputs"]}
    assert machines.differences(core, part) == []


@pytest.mark.parametrize("size", ["core", "full"])
def test_ipv6_is_the_same_machine(size):
    """TCP over IPv6 differs from TCP over IPv4 in how the loopback is written."""
    six = machines.load(f"tcp6-{size}")
    rows = [
        [part.replace("[::1]", "127.0.0.1") for part in row]
        for row in six["transitions"]
    ]
    four = machines.load(f"tcp-{size}")
    assert machines.differences(four, six | {"transitions": rows}) == []


@pytest.mark.parametrize("name", machines.NAMES)
def test_file_holds_the_machine_in_fewer_words(name):
    machine = machines.load(name)
    short = machines.folded(machine)
    assert machines.unfolded(short) == machine
    cells = sum(map(len, short["transitions"].values()))
    assert cells <= len(machine["transitions"])


def test_two_names_for_one_state_are_refused():
    """The file tells a state's names once, so each way there must show the same."""
    kept = machines.load("tcp-core")
    other, row = altered(kept, lambda row: row.__setitem__(3, "127.0.0.1:elsewhere"))
    with pytest.raises(machines.Failed, match=f"{row[0]}, {row[1]}: shows .*elsewhere"):
        machines.folded(other)


def altered(machine, change):
    """The machine with one row changed, chosen by a fixed seed, and that row."""
    rows = [list(row) for row in machine["transitions"]]
    row = random.Random(3).choice(rows)
    change(row)
    return machine | {"transitions": rows}, row


def test_another_outcome_is_told_with_a_word_that_shows_it():
    kept = machines.load("tcp-core")
    other, row = altered(kept, lambda row: row.__setitem__(2, "EPERM"))
    (line,) = machines.differences(kept, other)
    assert f": {row[1]} gave " in line
    assert "and gives EPERM" in line


def test_another_next_state_is_told():
    kept = machines.load("udp-core")
    other, _ = altered(kept, lambda row: row.__setitem__(5, "connected"))
    assert machines.differences(kept, other)


def test_socket_that_disobeys_is_told():
    kept = machines.load("udp-core")
    word = ["bind", "connect"]
    walks = [[word, *machines.follow(kept, [word])]]
    assert machines.disagreements(kept, walks) == []
    walks[0][1] = [*walks[0][1][:1], ["ENETDOWN", "—", "—"]]
    assert "ENETDOWN" in machines.disagreements(kept, walks)[0]


def test_doctests():
    import doctest

    failed, tried = doctest.testmod(machines)
    assert (failed, tried) == (0, 2)


class Coin:
    """A world whose outcome is now this, now that."""

    notes = ()

    def reset(self):
        pass

    def step(self, name):
        return random.choice(["heads", "tails"]), "—", "—"


def test_chance_is_refused():
    with pytest.raises(SystemExit, match=r"(?i)non-determinism"):
        learner.learn(Coin(), ["toss", "throw"], "core")


def test_unknown_and_damaged_machines_are_told_apart(tmp_path, monkeypatch):
    with pytest.raises(store.EvidenceError, match="there are tcp-core"):
        machines.load("tcp-corps")
    text = machines.path_of("tcp-core").read_text()
    monkeypatch.setattr(store, "ROOT", tmp_path)
    machines.load.cache_clear()
    with pytest.raises(store.EvidenceError, match="no evidence/machines/tcp-core"):
        machines.load("tcp-core")
    machines.path_of("tcp-core").parent.mkdir()
    machines.path_of("tcp-core").write_text(text.replace("EISCONN", "EINVAL", 1))
    with pytest.raises(store.EvidenceError, match="is damaged: run `make evid"):
        machines.load("tcp-core")
    machines.load.cache_clear()
