"""Directives `measured` and `measured-in-short`: what the site rests on, counted.

Every number is read from evidence/ when the site is built.
"""

from dataclasses import dataclass
from html import escape

from docutils import nodes
from sphinx.util import logging
from sphinx.util.docutils import SphinxDirective

from docs._ext.claims.text import written
from docs._ext.runs.sequence import html
from evidence import claims, machines, runs, store, systems

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Row:
    """What was measured, how much of it, on which platforms, and the last day."""

    what: str
    how_many: str
    short: str
    where: list[str]
    day: str


def rows() -> list[Row]:
    """Everything in evidence/, in the order in which a reader meets it.

    Raises EvidenceError where something is missing or damaged.
    """
    outcomes = claims.outcomes()
    known = claims.read()
    passed = {
        claim
        for found in outcomes.values()
        for claim, one in found.items()
        if one.outcome == "passed"
    }
    days = [one.date for found in outcomes.values() for one in found.values()]
    recorded = [store.load_dict(f"runs/{run}.json") for run in runs.run_ids()]
    steps = [step for run in recorded for step in run["steps"]]
    packets = sum(len(step.get("packets", [])) for step in steps)
    provoked = store.load_dict("errors.json")
    ways = sum(len(row["sockets"]) for row in provoked["rows"])
    learned = [machines.load(name) for name in machines.NAMES]
    words = sum(machine["learned"]["queries"] for machine in learned)
    pairs = store.load_dict("sharing.json")
    return [
        Row(
            "statements with a proof that passed",
            f"{len(passed & set(known)):,} of {len(known):,}",
            f"{len(passed & set(known)):,} statements proved",
            list(outcomes),
            max(days),
        ),
        Row(
            "programs that were run and recorded",
            f"{len(runs.snippet_ids()):,}, with {len(steps):,} calls and "
            f"{packets:,} packets",
            f"{len(runs.snippet_ids()):,} programs recorded",
            sorted({run["platform"] for run in recorded}),
            max(run["date"] for run in recorded),
        ),
        Row(
            "errors that were provoked",
            f"{ways:,} times, in {len(provoked['rows']):,} ways",
            f"{ways:,} errors provoked",
            [provoked["platform"]],
            provoked["date"],
        ),
        Row(
            "pairs of sockets that tried to share a port",
            f"{pairs['pairs']:,}",
            f"{pairs['pairs']:,} pairs of sockets tried on one port",
            [pairs["platform"]],
            pairs["date"],
        ),
        Row(
            "sequences of calls that were asked to learn the state machines",
            f"{words:,}, for {len(learned)} machines",
            f"{words:,} sequences of calls asked",
            sorted({machine["platform"] for machine in learned}),
            max(machine["date"] for machine in learned),
        ),
    ]


class Measured(SphinxDirective):
    """The table, with where and when each of it was measured last."""

    def run(self) -> list[nodes.Node]:
        """A page with new counts whenever evidence/ has changed."""
        for path in sorted(store.measured().rglob("*.json")):
            self.env.note_dependency(str(path))
        try:
            return [html(self.shown(rows()))]
        except store.EvidenceError as error:
            logger.warning("%s", error, location=self.get_location())
            return []

    def shown(self, found: list[Row]) -> str:
        """HTML of the rows."""
        lines = "".join(
            f'<tr><th scope="row">{escape(row.what)}</th><td>{row.how_many}</td>'
            f"<td>{'<br>'.join(map(systems.name, row.where))}</td>"
            f"<td>{written(row.day)}</td></tr>"
            for row in found
        )
        heads = "".join(
            f'<th scope="col">{head}</th>'
            for head in ("what", "how many", "where", "last on")
        )
        return (
            '<div class="table-wrapper docutils"><table class="docutils measured">'
            f"<thead><tr>{heads}</tr></thead><tbody>{lines}</tbody></table></div>"
        )


class MeasuredInShort(Measured):
    """A line of counts, for the front page."""

    def shown(self, found: list[Row]) -> str:
        """HTML of the counts alone."""
        where = "; ".join(sorted({systems.name(p) for row in found for p in row.where}))
        items = "".join(f"<li>{escape(row.short)}</li>" for row in found)
        day = written(max(row.day for row in found))
        return (
            f'<ul class="measured">{items}</ul>'
            f'<p class="byline">On {escape(where)}, last on {day}.</p>'
        )


def setup(app):
    app.add_directive("measured", Measured)
    app.add_directive("measured-in-short", MeasuredInShort)
