"""Directives `measured` and `measured-in-short`: what the site rests on, counted.

Every number is read from the evidence when the site is built. A page is read again when
what it would show is another text, not whenever some evidence has changed.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from html import escape
from typing import Any

import msgspec
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from docs._ext.claims.text import written
from docs._ext.errors.in_words import how_many
from docs._ext.shared import Directive, html, html_table
from evidence import (
    claims,
    errors,
    incidents,
    machines,
    runs,
    sharing,
    sources,
    store,
    systems,
)


@dataclass(frozen=True)
class Row:
    """What was measured, how much of it, on which platforms, and the last day."""

    what: str
    how_many: str
    short: str
    where: list[str]
    day: str


class Step(msgspec.Struct):
    """What is counted of one call in a recording: a file has more fields."""

    packets: list[msgspec.Raw] = []


class Recording(msgspec.Struct):
    """What is counted of a recording."""

    platform: str
    date: str
    steps: list[Step]


class Learned(msgspec.Struct):
    """What is counted of how a machine was learned."""

    queries: int


class Machine(msgspec.Struct):
    """What is counted of a machine; its thousands of transitions are passed over."""

    platform: str
    date: str
    learned: Learned


class Played(msgspec.Struct):
    """What is counted of an incident."""

    platform: str
    date: str


def of_claims() -> Row:
    """The statements. Raises EvidenceError."""
    outcomes = claims.outcomes()
    known = claims.read().keys()
    every = [one for found in outcomes.values() for one in found.items()]
    if not every:
        place = store.shown(store.measured("claims"))
        raise store.EvidenceError(f"no outcome of a proof in {place}/: {store.CURE}")
    passed = {claim for claim, one in every if one.outcome == "passed"}
    proved = len(passed & known)
    return Row(
        "statements with a proof that passed",
        f"{proved:,} of {len(known):,}",
        f"{proved:,} statements proved",
        list(outcomes),
        max(one.date for _, one in every),
    )


def of_runs() -> Row:
    """The programs. Raises EvidenceError where one has no recording."""
    programs = len(runs.snippet_ids())
    recorded = [store.load(runs.run_path(run), Recording) for run in runs.run_ids()]
    steps = [step for run in recorded for step in run.steps]
    packets = sum(len(step.packets) for step in steps)
    return Row(
        "programs that were run and recorded",
        f"{programs:,}, with {len(steps):,} calls and {packets:,} packets",
        f"{programs:,} programs recorded",
        sorted({run.platform for run in recorded}),
        max(run.date for run in recorded),
    )


def of_errors() -> Row:
    """The errors. Raises EvidenceError."""
    found = errors.load()
    times, ways = how_many(found)
    return Row(
        "errors that were provoked",
        f"{times:,} times, in {ways:,} ways",
        f"{times:,} errors provoked",
        [found.platform],
        found.date,
    )


def of_sharing() -> Row:
    """The pairs. Raises EvidenceError."""
    found = sharing.load()
    return Row(
        "pairs of sockets that tried to share a port",
        f"{found.pairs:,}",
        f"{found.pairs:,} pairs of sockets tried on one port",
        [found.platform],
        found.date,
    )


def of_machines() -> Row:
    """The state machines. Raises EvidenceError."""
    known = [store.load(machines.path_of(name), Machine) for name in machines.NAMES]
    asked = sum(machine.learned.queries for machine in known)
    return Row(
        "sequences of calls that were tried to learn the state machines",
        f"{asked:,}, for {len(known)} machines",
        f"{asked:,} sequences of calls tried",
        sorted({machine.platform for machine in known}),
        max(machine.date for machine in known),
    )


def of_incidents() -> Row:
    """The incidents. Raises EvidenceError."""
    played = [store.load(incidents.path_of(one), Played) for one in incidents.ids()]
    if not played:
        raise store.EvidenceError(f"no incident was played: {incidents.CURE}")
    return Row(
        "incidents that were re-enacted with real programs, and cured",
        f"{len(played):,}",
        f"{len(played):,} incidents re-enacted",
        sorted({one.platform for one in played}),
        max(one.date for one in played),
    )


def rows() -> list[Row]:
    """All that was measured, in the order in which a reader meets it.

    Raises EvidenceError where something is missing or damaged.
    """
    return [
        of_claims(),
        of_runs(),
        of_errors(),
        of_sharing(),
        of_machines(),
        of_incidents(),
    ]


def as_table(found: list[Row]) -> str:
    """HTML of the rows, with when each was measured last, and below it where."""
    lines = (
        (
            escape(row.what),
            row.how_many,
            written(row.day),
        )
        for row in found
    )
    made = html_table(["What", "How many", "Last on"], lines, "measured")
    return f'{made}<p class="byline">On {escape(everywhere(found))}.</p>'


def everywhere(found: list[Row]) -> str:
    """The names of all systems, each once."""
    return "; ".join(sorted({systems.name(p) for row in found for p in row.where}))


def in_short(found: list[Row]) -> str:
    """HTML of the counts alone, in a line."""
    items = "".join(
        "<li><strong>{}</strong> {}</li>".format(*escape(row.short).split(" ", 1))
        for row in found
    )
    day = written(max(row.day for row in found))
    return (
        f'<ul class="measured">{items}</ul>'
        f'<p class="byline">On {escape(everywhere(found))}, last on {day}.</p>'
    )


SHOWN = {"measured": as_table, "measured-in-short": in_short}
COUNTED_FROM = "counted-from"  # of a page's metadata


class Measured(Directive):
    """```{measured}```: the table; ```{measured-in-short}```: for the front page."""

    def show(self) -> list[nodes.Node]:
        """The page notes what it shows, for outdated() to compare."""
        kept = self.env.metadata[self.env.docname]
        kept[self.name] = None  # should what follows fail
        kept[COUNTED_FROM] = files_now()
        kept[self.name] = text = SHOWN[self.name](rows())
        return [html(text)]


def outdated(_app: Sphinx, env: BuildEnvironment, *_changes: set[str]) -> Iterator[str]:
    """The pages that would show something else now. Called by Sphinx.

    Nothing is counted again while all files have the times that they had.
    """
    files = files_now()
    pages = {
        page: {name: kept[name] for name in SHOWN if name in kept}
        for page, kept in env.metadata.items()
        if kept.get(COUNTED_FROM) != files
    }
    if any(pages.values()):
        now = shown_now()
        for page, before in pages.items():
            if any(now[name] != text for name, text in before.items()):
                yield page


def files_now() -> str:
    """A digest of the times of all files that are counted, or in which something is."""
    evidence = sorted(store.measured().rglob("*.json"))
    times = [(str(file), file.stat().st_mtime_ns) for file in evidence]
    return store.digest(repr([sources.stamps(), times]))


def shown_now() -> dict[str, Any]:
    """What each directive would show; something unheard of where it would complain."""
    try:
        found = rows()
        return {name: show(found) for name, show in SHOWN.items()}
    except store.EvidenceError as error:
        return dict.fromkeys(SHOWN, error)


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    for name in SHOWN:
        app.add_directive(name, Measured)
    app.connect("env-get-outdated", outdated)
