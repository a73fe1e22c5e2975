"""Fetches the packages of the systems, checks their digests, and unpacks them.

Nothing is installed. apt is asked with lists of its own for each suite, so the
machine's own lists and sources stay as they are.
"""

import hashlib
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

import msgspec

from evidence import store
from lab.systems.registry import SYSTEMS, System, Wanted

LOCK = Path(__file__).with_name("packages.json")
BUILD = store.ROOT / "build/systems"
RENEW = "run `make systems RENEW=1`, and read the diff of lab/systems/packages.json"


class Locked(msgspec.Struct, frozen=True):
    """A package as it was when the lock was written."""

    suite: str
    name: str
    version: str
    sha256: str


class Unavailable(Exception):
    """A package that cannot be had; the text names it and the cure."""


def locked() -> dict[Wanted, Locked]:
    """{suite and name: its version and digest}. Raises Unavailable."""
    try:
        rows = msgspec.json.decode(LOCK.read_bytes(), type=list[Locked])
    except (OSError, msgspec.DecodeError) as error:
        raise Unavailable(f"{store.shown(LOCK)}: {error}: {RENEW}") from None
    return {Wanted(row.suite, row.name): row for row in rows}


def mirror() -> str:
    """Where this machine's apt takes Debian from: the first source of main."""
    told = run(["apt-get", "indextargets", "--format", "$(SITE) $(COMPONENT)"])
    for line in told.splitlines():
        site, _, component = line.rpartition(" ")
        if component == "main" and site.rstrip("/").endswith("/debian"):
            return site
    raise Unavailable("apt knows no mirror of Debian: add one to its sources")


def run(command: list[str], folder: Path | None = None) -> str:
    """What a command prints. Raises Unavailable with its last words."""
    try:
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    except FileNotFoundError:
        raise Unavailable(f"{command[0]} is needed: Debian has it") from None
    if done.returncode:
        last = done.stderr.strip().splitlines()[-1:] or ["no message"]
        raise Unavailable(f"{' '.join(command[:2])}: {last[0]}")
    return done.stdout


def options(suite: str) -> list[str]:
    """What makes apt look at one suite only, with lists of its own; fetches those."""
    home = BUILD / "apt" / suite
    if not (home / "ready").exists():
        for folder in ("lists/partial", "cache/archives/partial"):
            (home / folder).mkdir(parents=True, exist_ok=True)
        (home / "sources.list").write_text(f"deb {mirror()} {suite} main\n")
    chosen = [
        f"-oDir::State::Lists={home}/lists",
        f"-oDir::Cache={home}/cache",
        f"-oDir::Etc::SourceList={home}/sources.list",
        "-oDir::Etc::SourceParts=/dev/null",
        "-oAPT::Architecture=amd64",
        "-oAPT::Sandbox::User=root",
    ]
    if not (home / "ready").exists():
        run(["apt-get", *chosen, "update", "-qq"])
        (home / "ready").touch()
    return chosen


def newest(wanted: Wanted) -> str:
    """The version that the suite has now. Raises Unavailable."""
    told = run(["apt-cache", *options(wanted.suite), "show", wanted.name])
    versions = [
        line.removeprefix("Version: ")
        for line in told.splitlines()
        if line.startswith("Version: ")
    ]
    if not versions:
        raise Unavailable(f"{wanted.suite} has no package {wanted.name}")
    return versions[0]


def download(wanted: Wanted, version: str) -> Path:
    """The package's file, from the folder of those that were fetched, or fetched now.

    Raises Unavailable where that version is gone.
    """
    folder = BUILD / "packages" / wanted.suite
    folder.mkdir(parents=True, exist_ok=True)
    pattern = f"{wanted.name}_{version.replace(':', '%3a')}_*.deb"
    if not list(folder.glob(pattern)):
        choice = f"{wanted.name}={version}"
        try:
            run(["apt-get", *options(wanted.suite), "download", choice], folder)
        except Unavailable as problem:
            raise Unavailable(
                f"{choice} of {wanted.suite}: {problem}: {RENEW}"
            ) from None
    return next(folder.glob(pattern))


def digest(path: Path) -> str:
    """The SHA-256 of a file."""
    return hashlib.sha256(path.read_bytes()).hexdigest()


def unpacked(system: System) -> Path:
    """The folder with a system's packages, fetched and unpacked if it is not there.

    Raises Unavailable for a version that is gone, and for a file with another digest.
    """
    rows = [row_of(wanted) for wanted in system.packages]
    root = BUILD / system.id / "root"
    stamp = BUILD / system.id / "unpacked"
    wanted = "\n".join(row.sha256 for row in rows)
    if stamp.exists() and stamp.read_text() == wanted:
        return root
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    for row in rows:
        file = download(Wanted(row.suite, row.name), row.version)
        if digest(file) != row.sha256:
            file.unlink()
            raise Unavailable(
                f"{file.name} has another digest than in the lock: {RENEW}"
            )
        run(["dpkg-deb", "-x", str(file), str(root)])
    for name in ("lib", "lib64"):
        if not (root / name).exists():
            (root / name).symlink_to(f"usr/{name}")
    stamp.write_text(wanted)
    return root


def row_of(wanted: Wanted) -> Locked:
    """What the lock says of a package. Raises Unavailable."""
    rows = locked()
    if wanted not in rows:
        raise Unavailable(f"the lock has no {wanted.name} of {wanted.suite}: {RENEW}")
    return rows[wanted]


def renew(systems: Iterable[System] = SYSTEMS) -> list[str]:
    """Write the lock anew, with the newest version of each; returns it in lines."""
    shutil.rmtree(BUILD / "apt", ignore_errors=True)
    rows = []
    for wanted in dict.fromkeys(one for system in systems for one in system.packages):
        version = newest(wanted)
        file = download(wanted, version)
        rows.append(Locked(wanted.suite, wanted.name, version, digest(file)))
    LOCK.write_bytes(msgspec.json.format(msgspec.json.encode(rows), indent=1) + b"\n")
    return [f"{row.suite}: {row.name} {row.version}" for row in rows]
