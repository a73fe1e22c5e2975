"""What `make live` calls: each build sees everything as it is, and none stops it."""

import multiprocessing
import os
import sys

import pytest

from docs import live

CONF = """
import sys
sys.path.insert(0, {folder!r})
extensions = ["myst_parser", "told"]
"""
EXTENSION = """
KEPT = []

def say(app, page, source):
    KEPT.append(page)
    source[0] += "\\n\\n{word}, " + str(len(KEPT)) + " read\\n"

def setup(app):
    app.connect("source-read", say)
    return {{"env_version": {number}}}
"""


class Site:
    """A folder that is built as the server builds it."""

    def __init__(self, folder) -> None:
        self.folder = folder
        self.write("conf.py", CONF.format(folder=str(folder)))
        self.write("told.py", EXTENSION.format(word="first", number=1))
        self.page = self.write("index.md", "# Front\n")
        self.ran = folder / "ran"
        self.builder = live.WarmBuilder(
            ["-q", "-d", str(folder / "trees"), str(folder), str(folder / "html")],
            url_host="127.0.0.1:1",
            pre_build_commands=[
                [sys.executable, "-c", f"open({str(self.ran)!r}, 'a')"]
            ],
            post_build_commands=[],
        )

    def write(self, name: str, text: str):
        path = self.folder / name
        path.write_text(text)
        return path

    def build(self, *changed) -> str:
        """Build after a change, in a process of its own; returns the page."""
        process = multiprocessing.get_context("fork").Process(
            target=self.builder, kwargs={"changed_paths": changed}
        )
        process.start()
        process.join()
        assert process.exitcode == 0, "a build that fails must not stop the server"
        page = self.folder / "html" / "index.html"
        return page.read_text() if page.exists() else ""


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def test_saved_page_is_built_without_running_a_program(site):
    assert "first, 1 read" in site.build(site.page)
    site.page.write_text("# Front\n\nSaved again.\n")
    assert "Saved again." in site.build(site.page)
    assert not site.ran.exists()


def test_saved_program_is_run_before_the_build(site):
    assert "first" in site.build(site.folder / "x.py", site.page)
    assert site.ran.exists()


def test_changed_extension_is_imported_anew(site):
    site.build(site.page)
    told = site.write("told.py", EXTENSION.format(word="second word", number=2))
    os.utime(told, ns=(1, 1))  # whatever the clock: bytecode of the first is no more
    assert "second word, 1 read" in site.build(told)


def test_site_stays_when_a_build_fails(site, capfd):
    first = site.build(site.page)
    conf = site.write("conf.py", "raise ValueError('broken')\n")
    assert site.build(conf) == first
    told = capfd.readouterr()
    assert "broken" in told.err and "what was built before" in told.out
    site.write("conf.py", CONF.format(folder=str(site.folder)))
    site.page.write_text("# Whole again\n")
    assert "Whole again" in site.build(site.page)


def test_everything_that_is_warmed_up_exists():
    process = multiprocessing.get_context("fork").Process(target=live.warm_up)
    process.start()
    process.join()
    assert process.exitcode == 0
