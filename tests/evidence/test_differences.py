"""Where other systems differ: each difference is of something, and adds up."""

import random
import re
from fnmatch import fnmatchcase

import pytest

from evidence import claims, differences, errors, machines, sharing
from evidence.differences import boxes, size_of

IDS = differences.ids()


def of_kind(system, kind):
    return [d for d in differences.load(system).differences if d.id.startswith(kind)]


def test_boxes_hold_the_pairs_that_went_in_and_no_other():
    every = list(sharing.pairs())
    dice = random.Random(7)
    chosen = {*dice.sample(every, 300), *every[:60]}
    found = boxes(chosen)
    assert sum(map(size_of, found)) == len(chosen)
    inside = {
        pair
        for pair in every
        for box in found
        if all(
            value in values
            for value, values in zip(differences.parts(pair), box, strict=True)
        )
    }
    assert inside == chosen


@pytest.mark.parametrize("system", IDS)
def test_what_differs_is_something_that_home_has(system):
    known, rows = claims.read(), {row.id for row in errors.load().rows}
    for one in differences.load(system).differences:
        kind, _, name = one.id.partition(" ")
        if kind == "proof":
            assert name in known
        elif kind == "error":
            assert name in rows
        assert one.count > 0


@pytest.mark.parametrize("system", IDS)
def test_each_sequence_ends_at_home_as_it_says(system):
    for one in of_kind(system, "sequence"):
        name, given = one.id.split(" ")[1:]
        machine = machines.load(name)
        word = one.where[0].partition(": ")[2].split(", ")
        assert word[-1] == given
        last = machines.follow(machine, word)[-1].output
        assert one.home in (last.outcome, " | ".join(last))


@pytest.mark.parametrize("system", IDS)
def test_pairs_that_differ_had_that_mark_at_home(system):
    marks = sharing.load().by_pair
    for one in of_kind(system, "pairs"):
        sets = [set(line.partition(": ")[2].split(", ")) for line in one.where]
        inside = [
            pair
            for pair in marks
            if all(
                value in values
                for value, values in zip(differences.parts(pair), sets, strict=True)
            )
        ]
        assert len(inside) == one.count
        assert {marks[pair] for pair in inside} == {one.home}


def test_each_pattern_that_explains_covers_something():
    for one in differences.explained():
        found = [d.id for s in one.systems if s in IDS for d in of_kind(s, "")]
        for pattern in one.covers:
            assert any(fnmatchcase(name, pattern) for name in found), pattern


def test_reason_has_a_source_or_there_is_none():
    for one in differences.explained():
        assert bool(one.reason) == bool(one.source) == bool(one.url)
        assert one.title and one.what and one.todo


KERNELS = [system for system in IDS if system.startswith("linux-")]


@pytest.mark.parametrize("system", KERNELS)
def test_sentence_that_does_not_hold_on_a_kernel_says_so(system):
    """Whoever reads it alone must see that it is not for every Linux."""
    known = claims.read()
    for one in of_kind(system, "proof"):
        told = differences.reason_of(system, one)
        claim = one.id.removeprefix("proof ")
        if not (told and told.built):
            assert re.search(r"Linux \d", known[claim].sentence), (claim, one.there)
