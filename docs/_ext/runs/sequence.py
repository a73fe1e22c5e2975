"""Directives `sequence` and `call-flow`: pictures drawn from recordings.

```{sequence} tcp.server_and_client``` calls, packets and names of one run
```{call-flow} tcp.bind_then_connect``` calls of some sockets, a card beside each

Option of both: sockets, with spaces or commas between; all if left out.
"""

from collections.abc import Collection
from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from docs._ext.cards import card
from docs._ext.claims.text import written
from docs._ext.machines.starting import made_from, walks_of
from docs._ext.machines.walking import EXPLORER
from docs._ext.runs import player
from docs._ext.runs.drawing import as_table, draw
from docs._ext.runs.recorded import RecordingDirective, check_sockets, socket_list
from docs._ext.runs.steps import Story, story
from docs._ext.shared import html, outcome_class
from evidence import errors, store, systems
from evidence.runs import Recording


class Picture(RecordingDirective):
    """A directive whose argument is a snippet id; it draws some sockets of that run."""

    required_arguments = 1

    def asked_for(self) -> tuple[Recording, list[str]]:
        """The recording, and the sockets to show. Raises EvidenceError, Refused."""
        recording = self.recording_of(self.arguments[0])
        only: list[str] = self.options.get("sockets", [])
        check_sockets(only, recording)
        # For the questions, and for the links to the explorer.
        self.depends_on(store.measured(errors.FILE), *made_from())
        return recording, only


class Sequence(Picture):
    """Option caption: a sentence below the picture."""

    option_spec = {"sockets": socket_list, "caption": directives.unchanged}

    def show(self) -> list[nodes.Node]:
        recording, only = self.asked_for()
        caption = self.options.get("caption", "")
        caption = f"<p>{escape(caption)}</p>" if caption else ""
        return [html(picture(recording, caption, only, self.root))]


class CallFlow(Picture):
    """Option title: a line above the calls."""

    option_spec = {"sockets": socket_list, "title": directives.unchanged_required}

    def show(self) -> list[nodes.Node]:
        recording, only = self.asked_for()
        only = only or recording.socket_names()
        title = self.options.get("title", "")
        return [html(call_flow(story(recording, only), only, title))]


def picture(
    recording: Recording, caption: str, only: Collection[str] = (), root: str = ""
) -> str:
    """HTML: the picture, the same as a table, and when and where it was recorded.

    caption: HTML; only: the sockets to show, all if there are none; root: the way from
    the page to the beginning of the site, for instance `../`. Raises
    EvidenceError for a platform that nobody has noted.
    """
    told = story(recording, only)
    title = f"What happened when {recording.run} ran, as a table below"
    steps = player.data(recording, told, player.frequent_errors())
    return (
        f'<figure class="recorded player" data-run="{recording.run}" '
        f'data-steps="{escape(steps)}"><div class="player-head">'
        f"{player.bar(told, recording.run)}{player.head(told)}</div>"
        f"{draw(told, title)}<figcaption>{caption}{where(recording)}"
        f"{files(recording, root)}{explored(recording, root)}"
        f"<details><summary>The same as a table</summary>{as_table(told)}</details>"
        "</figcaption></figure>"
    )


def where(recording: Recording) -> str:
    """HTML: the machine, kernel and date that a recording came from."""
    made_on = systems.name(recording.platform)
    return (
        f'<span class="where">Recorded on {made_on}, {written(recording.date)}.</span>'
    )


def files(recording: Recording, root: str) -> str:
    """HTML: links to the recording, and to its packets if there are any."""
    kinds = ["json"]
    if any(step.packets for step in recording.steps):
        kinds.append("pcap")
    links = ", ".join(
        f'<a href="{root}evidence/runs/{recording.run}.{kind}" download>{kind}</a>'
        for kind in kinds
    )
    return f' <span class="where">As a file: {links}.</span>'


def explored(recording: Recording, root: str) -> str:
    """HTML: links to the explorer, for sockets that did what its machine knows."""
    links = ", ".join(
        f'<a class="walk" href="{root}{EXPLORER}.html#{walk.fragment}">{escape(name)}'
        "</a>"
        for name, walk in walks_of(recording).items()
    )
    where = f' <span class="where in-explorer">Go on in the explorer: {links}.</span>'
    return where if links else ""


def call_flow(told: Story, only: Collection[str], title: str = "") -> str:
    """HTML of a call flow: each call, its outcome, and the cards after it.

    only: the sockets whose cards are shown, with their names if there are several.
    """
    items: list[tuple[str, list[str]]] = []
    for row in told.rows:
        if row.kind == "call":
            outcome = ""
            if row.outcome:
                kind = outcome_class(row.outcome, row.failed)
                outcome = f' <span class="{kind}">→ {escape(row.outcome)}</span>'
            items.append((f"<code>{escape(row.text)}</code>{outcome}", []))
        elif row.kind == "card" and row.text in only:
            items[-1][1].append(card(row.names, row.text if len(only) > 1 else ""))
    head = f'<p class="flow-title">{escape(title)}</p>' if title else ""
    lines = "".join(
        f"<li><span>{call}</span>{''.join(cards)}</li>" for call, cards in items
    )
    return f'<div class="call-flow">{head}<ol>{lines}</ol></div>'


def add_script(
    app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """The script of the player, on pages that have one."""
    if app.builder.name == "html" and 'class="recorded player"' in context.get(
        "body", ""
    ):
        app.add_js_file("player.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.connect("html-page-context", add_script)
    app.add_directive("sequence", Sequence)
    app.add_directive("call-flow", CallFlow)
