"""How the pairs are read: every field is looked at, and a wrong one is named."""

import pytest
from msgspec.structs import replace

from evidence import sharing, store
from evidence.sharing import MARKS, OPTIONS, PLACES, Pair, Row, Sharing, Side


@pytest.fixture(scope="module")
def whole() -> dict:
    """The evidence as JSON has it."""
    return store.plain(sharing.load())


def put(body: dict) -> None:
    """Write fields as save() writes a record, whatever they hold."""
    path = store.measured(sharing.FILE)
    path.parent.mkdir(parents=True, exist_ok=True)
    told = store.digest(store.dump(body))
    path.write_text(store.dump(body | {"digest": told}))


@pytest.fixture
def save(tmp_path, monkeypatch, whole):
    """Write the evidence with some fields changed to a project of its own."""
    monkeypatch.setattr(store, "ROOT", tmp_path)

    return lambda **fields: put(whole | fields)


def complaint() -> str:
    with pytest.raises(store.EvidenceError) as caught:
        sharing.load()
    return str(caught.value)


def test_rows_and_pairs_are_two_forms_of_one_thing(save):
    save()
    found = sharing.load()
    assert sharing.as_rows(found.by_pair) == found.rows
    assert [len(row.marks.split(" ")) for row in found.rows] == [len(PLACES)] * 432


def test_mark_is_that_of_its_place_and_option(save, whole):
    first = Side("TCP", "127.0.0.2", "SO_REUSEADDR")
    second = Side("UDP", "::1", "both options")
    rows = [
        row | {"marks": " ".join(["----"] * 5 + ["---x"] + ["----"] * 5)}
        if row["section"] == "TCP listening, then UDP"
        and row["first"] == "127.0.0.2, SO_REUSEADDR"
        else row
        for row in whole["rows"]
    ]
    save(rows=rows)
    found = sharing.load()
    assert found.mark(Pair(first, "listening", second)) == "x"
    turned = second._replace(option="SO_REUSEPORT")
    assert found.mark(Pair(first, "listening", turned)) == "-"
    with pytest.raises(KeyError):
        found.mark(Pair(first._replace(place="192.0.2.1"), "listening", second))


def row(**fields) -> list[dict]:
    """One row, changed."""
    good = {
        "section": "TCP bound, then TCP",
        "first": "::1, no option",
        "marks": " ".join(["++++"] * len(PLACES)),
    }
    return [good | fields]


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"places": [*PLACES, "10.0.0.1"]}, "`places` has the unknown '10.0.0.1'"),
        ({"places": PLACES[1:]}, "`places` lacks '0.0.0.0'"),
        ({"places": PLACES[::-1]}, "`places` are not in the order 0.0.0.0, 127"),
        ({"options": [*OPTIONS, "IP_TRANSPARENT"]}, "unknown 'IP_TRANSPARENT'"),
        ({"options": OPTIONS[:3]}, "`options` lacks 'both options'"),
        ({"marks": MARKS | {"?": "who knows"}}, "`marks` has the unknown '?'"),
        ({"marks": {}}, "`marks` lacks '+'"),
        ({"pairs": 7}, "`pairs` is 7, and `rows` have 19008"),
        ({"pairs": "7"}, r"Expected `int`, got `str` - at `$.pairs`"),
        ({"rows": []}, "`rows` has no '0.0.0.0, no option' in 'TCP bound, then TCP'"),
        ({"rows": row() * 2}, "has '::1, no option' in 'TCP bound, then TCP' twice"),
        ({"rows": row(first="::2, no option")}, "no row '::2, no option' in 'TCP bou"),
        ({"rows": row(first="::1, no")}, "no row '::1, no' in 'TCP bound, then TCP'"),
        ({"rows": row(section="TCP dead, then UDP")}, "in 'TCP dead, then UDP'"),
        ({"rows": row(marks="++++")}, "`marks` are '++++', not 11 groups of 4"),
        ({"rows": row(marks="*")}, "has the unknown mark '*' - at `$.rows[0]`"),
    ],
)
def test_wrong_field_is_named_with_file_and_cure(save, fields, said):
    save(**fields)
    found = complaint()
    assert found.startswith("evidence/measured/sharing.json is damaged, ")
    assert said in found
    assert "run `make evidence` and read the diff of evidence/measured/sh" in found


def test_missing_file_and_missing_field_name_the_cure(save, whole):
    assert complaint().startswith("no evidence/measured/sharing.json: run `make evid")
    put({key: value for key, value in whole.items() if key != "sources"})
    assert "missing required field `sources`" in complaint()


def test_file_is_read_once_while_it_stays_the_same(save, monkeypatch):
    save()
    first = sharing.load()
    monkeypatch.setattr(store, "load", lambda *_: pytest.fail("read again"))
    assert sharing.load() is first
    assert sharing.load().by_pair is first.by_pair
    monkeypatch.undo()


def test_changed_file_is_read_again(save):
    save()
    assert sharing.load().date != "2026-01-02"
    save(date="2026-01-02")
    assert sharing.load().date == "2026-01-02"


def test_every_row_name_stands_for_a_pair():
    expected = {
        (sharing.section(p), sharing.row_name(p.first)): None for p in sharing.pairs()
    }
    assert list(sharing.row_names()) == list(expected)


def test_evidence_of_other_code_is_stale(save):
    save()
    found = sharing.load()
    now = sharing.made_from()
    assert not sharing.stale(replace(found, sources=now))
    assert sharing.stale(replace(found, sources="0" * 16))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('PLACES = [\n    *("0.0.0.0",', 'PLACES = [\n    *("10.0.0.1",'),  # evidence
        ("sock.listen()", "sock.listen(1)"),  # the lab's pairs
        ('"quickack": 1', '"quickack": 0'),  # the lab's network
    ],
)
def test_change_of_what_measures_makes_it_stale(tmp_path, monkeypatch, old, new):
    before = sharing.made_from()
    changed = 0
    for path in sharing.made_from_files():
        copy = tmp_path / path.relative_to(store.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text()
        changed += text.count(old)
        copy.write_text(text.replace(old, new, 1))
    assert changed, f"{old!r} is in none of the files"
    monkeypatch.setattr(store, "ROOT", tmp_path)
    assert sharing.made_from() != before


def test_words_of_the_page_do_not_make_it_stale(tmp_path, monkeypatch):
    before = sharing.made_from()
    for path in sharing.made_from_files():
        copy = tmp_path / path.relative_to(store.ROOT)
        copy.parent.mkdir(parents=True, exist_ok=True)
        text = path.read_text().replace("# What a socket is bound to", "# Where it is")
        copy.write_text(text.replace("matrix.both_reuseport", "matrix.other_name"))
    monkeypatch.setattr(store, "ROOT", tmp_path)
    assert sharing.made_from() == before


def test_rows_need_a_mark_for_every_pair():
    with pytest.raises(KeyError):
        sharing.as_rows({})


def test_record_refuses_what_a_file_may_not_hold():
    with pytest.raises(ValueError, match="unknown mark"):
        Row("TCP bound, then TCP", "::1, no option", "?")
    with pytest.raises(ValueError, match="`rows` has no"):
        Sharing("a", "b", "c", 0, PLACES, OPTIONS, MARKS, [])
