"""A row keeps its day while the proof ends in the same way."""

from datetime import date

import pytest

from evidence.claims import Outcome
from lab.claims.outcomes import Ended, row

IPV4 = ["TCP IPv4"]
OLD = Outcome("passed", "old", ["a"], IPV4, "2026-01-02")
KINDS = ("TCP IPv4",)
TODAY = date.today().isoformat()


@pytest.mark.parametrize(
    ("now", "before", "kept"),
    [
        (Ended("passed", "old", ("a",), KINDS), OLD, OLD),
        (
            Ended("passed", "new", ("a",), KINDS),
            OLD,
            ("passed", "new", ["a"], IPV4, OLD.date),
        ),
        (
            Ended("passed", "old", ("b",), KINDS),
            OLD,
            ("passed", "old", ["b"], IPV4, TODAY),
        ),
        (Ended("passed", "old", ("a",), ()), OLD, ("passed", "old", ["a"], [], TODAY)),
        (Ended("failed", "old"), OLD, ("failed", "old", [], [], TODAY)),
        (Ended("skipped", "old"), OLD, OLD),
        (Ended("skipped", "new"), OLD, ("skipped", "new", [], [], TODAY)),
        (Ended("passed", "new"), None, ("passed", "new", [], [], TODAY)),
    ],
)
def test_row(now, before, kept):
    assert row(now, before) == (kept if isinstance(kept, Outcome) else Outcome(*kept))
