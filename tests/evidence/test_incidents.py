"""The records of incidents: what was played, what was looked up."""

from datetime import date

import pytest

from evidence import incidents, store, systems

PLAYED = {name: incidents.load(name) for name in incidents.ids()}
CITED = incidents.cited()


def test_there_are_many():
    assert len(PLAYED) >= 30


@pytest.mark.parametrize("name", PLAYED)
def test_incident_is_fresh_and_whole(name):
    one = PLAYED[name]
    assert one.id == name
    assert not incidents.stale(one), f"{incidents.CURE} ONLY={name}"
    assert one.group in incidents.GROUPS
    assert one.cure and one.cure != one.before
    assert one.fails != one.cured
    assert one.fails.ending and one.cured.ending
    assert all(package.version for package in one.programs)
    assert one.platform in systems.load()
    date.fromisoformat(one.date)


@pytest.mark.parametrize("name", PLAYED)
def test_cause_is_seen(name):
    """A call that failed, a call that is marked, or nothing but what is printed."""
    one = PLAYED[name]
    seen = [step for step in one.fails.steps if step.failed or step.cause]
    assert seen or one.fails.printed


@pytest.mark.parametrize("name", PLAYED)
def test_message_is_printed_without_the_cure_alone(name):
    one = PLAYED[name]
    printed = [
        "\n".join(line.text for line in run.printed) for run in (one.fails, one.cured)
    ]
    assert one.message in printed[0]
    assert not one.message or one.message not in printed[1]


@pytest.mark.parametrize("name", PLAYED)
def test_nothing_of_this_machine_is_in_it(name):
    text = incidents.path_of(name).read_text()
    assert "/tmp/" not in text and str(store.ROOT) not in text


def test_what_was_looked_up_has_a_source():
    for one in CITED.values():
        assert one.url.startswith("https://") and one.source, one.id
        assert one.cure and date.fromisoformat(one.looked_up), one.id
    assert not CITED.keys() & PLAYED.keys()
