"""How an entry of the table of runtimes is written down.

The entries are in `python.py`, `languages.py` and `servers.py`. To add one: its name,
the line that installs it, a command that prints its version, and a server that is told
as little as it can be, or a client that is told to connect to `localhost`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from evidence.store import ROOT

BUILD = ROOT / "build" / "runtimes"
LOCKS = "lab/runtimes"
PORT = 8080  # for those that have none by default; each has a network of its own
PYTHON_BIN = "python/bin"
MODULES = "node_modules"
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
CARGO = str(Path.home() / ".cargo" / "bin")  # of rustup
VENV = f"python3 -m venv build/{BUILD.name}/python"
PIP = f"build/{BUILD.name}/python/bin/pip install --require-hashes"
PYPI = f"{VENV} && {PIP} -r {LOCKS}/requirements.txt"
NPM = (
    f"cp {LOCKS}/package*.json build/{BUILD.name} && "
    f"npm ci --ignore-scripts --prefix build/{BUILD.name}"
)


@dataclass(frozen=True)
class Program:
    """A command, and the files that it needs.

    `run`: as a shell would take it apart. `files`: {name: text}, the first is what a
    reader is shown. `build`: a command that comes before, whose calls are not seen.
    """

    run: str
    files: dict[str, str]
    build: str = ""

    @property
    def text(self) -> str:
        """The program that a reader is shown; "" where the command is all."""
        return next(iter(self.files.values()), "").strip("\n")


@dataclass(frozen=True)
class Entry:
    """One language, framework or server, and how its behaviour is seen.

    `version`: a command that prints it. `path`: folders below build/runtimes in which
    its programs are looked for first. `as_user`: it refuses to be run by root.
    """

    name: str
    group: str
    install: str
    version: str
    server: Program | None = None
    client: Program | None = None
    path: tuple[str, ...] = ()
    as_user: bool = False

    @property
    def search_path(self) -> str:
        """Its PATH."""
        return ":".join([*(str(BUILD / one) for one in self.path), SYSTEM_PATH, CARGO])


def entries() -> Iterator[Entry]:
    """Every entry, in the order of the table."""
    from lab.runtimes import languages, python, servers

    yield from python.ENTRIES
    yield from languages.ENTRIES
    yield from servers.ENTRIES
