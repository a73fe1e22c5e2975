"""Each machine in evidence/ is what the sockets of this kernel do."""

import os
from dataclasses import replace

import pytest

from evidence import machines, systems
from evidence.machines import Output
from lab.isolation import child
from lab.machines import found, jobs, learner, learning, state_names
from lab.machines.jobs import Answer, Job
from lab.machines.scenes import SCENES
from lab.machines.scenes.base import Facts

needs = pytest.mark.needs
CORE = [name for name in machines.NAMES if name.endswith("-core")]
FULL = [name for name in machines.NAMES if name.endswith("-full")]
# Random words. `make check` tries as many as `make evidence` does; that takes a minute.
STRICT = os.environ.get("STRICT") == "1"
WORDS = learning.CHECKED_WITH if STRICT else 1_000
SAMPLE = 1_000  # for a full machine
OTHER_SEED = 7  # so that the words are not those of `make evidence`


def with_needs(names):
    """Each machine as a parameter, with what learning it needs."""
    return [
        pytest.param(
            name,
            marks=needs("private_net", *(["ipv6"] if name.startswith("tcp6") else [])),
        )
        for name in names
    ]


def report(machine, lines, differs):
    """Fail where the machine was learned; elsewhere say what is different."""
    if not lines:
        return
    told = "\n  ".join([machine.machine, *lines[:12]])
    complaint = f"{told}\n{len(lines)} in all: run `make evidence` and read the diff"
    if machine.platform == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)


@pytest.fixture(scope="module")
def outcomes() -> dict[str, jobs.Outcome]:
    """{machine: what came of it}: the core ones learned, all of them tried.

    The interpreter is a new one, because this one may have threads and must not fork.
    """
    todo = [Job(name, True, WORDS, OTHER_SEED) for name in CORE]
    todo += [Job(name, False, SAMPLE, OTHER_SEED) for name in FULL]
    answers = child.run_fresh(jobs.answers, todo)
    return {job.machine: answer for job, answer in zip(todo, answers, strict=True)}


def answer_for(name, outcomes) -> Answer:
    """What came of a job, or a failure with the child's last words."""
    outcome = outcomes[name]
    if isinstance(outcome, Exception):
        raise outcome
    return outcome


@pytest.mark.parametrize("name", with_needs(CORE))
def test_core_machine_is_learned_again(name, outcomes, differs):
    """The same machine, and the socket agrees on words not used to learn it."""
    answer = answer_for(name, outcomes)
    assert answer.found
    assert len(answer.tried) == WORDS
    made = learning.relearned(name, answer.found, answer.tried, "")
    kept = machines.load(name)
    report(kept, machines.differences(kept, made), differs)
    if kept.platform == systems.here():
        assert made.states == kept.states, "run `make evidence`"
        assert made.transitions == kept.transitions


@pytest.mark.parametrize("name", with_needs(FULL))
def test_full_machine_agrees_with_the_socket(name, outcomes, differs):
    """A sample of random words, sent straight to the kernel."""
    answer = answer_for(name, outcomes)
    kept = machines.load(name)
    assert answer.found is None
    assert len(answer.tried) == SAMPLE
    report(kept, machines.disagreements(kept, answer.tried), differs)


@needs("private_net")
def test_job_that_fails_does_not_stop_the_others():
    todo = [Job("sctp-core", True, 1, 1), Job("udp-core", False, 5, 1)]
    failed, answer = child.run_fresh(jobs.answers, todo)
    assert isinstance(failed, KeyError)
    assert len(answer.tried) == 5


@pytest.mark.parametrize("kind", machines.KINDS)
def test_evidence_knows_the_scene_of_each_kind(kind):
    scene = SCENES[kind]
    assert machines.SCENES[kind] == (scene.__module__, scene.__name__)
    assert list(SCENES) == list(machines.KINDS)


class Lamp:
    """A scene without a socket: a lamp with a name, which listens while it is on."""

    notes = ("It needs no network.",)

    def reset(self):
        self.on = False

    def local(self):
        return "127.0.0.1:asked" if self.on else "—"

    def remote(self):
        return "—"

    def facts(self):
        return Facts(listening=self.on, waiting=False, pending="")

    def step(self, name):
        return Output(getattr(self, name)(), self.local(), self.remote())

    def bind(self):
        """bind(asked): switch it on"""
        outcome = "EINVAL" if self.on else "ok"
        self.on = True
        return outcome

    def peer_closes(self):
        """the peer closes: it switches the lamp off"""
        self.on = False
        return "ok"


INPUTS = ["bind", "peer_closes"]


def lamp() -> found.Found:
    """What the learner finds out about it."""
    return learner.learn(Lamp(), INPUTS, "core")[0]


def test_learned_machine_has_names_meanings_and_its_transitions():
    machine = learning.finished("udp-core", lamp(), checked=3)
    assert machine.start == "unbound"
    assert [state.name for state in machine.states] == ["unbound", "bound, listening"]
    assert machine.transitions == {
        "unbound": [["bind", "ok", "bound, listening"], ["peer_closes", "ok"]],
        "bound, listening": [["bind", "EINVAL"], ["peer_closes", "ok", "unbound"]],
    }
    assert machine.inputs["peer_closes"] == machines.Input(
        "the peer closes", "it switches the lamp off", "others"
    )
    assert machine.inputs["bind"].by == "you"
    assert machine.notes == {"1": "It needs no network."}
    assert machine.learned.checked_words == 3


def test_words_that_were_learned_from_are_not_tried():
    _, asked = learner.learn(Lamp(), INPUTS, "core")
    tried = learner.try_words(Lamp(), INPUTS, 50, 1, asked)
    words = {word for word, _ in tried}
    assert len(words) == 50
    assert not words & asked


def test_two_names_for_one_state_are_refused():
    """The file tells a state's names once, so each way there must show the same."""
    seen = lamp()
    there = seen.ends[0]["bind"]
    lie = replace(there, output=there.output._replace(local="127.0.0.1:elsewhere"))
    seen.ends[0]["bind"] = lie
    with pytest.raises(learning.NotLearned, match=r"unbound, bind: shows .*elsewhere"):
        learning.finished("udp-core", seen, 0)


def test_machine_that_a_word_contradicts_is_refused():
    word = ("bind", "bind")
    on = Output("ok", "127.0.0.1:asked", "—")
    tried = [found.Tried(word, [on, on])]
    with pytest.raises(learning.NotLearned, match=r"bind, bind: ok .*EINVAL"):
        learning.relearned("udp-core", lamp(), tried, "")


def test_chance_is_refused():
    class Coin(Lamp):
        tosses = 0

        def bind(self):
            """bind(asked): toss it"""
            Coin.tosses += 1
            return "heads" if Coin.tosses % 3 else "tails"

    with pytest.raises(SystemExit, match=r"(?i)non-determinism"):
        learner.learn(Coin(), INPUTS, "core")


def test_two_states_that_look_alike_are_numbered():
    seen = lamp()
    twins = replace(seen, states=[seen.states[0]] * 2, ends=[seen.ends[0]] * 2)
    assert state_names.name_states(twins) == ["unbound", "unbound (2)"]
