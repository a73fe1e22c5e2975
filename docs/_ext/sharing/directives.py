"""Directive `port-sharing`: who may share a port with whom, from evidence/sharing.json.

Its argument says what is shown: `counts` (a sentence), `addresses`, `connected` and
`options` (tables), `question` (a form that port-question.js brings to life; where
scripts do not run it stays hidden, and the tables hold the same answers).
"""

import json
import re
from collections import Counter
from collections.abc import Callable
from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from docs._ext.claims.text import anchor, written
from docs._ext.runs.sequence import html
from evidence import claims, runs, store, systems
from evidence.sharing import (
    CONNECTED,
    IN_USE,
    INVALID,
    LISTEN_IN_USE,
    OPTIONS,
    PLACES,
    SHARED,
    STATES,
    Pair,
    Side,
    answer,
    impossible,
    load,
    pairs,
)

logger = getLogger(__name__)
POSSIBLE = [p for p in PLACES if not impossible(Side("TCP", p, OPTIONS[0]))]
PROGRAM = "matrix.two_sockets_one_port"
DIFFERS = "it depends"  # a cell that stands for several pairs with several outcomes


def outcome(marks: dict[Pair, str], chosen: list[Pair]) -> str:
    """What these pairs have in common: a mark, or DIFFERS."""
    found = {marks[pair] for pair in chosen}
    return found.pop() if len(found) == 1 else DIFFERS


def without_options(marks: dict[Pair, str], states: list[str]) -> Callable:
    """(first place, second place) -> outcome without options, TCP and UDP alike."""

    def cell(one: str, other: str) -> str:
        chosen = [
            Pair(
                Side(protocol, one, OPTIONS[0]),
                state,
                Side(protocol, other, OPTIONS[0]),
            )
            for protocol in STATES
            for state in STATES[protocol]
            if state in states
        ]
        return outcome(marks, chosen)

    return cell


def fold(names: list[str], row: Callable[[str], list[str]]) -> list[list[str]]:
    """Names in groups whose rows are equal, in order of appearance.

    >>> fold(["a", "b", "c"], lambda name: ["+" if name == "b" else "-"])
    [['a', 'c'], ['b']]
    """
    groups: dict[tuple, list[str]] = {}
    for name in names:
        groups.setdefault(tuple(row(name)), []).append(name)
    return list(groups.values())


def place_name(place: str) -> str:
    """HTML of a place, with V6ONLY in a line of its own."""
    return "<br>".join(map(code, place.split(" ")))


def code(text: str) -> str:
    """HTML of code, as the theme shows it elsewhere."""
    return f'<code class="docutils literal">{text}</code>'


def group_name(places: list[str]) -> str:
    """HTML of places that end alike; V6ONLY is left out where it changes nothing."""
    shown = [
        place
        for place in places
        if place.partition(" ")[0] not in places or " " not in place
    ]
    return "<br>".join(map(place_name, shown))


def yes_or_no(mark: str) -> str:
    """HTML of a table's cell."""
    words = {SHARED: "yes", IN_USE: "no"}.get(mark, mark)
    return f'<td class="{words if words in ("yes", "no") else "mixed"}">{words}</td>'


def table(columns: list[str], rows: list[tuple[str, list[str]]]) -> str:
    """HTML of a table of pairs: the second sockets, and (first socket, cells)."""
    heads = "".join(f'<th scope="col">{head}</th>' for head in columns)
    lines = "".join(
        f'<tr><th scope="row">{head}</th>{"".join(cells)}</tr>' for head, cells in rows
    )
    return (
        '<div class="table-wrapper docutils"><table class="docutils port-sharing">'
        '<thead><tr><th scope="col">first ↓ second →</th>'
        f"{heads}</tr></thead>"
        f"<tbody>{lines}</tbody></table></div>"
    )


