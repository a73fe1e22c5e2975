"""Every error in the evidence is what the kernel gives here and now."""

import pytest

from evidence import errors, systems
from evidence.errors import Way
from lab.errors import provoke, ways
from lab.errors.provoke import Attempt
from lab.isolation import child

KEPT = errors.load().rows
MEASURED = ("errno", "number", "exception", "message", "sockets")
WORDS = ("call", "cause", "cure", "unshown", "see", "program")


@pytest.fixture(scope="module")
def attempts() -> list[Attempt]:
    """Every way, tried once on each of its kinds of sockets."""
    return child.run_fresh(provoke.measure)


def results(rows: list[Way], name: str) -> list[dict]:
    """What was measured of a way, without the words."""
    return [{f: getattr(row, f) for f in MEASURED} for row in rows if row.id == name]


@pytest.mark.needs("private_net")
@pytest.mark.parametrize("name", ways.every())
def test_error_is_the_recorded_one(name, attempts, differs):
    mine = [one for one in attempts if one.way == name]
    if missing := {one.kind: one.missing for one in mine if one.missing}:
        pytest.skip(f"cannot be provoked here: {missing}")
    assert [one.kind for one in mine] == list(ways.every()[name].kinds)
    now = results(provoke.rows(mine, ""), name)
    kept = results(KEPT, name)
    wrong = provoke.complaints(mine)
    if now == kept and not wrong:
        return
    complaint = (
        f"{name} is not what was recorded: run `make evidence` and read the diff\n"
        f"recorded: {kept}\nnow: {now}\n" + "\n".join(wrong)
    )
    if systems.here() in {row.platform for row in KEPT if row.id == name}:
        pytest.fail(complaint, pytrace=False)
    differs(complaint)


def test_every_way_has_its_rows_in_order():
    assert list(dict.fromkeys(row.id for row in KEPT)) == list(ways.every())


@pytest.mark.parametrize("name", ways.every())
def test_words_are_those_of_the_way(name):
    way = ways.every()[name]
    made = way.provocation
    now = (way.call, way.cause, made.cure, made.unshown, list(made.see))
    for row in KEPT:
        if row.id == name:
            program = way.program(row.sockets[0], row.exception)
            assert (*now, program) == tuple(getattr(row, field) for field in WORDS)
