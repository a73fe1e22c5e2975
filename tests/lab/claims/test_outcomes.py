"""A row keeps its day while the proof ends in the same way."""

from datetime import date

import pytest

from evidence.claims import Outcome
from lab.claims.outcomes import Ended, row

OLD = Outcome("passed", "old", ["a"], "2026-01-02")
TODAY = date.today().isoformat()


@pytest.mark.parametrize(
    ("now", "before", "kept"),
    [
        (Ended("passed", "old", ("a",)), OLD, OLD),
        (Ended("passed", "new", ("a",)), OLD, ("passed", "new", ["a"], OLD.date)),
        (Ended("passed", "old", ("b",)), OLD, ("passed", "old", ["b"], TODAY)),
        (Ended("failed", "old"), OLD, ("failed", "old", [], TODAY)),
        (Ended("skipped", "old"), OLD, OLD),
        (Ended("skipped", "new"), OLD, ("skipped", "new", [], TODAY)),
        (Ended("passed", "new"), None, ("passed", "new", [], TODAY)),
    ],
)
def test_row(now, before, kept):
    assert row(now, before) == (kept if isinstance(kept, Outcome) else Outcome(*kept))
