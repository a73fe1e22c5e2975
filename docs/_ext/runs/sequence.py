"""Directives `sequence` and `call-flow`: pictures drawn from recordings."""

from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from docs._ext.cards import card
from docs._ext.runs.drawing import draw, table
from docs._ext.runs.steps import story
from evidence import runs, store, systems

logger = getLogger(__name__)


class RecordingDirective(SphinxDirective):
    """A directive whose first argument is a snippet id; it shows that run."""

    required_arguments = 1

    def recording(self) -> dict | None:
        """The recording, or None after a warning with page and line.

        A stale one is warned of and shown all the same; the page says so.
        """
        snippet = self.arguments[0]
        try:
            path = runs.snippet_path(snippet)
            self.env.note_dependency(str(path))
            run = runs.run_of(snippet)
            self.env.note_dependency(str(runs.run_path(run)))
            found = runs.load_run(run, allow_stale=True)
        except store.EvidenceError as error:
            self.warn(str(error))
            return None
        if runs.stale(found):
            self.warn(
                f"the recording of {run} is stale: run `make evidence` and read "
                f"the diff of evidence/runs/{run}.json"
            )
        return found

    def warn(self, text: str) -> None:
        """Complain with page and line; `make html` treats it as an error."""
        logger.warning("%s: %s", self.name, text, location=self.get_location())


def html(text: str) -> nodes.raw:
    """Finished HTML as a node."""
    return nodes.raw("", text, format="html")


def chosen(value: str) -> set[str]:
    """The sockets that an option names."""
    return set(value.replace(",", " ").split())


def picture(recording: dict, caption: str, only: set[str] | None = None) -> str:
    """SVG, the same as a table, and when and where it was recorded."""
    told = story(recording, only)
    title = f"What happened when {recording['run']} ran, as a table below"
    return (
        f'<figure class="recorded">{draw(told, title)}'
        f"<figcaption>{caption}{where(recording)}"
        f"<details><summary>The same as a table</summary>{table(told)}</details>"
        "</figcaption></figure>"
    )


def where(recording: dict) -> str:
    """The machine, kernel and date that a recording came from, as HTML."""
    made_on = systems.name(recording["platform"])
    return f'<span class="where">Recorded on {made_on}, {recording["date"]}.</span>'


class Sequence(RecordingDirective):
    """```{sequence} tcp.server_and_client```: calls, packets and names of one run."""

    option_spec = {"sockets": chosen, "caption": directives.unchanged}

    def run(self) -> list[nodes.Node]:
        recording = self.recording()
        if recording is None:
            return []
        caption = self.options.get("caption", "")
        caption = f"<p>{escape(caption)}</p>" if caption else ""
        return [html(picture(recording, caption, self.options.get("sockets")))]


class CallFlow(RecordingDirective):
    """```{call-flow} ID```: the calls of some sockets in order, a card beside each."""

    option_spec = {"sockets": chosen, "title": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        recording = self.recording()
        if recording is None:
            return []
        known = {sock["name"] for sock in recording["sockets"]}
        only = self.options.get("sockets", known)
        if only - known:
            unknown = ", ".join(sorted(only - known))
            self.warn(f"no socket {unknown} in this run; it has {sorted(known)}")
            return []
        return [html(call_flow(recording, only, self.options.get("title", "")))]


def call_flow(recording: dict, only: set[str], title: str = "") -> str:
    """HTML of a call flow: each call, its outcome, and the card after it."""
    items = []
    last: dict[str, list] = {}
    for row in story(recording, only).rows:
        if row.kind == "call":
            outcome = ""
            if row.outcome:
                kind = "failed" if row.failed else "outcome"
                outcome = f' <span class="{kind}">→ {escape(row.outcome)}</span>'
            items.append([f"<code>{escape(row.text)}</code>{outcome}", ""])
        elif row.kind == "card" and row.text in only:
            last[row.text] = row.names
            title_of_card = row.text if len(only) > 1 else ""
            items[-1][1] += card(row.names, title_of_card)
    head = f'<p class="flow-title">{escape(title)}</p>' if title else ""
    rows = "".join(f"<li><span>{call}</span>{cards}</li>" for call, cards in items)
    return f'<div class="call-flow">{head}<ol>{rows}</ol></div>'


def setup(app):
    app.add_directive("sequence", Sequence)
    app.add_directive("call-flow", CallFlow)
