"""A site of a few lines, with snippets, evidence and proofs of its own."""

import runpy
import shutil
from pathlib import Path

import pytest
from sphinx.testing.util import SphinxTestApp
from sphinx.util.console import strip_escape_sequences
from sphinx.util.tags import Tags

from evidence import claims, store, systems
from lab.runs import recorder

CONF = runpy.run_path(str(store.ROOT / "conf.py"), init_globals={"tags": Tags()})
SETTINGS = {
    "extensions": CONF["extensions"],
    "suppress_warnings": CONF["suppress_warnings"],
    "html_theme": "basic",
}
PROGRAM = '''"""One socket gets its local name."""

import socket


def local_name():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[0]


def main():
    print("local address:", local_name())


if __name__ == "__main__":
    main()
'''
PROOF = '''def test_bind_names():
    """`bind()` gives the local name."""
    assert True
'''


class SmallSite:
    """A project in a folder; write files, record, build, read pages and warnings."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.read: list[str] = []
        self.on_write = lambda page: None

    def begin(self) -> None:
        """Write what each begins with: a page, a program, a proof, evidence."""
        self.write("docs/index.md", "# Front\n")
        self.write("snippets/names/local.py", PROGRAM)
        self.write("tests/claims/names/test_names.py", PROOF)
        self.record()
        self.prove()

    def write(self, name: str, text: str) -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def record(self) -> None:
        systems.note()
        recorder.record("names.local")

    def prove(self, outcome: str = "passed") -> None:
        """Write the evidence that a run of the proofs would leave."""
        rows = {
            claim: claims.Outcome(outcome, digest, [], ["TCP IPv4"], "2026-01-02")
            for claim, digest in claims.digests().items()
        }
        found = claims.Outcomes(systems.here(), rows, claims.definitions(rows))
        store.save(claims.path_of(systems.here()), found)

    def without_claims(self) -> None:
        """Remove the one proof, for tests about something else."""
        (self.folder / "tests/claims/names/test_names.py").unlink()

    def build(self, parallel: int = 1, builder: str = "html", **settings) -> str:
        """Build what is outdated; returns the warnings. Pages read are in .read.

        builder: "dummy" reads and checks all pages, and writes none.
        """
        self.read = []
        self.write("docs/conf.py", "")  # all settings are given here

        def written(page: str) -> None:
            if (self.folder / "docs" / f"{page}.md").exists():  # not search, genindex
                self.on_write(page)

        app = SphinxTestApp(
            builder,
            srcdir=self.folder / "docs",
            builddir=self.folder,
            confoverrides=SETTINGS | settings,
            parallel=parallel,
        )
        try:
            app.connect("source-read", lambda _, page, text: self.read.append(page))
            app.connect("html-page-context", lambda _, page, *args: written(page))
            app.build()
        finally:
            app.cleanup()
        return strip_escape_sequences(app.warning.getvalue())

    def page(self, name: str = "index") -> str:
        return (self.folder / "html" / f"{name}.html").read_text()


@pytest.fixture(scope="session")
def first_site(tmp_path_factory) -> Path:
    """A small site as it begins; the lab records its program once for all tests."""
    folder = tmp_path_factory.mktemp("first") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(store, "ROOT", folder)
        SmallSite(folder).begin()
    return folder


@pytest.fixture
def small_site(tmp_path, monkeypatch, first_site):
    """A SmallSite that the lab and the extension take for the project."""
    folder = shutil.copytree(first_site, tmp_path / "site")
    monkeypatch.setattr(store, "ROOT", folder)
    return SmallSite(folder)