def same_address(marks: dict[Pair, str], places: list[str]) -> list[list[str]]:
    """Places that are written differently and end alike, whatever the other one is."""
    cell = without_options(marks, ["bound", "listening"])

    def ends(place: str) -> list[str]:
        wildcard = place.removesuffix(" V6ONLY") in CONNECTED
        return [str(wildcard), *(cell(place, other) for other in POSSIBLE)]

    return fold(places, ends)


def addresses_table(marks: dict[Pair, str]) -> str:
    """Bound or listening sockets without options, folded by address."""
    cell = without_options(marks, ["bound", "listening"])
    groups = same_address(marks, POSSIBLE)
    rows = [
        (group_name(g), [yes_or_no(cell(g[0], other[0])) for other in groups])
        for g in groups
    ]
    return table([place_name(group[0]) for group in groups], rows)


def connected_table(marks: dict[Pair, str]) -> str:
    """The same where the first socket was bound to a wildcard and has connected."""
    cell = without_options(marks, ["connected", "TIME_WAIT"])
    columns = same_address(marks, POSSIBLE)
    wildcards = [p for p in POSSIBLE if p.removesuffix(" V6ONLY") in CONNECTED]
    rows = []
    for group in same_address(marks, wildcards):
        now = CONNECTED[group[0].removesuffix(" V6ONLY")]
        head = f"{place_name(group[0])}<br>now {code(now)}"
        rows.append((head, [yes_or_no(cell(group[0], c[0])) for c in columns]))
    return table([place_name(group[0]) for group in columns], rows)


def options_table(marks: dict[Pair, str]) -> str:
    """Where an address belongs to both: what each pair of options permits."""
    meeting: dict[tuple, list[Pair]] = {}
    for pair in marks:
        plain = Pair(
            pair.first._replace(option=OPTIONS[0]),
            pair.state,
            pair.second._replace(option=OPTIONS[0]),
        )
        if marks[plain] == IN_USE:
            listens = pair.state == "listening"
            key = pair.first.option, pair.second.option, listens
            meeting.setdefault(key, []).append(pair)
    rows = []
    for one in OPTIONS:
        cells = []
        for other in OPTIONS:
            quiet = outcome(marks, meeting[one, other, False])
            listening = outcome(marks, meeting[one, other, True])
            if (quiet, listening) == (SHARED, IN_USE):
                cells.append('<td class="mixed">yes, unless the first listens</td>')
            else:
                same = quiet == listening
                cells.append(yes_or_no(quiet if same else DIFFERS))
        rows.append((option_name(one), cells))
    return table([option_name(option) for option in OPTIONS], rows)


def option_name(option: str) -> str:
    """HTML of an option."""
    return code(option) if "_" in option else option


def counts(kept: dict) -> str:
    """How many pairs ended how, and where and when that was measured."""
    marks = kept["marks"]
    found = Counter(marks.values())
    right = sum(answer(pair)[0] == mark for pair, mark in marks.items())
    predicted = "all" if right == len(marks) else f"{right:,}"
    told = ", ".join(
        f"{found[mark]:,} end with {words}"
        for mark, words in (
            (SHARED, "success"),
            (IN_USE, code("EADDRINUSE")),
            (INVALID, code("EINVAL")),
            (LISTEN_IN_USE, f"{code('EADDRINUSE')} from {code('listen()')}"),
        )
        if found[mark]
    )
    return (
        f"<p>{len(marks):,} ordered pairs were tried: {told}. "
        f"The rules on this page predict {predicted} of them. "
        f'<span class="where">Measured on {systems.name(kept["platform"])}, '
        f"{written(kept['date'])}.</span></p>"
    )


