"""Each incident that can be played here fails without its cure and works with it."""

from typing import get_args

import msgspec
import pytest

from evidence import incidents, store
from lab.incidents import play, programs
from lab.incidents.bench import Surprise
from lab.incidents.registry import Malformed, Program, incident

EVERY = play.every()
NOTHING = Program("nothing", "no-such-command", "no-such-package")


def as_played(kept: incidents.Incident) -> dict:
    """What the programs did, in both runs."""
    return {"fails": kept.fails, "cured": kept.cured}


def with_needs(name: str):
    """An incident with the packages that it needs, as a parameter of a test."""
    needs = [pytest.mark.needs(one) for one in (*programs.BASE, *EVERY[name].programs)]
    return pytest.param(name, marks=needs)


@pytest.mark.needs("private_net", "sysctl", "ipv6")
@pytest.mark.parametrize("name", [with_needs(name) for name in EVERY])
def test_incident_fails_and_is_cured_as_recorded(name, differs):
    kept = incidents.load(name)
    try:
        now = as_played(play.measure(EVERY[name]))
    except Surprise as surprise:  # one of the runs is not as it is told
        now = str(surprise)
    if now == as_played(kept):
        return
    then = {one.name: one.version for one in kept.programs}
    here = {one.name: play.version(one) for one in EVERY[name].programs}
    told = f"{name} is not what was recorded: {incidents.CURE} and read the diff"
    if then == here:
        pytest.fail(f"{told}\n{msgspec.json.encode(now).decode()}")
    differs(f"{told}; recorded with {then}, here are {here}")


def test_groups_are_those_of_the_evidence():
    assert incidents.GROUPS.keys() == set(get_args(incidents.Group))


def test_list_of_packages_is_all_that_is_run():
    listed = (store.ROOT / "lab" / "incidents" / "apt.txt").read_text().split()
    apt = {
        one.package
        for one in vars(programs).values()
        if isinstance(one, Program) and one.source == "apt"
    }
    assert set(listed) == apt | {one.package for one in programs.BASE}
    assert listed == sorted(listed)


def test_cure_that_changes_nothing_is_refused():
    with pytest.raises(Malformed):

        @incident("Title", message="", before="x", cure="x")
        def act(bench, lines):
            pass


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ("apt", "apt install no-such-package"),
        ("pip", "make incidents"),
        ("npm", "make incidents"),
    ],
)
def test_what_is_missing_is_told_with_its_cure(source, told):
    assert told in play.missing(
        Program("nothing", "no-such", "no-such-package", source)
    )


def test_incident_that_is_not_as_told_is_a_surprise(monkeypatch):
    """The message has to be there without the cure, and not with it."""
    one = EVERY["free-port-in-tests"]
    quiet = incidents.Play(printed=[], steps=[], ending="")
    monkeypatch.setattr(play.child, "run_fresh", lambda *_: quiet)
    with pytest.raises(Surprise, match="was not printed"):
        play.play(one, cured=False)
    loud = incidents.Play([incidents.Line("it", one.message)], [], "")
    monkeypatch.setattr(play.child, "run_fresh", lambda *_: loud)
    with pytest.raises(Surprise, match="printed all the same"):
        play.play(one, cured=True)


def test_nothing_is_measured_where_a_program_is_missing(monkeypatch, tmp_path):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    one = EVERY["free-port-in-tests"]
    lacking = type(one)(**{**vars(one), "programs": (NOTHING,)})
    monkeypatch.setattr(play, "every", lambda: {one.id: lacking})
    made, problems = play.write([], everything=True)
    assert made == 0
    assert problems == [f"{one.id}: not measured, needs apt install no-such-package"]
