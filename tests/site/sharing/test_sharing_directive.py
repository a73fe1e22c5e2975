"""What `port-sharing` shows is what was measured; what no rule explains is an error."""

import doctest
import json
import os
from html import unescape
from pathlib import Path

import pytest
from msgspec.structs import replace

from docs._ext.shared import Refused, code
from docs._ext.sharing import question, tables
from evidence import claims, runs, sharing, store
from evidence.sharing import IN_USE, OPTIONS, PLACES, SHARED, Pair, Sharing, Side, pairs
from evidence.systems import Platform, Platforms

PLAIN = OPTIONS[0]
PLATFORM = Platform("Linux", "6.18.44", "x86_64", "3.11.7", "2026-01-02")


@pytest.fixture(scope="module")
def kept() -> Sharing:
    return sharing.load()


@pytest.fixture(scope="module")
def marks(kept) -> dict[Pair, str]:
    return kept.by_pair


@pytest.fixture
def unrecorded(monkeypatch):
    """A site whose pages show no program needs none to be recorded."""
    monkeypatch.setattr("lab.runs.recorder.record", lambda run: None, raising=False)


@pytest.fixture
def bare(unrecorded, small_site):
    """A site without claims and evidence about sharing."""
    small_site.without_claims()
    small_site.write("LICENSE", "")
    return small_site


@pytest.fixture
def site(bare, kept):
    """The same with what was measured."""
    store.save(store.measured(sharing.FILE), kept)
    store.save(store.measured("platforms.json"), Platforms({kept.platform: PLATFORM}))
    return bare


def pair(one: str, other: str, state: str = "bound", protocol: str = "TCP") -> Pair:
    return Pair(Side(protocol, one, PLAIN), state, Side(protocol, other, PLAIN))


def cells(table: str, head: str) -> list[str]:
    """The words of the table's row whose head begins with this place."""
    (row,) = [r for r in table.split("<tr>") if f'"row">{code(head)}' in r]
    return [cell.partition(">")[2].partition("<")[0] for cell in row.split("<td")[1:]]


def test_addresses_are_folded(marks):
    table = tables.addresses_table(marks)
    assert cells(table, "0.0.0.0") == ["no", "no", "no", "no", "yes", "yes"]
    assert cells(table, "127.0.0.2") == ["no", "yes", "no", "no", "yes", "yes"]
    assert cells(table, "::1") == ["yes", "yes", "yes", "no", "no", "no"]
    assert (
        table.count("::ffff:") == 2
    )  # in the heads of the rows of what they stand for


def test_connected_wildcards_have_one_address(marks):
    table = tables.connected_table(marks)
    assert cells(table, "0.0.0.0") == ["no", "no", "yes", "no", "yes", "yes"]
    assert table.count("now") == 3


def test_options_table_is_one_for_all_addresses(marks):
    table = tables.options_table(marks)
    unless = "yes, unless the first listens"
    assert cells(table, "SO_REUSEADDR") == ["no", unless, "no", unless]
    assert cells(table, "SO_REUSEPORT") == ["no", "no", "yes", "yes"]


def test_pair_that_ends_otherwise_shows_in_its_cell(marks):
    odd = pair("127.0.0.1", "127.0.0.2", protocol="UDP")
    assert marks[odd] == SHARED
    table = tables.addresses_table(marks | {odd: IN_USE})
    assert cells(table, "127.0.0.1")[2] == tables.DIFFERS


@pytest.mark.parametrize("state", ["bound", "listening"])
def test_options_that_do_not_always_help_show_it(marks, state):
    side = Side("TCP", "127.0.0.1", "SO_REUSEPORT")
    odd = Pair(side, state, side)
    assert marks[odd] == SHARED
    table = tables.options_table(marks | {odd: IN_USE})
    assert cells(table, "SO_REUSEPORT")[2] == tables.DIFFERS
    assert table.count(tables.DIFFERS) == 1


def test_counts_are_counted(marks):
    assert "predict all of them" in tables.counts(marks)
    odd = pair("127.0.0.1", "127.0.0.2")
    other = marks | {odd: IN_USE}
    assert "predict 19,007 of them" in tables.counts(other)
    assert "19,008 ordered pairs" in tables.counts(other)


def test_form_holds_every_pair(marks):
    data = question.question(marks, claims.read())
    for found in pairs():
        first, state, second = found
        lines = data.cells[f"{first.protocol} {state} {second.protocol}"]
        row = data.possible.index(first.place) * 4 + OPTIONS.index(first.option)
        column = PLACES.index(second.place) * 4 + OPTIONS.index(second.option)
        reason = data.reasons[lines[row][column]]
        assert reason.mark == marks[found]


def test_pair_without_a_rule_is_refused(marks):
    odd = pair("127.0.0.1", "127.0.0.2")
    with pytest.raises(Refused, match=r"no rule explains .+: add one to evidence/sh"):
        question.question(marks | {odd: IN_USE}, claims.read())


