"""What `port-sharing` shows is what was measured; what no rule explains is an error."""

import shutil

import pytest

from docs._ext.sharing import directives as sharing
from evidence import claims, runs, store
from evidence.sharing import IN_USE, OPTIONS, PLACES, SHARED, Pair, Side, load, pairs

PLAIN = OPTIONS[0]


@pytest.fixture(scope="module")
def kept() -> dict:
    return load()


def pair(one: str, other: str, state: str = "bound", protocol: str = "TCP") -> Pair:
    return Pair(Side(protocol, one, PLAIN), state, Side(protocol, other, PLAIN))


def cells(table: str, head: str) -> list[str]:
    """The words of the table's row whose head begins with this place."""
    (row,) = [r for r in table.split("<tr>") if f'"row">{sharing.code(head)}' in r]
    return [cell.partition(">")[2].partition("<")[0] for cell in row.split("<td")[1:]]


def test_addresses_are_folded(kept):
    table = sharing.addresses_table(kept["marks"])
    assert cells(table, "0.0.0.0") == ["no", "no", "no", "no", "yes", "yes"]
    assert cells(table, "127.0.0.2") == ["no", "yes", "no", "no", "yes", "yes"]
    assert cells(table, "::1") == ["yes", "yes", "yes", "no", "no", "no"]
    assert (
        table.count("::ffff:") == 2
    )  # in the heads of the rows of what they stand for


def test_connected_wildcards_have_one_address(kept):
    table = sharing.connected_table(kept["marks"])
    assert cells(table, "0.0.0.0") == ["no", "no", "yes", "no", "yes", "yes"]
    assert table.count("now") == 3


def test_options_table_is_one_for_all_addresses(kept):
    table = sharing.options_table(kept["marks"])
    unless = "yes, unless the first listens"
    assert cells(table, "SO_REUSEADDR") == ["no", unless, "no", unless]
    assert cells(table, "SO_REUSEPORT") == ["no", "no", "yes", "yes"]


def test_pair_that_ends_otherwise_shows_in_its_cell(kept):
    odd = pair("127.0.0.1", "127.0.0.2", protocol="UDP")
    assert kept["marks"][odd] == SHARED
    table = sharing.addresses_table(kept["marks"] | {odd: IN_USE})
    assert cells(table, "127.0.0.1")[2] == sharing.DIFFERS


def test_counts_are_counted(kept, monkeypatch):
    assert "predict all of them" in sharing.counts(kept)
    odd = pair("127.0.0.1", "127.0.0.2")
    other = kept | {"marks": kept["marks"] | {odd: IN_USE}}
    assert "predict 19,007 of them" in sharing.counts(other)
    assert "19,008 ordered pairs" in sharing.counts(other)


def test_form_holds_every_pair(kept):
    data = sharing.question_data(kept["marks"], claims.read())
    for found in pairs():
        first, state, second = found
        lines = data["cells"][f"{first.protocol} {state} {second.protocol}"]
        row = data["possible"].index(first.place) * 4 + OPTIONS.index(first.option)
        column = PLACES.index(second.place) * 4 + OPTIONS.index(second.option)
        reason = data["reasons"][lines[row][column]]
        assert reason["mark"] == kept["marks"][found]


def test_pair_without_a_rule_is_refused(kept):
    odd = pair("127.0.0.1", "127.0.0.2")
    with pytest.raises(ValueError, match="no rule explains"):
        sharing.question_data(kept["marks"] | {odd: IN_USE}, claims.read())


def test_program_has_the_three_lines_that_the_script_changes():
    source = runs.snippet_path(sharing.PROGRAM).read_text()
    for name in ("FIRST", "STATE", "SECOND"):
        assert source.count(f"\n{name} = ") == 1


def test_page_shows_a_table(small_site):
    small_site.without_claims()
    shutil.copy(store.ROOT / "evidence" / "sharing.json", store.measured())
    shutil.copy(store.ROOT / "evidence" / "platforms.json", store.measured())
    text = (
        "# Front\n\n```{port-sharing} options\n```\n\n```{port-sharing} counts\n```\n"
    )
    small_site.write("docs/index.md", text)
    assert small_site.build() == ""
    assert "SO_REUSEPORT" in small_site.page()
    assert "19,008 ordered pairs" in small_site.page()
    assert "port-question.js" not in small_site.page()


@pytest.mark.parametrize(
    ("argument", "complaint"),
    [
        ("option", "is none of addresses, connected, options, counts, question"),
        ("question", "has no proof"),
    ],
)
def test_complaint_has_page_and_line(small_site, argument, complaint):
    small_site.without_claims()
    small_site.write("snippets/matrix/two_sockets_one_port.py", "")
    shutil.copy(store.ROOT / "evidence" / "sharing.json", store.measured())
    small_site.write("docs/index.md", f"# A\n\n```{{port-sharing}} {argument}\n```\n")
    warnings = small_site.build()
    assert complaint in warnings
    assert "index.md:3" in warnings


def test_missing_and_foreign_evidence_name_the_cure(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# A\n\n```{port-sharing} options\n```\n")
    assert "no evidence/sharing.json: run `make evidence`" in small_site.build()
    small_site.write("evidence/sharing.json", '{"TCP bound, then TCP": {}}')
    assert "has no mark for" in small_site.build()
