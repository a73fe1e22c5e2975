"""What the pages say of other systems is what was found there, and no better."""

from fnmatch import fnmatchcase

import pytest

from docs._ext.systems.differences import every, held_on, how, strip
from evidence import claims, differences

SYSTEMS = every()


@pytest.mark.parametrize("one", differences.explained(), ids=lambda one: one.title)
def test_strip_calls_nothing_the_same_that_differs(one):
    for system in SYSTEMS:
        named = [d.id for d in system.differences]
        differs = any(
            fnmatchcase(name, pattern) for name in named for pattern in one.covers
        )
        kind = how(system, one)
        assert (kind in ("differs", "otherwise")) == differs
        assert (kind == "differs") <= (system.id in one.systems)


def test_strip_has_home_between_the_others():
    [first, *_] = differences.explained()
    made = strip(SYSTEMS, first)
    places = [made.index(f">{name} ") for name in ("5.10", "6.1", "6.18", "7.2")]
    assert places == sorted(places)


def test_systems_that_a_sentence_names_are_those_where_it_was_tried():
    ends = {end for claim in claims.read() for _, end in held_on(claim)}
    assert ends == {"passed", "differs", "not tried"}
    told = dict(held_on("sharing.bound_socket_stops_the_sharing"))
    assert told["Linux 6.12"] == "differs"
    assert told["Linux 7.2"] == "passed"


def test_every_system_was_asked_everything_or_says_why_not():
    count = len(claims.read())
    for system in SYSTEMS:
        if not system.packages:  # what a reader sent has errors alone
            continue
        skipped = {name for names in system.asked.skipped.values() for name in names}
        assert system.asked.proofs + len(skipped & claims.read().keys()) == count
        assert system.asked.sequences == 10_000
