"""What `make check` looks for beyond `make test`: faults that a reader cannot see.

They need Java, npm and a dictionary; `.ci/run` installs them.
"""

import shutil
from pathlib import Path

import pytest

from tests.site.pages import pages

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