def test_program_has_the_three_lines_that_the_script_changes():
    source = runs.snippet_path(question.PROGRAM).read_text()
    for name in ("FIRST", "STATE", "SECOND"):
        assert source.count(f"\n{name} = ") == 1


def test_counts_tell_where_and_when(site, kept):
    told = tables.sentence(replace(kept, date="2026-02-03"))
    assert "Measured on Linux 6.18.44, Python 3.11.7, 3 February 2026." in told


def test_form_is_read_by_its_script(marks):
    """As port-question.js does: the text of a template, parsed as JSON."""
    form = question.form(question.question(marks, claims.read()), "print('<b>')\n")
    text = form.partition('<template class="data">')[2].partition("</template>")[0]
    data = json.loads(unescape(text))
    assert data.keys() == {
        *("places", "possible", "options", "states", "reasons", "cells", "walks"),
        "elsewhere",
        "systems",
    }
    assert data["reasons"]["a"].keys() == {"mark", "claim", "because"}
    assert "print(&#x27;&lt;b&gt;&#x27;)" in form


def test_sentence_in_the_form_is_html():
    told = question.in_code("`a < b` & `c`")
    assert told == f"{code('a < b')} &amp; {code('c')}"
    assert "&lt;" in told


@pytest.mark.parametrize("module", [tables, question])
def test_doctests(module):
    found = doctest.testmod(module)
    assert found.attempted
    assert not found.failed


def test_page_shows_tables_and_counts(site):
    text = (
        "# Front\n\n```{port-sharing} options\n```\n\n```{port-sharing} counts\n```\n"
    )
    site.write("docs/index.md", text)
    assert site.build() == ""
    assert "SO_REUSEPORT" in site.page()
    assert "19,008 ordered pairs" in site.page()
    assert "port-question.js" not in site.page()


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        (
            "option",
            "'option' is none of addresses, connected, options, counts, question; "
            "did you mean options?",
        ),
        ("any thing", "'any thing' is none of addresses, connected, options, counts"),
        ("question", "has no proof: write tests/claims/matrix/…::test_"),
    ],
)
def test_complaint_has_page_and_line(site, argument, complaint):
    site.write("snippets/matrix/two_sockets_one_port.py", "")
    site.write("docs/index.md", f"# A\n\n```{{port-sharing}} {argument}\n```\n")
    warnings = site.build()
    assert f"port-sharing: {complaint}" in warnings or complaint in warnings
    assert "index.md:3" in warnings


def test_argument_that_is_missing_is_a_complaint(site):
    site.write("docs/index.md", "# A\n\n```{port-sharing}\n```\n")
    warnings = site.build()
    assert "index.md:3" in warnings
    assert "1 argument(s) required" in warnings


def test_missing_evidence_names_the_cure_and_is_seen_when_it_appears(bare, kept):
    bare.write("docs/index.md", "# A\n\n```{port-sharing} options\n```\n")
    warnings = bare.build()
    assert "no evidence/measured/sharing.json: run `make evidence`" in warnings
    assert "index.md:3" in warnings
    store.save(store.measured(sharing.FILE), kept)
    assert bare.build() == ""
    assert "SO_REUSEPORT" in bare.page()


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ("{", "", "sharing.json is damaged, "),
        ("xxxx", "xx?x", "`marks` has the unknown mark '?' - at `$.rows[0]`"),
        ('"pairs": 19008', '"pairs": "many"', "got `str` - at `$.pairs`"),
        ("++++", "+++-", "its `digest` is not that of the rest"),
    ],
)
def test_damaged_evidence_is_a_complaint(site, old, new, complaint):
    path = store.measured(sharing.FILE)
    path.write_text(path.read_text().replace(old, new, 1))
    site.write("docs/index.md", "# A\n\n```{port-sharing} options\n```\n")
    warnings = site.build()
    assert complaint in warnings
    assert "index.md:3" in warnings
    assert "run `make evidence`" in warnings


def test_stale_evidence_is_shown_with_a_warning(site, kept):
    store.save(store.measured(sharing.FILE), replace(kept, sources="0" * 16))
    site.write("docs/index.md", "# A\n\n```{port-sharing} options\n```\n")
    warnings = site.build()
    assert "index.md:3" in warnings
    assert "evidence/measured/sharing.json is stale: run `make evidence`" in warnings
    assert "SO_REUSEPORT" in site.page()


def test_changed_code_makes_a_page_that_was_read_warn(site):
    site.write("docs/index.md", "# A\n\n```{port-sharing} options\n```\n")
    assert site.build() == ""
    source = (Path(__file__).parents[3] / "lab/sharing/pairs.py").read_text()
    site.write("lab/sharing/pairs.py", source.replace("listen()", "listen(1)"))
    os.utime(site.folder / "docs/index.md")  # the copy is new to Sphinx
    assert "is stale: run `make evidence`" in site.build()
