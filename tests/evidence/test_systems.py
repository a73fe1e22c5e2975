"""Platforms: named by their ids, and written by what measures, by nothing else."""

import ast
import json
import re
from contextlib import suppress
from pathlib import Path

import pytest

from evidence import claims, store, systems
from evidence.systems import Platform, Platforms
from lab.__main__ import MODULES

PLAN9 = Platform("Plan 9", "4.0.0", "mips", "2.5.4", "2008-02-02")


@pytest.fixture
def known(tmp_path, monkeypatch):
    """A project in which one other platform has measured something."""
    monkeypatch.setattr(store, "ROOT", tmp_path)
    store.save(store.measured(systems.FILE), Platforms({"plan9-4.0-python-2.5": PLAN9}))
    return store.measured(systems.FILE)


def test_platform_is_named_by_its_id(known):
    assert systems.describe("plan9-4.0-python-2.5") == PLAN9
    assert systems.name("plan9-4.0-python-2.5") == "Plan 9 4.0.0, Python 2.5.4"


def test_unknown_platform_names_the_file_and_the_cure(known):
    expected = (
        "evidence/measured/platforms.json does not know 'linux-1.0-python-1.5': "
        "run `make evidence`"
    )
    for ask in (systems.describe, systems.name):
        with pytest.raises(store.EvidenceError, match=re.escape(expected)):
            ask("linux-1.0-python-1.5")


def test_missing_and_damaged_file_name_the_cure(known):
    known.write_text(known.read_text().replace("mips", "alpha"))
    with pytest.raises(store.EvidenceError, match="`digest` is not that of the rest"):
        systems.load()
    known.unlink()
    with pytest.raises(store.EvidenceError, match=r"no evidence/measured/platforms"):
        systems.name("plan9-4.0-python-2.5")


def test_wrong_field_is_named(known):
    known.write_text(known.read_text().replace('"4.0.0"', "4"))
    with pytest.raises(store.EvidenceError, match=r"`str`, got `int` - at `\$.platf"):
        systems.load()


def test_id_has_system_kernel_and_python():
    assert re.fullmatch(r"[a-z]+-\d+\.\d+-python-3\.\d+", systems.here())


@pytest.mark.parametrize("release", ["6.18.44", "6.18.44-generic", "6.18.44+deb13"])
def test_kernel_is_three_numbers_without_a_builders_suffix(monkeypatch, release):
    monkeypatch.setattr(systems.platform, "release", lambda: release)
    assert systems.kernel_release() == "6.18.44"


def test_note_adds_this_platform_and_keeps_the_others(known):
    assert systems.note() == systems.here()
    found = systems.load()
    assert found["plan9-4.0-python-2.5"] == PLAN9
    assert found[systems.here()].kernel == systems.kernel_release()
    assert list(found) == sorted(found)


def test_note_makes_the_first_file(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    systems.note()
    assert list(systems.load()) == [systems.here()]


def test_note_of_what_is_known_keeps_the_day(known):
    systems.note()
    mine = systems.load()[systems.here()]
    early = Platform(mine.system, mine.kernel, mine.machine, mine.python, "2001-01-01")
    store.save(known, Platforms({systems.here(): early}))
    before = known.read_bytes()
    systems.note()
    assert known.read_bytes() == before


def test_note_of_another_kernel_is_of_this_day(known, monkeypatch):
    systems.note()
    today = systems.load()[systems.here()].date
    mine = systems.load()[systems.here()]
    early = Platform(mine.system, "0.0.1", mine.machine, mine.python, "2001-01-01")
    store.save(known, Platforms({systems.here(): early}))
    systems.note()
    assert systems.load()[systems.here()].date == today
    assert systems.load()[systems.here()].kernel == systems.kernel_release()


def test_note_does_not_forget_what_it_cannot_read(known):
    damaged = known.read_text().replace("mips", "alpha")
    known.write_text(damaged)
    with pytest.raises(store.EvidenceError, match="`git checkout` it"):
        systems.note()
    assert known.read_text() == damaged


def test_reading_notes_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    systems.here()
    for read in (systems.load, claims.outcomes):
        with suppress(store.EvidenceError):
            read()
    assert not list(tmp_path.rglob("*"))


def callers(tree: ast.AST) -> list[str]:
    """The functions of a file that call systems.note()."""
    return [
        function.name
        for function in ast.walk(tree)
        if isinstance(function, ast.FunctionDef)
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "systems.note"
    ]


def test_only_the_lab_notes_a_platform():
    """Where tests do, they have a project of their own; nothing does on import."""
    for folder in ("evidence", "docs", "snippets", "tests/claims"):
        for file in Path(store.ROOT, folder).rglob("*.py"):
            assert not callers(ast.parse(file.read_text())), file
    noting = {
        file.parent.name
        for file in Path(store.ROOT, "lab").rglob("*.py")
        if callers(ast.parse(file.read_text()))
    }
    assert noting
    assert noting <= {"lab", *MODULES}


def test_platform_of_everything_measured_is_known():
    files = [*store.measured().rglob("*.json")]
    where = {json.loads(file.read_text()).get("platform") for file in files} - {None}
    assert where and where <= systems.load().keys()
