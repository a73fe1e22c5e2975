"""Directives `machine` and `machine-table`: the state machines the kernel taught us.

```{machine} tcp-core
```             a picture: states are cards with two slots, edges are calls
```{machine-table} tcp
```             a table: what each input of the full machine gives in the core's states
```{machine-words} tcp-full
Connect, undo it, read | connect, disconnect, recv
```             call flows: what a machine says of chosen words
```{machine-figures}
```             a table: how much was asked to learn each machine
"""

import re
from html import escape
from itertools import pairwise

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger
from sphinx.util.osutil import relative_uri

from docs._ext.cards import card as slots
from docs._ext.graph import POINTS, Layout, lay_out
from docs._ext.runs.sequence import html
from evidence import machines, store, systems

logger = getLogger(__name__)
LINE, PAD, LETTER = 15, 4, 7.25  # units; a letter of the monospaced 12 px font
UNDO = "connect(AF_UNSPEC)"
EXPLORER = "reference/explorer"  # the page
TITLE_LETTERS = 20  # in one line of a card's title


def moves(machine: dict) -> dict[tuple[str, str], list[str]]:
    """The edges: (state, next state) -> the calls that succeed and lead there."""
    found: dict[tuple[str, str], list[str]] = {}
    for state, given, outcome, _, _, after in machine["transitions"]:
        if state != after and not is_errno(outcome):
            call = machine["inputs"][given]["call"]
            found.setdefault((state, after), []).append(call)
    return found


def refusals(machine: dict) -> dict[str, list[tuple[str, str, str]]]:
    """state -> [(errno, call, next state or "")], the calls that fail there.

    A call is given with its argument where the argument decides.
    """
    found: dict[str, list[tuple[str, str, str]]] = {}
    steps = machines.table(machine)
    for state in (state["name"] for state in machine["states"]):
        results: dict[str, set[str]] = {}
        for given, told in machine["inputs"].items():
            if told["call"] == UNDO:
                continue
            function = told["call"].partition("(")[0]
            results.setdefault(function, set()).add(steps[state, given][0])
        found[state] = []
        for given, told in machine["inputs"].items():
            outcome, *_, after = steps[state, given]
            if not is_errno(outcome) or told["call"] == UNDO:
                continue
            function = told["call"].partition("(")[0]
            same = len(results[function]) == 1
            call = f"{function}()" if same else told["call"]
            row = (outcome, call, "" if after == state else after)
            if row not in found[state]:
                found[state].append(row)
    return found


def is_errno(outcome: str) -> bool:
    """Whether an outcome is the name of an error.

    >>> is_errno("EINVAL"), is_errno("ok"), is_errno("end of file")
    (True, False, False)
    """
    return re.fullmatch(r"E[A-Z0-9]+", outcome) is not None


def slot_lines(name: str) -> list[str]:
    """A name in the lines of a slot: the address, then the port.

    >>> slot_lines("127.0.0.1:asked"), slot_lines("[::1]:chosen"), slot_lines("—")
    (['127.0.0.1', ':asked'], ['[::1]', ':chosen'], ['—'])
    """
    host, colon, port = name.rpartition(":")
    return [host, colon + port] if colon else [name]


def edge_lines(calls: list[str]) -> list[str]:
    """What is written at an edge, line by line.

    Nothing is written for connect() to AF_UNSPEC: such an edge is dashed.

    >>> edge_lines(["send()", "sendto(other)"]), edge_lines([UNDO])
    (['send', 'sendto'], [])
    """
    return [call.partition("(")[0] for call in calls if call != UNDO]


def folded(text: str, letters: int) -> list[str]:
    """Text in lines of so many letters.

    >>> folded("unbound, an old port shown", 20)
    ['unbound, an old port', 'shown']
    """
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > letters and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


