"""Incidents, drawn from evidence/measured/incidents/ and evidence/cited/incidents.json.

```{incident} redis-address-in-use```   under a heading that has the incident's words:
                                        the cure, what happened without it and with it
```{incidents-counted}```               how many were re-enacted, how many looked up
```{incidents-listed}```                the words of all, by group, each with its link

The heading gets the id of the incident as its anchor, and `incident-ID` as its label.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from html import escape
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from docs._ext.claims.text import written
from docs._ext.shared import Directive, Refused, html, outcome_class
from evidence import incidents, store, systems
from evidence.incidents import Cited, Incident, Play, Step

ADD = f"{incidents.CURE}, or add it to evidence/cited/{incidents.CITED} by hand"
NAME = 24  # what stands before a colon is a program's name if it is not longer
FAILS, CURED = "Without the cure", "With it"


class IncidentDirective(Directive):
    """One incident: its lines, and both runs."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        """What stands below the heading and the sentences that explain it."""
        name: str = self.arguments[0]
        self.depends_on(incidents.path_of(name), store.cited(incidents.CITED))
        told = incidents.cited()
        found: Incident | Cited
        if name in told:
            found = told[name]
        elif name in incidents.ids():
            found = incidents.load(name)
        else:
            known = sorted([*told, *incidents.ids()])
            near = get_close_matches(name, known, 3)
            hint = f"did you mean {' or '.join(near)}?" if near else ADD
            raise Refused(f"there is no incident {name!r}; {hint}")
        self.name_section(found)
        box = nodes.container(classes=["incident"])
        if isinstance(found, Cited):
            box += [looked_up(found), *lines(found)]
            return [box]
        self.depends_on(*incidents.made_by_files(found.id, found.group))
        if incidents.stale(found):
            self.warn(
                f"{found.id} has changed since it was played: "
                f"{incidents.CURE.rstrip('`')} ONLY={found.id}`"
            )
        box += lines(found)
        box += html(runs(found.fails, found.cured))
        box += html(made(found))
        return [box]

    def name_section(self, found: Incident | Cited) -> None:
        """Give the section the anchor of the incident. Raises Refused."""
        section = self.state_machine.node
        if not isinstance(section, nodes.section):
            raise Refused(f"it needs a heading above it: ## {found.title}")
        for title in section.findall(nodes.title):
            title["support_smartquotes"] = False  # it is what a program prints
        others = [name for name in section["ids"] if name != found.id]
        section["ids"] = [found.id, *others]
        label = f"incident-{found.id}"
        std = self.env.domains.standard_domain
        std.anonlabels[label] = self.env.docname, found.id
        std.labels[label] = self.env.docname, found.id, found.title
        shown: dict[str, Any] = self.env.metadata[self.env.docname]
        shown.setdefault("incidents", []).append(found.id)


def lines(found: Incident | Cited) -> list[nodes.Node]:
    """What people have, what helps, and where it belongs."""
    box = nodes.container(classes=["incident-lines"])
    before = found.before if isinstance(found, Incident) else ""
    for label, text, kind in (
        ("You have", before, "before"),
        ("The cure", found.cure, "cure"),
    ):
        if not text:
            continue
        part = nodes.container(classes=[f"incident-{kind}"])
        head = nodes.paragraph("", label, classes=["incident-label"])
        if kind == "cure":
            head += copy_button(text)
        part += [head, nodes.literal_block(text, text, language=found.language)]
        box += part
    where = found.where if isinstance(found, Incident) else ""
    note = nodes.paragraph("", f"{where[:1].upper()}{where[1:]}.")
    note["classes"] = ["incident-where"]
    return [box, note] if where else [box]


def copy_button(text: str) -> nodes.raw:
    """HTML of a button for copy.js; it is hidden where there are no scripts."""
    return html(
        ' <button class="copy" type="button" hidden>Copy</button>'
        f"<template>{escape(text)}</template>"
    )


def looked_up(found: Cited) -> nodes.paragraph:
    """The mark of what was not measured, with its source."""
    mark = nodes.paragraph("", "", classes=["looked-up"])
    mark += nodes.strong("", "Not measured here")
    mark += nodes.Text("; told by ")
    mark += nodes.reference("", found.source, refuri=found.url)
    mark += nodes.Text(f", looked up on {written(found.looked_up)}.")
    return mark


def runs(fails: Play, cured: Play) -> str:
    """HTML of both runs, side by side where there is room."""
    return (
        '<div class="incident-runs">'
        f"{run(FAILS, fails, 'without')}{run(CURED, cured, 'with')}</div>"
    )


def run(title: str, play: Play, kind: str) -> str:
    """HTML of one run: its calls by program, what was printed, what came of it."""
    calls = "".join(
        f'<tbody><tr><th colspan="2" scope="rowgroup">{escape(who)}</th></tr>'
        f"{''.join(map(call, steps))}</tbody>"
        for who, steps in groupby(play.steps, lambda step: step.who)
    )
    table = f'<table class="incident-calls">{calls}</table>' if calls else ""
    printed = "\n".join(dict.fromkeys(line.text for line in play.printed))
    prints = f'<pre tabindex="0"><samp>{escape(printed)}</samp></pre>'
    return (
        f'<figure class="incident-run {kind}"><figcaption>{title}</figcaption>'
        f"{table}{prints if printed else ''}"
        f'<p class="incident-end">{escape(play.ending)}</p></figure>'
    )


def call(step: Step) -> str:
    """HTML of one call: red only where it failed, with a word where it is the cause.

    >>> call(Step("nginx", "listen(3, 511)", "0"))
    '<tr><td><code>listen(3, 511)</code></td><td>0</td></tr>'
    """
    kind = outcome_class(step.outcome, step.failed)
    outcome = escape(step.outcome)
    if step.failed:
        outcome = f'<span class="{kind}">{outcome}</span>'
    marked = ' class="cause-call"' if step.cause else ""
    word = '<span class="cause-word"> the cause</span>' if step.cause else ""
    return (
        f"<tr{marked}><td><code>{escape(step.call)}</code>{word}</td>"
        f"<td>{outcome}</td></tr>"
    )


def made(found: Incident) -> str:
    """HTML of the fold: programs, kernel and day. Raises EvidenceError."""
    short = ", ".join(f"{one.name} {number(one.version)}" for one in found.programs)
    kernel = systems.kernel(found.platform)
    rows = "".join(
        f"<li>{escape(one.name)}: {escape(one.package)} {escape(one.version)}, "
        f"from {one.source}</li>"
        for one in found.programs
    )
    with_ = f" with {escape(short)}" if short else ""
    return (
        f"<details class='incident-made'><summary>Recorded{with_} on {kernel}"
        f"</summary><ul>{rows}</ul><p>Each run had a network of its own with nothing "
        "but a loopback, and the programs ran under <code>strace</code>. Descriptors "
        f"are numbered anew. {written(found.date)}. To play it again: "
        f"<code>make incidents ONLY={found.id}</code></p></details>"
    )


def number(version: str) -> str:
    """A package's version as the program's own people write it.

    >>> number("5:7.0.15-1~deb12u10"), number("27.0.1"), number("20.10.24+dfsg1-1+b6")
    ('7.0.15', '27.0.1', '20.10.24')
    """
    return version.rpartition(":")[2].partition("-")[0].partition("+")[0]


class Counted(Directive):
    """How many incidents there are, and of which kind."""

    def show(self) -> list[nodes.Node]:
        """A sentence."""
        self.depends_on(store.cited(incidents.CITED))
        self.env.note_reread()  # a new file in the folder is no change of a file
        return [nodes.paragraph("", counted(incidents.ids(), incidents.cited()))]


class Listed(Directive):
    """The words of all incidents, by group."""

    def show(self) -> list[nodes.Node]:
        """A section with a list for each group that has incidents."""
        self.depends_on(store.cited(incidents.CITED))
        self.env.note_reread()
        made: list[nodes.Node] = []
        for group, found in groupby(incidents.every(), lambda one: one.group):
            section = nodes.section(ids=[f"group-{group}"])
            section += nodes.title("", incidents.GROUPS[group])
            mine = sorted(found, key=lambda one: one.title.lower())
            items = [
                nodes.list_item("", nodes.paragraph("", "", *link(one))) for one in mine
            ]
            section += nodes.bullet_list("", *items, classes=["incident-list"])
            made.append(section)
        return made


def link(one: Incident | Cited) -> list[nodes.Node]:
    """A link to an incident, with a word where it was looked up."""
    program, colon, said = one.title.partition(": ")
    named = bool(colon) and len(program) < NAME
    text = said if named else one.title
    words = nodes.inline("", text, classes=["xref", "std", "std-ref"])
    words["support_smartquotes"] = False
    to = addnodes.pending_xref(
        "",
        words,
        refdomain="std",
        reftype="ref",
        reftarget=f"incident-{one.id}",
        refexplicit=True,
        refwarn=True,
    )
    shown: list[nodes.Node] = []
    if named:
        shown += [nodes.strong("", program), nodes.Text(" ")]
    shown.append(to)
    if isinstance(one, Cited):
        mark = nodes.inline("", "looked up", classes=["not-played"])
        shown += [nodes.Text(" "), mark]
    return shown


def counted(played: Iterable[str], told: Iterable[str]) -> str:
    """The sentence.

    >>> counted(["one", "two"], ["three"])
    '3 incidents: 2 were re-enacted with the real programs, and 1 was looked up.'
    """
    many, others = len(list(played)), len(list(told))
    were = "was" if others == 1 else "were"
    return (
        f"{many + others} incidents: {many} were re-enacted with the real programs, "
        f"and {others} {were} looked up."
    )


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_directive("incident", IncidentDirective)
    app.add_directive("incidents-counted", Counted)
    app.add_directive("incidents-listed", Listed)
