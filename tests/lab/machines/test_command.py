"""The command `python -m lab machines`: what it learns, what it says and keeps."""

import shutil
from dataclasses import replace

import msgspec
import pytest

from evidence import machines, store, systems
from lab import __main__ as lab
from lab.machines import command
from lab.machines.found import End, Figures, Found, Reached
from lab.machines.jobs import Answer, Job, Stopped
from lab.machines.learning import RULES
from lab.machines.scenes.base import Facts

CODE = store.ROOT
HERE = dict.fromkeys(("private_net", "ipv6"))  # nothing is missing


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A project's folder without code of its own; its machines are all fresh."""
    fresh = [
        msgspec.structs.replace(machine, sources=machines.made_from(machine.kind))
        for machine in map(machines.load, machines.NAMES)
    ]
    platforms = store.measured("platforms.json")
    monkeypatch.setattr(store, "ROOT", tmp_path)
    for machine in fresh:
        store.save(machines.path_of(machine.machine), machine)
    shutil.copy(platforms, store.measured())
    return tmp_path


@pytest.fixture
def learned(monkeypatch):
    """The names that the command would have learned, and whether to check alone."""
    asked = []

    def learn(names, only_check):
        asked.append((names, only_check))
        return 0

    monkeypatch.setattr(command, "learn", learn)
    monkeypatch.setattr(command, "abilities", lambda: HERE)
    return asked


def change(folder, file, old, new):
    """Put a module of the lab into a project, with other words in it."""
    text = CODE.joinpath(file).read_text()
    assert old in text
    path = folder / file
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text.replace(old, new))


UDP = "lab/machines/scenes/udp.py"


def test_what_is_fresh_is_kept(project, learned, capsys):
    assert lab.main(["machines"]) == 0
    assert learned == [([], False)]
    assert "all are there" in capsys.readouterr().out


def test_only_what_its_own_code_has_changed_for_is_learned(project, learned):
    change(project, UDP, "self.settle()", "self.settle(); self.settle()")
    assert lab.main(["machines"]) == 0
    assert learned == [(["udp-core", "udp-full"], False)]


def test_meaning_of_an_input_counts_and_a_comment_does_not(project, learned):
    change(project, UDP, '"""A UDP socket, a server', '# A comment.\n"""A UDP socket')
    lab.main(["machines"])
    change(project, UDP, "a port that no socket has", "a port that nobody has")
    lab.main(["machines"])
    assert [names for names, _ in learned] == [[], ["udp-core", "udp-full"]]


def test_missing_and_damaged_machines_are_learned(project, learned):
    machines.path_of("tcp-core").unlink()
    path = machines.path_of("udp-full")
    path.write_text(path.read_text().replace("EINVAL", "EPERM", 1))
    lab.main(["machines"])
    assert learned == [(["tcp-core", "udp-full"], False)]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--all"], (list(machines.NAMES), False)),
        (["--check"], (list(machines.NAMES), True)),
        (["udp-core"], (["udp-core"], False)),
        (["--check", "tcp-core"], (["tcp-core"], True)),
    ],
)
def test_what_is_asked_for_is_learned(project, learned, options, expected):
    lab.main(["machines", *options])
    assert learned == [expected]


def test_unknown_name_is_refused_with_the_known(project, learned, capsys):
    assert lab.main(["machines", "udp"]) == 2
    assert "no machine udp; there are tcp-core, " in capsys.readouterr().err
    assert learned == []


def test_without_a_private_network_all_are_kept(project, learned, capsys, monkeypatch):
    monkeypatch.setattr(command, "abilities", lambda: HERE | {"private_net": "no"})
    assert lab.main(["machines", "--all"]) == 0
    assert learned == []
    assert "kept; they need a private network (no)" in capsys.readouterr().out


def test_without_ipv6_its_machines_are_kept(project, learned, monkeypatch):
    monkeypatch.setattr(command, "abilities", lambda: HERE | {"ipv6": "no ::1"})
    lab.main(["machines", "--all"])
    [(names, _)] = learned
    assert names == [name for name in machines.NAMES if not name.startswith("tcp6")]


