"""The measurements on the site: whole, documented, packed the same way each time."""

import json
import os
import re
from fnmatch import fnmatch
from io import BytesIO
from zipfile import ZipFile

import pytest

from docs._ext.publish import downloads, schemas
from evidence.store import ROOT
from tests.site import pages

PAGE = pages.pages()["reference/data"]
FILES = downloads.published()  # {address on the site: file}


def documented(section: str) -> set[str]:
    """What a section of the page sets in code where it describes fields."""
    text = re.search(rf"^## {section}\n(.*?)(?=^## |\Z)", PAGE, re.M | re.S)
    return set(re.findall(r"`([^`{}]+)`", text[1]))


def fields(value) -> set[str]:
    """The names of the fields in a value of JSON, at any depth."""
    if isinstance(value, dict):
        return value.keys() | {name for item in value.values() for name in fields(item)}
    if isinstance(value, list):
        return {name for item in value for name in fields(item)}
    return set()


def used(address: str) -> set[str]:
    """The fields of a file; where keys are names of things, the things' fields."""
    found = json.loads(FILES[address].read_text())
    kind = address.split("/")[1]
    if kind == "platforms.json":
        return found.keys() | fields(list(found["platforms"].values()))
    if kind == "proofs":
        return found.keys() | fields(list(found["proofs"].values()))
    if kind == "sharing.json":
        return {name for name in found if ", then " not in name}
    if kind == "errors_elsewhere.json":
        return found.keys() | fields(list(found["errors"].values()))
    if kind == "netsem.json":
        return found.keys() | fields(list(found["rules"].values()))
    if kind == "machines":
        named = ("inputs", "rules", "notes", "transitions")
        inner = fields([v for key, v in found.items() if key not in named])
        return found.keys() | inner | fields(list(found["inputs"].values()))
    if kind == "runs":
        for step in found["steps"]:
            if "names" in step:
                step["names"] = []
        found["snippets"] = []
    return fields(found)


@pytest.mark.parametrize(
    ("section", "pattern"),
    [
        ("Platforms", "platforms.json"),
        ("Runs", "runs/*.json"),
        ("Errors", "errors.json"),
        ("The same errors elsewhere", "errors_elsewhere.json"),
        ("Sharing a port", "sharing.json"),
        ("State machines", "machines/*.json"),
        ("The Netsem rules", "netsem.json"),
        ("Proofs", "proofs/*.json"),
    ],
)
def test_every_field_is_documented(section, pattern):
    files = [name for name in FILES if fnmatch(name, f"evidence/{pattern}")]
    assert files
    found = {name for file in files for name in used(file)}
    assert len(found) >= 4
    known = documented(section) | documented("What all files share")
    assert found <= known, f"describe {found - known} in docs/reference/data.md"


def test_every_kind_of_file_is_documented():
    kinds = {name.split("/")[1] for name in FILES} - {"claims"}
    for kind in kinds:
        assert f"evidence/{kind}" in PAGE, f"describe {kind} in docs/reference/data.md"


def test_every_file_is_on_the_site_as_it_is(built_site):
    assert len(FILES) > 50
    there = {
        path.relative_to(built_site).as_posix()
        for path in (built_site / "evidence").rglob("*.json")
    }
    assert there == FILES.keys() | schemas.published().keys()
    for name, file in FILES.items():
        assert (built_site / name).read_bytes() == file.read_bytes()


def test_addresses_do_not_say_who_wrote_a_file():
    assert {"evidence/errors.json", "evidence/netsem.json"} <= FILES.keys()
    proofs = [name for name in FILES if name.startswith("evidence/proofs/")]
    assert proofs
    for name in proofs:
        assert FILES[name] == FILES[name.replace("/proofs/", "/claims/")]
        assert downloads.is_there(name)


@pytest.mark.parametrize(
    ("name", "files"),
    [
        ("evidence.zip", FILES),
        ("snippets.zip", downloads.files_below(ROOT / "snippets", "*.py")),
    ],
)
def test_archive_has_every_file_and_the_licence(name, files, built_site):
    expected = files | {"LICENSE": ROOT / "LICENSE"}
    with ZipFile(built_site / name) as packed:
        names = packed.namelist()
        assert set(names) == expected.keys() and len(names) == len(expected)
        assert all(packed.read(n) == expected[n].read_bytes() for n in names)


def test_archive_is_the_same_at_any_time(tmp_path):
    files = {}
    for name in ("b.txt", "a.txt"):
        files[name] = tmp_path / name
        files[name].write_text(name)
    first = downloads.archive(files)
    for age, file in enumerate(files.values()):
        os.utime(file, (age, age))
        file.chmod(0o600)
    again = downloads.archive(dict(reversed(files.items())))
    assert again == first
    assert ZipFile(BytesIO(first)).namelist() == ["a.txt", "b.txt"]


def test_changed_evidence_is_copied_and_packed_anew(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n{site}`evidence/platforms.json`\n")
    assert small_site.build() == ""
    assert 'href="evidence/platforms.json"' in small_site.page()
    old = (small_site.folder / "html/evidence.zip").read_bytes()
    extra = small_site.write("evidence/measured/runs/extra.json", "{}")
    small_site.build()
    copy = small_site.folder / "html/evidence/runs/extra.json"
    assert copy.read_text() == "{}"
    assert (small_site.folder / "html/evidence.zip").read_bytes() != old
    extra.unlink()
    small_site.build()
    assert not copy.exists()


def test_link_to_no_file_is_an_error(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n{site}`evidence/nothing.json`\n")
    assert "the site has no file evidence/nothing.json" in small_site.build()
