"""What `make check` looks for beyond `make test`: faults that a reader cannot see.

They need Java, npm and a dictionary; `.ci/run` installs them.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from evidence.store import ROOT
from tests.site.pages import pages

ADDRESS = "https://example.org/a/site/"
SOURCES = "https://git.example.org/group/sockets"
NAMES = [*pages(), "search", "genindex"]


def the(program: str, cure: str) -> str:
    """The path of a program; fails with the cure where it is missing."""
    found = shutil.which(program)
    if found is None:
        pytest.fail(f"no {program} found: {cure}", pytrace=False)
    return found


@pytest.fixture(scope="session")
def built_pages(built_site) -> list[Path]:
    """Every page of the built site; a page that was removed may still lie there."""
    return [built_site / f"{name}.html" for name in [*NAMES, "404"]]


@pytest.fixture(scope="session")
def clean_copy(tmp_path_factory) -> Path:
    """What a clone would hold: the files that git knows or would add, no more."""
    folder = tmp_path_factory.mktemp("clone")
    files = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split("\0")
    for name in filter(None, files):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, target)
    return folder


@pytest.fixture(scope="session")
def read_the_docs(clean_copy, tmp_path_factory) -> Path:
    """What the commands of .readthedocs.yaml make of a clean clone: pages and book."""
    output = tmp_path_factory.mktemp("read-the-docs")
    jobs = YAML(typ="safe").load(ROOT / ".readthedocs.yaml")["build"]["jobs"]
    environment = os.environ | {
        "PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}",
        "READTHEDOCS_OUTPUT": str(output),
        "READTHEDOCS_CANONICAL_URL": ADDRESS,
        "SITE_URL": "",
        "SITE_REPOSITORY": SOURCES,
    }
    for command in jobs["build"]["html"]:
        ended = subprocess.run(
            ["sh", "-c", command],
            cwd=clean_copy,
            env=environment,
            capture_output=True,
            text=True,
        )
        if ended.returncode != 0:
            pytest.fail(f"{command}\n{ended.stderr}", pytrace=False)
    return output / "html"
