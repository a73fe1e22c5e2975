"""The commands of .readthedocs.yaml build a clean clone, with nothing of ours in it."""

from ruamel.yaml import YAML

from evidence.store import ROOT


def test_the_locked_dependencies_are_installed():
    jobs = YAML(typ="safe").load(ROOT / ".readthedocs.yaml")["build"]["jobs"]
    assert jobs["install"] == [
        "python -m pip install --require-hashes -r requirements.txt"
    ]


def test_pages_link_the_book_that_was_built_before_them(read_the_docs):
    front = (read_the_docs / "index.html").read_text()
    assert 'href="bind-and-connect.epub"' in front
    assert (read_the_docs / "bind-and-connect.epub").stat().st_size > 100_000
