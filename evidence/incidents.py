"""Incidents: real programs that were made to fail as people see it, then cured.

evidence/measured/incidents/ has a file for each, made by `make incidents`.
Those that could not be made here are in evidence/cited/incidents.json, by hand, each
with the source that tells of it.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

from evidence import sources, store

FOLDER = "incidents"
CITED = "incidents.json"
CURE = "run `make incidents`"
# Files of lab/incidents/ that hold incidents, and what those have in common.
GROUPS = {
    "taken": "Port taken",
    "address": "Address",
    "ports": "Out of ports",
    "connecting": "Connecting",
    "listening": "Listening",
    "udp": "UDP and NAT",
}
Group = Literal["taken", "address", "ports", "connecting", "listening", "udp"]
PLAYED_BY = ("lab.incidents.play", "perform")


class Package(msgspec.Struct, frozen=True):
    """A program as it was installed; `source`: apt, pip or npm."""

    name: str
    package: str
    source: str
    version: str


class Line(msgspec.Struct, frozen=True):
    """A line that a program printed, as far as it is the same in each run."""

    who: str
    text: str


class Step(msgspec.Struct, frozen=True):
    """A system call of a program, and what it gave.

    `cause`: a call that succeeded, and that the incident is about all the same.
    """

    who: str
    call: str
    outcome: str
    failed: bool = False
    cause: bool = False


class Play(msgspec.Struct, frozen=True):
    """One run: what was printed and called, and in a few words what came of it."""

    printed: list[Line]
    steps: list[Step]
    ending: str


class Incident(msgspec.Struct, frozen=True):
    """A file of evidence/measured/incidents/.

    `message`: a part of what is printed while it fails. `before`, `cure`: the lines of
    which each run made use, and nothing else was different.
    """

    id: str
    title: str
    group: Group
    message: str
    programs: list[Package]
    before: str
    cure: str
    language: str
    where: str
    fails: Play
    cured: Play
    platform: str
    date: str
    sources: str
    digest: str = ""


class Cited(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An incident that was looked up, and not measured; `source` says where."""

    id: str
    title: str
    group: Group
    message: str
    source: str
    url: str
    cure: str
    language: str
    looked_up: str


class CitedFile(msgspec.Struct, forbid_unknown_fields=True):
    """evidence/cited/incidents.json."""

    measured: Literal["no"]
    incidents: list[Cited]


def path_of(incident: str) -> Path:
    """The file of an incident."""
    return store.measured(FOLDER, f"{incident}.json")


def ids() -> list[str]:
    """The ids of all that was measured, in the order of the alphabet."""
    return sorted(path.stem for path in store.measured(FOLDER).glob("*.json"))


def load(incident: str) -> Incident:
    """One that was measured. Raises EvidenceError."""
    return store.load_once(path_of(incident), Incident)


def cited() -> dict[str, Cited]:
    """{id: incident} of those that others tell of. Raises EvidenceError."""
    found = store.load_once(store.cited(CITED), CitedFile).incidents
    return {one.id: one for one in found}


def every() -> Iterator[Incident | Cited]:
    """All, measured ones first, by their groups. Raises EvidenceError."""
    found: list[Incident | Cited] = [*map(load, ids()), *cited().values()]
    order = list(GROUPS)
    yield from sorted(found, key=lambda one: order.index(one.group))


def starts(incident: str, group: str) -> tuple[tuple[str, str], ...]:
    """What an incident is made by: its function, and what plays it."""
    return (f"lab.incidents.{group}", incident.replace("-", "_")), PLAYED_BY


def made_by(incident: str, group: str) -> str:
    """The digest of all that an incident is made by now; "" if it is gone."""
    try:
        return sources.digest(*starts(incident, group))
    except KeyError:
        return ""


def made_by_files(incident: str, group: str) -> list[Path]:
    """The files that hold it; none if it is gone."""
    try:
        return sources.files(*starts(incident, group))
    except KeyError:
        return []


def stale(found: Incident) -> bool:
    """Whether it is no longer what was measured."""
    return found.sources != made_by(found.id, found.group)
