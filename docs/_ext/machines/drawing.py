"""The picture of a machine: states are cards with two slots, edges are calls."""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape
from itertools import pairwise
from typing import NamedTuple

from docs._ext.graph import POINTS, Edge, Layout, folded, lay_out
from evidence.calls import is_errno
from evidence.machines import Machine, State

LINE, PAD, LETTER = 15, 4, 7.25  # units; a letter of the monospaced 12 px font
UNDO = "connect(AF_UNSPEC)"
TITLE_LETTERS = 20  # in one line of a card's title
CALL_LETTERS = 17  # in one line below a card
Edges = dict[tuple[str, str], list[str]]  # (state, next state) -> calls


class Refusal(NamedTuple):
    """A call that fails in a state; `after`: where it leads, if that is elsewhere."""

    errno: str
    call: str
    after: str


def moves(machine: Machine) -> Edges:
    """The edges: (state, next state) -> the calls that succeed and lead there."""
    found: Edges = {}
    for row in machine.rows:
        if row.state != row.after and not is_errno(row.outcome):
            call = machine.inputs[row.given].call
            found.setdefault((row.state, row.after), []).append(call)
    return found


def refusals(machine: Machine) -> dict[str, list[Refusal]]:
    """{state: calls that fail there}; undoing connect() is left out.

    A call is given with its argument where the argument decides.
    """
    found: dict[str, list[Refusal]] = {state.name: [] for state in machine.states}
    outcomes: dict[tuple[str, str], set[str]] = {}
    rows = [row for row in machine.rows if machine.inputs[row.given].call != UNDO]
    for row in rows:
        function = function_of(machine.inputs[row.given].call)
        outcomes.setdefault((row.state, function), set()).add(row.outcome)
    for row in rows:
        if not is_errno(row.outcome):
            continue
        call = machine.inputs[row.given].call
        function = function_of(call)
        if len(outcomes[row.state, function]) == 1:
            call = f"{function}()"
        after = "" if row.after == row.state else row.after
        refusal = Refusal(row.outcome, call, after)
        if refusal not in found[row.state]:
            found[row.state].append(refusal)
    return found


def function_of(call: str) -> str:
    """`connect` of `connect(server)`."""
    return call.partition("(")[0]


def slot_lines(name: str) -> list[str]:
    """A name in the lines of a slot: the address, then the port.

    >>> slot_lines("127.0.0.1:asked"), slot_lines("[::1]:chosen"), slot_lines("—")
    (['127.0.0.1', ':asked'], ['[::1]', ':chosen'], ['—'])
    """
    host, colon, port = name.rpartition(":")
    return [host, colon + port] if colon else [name]


def edge_lines(calls: Sequence[str]) -> list[str]:
    """What is written at an edge, line by line.

    Nothing is written for connect() to AF_UNSPEC: such an edge is dashed.

    >>> edge_lines(["send()", "sendto(other)"]), edge_lines([UNDO])
    (['send', 'sendto'], [])
    """
    return [function_of(call) for call in calls if call != UNDO]


def below_card(refused: Sequence[Refusal]) -> list[tuple[str, str]]:
    """Lines of text below a card, each with its class: an errno, then its calls."""
    by_errno: dict[str, list[str]] = {}
    for errno, call, after in refused:
        lines = by_errno.setdefault(errno, [])
        if lines and not after:
            lines[-1] += f", {call}"
        else:
            lines.append(f"{call} → {after}" if after else call)
    found = []
    for errno, lines in by_errno.items():
        found.append((errno, "failed"))
        for line in lines:
            found += [(piece, "call") for piece in folded(line, CALL_LETTERS)]
    return found


@dataclass
class Card:
    """One state as it is drawn: its texts, and the size that they need."""

    state: State
    refused: Sequence[Refusal]

    def __post_init__(self) -> None:
        self.title = folded(self.state.name, TITLE_LETTERS)
        self.slots = [slot_lines(self.state.local), slot_lines(self.state.peer)]
        self.widths = [
            max(5, *map(len, lines)) * LETTER + 2 * PAD for lines in self.slots
        ]
        self.below = below_card(self.refused)
        self.slot_height = (max(map(len, self.slots)) + 1) * LINE + PAD
        self.width = max(
            sum(self.widths), 120, *(len(line) * LETTER + 4 for line in self.title)
        )
        self.height = (
            len(self.title) * LINE
            + PAD
            + self.slot_height
            + (len(self.below) * LINE + PAD if self.below else 0)
        )

    def draw(self, left: float, top: float) -> str:
        """SVG of the card at a place."""
        y, parts = top, []
        for line in self.title:
            y += LINE
            parts.append(text("title", left, y - 3, line))
        y += PAD / 2
        parts.append(self.draw_slots(left, y))
        y += self.slot_height
        for line, kind in self.below:
            y += LINE
            indent = 0 if kind == "failed" else 10
            parts.append(text(kind, left + indent, y, line))
        return f'<g class="state">{"".join(parts)}</g>'

    def draw_slots(self, left: float, top: float) -> str:
        """SVG of the two slots, side by side; both are as wide as the card needs."""
        x, parts = left, []
        stretch = self.width / sum(self.widths)
        for side, lines, wide in zip(
            ("local", "peer"), self.slots, self.widths, strict=True
        ):
            width = wide * stretch
            empty = " empty" if lines == ["—"] else ""
            inner = text("side", x + PAD, top + LINE - 2, side)
            for number, line in enumerate(lines, 2):
                inner += text("name", x + PAD, top + number * LINE - 1, line)
            parts.append(
                f'<g class="slot {side}{empty}"><rect x="{x:.1f}" y="{top:.1f}" rx="3" '
                f'width="{width:.1f}" height="{self.slot_height:.1f}"/>{inner}</g>'
            )
            x += width
        return "".join(parts)