def question_data(marks: dict[Pair, str], known: dict) -> dict:
    """What port-question.js needs: names, reasons, and a letter for each pair.

    A letter stands for a rule and the outcome it gives. Raises ValueError for a pair
    that ends otherwise than the rules say.
    """
    letters: dict[tuple[str, str], str] = {}
    cells: dict[str, list[str]] = {}
    for pair in pairs():
        first, state, second = pair
        found = answer(pair)
        if marks[pair] != found[0]:
            raise ValueError(f"no rule explains {pair}, which ends with {marks[pair]}")
        letter = letters.setdefault(found, chr(ord("a") + len(letters)))
        lines = cells.setdefault(f"{first.protocol} {state} {second.protocol}", [])
        if (second.place, second.option) == (PLACES[0], OPTIONS[0]):
            lines.append("")
        lines[-1] += letter
    reasons = {
        letter: {
            "mark": mark,
            "claim": anchor(claim),
            "because": in_code(known[claim].sentence),
        }
        for (mark, claim), letter in letters.items()
    }
    return {
        "places": PLACES,
        "possible": POSSIBLE,
        "options": OPTIONS,
        "states": STATES,
        "reasons": reasons,
        "cells": cells,
    }


def in_code(sentence: str) -> str:
    """HTML of a sentence with `code` in backticks."""
    text = escape(sentence, quote=False)
    return re.sub(r"`(.+?)`", lambda found: code(found[1]), text)


def selection(name: str, label: str) -> str:
    """HTML of one choice; the script fills it."""
    return f'<label>{label}<select name="{name}"></select></label>'


def question(data: dict, program: str) -> str:
    """HTML of the form, with its data and the program in templates."""
    have = ("protocol", "Protocol"), ("place", "Bound to"), ("option", "Option")
    state = selection("state", "State")
    fields = "".join(selection(f"first-{n}", label) for n, label in have)
    wanted = "".join(selection(f"second-{n}", label) for n, label in have)
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return (
        '<form class="port-question" hidden>'
        f"<fieldset><legend>I have this socket</legend>{fields}{state}</fieldset>"
        "<fieldset><legend>I want this one, on the same port</legend>"
        f"{wanted}</fieldset>"
        '<div class="answer" role="status"><p class="verdict"></p>'
        '<p class="reason"></p><p class="cure"></p></div>'
        '<div class="try"><p>Try it yourself, with this pair:</p>'
        '<button class="copy" type="button" title="Copy the whole program" hidden>'
        f'Copy</button><template class="program">{escape(program)}</template>'
        '<pre tabindex="0"></pre></div>'
        f'<template class="data">{escape(text)}</template></form>'
    )


TABLES = {
    "addresses": addresses_table,
    "connected": connected_table,
    "options": options_table,
}


class PortSharing(SphinxDirective):
    """```{port-sharing} addresses```, or connected, options, counts, question."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        wanted = self.arguments[0]
        self.env.note_dependency(str(store.measured() / "sharing.json"))
        try:
            kept = load()
            if wanted in TABLES:
                return [html(TABLES[wanted](kept["marks"]))]
            if wanted == "counts":
                return [html(counts(kept))]
            if wanted == "question":
                return [self.form(kept["marks"])]
            complaint = (
                f"{wanted!r} is none of {', '.join([*TABLES, 'counts'])}, question"
            )
        except (store.EvidenceError, ValueError) as error:
            complaint = str(error)
        logger.warning("port-sharing: %s", complaint, location=self.get_location())
        return []

    def form(self, marks: dict[Pair, str]) -> nodes.Node:
        """The question, in a container that tells the page to load the script."""
        path = runs.snippet_path(PROGRAM)
        self.env.note_dependency(str(path))
        known = claims.read()
        for claim in dict.fromkeys(answer(pair)[1] for pair in marks):
            self.env.get_domain("claim").note(self.env.docname, claim)
            if claim not in known:
                raise store.EvidenceError(f"the rule {claim} has no proof")
        box = nodes.container(classes=["port-question-box"])
        box += html(question(question_data(marks, known), path.read_text()))
        return box


def add_script(app, pagename, templatename, context, doctree) -> None:
    """Load port-question.js on the page that asks, and nowhere else."""
    boxes = doctree.findall(nodes.container) if doctree else ()
    if any("port-question-box" in box["classes"] for box in boxes):
        app.add_js_file("port-question.js", loading_method="defer")


def setup(app):
    app.add_directive("port-sharing", PortSharing)
    app.connect("html-page-context", add_script)
