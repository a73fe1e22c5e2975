"""The page of popular answers: every row is there, judged, counted and proved."""

import re
from collections import Counter

import pytest

from evidence import claims
from tests.site import pages

SOURCE = pages.pages()["reference/popular-answers"]
ROW = re.compile(
    r'^<span id="(?P<id>[AB]\d\d)">\*\*(?P=id)\*\*</span> (?P<said>.+)\n'
    r": \*\*(?P<verdict>[A-Z][a-z ]+)\.\*\*(?P<happens>(?: .*\n)(?:  .+\n)*)",
    re.MULTILINE,
)
ROWS = {row["id"]: row for row in ROW.finditer(SOURCE)}
EXPECTED = [f"A{n:02}" for n in range(1, 36)] + [f"B{n:02}" for n in range(1, 31)]


def test_every_row_is_there_once_and_in_order():
    assert list(ROWS) == EXPECTED
    assert SOURCE.count("<span id=") == len(EXPECTED) == 65


def test_verdicts_are_counted_right():
    found = Counter(row["verdict"] for row in ROWS.values())
    said = re.search(
        r"Of their (\d+) statements (\d+) are true, (\d+) imprecise, (\d+) false, "
        r"(\d+) depend on the system, and (\d+) state no behaviour",
        SOURCE,
    )
    kinds = ("True", "Imprecise", "False", "Depends", "No behaviour")
    assert set(found) == set(kinds)
    assert [int(number) for number in said.groups()] == [
        len(ROWS),
        *(found[kind] for kind in kinds),
    ]


@pytest.mark.parametrize("row", EXPECTED)
def test_row_that_states_behaviour_is_proved(row):
    cited = re.findall(r"\{proved\}`(?:[^`<]*<)?([\w.]+)>?`", ROWS[row]["happens"])
    if ROWS[row]["verdict"] == "No behaviour":
        assert not cited
    else:
        assert cited, f"{row} cites no claim"
        assert set(cited) <= claims.read().keys()


def test_anchors_are_on_the_built_page(built_site):
    page = (built_site / "reference" / "popular-answers.html").read_text()
    missing = [row for row in EXPECTED if f'id="{row}"' not in page]
    assert not missing
