"""Files of evidence: what is wrong with one is said, with its name, field and cure."""

import json
import os
from datetime import date

import msgspec
import pytest

from evidence import store


class Packet(msgspec.Struct):
    size: int


class Found(msgspec.Struct):
    platform: str
    date: str
    sources: str
    rows: list[Packet]
    names: dict[str, str] = {}
    digest: str = ""


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a project without evidence."""
    monkeypatch.setattr(store, "ROOT", tmp_path)
    return tmp_path


@pytest.fixture
def path(project):
    return store.measured("kind", "one.json")


def found(**fields) -> Found:
    given = {"platform": "p", "date": "2026-01-02", "sources": "s", "rows": []}
    return Found(**given | fields)


def complaint(path) -> str:
    with pytest.raises(store.EvidenceError) as caught:
        store.load(path, Found)
    return str(caught.value)


def test_what_is_saved_is_what_is_loaded(path):
    new = found(rows=[Packet(1), Packet(2)], names={"ä": "…"})
    assert store.save(path, new)
    loaded = store.load(path, Found)
    assert loaded.digest
    assert msgspec.structs.replace(loaded, digest="") == new


def test_file_is_made_for_reading(path):
    store.save(path, found(rows=[Packet(1), Packet(2)], names={"ä": "…"}))
    assert path.read_text().splitlines()[4:-2] == [
        ' "rows": [',
        '  {"size": 1},',
        '  {"size": 2}',
        " ],",
        ' "names": {',
        '  "ä": "…"',
        " },",
    ]


def test_digest_is_of_the_file_without_it(path):
    """As docs/reference/data.md tells those who download a file."""
    store.save(path, found())
    body = json.loads(path.read_text())
    told = body.pop("digest")
    assert told == store.digest(store.dump(body))


@pytest.mark.parametrize("file", sorted(store.measured().rglob("*.json")), ids=str)
def test_every_measured_file_is_as_it_was_written(file):
    text = file.read_text()
    body = json.loads(text)
    told = body.pop("digest")
    assert store.intact(text)
    assert text == store.dump(body | {"digest": store.digest(store.dump(body))})
    assert told == store.digest(store.dump(body))


def test_missing_file_names_the_cure(path):
    assert complaint(path) == (
        "no evidence/measured/kind/one.json: "
        "run `make evidence` and read the diff of evidence/measured/kind/one.json"
    )


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"size"', "size", "JSON is malformed"),
        ('"date": "2026-01-02"', '"date": 2026', "got `int` - at `$.date`"),
        ('"size": 7', '"size": "7"', "Expected `int`, got `str` - at `$.rows[0].size`"),
        (' "platform": "p",\n', "", "missing required field `platform`"),
        ('"2026-01-02"', '"2026-01-03"', "its `digest` is not that of the rest"),
        ('"digest": "', '"digest": "0', "its `digest` is not that of the rest"),
        ('"size": 7', '"size":  7', "its `digest` is not that of the rest"),
        ('"digest": "', '"other": "', "its `digest` is not that of the rest"),
    ],
)
def test_damage_is_named_with_file_field_and_cure(path, old, new, said):
    store.save(path, found(rows=[Packet(7)]))
    text = path.read_text()
    assert text.count(old) == 1
    path.write_text(text.replace(old, new))
    told = complaint(path)
    assert told.startswith("evidence/measured/kind/one.json is damaged, ")
    assert said in told
    assert told.endswith(": " + store.cure(path))


def test_file_that_is_no_text_and_no_file_are_complaints(path):
    path.parent.mkdir(parents=True)
    path.write_bytes(b"\xff\xfe{")
    assert "is damaged, 'utf-8' codec" in complaint(path)
    assert store.save(path, found())
    path.unlink()
    path.mkdir()
    assert "is damaged, [Errno 21] Is a directory" in complaint(path)


def test_two_steps_of_one_digest_are_not_confused(path):
    """Only the last line is the file's own digest."""
    store.save(path, found(names={"digest": "not mine"}))
    assert store.load(path, Found).names == {"digest": "not mine"}


def test_cited_file_has_no_digest_and_is_corrected_by_hand(project):
    path = store.cited("said.json")
    path.parent.mkdir(parents=True)
    assert complaint(path) == (
        "no evidence/cited/said.json: correct it by hand, or `git checkout` it"
    )
    path.write_text(json.dumps(store.plain(found(rows=[Packet(3)]))))
    assert store.load(path, Found).rows == [Packet(3)]
    path.write_text('{"platform": []}')
    told = complaint(path)
    assert told.startswith(
        "evidence/cited/said.json is damaged, Expected `str`, got `a"
    )
    assert told.endswith("- at `$.platform`: correct it by hand, or `git checkout` it")


def test_save_reports_change(path):
    assert store.save(path, found())
    before = path.stat()
    assert not store.save(path, found())
    assert not store.save(path, store.load(path, Found))
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    assert path.stat().st_ino == before.st_ino
    assert store.save(path, found(sources="t"))


def test_save_is_whole_or_not_at_all(path, monkeypatch):
    store.save(path, found())
    before = path.read_bytes()

    def full(self, *_):
        raise OSError(28, "No space left on device")

    for write in ("write_bytes", "replace"):
        with monkeypatch.context() as broken:
            broken.setattr(type(path), write, full)
            with pytest.raises(OSError, match="No space"):
                store.save(path, found(rows=[Packet(9)]))
        assert path.read_bytes() == before
    assert store.save(path, found(rows=[Packet(9)]))
    assert [file.name for file in path.parent.iterdir()] == ["one.json"]


def test_unchanged_result_keeps_platform_and_day():
    old = found(platform="there", date="2020-02-02", sources="old", digest="d")
    new = found(platform="here", date="", sources="new")
    kept = store.dated(new, old)
    assert (kept.platform, kept.date) == ("there", "2020-02-02")
    assert kept.sources == "new"


def test_changed_result_has_its_own_platform_and_this_day():
    old = found(platform="there", date="2020-02-02")
    today = date.today().isoformat()
    for before in (old, None):
        new = store.dated(found(platform="here", rows=[Packet(1)]), before)
        assert (new.platform, new.date) == ("here", today)
        assert new.rows == [Packet(1)]


def test_kept_is_none_for_what_cannot_be_read(path):
    assert store.kept(path, Found) is None
    store.save(path, found())
    assert store.kept(path, Found) == store.load(path, Found)
    path.write_text("{")
    assert store.kept(path, Found) is None


def test_unchanged_file_is_read_once(path, monkeypatch):
    store.save(path, found())
    first = store.load_once(path, Found)
    with monkeypatch.context() as closed:
        closed.setattr(store, "load", lambda *_: pytest.fail("read again"))
        assert store.load_once(path, Found) is first


def test_changed_file_is_read_again(path):
    store.save(path, found())
    store.load_once(path, Found)
    store.save(path, found(sources="t"))
    assert store.load_once(path, Found).sources == "t"
    text = path.read_text()
    path.write_text(text.replace("2026-01-02", "2026-01-03"))
    os.utime(path, ns=(1, 1))
    with pytest.raises(store.EvidenceError, match="digest"):
        store.load_once(path, Found)
    path.unlink()
    with pytest.raises(store.EvidenceError, match=r"no evidence/measured"):
        store.load_once(path, Found)
    store.save(path, found(sources="u"))
    assert store.load_once(path, Found).sources == "u"


def test_place_outside_the_project_is_shown_whole(project, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("other") / "one.json"
    assert store.shown(elsewhere) == str(elsewhere)
    assert complaint(elsewhere).startswith(f"no {elsewhere}: ")