# What came of it: a machine of two states, found by nobody.

BOUND, NONE = "127.0.0.1:asked", "—"
IDLE = Facts(listening=False, waiting=False, pending="")


def output(outcome, local):
    return machines.Output(outcome, local, NONE)


FOUND = Found(
    inputs={"bind": machines.Input("bind(asked)", "a name", "you")},
    notes=(),
    states=[Reached((), NONE, NONE, IDLE), Reached(("bind",), BOUND, NONE, IDLE)],
    ends=[
        {"bind": End(output("ok", BOUND), 1)},
        {"bind": End(output("EINVAL", BOUND), 1)},
    ],
    figures=Figures(queries=4, steps=9, seconds=3.0),
)


def result(found=FOUND, sources="new", only_check=False):
    return command.result(Answer(found, []), "udp-core", sources, only_check)


def kept():
    return store.load(machines.path_of("udp-core"), machines.Machine)


def dated(day):
    """Give the machine on disk a day."""
    path = machines.path_of("udp-core")
    store.save(path, msgspec.structs.replace(kept(), date=day))


def test_new_machine_is_recorded_with_its_sources(project):
    machines.path_of("udp-core").unlink()
    told, good = result()
    assert told == "udp-core: recorded; 2 states in 3.0 s, 3 steps a second"
    assert good
    assert (kept().sources, kept().platform) == ("new", systems.here())
    assert kept().rules == RULES


def test_same_machine_keeps_its_day_and_has_the_new_sources(project):
    machines.path_of("udp-core").unlink()
    result()
    dated("2026-01-02")
    told, good = result(sources="newer")
    assert "udp-core: unchanged; " in told
    assert good
    assert (kept().sources, kept().date) == ("newer", "2026-01-02")


def test_other_machine_is_told_and_has_another_day(project):
    machines.path_of("udp-core").unlink()
    result()
    dated("2026-01-02")
    ends = [FOUND.ends[0], {"bind": End(output("EPERM", BOUND), 1)}]
    told, good = result(replace(FOUND, ends=ends))
    assert good
    assert told.splitlines() == [
        "udp-core: is not what was recorded",
        f"  after bind: bind gave EINVAL | {BOUND} | —, and gives EPERM | {BOUND} | — "
        "here",
        "udp-core: recorded; 2 states in 3.0 s, 3 steps a second",
    ]
    assert kept().date != "2026-01-02"


def test_check_writes_nothing_and_fails(project):
    before = machines.path_of("udp-core").read_text()
    told, good = result(only_check=True)
    assert "udp-core: differs; " in told
    assert not good
    assert machines.path_of("udp-core").read_text() == before


def test_many_differences_are_counted(monkeypatch):
    """The unbound TCP socket gives something else for every input."""
    old = machines.load("tcp-full")
    monkeypatch.setattr(systems, "here", lambda: old.platform)
    lines = [
        [inputs, f"not {end[0]}", *end[1:]]
        for inputs, *end in old.transitions["unbound"]
    ]
    new = msgspec.structs.replace(old, transitions=old.transitions | {"unbound": lines})
    told = command.told_differences(old, new)
    assert told[0] == "tcp-full: is not what was recorded"
    assert len(told) == 1 + command.TOLD + 1
    assert told[-1] == f"  and {len(old.inputs) - command.TOLD} more"


def test_learner_that_stops_is_told_and_the_rest_goes_on(project, monkeypatch, capsys):
    stopped = Job("tcp-core", True, 1, 1), Stopped("tcp-core: two answers")
    fine = Job("udp-core", True, 1, 1), Answer(FOUND, [])
    monkeypatch.setattr(command, "each", lambda jobs, watch: [stopped, fine])
    assert command.learn(["tcp-core", "udp-core"], only_check=False) == 1
    out, err = capsys.readouterr()
    assert "not learned: tcp-core: tcp-core: two answers" in err
    assert "udp-core: recorded; 2 states" in out
