"""What "Explain this" answers from: every name in its tables is one of the evidence."""

import re

import pytest

from docs._ext.errors import explain, proved
from docs._ext.errors import explain_tables as tables
from docs._ext.shared import code
from evidence import claims, errors, sharing
from evidence.calls import FAIL

WAYS = {way.id: way for way in errors.load().rows}
KNOWN = claims.read()
SCRIPT = explain.Path(explain.__file__).with_suffix(".js").read_text()
PAGE = explain.Path(explain.__file__).with_name("explain-page.js").read_text()
RULE = re.compile(r"^([+-]) ([^:]+)(?:: (.+))?$")


def test_ways_and_claims_are_those_of_the_evidence():
    assert {*proved.PROVED, *proved.COMMONEST, *tables.HINTS} <= WAYS.keys()
    assert [claim for claim in explain.spoken_of() if claim not in KNOWN] == []


def test_claims_of_a_way_name_its_error():
    """But for those that say it in other words, which are these."""
    unnamed = {
        way
        for way, mine in proved.PROVED.items()
        if not any(
            f"`{row.errno}`" in KNOWN[claim].sentence
            for row in errors.load().rows
            if row.id == way
            for claim in mine
        )
    }
    assert unnamed == {
        "abstract_name_taken",  # "is taken"
        "connection_survives",  # "keeps the port taken"
        "listens_elsewhere",  # "refuses"
        "name_of_other_family",  # "raises `socket.gaierror`"
        "nobody_listens",  # "is answered with RST"
        "socket_file_not_writable",  # "must be allowed to write"
    }


@pytest.mark.parametrize("way", tables.HINTS)
def test_rules_of_a_way_can_be_read(way):
    for rule in tables.HINTS[way]:
        sign, facts, reason = RULE.match(rule).groups()
        assert (sign == "+") == bool(reason), rule
        for fact in facts.split():
            name = fact.removeprefix("!")
            known = name in SCRIPT or name.startswith(("by-", "SO_"))
            assert known, name


def test_sentences_are_the_ones_that_are_said():
    used = set(re.findall(r'say\("(\w+)"', SCRIPT + PAGE))
    used |= set(re.findall(r'note\("(\w+)"', SCRIPT)) | set(tables.LIBRARY)
    used |= {name for name in tables.WORDS if name.startswith("who_")}
    named = {
        name for name in tables.WORDS if f'"{name.removesuffix("_cure")}"' in SCRIPT
    }
    assert used <= tables.WORDS.keys()
    assert tables.WORDS.keys() <= used | named
    for name, (text, _) in tables.WORDS.items():
        assert text.count("`") % 2 == 0, name


def test_calls_are_those_of_the_reference():
    told = {one for words in tables.CALLS.values() for one in words.split()}
    assert told - {"TCP", "UDP", "Unix", "getaddrinfo"} <= {*FAIL}


def test_two_listeners_share_as_measured():
    found = explain.shares()
    assert found["TCP"]["0.0.0.0"]["127.0.0.1"][1:] == ["SO_REUSEPORT"]
    assert found["TCP"]["0.0.0.0"][":: V6ONLY"] == ["matrix.no_common_address"]
    assert found["UDP"]["::"]["127.0.0.1"][1:] == ["SO_REUSEADDR", "SO_REUSEPORT"]
    assert sharing.load().pairs == 19_008


def test_cure_is_what_stands_in_the_program():
    programs = {(row.id, row.errno): row.program for row in errors.load().rows}
    for way in explain.ways():
        before, _, after = programs[way[0], way[2]].partition(explain.CURE)
        assert before
        assert after.startswith(way[-1])
        assert "cured" not in way[-1]


def test_text_of_an_example_is_no_html():
    assert "<module>" not in explain.field()
    assert "&lt;module&gt;" in explain.field()
    assert code("<") == '<code class="docutils literal">&lt;</code>'
