"""Directive `live-card`: a socket's card, large, as it is after the call you choose.

```{live-card} tcp.bind_then_connect``` with the option `socket`, its name in the
recording. It needs no script: the calls are radio buttons, and style shows the card of
the one that is chosen. In print all stand below each other.
"""

from html import escape

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from docs._ext.cards import card
from docs._ext.runs.recorded import RecordingDirective, check_sockets
from docs._ext.runs.sequence import where
from docs._ext.runs.steps import Story, story
from docs._ext.shared import html

CHOSEN = 1  # the call that is chosen at first: one slot is full, and one still waits


class LiveCard(RecordingDirective):
    """The argument is a snippet's id."""

    required_arguments = 1
    option_spec = {"socket": directives.unchanged_required}

    def show(self) -> list[nodes.Node]:
        recording = self.recording_of(self.arguments[0])
        only = [self.options.get("socket", recording.socket_names()[0])]
        check_sockets(only, recording)
        return [html(live_card(story(recording, only), where(recording)))]


def live_card(told: Story, recorded: str) -> str:
    """HTML of the calls of one socket and of its card after each."""
    calls: list[tuple[str, str]] = []  # the call, and the card after it
    shown = ""
    for row in told.rows:
        if row.kind == "call":
            if row.text.startswith("close("):
                shown = card((None, None))  # names.closed_socket_has_no_names
            calls.append((row.text, shown))
        elif row.kind == "card":
            shown = card(row.names)
            calls[-1] = calls[-1][0], shown
    inputs, labels, panels = [], [], []
    for number, (call, after) in enumerate(calls):
        chosen = " checked" if number == CHOSEN else ""
        name = call.partition("=")[2].strip() or call
        name = name.partition("(")[0].rpartition(".")[2]
        kind = {"bind": "local-call", "connect": "peer-call"}.get(name, "")
        inputs.append(
            f'<input type="radio" name="live-card" id="live-{number}"{chosen}>'
        )
        labels.append(f'<label for="live-{number}" class="{kind}">{name}</label>')
        panels.append(
            f'<div class="live-panel" data-step="{number}"><code>{escape(call)}</code>'
            f"{after}</div>"
        )
    head = '<legend class="live-legend">One socket, call by call</legend>'
    return (
        f'<fieldset class="live-card">{head}{"".join(inputs)}'
        f'<div class="live-calls">{"".join(labels)}</div>'
        f"{''.join(panels)}{recorded}</fieldset>"
    )


def setup(app: Sphinx) -> None:
    app.add_directive("live-card", LiveCard)