class Card:
    """One state as it is drawn: its texts, and the size that they need."""

    def __init__(self, state: dict, refused: list[tuple[str, str, str]]) -> None:
        self.name = state["name"]
        self.title = folded(state["name"], TITLE_LETTERS)
        self.slots = [slot_lines(state["local"]), slot_lines(state["peer"])]
        self.widths = [
            max(5, *map(len, lines)) * LETTER + 2 * PAD for lines in self.slots
        ]
        self.refused: list[tuple[str, str]] = []
        by_errno: dict[str, list[str]] = {}
        for errno, call, after in refused:
            lines = by_errno.setdefault(errno, [])
            if lines and not after:
                lines[-1] += f", {call}"
            else:
                lines.append(f"{call} → {after}" if after else call)
        for errno, lines in by_errno.items():
            self.refused.append((errno, "failed"))
            self.refused += [
                (piece, "call") for line in lines for piece in folded(line, 17)
            ]
        self.slot_height = (max(map(len, self.slots)) + 1) * LINE + PAD
        self.width = max(
            sum(self.widths), 120, *(len(line) * LETTER + 4 for line in self.title)
        )
        self.height = (
            len(self.title) * LINE
            + PAD
            + self.slot_height
            + (len(self.refused) * LINE + PAD if self.refused else 0)
        )

    def draw(self, left: float, top: float) -> str:
        """SVG of the card at a place."""
        y, parts = top, []
        for line in self.title:
            y += LINE
            parts.append(text("title", left, y - 3, line))
        y += PAD / 2
        x = left
        stretch = self.width / sum(self.widths)
        for side, lines, wide in zip(
            ("local", "peer"), self.slots, self.widths, strict=True
        ):
            width = wide * stretch
            empty = " empty" if lines == ["—"] else ""
            inner = text("side", x + PAD, y + LINE - 2, side)
            for number, line in enumerate(lines, 2):
                inner += text("name", x + PAD, y + number * LINE - 1, line)
            parts.append(
                f'<g class="slot {side}{empty}"><rect x="{x:.1f}" y="{y:.1f}" rx="3" '
                f'width="{width:.1f}" height="{self.slot_height:.1f}"/>{inner}</g>'
            )
            x += width
        y += self.slot_height
        for line, kind in self.refused:
            y += LINE
            indent = 0 if kind == "failed" else 10
            parts.append(text(kind, left + indent, y, line))
        return f'<g class="state">{"".join(parts)}</g>'


