"""Every error in evidence/errors.json is what the kernel gives here and now."""

import re

import pytest

from evidence import store, systems
from lab.errors.provoke import provocations
from lab.errors.provoke import provoke as errors

needs = pytest.mark.needs
KEPT = store.load_dict(errors.FILE)
MEASURED = ("errno", "number", "exception", "message", "sockets")


@pytest.fixture(scope="module")
def outcomes() -> dict:
    """Every provocation, made once."""
    return errors.measure()


def by_id(rows: list[dict]) -> dict[str, list]:
    """What was measured, without the words: {id: rows}."""
    found: dict[str, list] = {}
    for row in rows:
        found.setdefault(row["id"], []).append({key: row[key] for key in MEASURED})
    return found


def test_there_are_provocations():
    assert len(KEPT["rows"]) >= 150
    assert sum(len(row["sockets"]) for row in KEPT["rows"]) >= 400
    assert len({row["errno"] for row in KEPT["rows"]}) >= 35


@needs("private_net")
@pytest.mark.parametrize("name", provocations.PROVOCATIONS)
def test_error_is_the_recorded_one(name, outcomes, differs):
    missing = {k: o["why"] for k, o in outcomes[name].items() if "missing" in o}
    if missing:
        pytest.skip(f"cannot be provoked here: {missing}")
    now = by_id(errors.rows({name: outcomes[name]})).get(name)
    kept = by_id(KEPT["rows"]).get(name)
    wrong = errors.complaints({name: outcomes[name]})
    if now == kept and not wrong:
        return
    complaint = (
        f"{name} is not what was recorded: run `make evidence` and read the diff\n"
        f"recorded: {kept}\nnow: {now}\n" + "\n".join(wrong)
    )
    if KEPT["platform"] == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)


def test_words_are_those_of_the_table():
    for row in KEPT["rows"]:
        provocation = provocations.PROVOCATIONS[row["id"]]
        now = (
            provocation.call,
            provocation.cause,
            provocation.cure,
            [*provocation.see],
        )
        assert now == (row["call"], row["cause"], row["cure"], row["see"]), (
            f"{row['id']}: run `make evidence`"
        )
    assert KEPT["not_provoked"] == errors.not_provoked(), "run `make evidence`"


@pytest.mark.parametrize("page", provocations.LISTED)
def test_every_errno_of_a_man_page_is_provoked_or_says_why_not(page):
    """Those of section 2 by the page's own call, those of section 7 by any call."""
    listed = set(provocations.LISTED[page].split())
    provoked = {
        row["errno"]
        for row in KEPT["rows"]
        if page == errors.page_of(row["call"]) or page.endswith("(7)")
    }
    excused = {row["errno"] for row in KEPT["not_provoked"] if row["page"] == page}
    assert listed <= provoked | excused
    assert excused <= listed
    assert page.endswith("(7)") or not provoked & excused


def test_sentences_are_sentences():
    for provocation in provocations.PROVOCATIONS.values():
        assert re.fullmatch(r"[A-Z`].*\.", provocation.cause), provocation.id
        assert re.fullmatch(r"[A-Z`].*[.?]", provocation.cure), provocation.id


def test_the_last_statement_is_the_call_that_fails():
    calls = {provocation.call for provocation in provocations.PROVOCATIONS.values()}
    assert calls == set(provocations.CALLS)


def test_an_earlier_failure_is_not_taken_for_the_error():
    def too_early(kit):
        """It fails."""
        kit.new().connect("no such file")
        kit.new().bind("name")

    provocation = provocations.Provocation(too_early, "", (), {})
    with pytest.raises(errors.Unexpected, match="an earlier line failed"):
        errors.provoke(provocation, "Unix stream")


def test_a_success_is_not_taken_for_the_error():
    def nothing(kit):
        """It succeeds."""
        kit.new().getsockname()

    provocation = provocations.Provocation(nothing, "", (), {})
    with pytest.raises(errors.Unexpected, match="nothing failed"):
        errors.provoke(provocation, "TCP/IPv4")
