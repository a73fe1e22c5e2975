"""The projects that are timed: a copy of this one, the plain one, generated ones."""

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from evidence import store

CHANGED = "learn/udp.md"
TOCTREE = re.compile(r"^(`{3,}|:{3,})\{toctree\}.*?^\1$", re.MULTILINE | re.DOTALL)
# Links of the copies lead to pages; anchors of raw HTML are none that Sphinx knows.
LINK = re.compile(r"\]\((?!\w+:)([^()\s#]*)\.html(?:#[^()\s]*)?")
PLAIN_CONF = """
extensions = ["myst_parser"]
html_theme = "furo"
project = html_title = "The same text"
suppress_warnings = ["myst", "misc.highlighting_failure", "toc", "ref"]
"""
WORDS = (
    "a socket has two names one for its own end and one for that of its peer".split()
)


@dataclass
class Project:
    """A folder with the sources of a site, and how it is built."""

    folder: Path
    options: tuple[str, ...] = ()
    sentences: int = 0

    @property
    def html(self) -> Path:
        """Where its pages are built."""
        return self.folder / "build" / "html"

    def build(self) -> None:
        """What `make html` does, without its look at the environment."""
        command = [sys.executable, "-m", "sphinx", "-c", ".", "-q", "-j", "auto"]
        subprocess.run(
            [*command, *self.options, "docs", str(self.html)],
            cwd=self.folder,
            env=os.environ | {"PYTHONDONTWRITEBYTECODE": ""},  # as the Makefile has it
            check=True,
        )

    def build_anew(self) -> None:
        """Build from nothing."""
        shutil.rmtree(self.folder / "build", ignore_errors=True)
        self.build()

    def build_one_more_sentence(self) -> None:
        """Change a page, and build."""
        self.add_a_sentence()
        self.build()

    def add_a_sentence(self) -> str:
        """Append to a page; the page shows what is returned."""
        self.sentences += 1
        said = f"The {self.sentences}th sentence that a stopwatch added."
        page = self.folder / "docs" / CHANGED
        page.write_text(f"{page.read_text(encoding='utf-8')}\n{said}\n", "utf-8")
        return said


def copied(folder: Path) -> Project:
    """This project as it stands, with its history, which has the days of the pages."""
    git = ["git", "-c", "advice.detachedHead=false"]
    subprocess.run([*git, "clone", "-q", str(store.ROOT), str(folder)], check=True)
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=store.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    for gone in filter(Path.is_file, folder.rglob("*")):
        if ".git" not in gone.relative_to(folder).parts:
            gone.unlink()
    for name in filter(None, listed.split("\0")):
        if (store.ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(store.ROOT / name, folder / name)
    return Project(folder, ("-W", "--keep-going"))


def plain(ours: Project, folder: Path) -> Project:
    """Plain Sphinx with the Markdown copies of our built pages, in the same tree."""
    made = Project(folder)
    for copy in sorted(ours.html.rglob("*.md")):
        name = copy.relative_to(ours.html)
        source = (ours.folder / "docs" / name).read_text(encoding="utf-8")
        trees = (found[0] for found in TOCTREE.finditer(source))
        text = LINK.sub(r"](\1.md", copy.read_text(encoding="utf-8"))
        page = folder / "docs" / name
        page.parent.mkdir(parents=True, exist_ok=True)
        page.write_text("\n\n".join([text, *trees]) + "\n", encoding="utf-8")
    (folder / "conf.py").write_text(PLAIN_CONF, encoding="utf-8")
    return made


def generated(folder: Path, count: int) -> Project:
    """A site of that many pages with our extension: sections of twenty pages each."""
    copied(folder)
    shutil.rmtree(folder / "docs" / "learn")
    for page in (folder / "docs").rglob("*.md"):
        page.unlink()
    for proof in (folder / "tests" / "claims").rglob("test_*.py"):
        proof.unlink()  # no page states them
    shutil.rmtree(folder / ".git")
    sections = [range(first, min(first + 20, count)) for first in range(0, count, 20)]
    for number, pages in enumerate(sections):
        section = folder / "docs" / f"part{number}"
        section.mkdir()
        names = "\n".join(f"page{page}" for page in pages)
        tree = f"```{{toctree}}\n:hidden:\n\n{names}\n```"
        (section / "index.md").write_text(f"# Part {number}\n\n{tree}\n")
        for here in pages:
            (section / f"page{here}.md").write_text(text(here, pages[0]))
    parts = "\n".join(f"part{number}/index" for number in range(len(sections)))
    (folder / "docs" / "index.md").write_text(
        f"# Generated\n\n```{{toctree}}\n:hidden:\n\n{parts}\n```\n"
    )
    return Project(folder)


def text(number: int, neighbour: int) -> str:
    """A page with headings, sentences, a table, code, a link and a recorded run."""
    parts = [f"# Page {number}"]
    for part in range(4):
        start = (number + part) % len(WORDS)
        sentence = " ".join(WORDS[start:] + WORDS[:start])
        parts += [
            f"## What {WORDS[start]} {part} says",
            f"{sentence.capitalize()} {number}, see [there](page{neighbour}.md). " * 3,
            f"| name | number |\n| --- | --- |\n| {WORDS[start]} | {number} |",
            f"```python\nsock.bind(('127.0.0.1', {number}))\n```",
        ]
    return "\n\n".join([*parts, "```{call-flow} tcp.bind_then_connect\n```"]) + "\n"
