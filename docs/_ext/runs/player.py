"""What the script of a picture is given: the steps, and who has which names then.

A picture is whole without it. With it a reader goes from call to call: the cards above
the picture change, the line of the program is lit, and a reader who wants to may guess
what a call will say before it is shown. All of it comes from the recording.
"""

import json
from collections import Counter
from collections.abc import Iterable
from html import escape
from typing import Any

from docs._ext.cards import card, shown_name
from docs._ext.runs.steps import PENDING, Story
from evidence import errors, store
from evidence.calls import is_errno
from evidence.runs import Recording, Step

DONE = "it succeeds"
CHOICES = 3  # answers to a question
# Of these, a reader may guess the outcome: they name a socket, or reach another one.
ASKED = ("bind", "listen", "connect", "connect_ex", "accept", "send", "sendto", "recv")


def data(recording: Recording, told: Story, frequent: dict[str, list[str]]) -> str:
    """JSON: of each step who calls, the program's line, new names, and a question.

    frequent: of frequent_errors().
    """
    surprises = set(surprising(told.steps)) if frequent else set()
    steps: list[dict[str, Any]] = []
    for number, step in enumerate(told.steps):
        lane = recording.lanes[step.lane or 0].partition(",")[0]
        call = f"{step.call}({step.args})"
        made: dict[str, Any] = {"who": step.socket, "call": call}
        made["outcome"] = step.error or (step.result if step.result != "None" else "")
        if step.line:
            made["at"] = [lane.replace(".", "/"), step.line]
        if step.names:
            made["names"] = {
                socket: None if names == (None, None) else list(map(shown_name, names))
                for socket, names in step.names.items()
            }
        if number in surprises:
            made["ask"] = answers(step, frequent)
        steps.append(made)
    return json.dumps(steps, ensure_ascii=False, separators=(",", ":"))


def surprising(steps: list[Step]) -> Iterable[int]:
    """The places of the calls that fail, or that succeed after they had failed."""
    failed: set[str] = set()
    for number, step in enumerate(steps):
        if step.call not in ASKED:
            continue
        if step.error and is_errno(step.error):
            failed.add(step.call)
            yield number
        elif step.error is None and step.call in failed:
            yield number


def frequent_errors() -> dict[str, list[str]]:
    """{call: its errors, those with the most ways first}; {} where none were provoked.

    That they are missing, the pages of the errors say. Raises EvidenceError.
    """
    if not store.measured(errors.FILE).exists():
        return {}
    counts: dict[str, Counter[str]] = {}
    for way in errors.load().rows:
        counts.setdefault(way.call, Counter())[way.errno] += 1
    return {
        call: sorted(found, key=lambda name: (-found[name], name))
        for call, found in counts.items()
    }


def answers(step: Step, frequent: dict[str, list[str]]) -> list[str]:
    """The right answer first, then others that the same call gives elsewhere."""
    right = step.error or DONE
    call = {"connect_ex": "connect"}.get(step.call, step.call)
    others = [DONE, *frequent.get(call, []), *PENDING]
    wrong = [answer for answer in dict.fromkeys(others) if answer != right]
    return [right, *wrong[: CHOICES - 1]]


def head(told: Story) -> str:
    """HTML: a card for each socket, without names: so each of them begins."""
    sockets = dict.fromkeys(
        name for step in told.steps for name in (step.socket, *step.names)
    )
    cards = "".join(card((None, None), name) for name in sockets)
    return f'<div class="player-cards">{cards}</div>'


BUTTONS = (
    ("first", "To the beginning", "M6 5v14M19 5 9 12l10 7z"),
    ("back", "One step back", "M16 5 7 12l9 7z"),
    ("play", "Play", "M8 5l10 7-10 7z"),
    ("next", "One step on", "M8 5l9 7-9 7z"),
    ("last", "To the end: the whole picture", "M18 5v14M5 5l10 7-10 7z"),
)


def bar(told: Story, name: str) -> str:
    """HTML: the buttons, the slider, and where one is."""
    buttons = "".join(
        f'<button type="button" data-do="{what}" title="{title}" aria-label="{title}">'
        f'<svg viewBox="0 0 24 24" aria-hidden="true"><path d="{path}"/></svg></button>'
        for what, title, path in BUTTONS
    )
    asks = any(True for _ in surprising(told.steps))
    guess = (
        '<label class="player-guess"><input type="checkbox"> Let me guess first</label>'
        if asks
        else ""
    )
    last = len(told.steps)
    return (
        '<div class="player-bar" role="group" aria-label="Step through the run">'
        f"{buttons}"
        f'<input type="range" min="0" max="{last}" value="{last}" '
        f'aria-label="Step of {escape(name)}">'
        '<button type="button" data-do="link">Copy link</button>'
        f"{guess}</div>"
        '<p class="player-now" aria-live="polite"></p>'
    )