def text(kind: str, x: float, y: float, words: str) -> str:
    """One line of SVG text. The space keeps lines apart for a screen reader."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)} </text>'


def side_by_side(names: Sequence[str]) -> list[list[str]]:
    """Rows of states: what the kernel named, and the same with a bound name.

    >>> side_by_side(["unbound", "bound", "listening", "bound, listening"])
    [['unbound', 'bound'], ['listening', 'bound, listening']]
    """
    found: dict[str, list[str]] = {}
    for name in names:
        what = "" if name in ("unbound", "bound") else name.removeprefix("bound, ")
        found.setdefault(what, []).append(name)
    return list(found.values())


def layout(cards: Sequence[Card], edges: Edges) -> Layout:
    """Places of cards, by their number, and of edges.

    Of two layouts, with the rows of cards in order or not, the narrower one is taken.
    """
    return min(
        (laid_out(cards, edges, in_order) for in_order in (False, True)),
        key=lambda places: places.size[0],
    )


def laid_out(cards: Sequence[Card], edges: Edges, in_order: bool) -> Layout:
    """One layout; in_order: each row of cards stands below the one before it."""
    dot = ["digraph { rankdir=TB; nodesep=0.06; ranksep=0.16; fontname=Courier;"]
    number = {card.state.name: n for n, card in enumerate(cards)}
    for n, card in enumerate(cards):
        dot.append(
            f'{n} [shape=box, fixedsize=true, label="", '
            f"width={(card.width + 6) / POINTS:.3f}, "
            f"height={card.height / POINTS:.3f}];"
        )
    rows = side_by_side(list(number))
    if in_order:
        dot += [
            f"{number[upper[0]]} -> {number[lower[0]]} [style=invis, weight=9];"
            for upper, lower in pairwise(rows)
        ]
    for row in rows:
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


def draw(machine: Machine) -> str:
    """SVG of a machine."""
    refused = refusals(machine)
    cards = [Card(state, refused[state.name]) for state in machine.states]
    edges = moves(machine)
    places = layout(cards, edges)
    lines, labels = [], []
    for edge in places.edges:
        ends = cards[int(edge.start)].state.name, cards[int(edge.end)].state.name
        lines.append(line(edge, edges[ends] == [UNDO]))
        labels.append(label(edge, edge_lines(edges[ends])))
    drawn = "".join(
        card.draw(x - card.width / 2, y - card.height / 2)
        for number, card in enumerate(cards)
        for x, y in [places.nodes[str(number)]]
    )
    width, height = places.size
    title = f"States of a socket: {machine.socket}; the same as a table below"
    return (
        f'<svg class="machine" style="max-width: {width * 1.15:.0f}px" '
        f'viewBox="-2 -2 {width + 4:.0f} {height + 4:.0f}" '
        f'role="img" aria-label="{escape(title)}">'
        f"{''.join(lines)}{drawn}{''.join(labels)}</svg>"
    )


def line(edge: Edge, undo: bool) -> str:
    """The curve of an edge, and its tip."""
    (x0, y0), *rest = edge.points
    curve = " ".join(f"{a:.1f} {b:.1f}" for a, b in rest)
    kind = "edge undo" if undo else "edge"
    path = f'<path class="{kind}" d="M{x0:.1f} {y0:.1f}C{curve}"/>'
    return path + tip(*edge.points[-2], *edge.points[-1])


def label(edge: Edge, wording: Sequence[str]) -> str:
    """What stands at an edge, line by line."""
    (x0, y0), (x1, y1) = edge.points[0], edge.points[-1]
    if abs(y1 - y0) < 2:  # from side to side: words above the middle
        x, y = (x0 + x1) / 2, y0 - 11
    elif edge.label:
        x, y = edge.label
    else:
        return ""
    top = y - len(wording) * LINE / 2 + 11
    return "".join(
        f'<text class="at-edge" x="{x:.1f}" '
        f'y="{top + number * LINE:.1f}" text-anchor="middle">'
        f"{escape(words)} </text>"
        for number, words in enumerate(wording)
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
