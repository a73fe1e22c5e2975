"""Walks on pages: links that open one in the explorer, and call flows.

A page writes a walk behind its words, `bind twice <tcp: bind, bind>`, wherever it has
one: in the role `walk`, and in each line of the directive `machine-words`.
"""

from collections.abc import Iterable, Sequence
from html import escape
from typing import cast

from docutils import nodes
from sphinx.util.osutil import relative_uri

from docs._ext.cards import card
from docs._ext.shared import Directive, Role, outcome_class
from evidence import machines, store
from evidence.calls import is_errno
from evidence.machines import Machine, Transition, Walk, read_walk

EXPLORER = "reference/explorer"  # the page


def machine_for(place: Directive | Role, name: str) -> Machine:
    """A machine that a page shows.

    The page is read again when the machine changes, or the code that learned it. Where
    they do not belong together, a page says so once. Raises EvidenceError.
    """
    if name in machines.NAMES:
        kind = machines.kind_of(name)
        for path in (machines.path_of(name), *machines.made_from_files(kind)):
            place.env.note_dependency(str(path))
    machine = machines.load(name)
    told = cast(set[str], place.env.temp_data.setdefault("stale machines", set()))
    if name not in told and machines.stale(machine):
        told.add(name)
        place.warn(
            f"the machine {name} is stale, the code that learned it has changed: "
            f"{store.CURE}"
        )
    return machine


def titled(text: str) -> tuple[str, Walk]:
    """Words, and the walk behind them. Raises Misspelt.

    >>> titled("bind twice <tcp: bind, bind>")
    ('bind twice', Walk(kind='tcp', inputs=('bind', 'bind'), ends=()))
    """
    words, _, walk = text.strip().removesuffix(">").rpartition("<")
    return words.strip(), read_walk(walk)


def to_explorer(docname: str) -> str:
    """Where the explorer is, seen from a page.

    >>> to_explorer("learn/tcp")
    '../reference/explorer.html'
    """
    return relative_uri(f"{docname}.html", f"{EXPLORER}.html")


def walk_link(docname: str, walk: Walk, words: str = "") -> nodes.reference:
    """A link from a page that opens the explorer at a walk.

    Without words of its own it shows the calls and their outcomes. Raises
    EvidenceError, Misspelt.
    """
    steps = walk.steps()
    uri = f"{to_explorer(docname)}#{walk.fragment}"
    link = nodes.reference("", "", refuri=uri, classes=["walk"])
    link += nodes.inline("", words or in_words(walk.machine, steps))
    return link


def in_words(machine: Machine, steps: Iterable[Transition]) -> str:
    """Steps in words: each call and its outcome."""
    calls = (f"{machine.inputs[step.given].call}: {step.outcome}" for step in steps)
    return "; ".join(calls)


def flows(walks: Iterable[tuple[str, Walk]], explorer: str) -> str:
    """HTML: for each walk its title, and a line for each input; then a link.

    explorer: where that page is. Raises EvidenceError, Misspelt.
    """
    return "".join(
        f'<div class="call-flow"><p class="flow-title">{escape(title)}</p>'
        f"{call_lines(walk.machine, walk.steps())}"
        f'<a class="walk" href="{explorer}#{walk.fragment}">Open in the explorer</a>'
        "</div>"
        for title, walk in walks
    )


def call_lines(machine: Machine, steps: Sequence[Transition]) -> str:
    """HTML: a line for each step, with its call, its outcome, and both names."""
    lines = "".join(
        f"<li><span><code>{escape(machine.inputs[step.given].call)}</code> "
        f'<span class="{outcome_class(step.outcome, is_errno(step.outcome))}">'
        f"{escape(step.outcome)}</span></span> {card([step.local, step.peer])}</li>"
        for step in steps
    )
    return f"<ol>{lines}</ol>"


class WalkRole(Role):
    """{walk}`words <tcp: bind, bind>`: a link that opens the explorer there."""

    def run(self) -> tuple[list[nodes.Node], list[nodes.system_message]]:
        """The link, or its words and a complaint."""
        words = self.text
        try:
            words, walk = titled(self.text)
            machine_for(self, f"{walk.kind}-full")
            return [walk_link(self.env.docname, walk, words)], []
        except store.EvidenceError as error:
            self.warn(str(error))
            return [nodes.inline(self.text, words)], []
