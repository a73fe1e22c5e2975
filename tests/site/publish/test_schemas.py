"""Each published file is what its schema says, and every kind of file has a schema."""

import json
from fnmatch import fnmatch

import pytest
from jsonschema import Draft202012Validator

from docs._ext.publish import downloads, schemas

FILES = downloads.published()
# Kinds whose record is not entered yet: a kind that is entered must leave the list.
WITHOUT = {
    "evidence/proofs/*",  # the old address of evidence/claims/*
    "evidence/errors.json",
    "evidence/errors_elsewhere.json",
    "evidence/sharing.json",
}


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_schema_is_one_and_refuses_another_shape(kind):
    schema = schemas.schema(kind)
    Draft202012Validator.check_schema(schema)
    assert not Draft202012Validator(schema).is_valid([])
    assert not Draft202012Validator(schema).is_valid({})


@pytest.mark.parametrize("kind", schemas.KINDS)
def test_files_of_a_kind_are_as_its_schema_says(kind):
    validator = Draft202012Validator(schemas.schema(kind))
    mine = [name for name in FILES if fnmatch(name, schemas.KINDS[kind].files)]
    assert mine
    for name in mine:
        validator.validate(json.loads(FILES[name].read_text(encoding="utf-8")))


def test_every_file_has_a_schema():
    known = {kind.files for kind in schemas.KINDS.values()}
    assert not known & WITHOUT
    for name in FILES:
        assert any(fnmatch(name, pattern) for pattern in known | WITHOUT), (
            f"enter the record of {name} in docs/_ext/publish/schemas.py"
        )


def test_schemas_are_on_the_site_and_linked(small_site):
    small_site.without_claims()
    name = schemas.address("platforms")
    small_site.write(
        "docs/index.md", f"# F\n\n{{site}}`{name}`\n\n```{{schemas}}\n```\n"
    )
    assert small_site.build() == ""
    assert small_site.page().count(f'href="{name}"') == 2
    found = json.loads((small_site.folder / "html" / name).read_text())
    assert found == schemas.schema("platforms")
    small_site.build()  # a second build keeps it
    assert (small_site.folder / "html" / name).exists()
