"""What the pages say of other systems is what was found there, and no better."""

from dataclasses import replace
from fnmatch import fnmatchcase
from pathlib import Path

import msgspec
import pytest

from docs._ext.systems import differences as style
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
    known = claims.read()
    ends = {end for proof in known.values() for _, end in held_on(proof)}
    assert ends == {"passed", "differs", "not tried"}
    told = dict(held_on(known["sharing.bound_socket_stops_the_sharing"]))
    assert told["Linux 6.12"] == "differs"
    assert told["Linux 7.2"] == "passed"


def test_proof_that_is_new_or_changed_was_not_tried_elsewhere():
    proof = next(iter(claims.read().values()))
    changed = replace(proof, source=f"{proof.source}\n    assert True")
    for other in (changed, replace(proof, id="names.new")):
        assert {end for _, end in held_on(other)} == {"not tried"}


def test_how_kernels_are_built_is_no_difference_of_a_sentence():
    told = dict(held_on(claims.read()["sharing.administrator_ends_time_wait"]))
    assert set(told.values()) == {"not tried"}


def test_system_with_errors_alone_is_the_same_in_nothing_else():
    [one, *_] = SYSTEMS
    asked = msgspec.structs.replace(one.asked, proofs=0, pairs=0, sequences=0)
    sent = msgspec.structs.replace(one, asked=asked, differences=[], texts={})
    for told in differences.explained():
        kinds = {name.split()[0] for name in told.covers}
        assert how(sent, told) in (("same",) if kinds == {"error"} else ("untried",))
    proof = next(iter(claims.read().values()))
    assert differences.ended(sent, proof) == "not tried"


def test_style_sheet_knows_the_place_of_each_system():
    sheet = Path(style.__file__).with_name("systems.css").read_text()
    for place in range(1, len(SYSTEMS) + 1):
        assert f".of-{place})" in sheet