def text(kind: str, x: float, y: float, words: str) -> str:
    """One line of SVG text. The space keeps lines apart for a screen reader."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)} </text>'


def rows(names: list[str]) -> list[list[str]]:
    """States side by side: what the kernel named, and the same with a bound name.

    >>> rows(["unbound", "bound", "listening", "bound, listening"])
    [['unbound', 'bound'], ['listening', 'bound, listening']]
    """
    found: dict[str, list[str]] = {}
    for name in names:
        what = "" if name in ("unbound", "bound") else name.removeprefix("bound, ")
        found.setdefault(what, []).append(name)
    return list(found.values())


def layout(cards: list[Card], edges: dict) -> Layout:
    """Places of cards, by their number, and of edges.

    Of two layouts, with the rows of cards in order or not, the narrower one is taken.
    """
    return min(
        (laid_out(cards, edges, in_order) for in_order in (False, True)),
        key=lambda places: places.size[0],
    )


def laid_out(cards: list[Card], edges: dict, in_order: bool) -> Layout:
    """One layout; in_order: each row of cards stands below the one before it."""
    dot = ["digraph { rankdir=TB; nodesep=0.06; ranksep=0.16; fontname=Courier;"]
    number = {card.name: n for n, card in enumerate(cards)}
    for card in cards:
        dot.append(
            f'{number[card.name]} [shape=box, fixedsize=true, label="", '
            f"width={(card.width + 6) / POINTS:.3f}, "
            f"height={card.height / POINTS:.3f}];"
        )
    side_by_side = rows([card.name for card in cards])
    if in_order:
        dot += [
            f"{number[upper[0]]} -> {number[lower[0]]} [style=invis, weight=9];"
            for upper, lower in pairwise(side_by_side)
        ]
    for row in side_by_side:
        dot.append(f"{{ rank=same; {' '.join(str(number[name]) for name in row)} }}")
        dot += [
            f"{number[one]} -> {number[two]} [style=invis, weight=0];"
            for one, two in pairwise(row)
        ]
    for (state, after), calls in edges.items():
        label = "\\n".join(edge_lines(calls)) or " "  # keeps two edges apart
        dot.append(
            f'{number[state]} -> {number[after]} [label="{label}", fontsize=12, '
            "fontname=Courier, arrowsize=0.7];"
        )
    return lay_out([*dot, "}"])


def draw(machine: dict) -> str:
    """SVG of a machine."""
    refused = refusals(machine)
    cards = [Card(state, refused[state["name"]]) for state in machine["states"]]
    edges = moves(machine)
    places = layout(cards, edges)
    lines, labels = [], []
    for start, end, points, (x, y) in places.edges:
        ends = cards[int(start)].name, cards[int(end)].name
        (x0, y0), *rest = points
        curve = " ".join(f"{a:.1f} {b:.1f}" for a, b in rest)
        undo = " undo" if edges[ends] == [UNDO] else ""
        lines.append(f'<path class="edge{undo}" d="M{x0:.1f} {y0:.1f}C{curve}"/>')
        lines.append(tip(*points[-2], *points[-1]))
        wording = edge_lines(edges[ends])
        if abs(points[-1][1] - y0) < 2:  # from side to side: words above the middle
            x, y = (x0 + points[-1][0]) / 2, y0 - 11
        top = y - len(wording) * LINE / 2 + 11
        for number, line in enumerate(wording):
            labels.append(
                f'<text class="at-edge" x="{x:.1f}" '
                f'y="{top + number * LINE:.1f}" text-anchor="middle">'
                f"{escape(line)} </text>"
            )
    drawn = "".join(
        card.draw(x - card.width / 2, y - card.height / 2)
        for number, card in enumerate(cards)
        for x, y in [places.nodes[str(number)]]
    )
    width, height = places.size
    title = f"States of a socket: {machine['socket']}; the same as a table below"
    return (
        f'<svg class="machine" style="max-width: {width * 1.15:.0f}px" '
        f'viewBox="-2 -2 {width + 4:.0f} {height + 4:.0f}" '
        f'role="img" aria-label="{escape(title)}">'
        f"{''.join(lines)}{drawn}{''.join(labels)}</svg>"
    )


def tip(x0: float, y0: float, x1: float, y1: float) -> str:
    """An arrow head at the end of a curve that comes from (x0, y0)."""
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    corners = [
        (x1 + 7 * dx, y1 + 7 * dy),
        (x1 - 3.5 * dy, y1 + 3.5 * dx),
        (x1 + 3.5 * dy, y1 - 3.5 * dx),
    ]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
    return f'<path class="tip" d="M{path}z"/>'


def outcomes(kind: str) -> tuple[list[str], list[tuple[str, list[tuple[str, str]]]]]:
    """Columns and rows of a table: states of the core, inputs of the full machine.

    A row is an input's call and, for each state, (outcome, state that follows if it
    is another one, else "").
    """
    core, full = machines.load(f"{kind}-core"), machines.load(f"{kind}-full")
    steps = machines.table(full)
    columns = {state["name"]: at(full, state["word"]) for state in core["states"]}
    rows = []
    for given, told in full["inputs"].items():
        cells = []
        for state in columns.values():
            outcome, *_, after = steps[state, given]
            cells.append((outcome, "" if after == state else after))
        rows.append((told["call"], cells))
    return list(columns), rows


def at(machine: dict, word: list[str]) -> str:
    """The state that a word leads to."""
    steps, state = machines.table(machine), machine["start"]
    for given in word:
        state = steps[state, given][3]
    return state


def table(columns: list[str], rows: list) -> str:
    """HTML of `outcomes()`."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in columns)
    body = "".join(
        f'<tr><th scope="row"><code>{escape(call)}</code></th>'
        + "".join(cell(*outcome) for outcome in cells)
        + "</tr>"
        for call, cells in rows
    )
    return (
        '<div class="table-wrapper machine-outcomes"><table class="docutils">'
        f'<thead><tr><th scope="col">call</th>{head}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def cell(outcome: str, after: str) -> str:
    """One outcome, and where it leads."""
    if outcome.startswith("nothing: "):
        return "<td>·</td>"
    kind = "failed" if is_errno(outcome) else "outcome"
    leads = f'<br><span class="leads">→ {escape(after)}</span>' if after else ""
    return f'<td><span class="{kind}">{escape(outcome)}</span>{leads}</td>'


def core_table(machine: dict) -> str:
    """The picture's facts as a table: states across, calls down."""
    steps = machines.table(machine)
    columns = [state["name"] for state in machine["states"]]
    rows = []
    for given, told in machine["inputs"].items():
        cells = []
        for state in columns:
            outcome, *_, after = steps[state, given]
            cells.append((outcome, "" if after == state else after))
        rows.append((told["call"], cells))
    return table(columns, rows)


def where(machine: dict) -> str:
    """How and on what a machine was learned, as HTML."""
    made_on = systems.describe(machine["platform"])
    learned = machine["learned"]
    return (
        f'<span class="where">Learned from {made_on.system} {made_on.kernel} on '
        f"{machine['date']}: {learned['states']} states, {learned['inputs']} inputs, "
        f"{learned['queries']:,} questions; {learned['checked']} agreed.</span>"
    )


class MachineDirective(SphinxDirective):
    """```{machine} tcp-core```: the picture, and the same as a table."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        try:
            return [html(self.made(self.arguments[0]))]
        except store.EvidenceError as error:
            logger.warning("%s: %s", self.name, error, location=self.get_location())
            return []

    def load(self, name: str) -> dict:
        """A machine; the page is read again when it changes."""
        self.env.note_dependency(str(machines.path_of(name)))
        machines.load.cache_clear()  # a server that follows changes lives for long
        return machines.load(name)

    def made(self, name: str) -> str:
        machine = self.load(name)
        return (
            f'<figure class="learned">{draw(machine)}<figcaption>'
            f"<p>{escape(machine['socket'])}. "
            "Solid arrows are calls that succeed; a dashed one is "
            "<code>connect()</code> to <code>AF_UNSPEC</code>. "
            "Under a card are the calls that fail there, below their errno.</p>"
            f"{where(machine)}<details><summary>The same as a table</summary>"
            f"{core_table(machine)}</details></figcaption></figure>"
        )


class MachineTableDirective(MachineDirective):
    """```{machine-table} tcp```: what each input gives in the states of the core."""

    def made(self, name: str) -> str:
        self.load(f"{name}-core")
        full = self.load(f"{name}-full")
        return f"{table(*outcomes(name))}<p>{where(full)}</p>"


class MachineWordsDirective(MachineDirective):
    """```{machine-words} tcp-full```: what a machine says of words, one a line."""

    has_content = True

    def made(self, name: str) -> str:
        machine = self.load(name)
        rows = []
        for line in filter(str.strip, self.content):
            title, _, inputs = line.partition("|")
            word = inputs.replace(",", " ").split()
            if not word or set(word) - machine["inputs"].keys():
                raise store.EvidenceError(
                    f"{line!r} is no `title | input, input`; the inputs of {name} are "
                    f"{', '.join(machine['inputs'])}"
                )
            rows.append((title.strip(), word))
        page = to_explorer(self.env.docname) if name.endswith("-full") else ""
        return words_table(machine, rows, page)


def to_explorer(docname: str) -> str:
    """Where the explorer is, seen from a page.

    >>> to_explorer("learn/tcp")
    '../reference/explorer.html'
    """
    return relative_uri(f"{docname}.html", f"{EXPLORER}.html")


def words_table(
    machine: dict, rows: list[tuple[str, list[str]]], explorer: str = ""
) -> str:
    """HTML: a title, and for each input of a word its call, outcome and names.

    explorer: where that page is; each word then has a link that opens it there.
    """
    kind = machine["machine"].rpartition("-")[0]
    found = machines.follow(machine, [word for _, word in rows])
    body = []
    for (title, word), outputs in zip(rows, found, strict=True):
        steps = "".join(
            f"<li><span><code>{escape(machine['inputs'][given]['call'])}</code> "
            f'<span class="{"failed" if is_errno(outcome) else "outcome"}">'
            f"{escape(outcome)}</span></span> {slots([local, peer])}</li>"
            for given, (outcome, local, peer) in zip(word, outputs, strict=True)
        )
        target = f"{explorer}#{kind}:{','.join(word)}"
        link = f'<a class="walk" href="{target}">Open in the explorer</a>'
        link = link if explorer else ""
        body.append(
            f'<div class="call-flow"><p class="flow-title">{escape(title)}</p>'
            f"<ol>{steps}</ol>{link}</div>"
        )
    return "".join(body)


class MachineFiguresDirective(MachineDirective):
    """```{machine-figures}```: how much was asked to learn each machine."""

    required_arguments = 0

    def run(self) -> list[nodes.Node]:
        self.arguments = [""]
        return super().run()

    def made(self, _: str) -> str:
        return figures([self.load(name) for name in machines.NAMES])


def figures(learned: list[dict]) -> str:
    """HTML: a row for each machine."""
    body = "".join(
        f'<tr><th scope="row">{escape(machine["socket"])}, {machine["size"]}</th>'
        + "".join(
            f"<td>{machine['learned'][what]:,}</td>"
            for what in ("inputs", "states", "queries")
        )
        + f"<td>{int(machine['learned']['checked'].split()[0]):,}</td></tr>"
        for machine in learned
    )
    heads = ("machine", "inputs", "states", "questions", "tried afterwards")
    head = "".join(f'<th scope="col">{name}</th>' for name in heads)
    return (
        '<div class="table-wrapper machine-outcomes"><table class="docutils">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


def setup(app):
    app.add_directive("machine", MachineDirective)
    app.add_directive("machine-figures", MachineFiguresDirective)
    app.add_directive("machine-table", MachineTableDirective)
    app.add_directive("machine-words", MachineWordsDirective)
