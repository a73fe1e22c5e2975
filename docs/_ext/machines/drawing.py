"""The picture of a machine: states are cards on a grid, edges are calls.

The column of a state says who named the local end, its row what the socket is. Edges
run in the gaps between columns and rows, each in a lane of its own, so that none goes
through a card.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from typing import NamedTuple

from docs._ext.graph import folded
from evidence.calls import is_errno
from evidence.machines import Machine, State

LINE, PAD, LETTER = 15, 4, 7.25  # units; a letter of the monospaced 12 px font
UNDO = "connect(AF_UNSPEC)"
TITLE_LETTERS = 18  # in one line of a card's title
WIDTH = 124  # of a card
MARGIN = 9  # from a card to the first lane
LANE = 14  # from a lane to the next one, and from port to port
ROW_GAP = 56  # between two rows, for arrows straight down and their calls
COLUMNS = ("nobody has named it", "the kernel named it", "you named it")
ROWS = ("idle", "listening", "connected")
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


@dataclass
class Card:
    """One state as it is drawn. column, row: its place, counted from 0."""

    state: State
    refused: Sequence[Refusal]
    column: int = 0
    row: int = 0
    left: float = 0
    top: float = 0  # of its slots
    slot_height: float = 0

    def __post_init__(self) -> None:
        self.title = folded(self.state.name, TITLE_LETTERS)
        self.slots = [slot_lines(self.state.local), slot_lines(self.state.peer)]
        self.slot_height = (max(map(len, self.slots)) + 1) * LINE + PAD

    @property
    def fails(self) -> str:
        """The calls that fail here, in words: `EINVAL: bind(), listen()`."""
        by_errno: dict[str, list[str]] = {}
        for errno, call, _ in self.refused:
            by_errno.setdefault(errno, []).append(call)
        return "; ".join(f"{name}: {', '.join(c)}" for name, c in by_errno.items())

    def draw(self, explorer: str) -> str:
        """SVG of the card, a link to the explorer in this state."""
        y, parts = self.top - LINE * len(self.title) - 2, []
        for line in self.title:
            y += LINE
            parts.append(text("title", self.left, y - 3, line))
        parts.append(self.draw_slots())
        inputs = ",".join(self.state.word)
        told = f"{self.state.name}. Fails here: {self.fails or 'nothing'}"
        content = f"<title>{escape(told)}</title>{''.join(parts)}"
        return (
            f'<a class="state" href="{escape(explorer)}:{escape(inputs)}">{content}'
            f"{self.draw_fails()}</a>"
        )

    def draw_fails(self) -> str:
        """SVG of the calls that fail, which is seen while one points at the card."""
        lines = [line for part in self.fails.split("; ") for line in folded(part, 24)]
        if not self.fails:
            return ""
        y = self.top + self.slot_height + 4
        height = len(lines) * LINE + 6
        wide = max(map(len, lines)) * LETTER + 2 * PAD
        inside = "".join(
            text("failed", self.left + PAD, y + n * LINE, line)
            for n, line in enumerate(lines, 1)
        )
        return (
            f'<g class="fails" visibility="hidden"><rect x="{self.left:.1f}" '
            f'y="{y:.1f}" rx="3" width="{wide:.1f}" height="{height:.1f}"/>{inside}</g>'
        )

    def draw_slots(self) -> str:
        """SVG of the two slots, side by side."""
        widths = [max(5, *map(len, lines)) * LETTER + 2 * PAD for lines in self.slots]
        stretch = WIDTH / sum(widths)
        x, parts = self.left, []
        for side, lines, wide in zip(
            ("local", "peer"), self.slots, widths, strict=True
        ):
            width = wide * stretch
            empty = " empty" if lines == ["—"] else ""
            inner = text("side", x + PAD, self.top + LINE - 2, side)
            for number, line in enumerate(lines, 2):
                inner += text("name", x + PAD, self.top + number * LINE - 1, line)
            parts.append(
                f'<g class="slot {side}{empty}"><rect x="{x:.1f}" y="{self.top:.1f}" '
                f'rx="3" width="{width:.1f}" height="{self.slot_height:.1f}"/>'
                f"{inner}</g>"
            )
            x += width
        return "".join(parts)


def text(kind: str, x: float, y: float, words: str) -> str:
    """One line of SVG text. The space keeps lines apart for a screen reader."""
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)} </text>'


def column_of(state: State) -> int:
    """Who named the local end: nobody, the kernel, the program."""
    if state.local == "—":
        return 0
    return 1 if "chosen" in state.local else 2


def row_of(state: State) -> int:
    """What the socket is: idle, listening, connected."""
    if state.peer != "—":
        return 2
    return 1 if "listening" in state.name else 0


@dataclass
class Wire:
    """An edge on its way. look: edge, undo, fails. words: the calls that lead along it.

    fails: those that do so although they fail, with their errno. points: its corners,
    label: where its words stand, once it has been laid.
    """

    start: Card
    end: Card
    words: str
    look: str
    fails: list[str] = field(default_factory=list)
    points: list[tuple[float, float]] = field(default_factory=list)
    label: tuple[float, float] | None = None

    @property
    def lines(self) -> list[str]:
        """What is written at it, line by line."""
        return [*([self.words] if self.words else []), *self.fails]

    @property
    def straight_across(self) -> bool:
        """Whether it leads to the card beside."""
        return self.span == 1 and self.start.row == self.end.row

    @property
    def breadth(self) -> float:
        """How wide its words are."""
        return max((len(line) for line in self.lines), default=0) * LETTER

    @property
    def span(self) -> int:
        """How many columns it crosses."""
        return abs(self.start.column - self.end.column)

    @property
    def straight_down(self) -> bool:
        """Whether it leads to the card above or below."""
        return not self.span and abs(self.start.row - self.end.row) == 1


def wires(machine: Machine, cards: dict[str, Card]) -> list[Wire]:
    """All edges: one for all calls that lead from one state to another."""
    made: dict[tuple[str, str], Wire] = {}
    for (state, after), calls in moves(machine).items():
        look = "edge undo" if calls == [UNDO] else "edge"
        words = ", ".join(dict.fromkeys(edge_lines(calls)))
        made[state, after] = Wire(cards[state], cards[after], words, look)
    for state, refused in refusals(machine).items():
        for errno, call, after in refused:
            if after:
                new = Wire(cards[state], cards[after], "", "edge fails")
                wire = made.setdefault((state, after), new)
                wire.fails.append(f"{function_of(call)} {errno}")
    return list(made.values())


@dataclass
class Grid:
    """Cards and wires in their places."""

    cards: list[Card]
    wires: list[Wire]
    size: tuple[float, float] = (0, 0)
    lefts: list[float] = field(default_factory=list)  # of the columns
    tops: list[float] = field(default_factory=list)  # of the rows' slots

    def lay(self) -> None:
        """Give everything its place."""
        used = sorted({card.column for card in self.cards})
        rows = sorted({card.row for card in self.cards})
        self.heads = [COLUMNS[column] for column in used]
        self.names = [ROWS[row] for row in rows]
        for card in self.cards:
            card.column, card.row = used.index(card.column), rows.index(card.row)
        gaps: list[list[Wire]] = [[] for _ in range(len(used) + 1)]
        over = [wire for wire in self.wires if wire.span > 1]
        for wire in self.wires:
            if not wire.straight_down and wire.span <= 1:
                gaps[self.gap(wire)].append(wire)
        widths = [self.width_of(gap) for gap in gaps]
        for card in self.cards:
            card.slot_height = max(card.slot_height, self.ports_height(card))
        x = widths[0]
        for width in widths[1:]:
            self.lefts.append(x)
            x += WIDTH + width
        self.place_rows(len(rows), LANE * (len(over) + 1))
        for card in self.cards:
            card.left, card.top = self.lefts[card.column], self.tops[card.row]
        for number, (gap, width) in enumerate(zip(gaps, widths, strict=True)):
            right = self.lefts[number] if number < len(self.lefts) else x
            self.lay_gap(gap, right - width + MARGIN)
        self.lay_down()
        for number, wire in enumerate(over):
            self.lay_over(wire, self.tops[0] - 3 * LINE - LANE * number)
        for wire in self.wires:
            if len(wire.points) == 4 and wire.span <= 1 and wire.lines:
                wire.label = self.clear(wire)
        self.size = x, self.tops[-1] + max(c.slot_height for c in self.cards) + 8

    def gap(self, wire: Wire) -> int:
        """Between which columns a wire runs: 0 is left of the first."""
        if wire.span:
            return max(wire.start.column, wire.end.column)
        last = wire.start.column == max(card.column for card in self.cards)
        return wire.start.column + 1 if last or wire.start.column else 0

    @staticmethod
    def room(wire: Wire) -> float:
        """How wide the lane of a wire is; 0 for one that needs none."""
        if wire.straight_across:
            return 0
        return wire.breadth + LANE if wire.lines else LANE

    def width_of(self, gap: list[Wire]) -> float:
        """How wide a gap is: all lanes, and at least the words of a straight wire."""
        if not gap:
            return MARGIN
        lanes = sum(self.room(wire) for wire in gap)
        straight = max((w.breadth for w in gap if w.straight_across), default=0)
        return max(lanes, straight) + 2 * MARGIN

    def at_side(self, card: Card, right: bool) -> list[Wire]:
        """The wires at a side of a card, from top to bottom."""
        mine = [
            one
            for one in self.wires
            if not one.straight_down
            and one.span <= 1
            and card in (one.start, one.end)
            and self.on_right(card, one) == right
        ]
        return sorted(
            mine, key=lambda one: (self.other(card, one).row, one.end is card)
        )

    def ports_height(self, card: Card) -> float:
        """The height that a card needs for the wires at its sides."""
        most = max(len(self.at_side(card, right)) for right in (False, True))
        return (most + 1) * LANE

    def place_rows(self, rows: int, above: float) -> None:
        """The tops of the rows; above: room over the first one, for the heads too."""
        y = above + 2 * LINE
        for row in range(rows):
            mine = [card for card in self.cards if card.row == row]
            y += max(len(card.title) for card in mine) * LINE + 2
            self.tops.append(y)
            y += max(card.slot_height for card in mine) + ROW_GAP

    def port(self, card: Card, wire: Wire, right: bool) -> float:
        """The height at which a wire leaves or enters a side of a card."""
        mine = self.at_side(card, right)
        place = next(n for n, one in enumerate(mine) if one is wire)
        return card.top + card.slot_height * (place + 1) / (len(mine) + 1)

    @staticmethod
    def other(card: Card, wire: Wire) -> Card:
        """The other end of a wire."""
        return wire.end if wire.start is card else wire.start

    def on_right(self, card: Card, wire: Wire) -> bool:
        """Whether a wire is at the right side of a card."""
        return self.gap(wire) == card.column + 1

    def lay_gap(self, gap: list[Wire], left: float) -> None:
        """The wires between two columns: out, along a lane, in."""
        x = left
        for wire in sorted(gap, key=lambda one: abs(one.start.row - one.end.row)):
            lane = x + self.room(wire) / 2
            x += self.room(wire)
            ends = []
            for card in (wire.start, wire.end):
                right = self.on_right(card, wire)
                edge = card.left + WIDTH if right else card.left
                ends.append((edge, self.port(card, wire, right)))
            (x0, y0), (x1, y1) = ends
            if wire.straight_across:
                y0 = y1 = y0 if x0 < x1 else y1  # as the card on the left has it
                wire.points = [(x0, y0), (x1, y1)]
                way = 1 if x1 > x0 else -1
                wire.label = x0 + way * (wire.breadth / 2 + MARGIN), y0 - 9
            else:
                wire.points = [(x0, y0), (lane, y0), (lane, y1), (x1, y1)]
                wire.label = lane, (y0 + y1) / 2  # clear() may move it

    def clear(self, wire: Wire) -> tuple[float, float]:
        """A place for words in a lane where no other wire goes through them."""
        (_, y0), (lane, _), (_, y1), _ = wire.points
        across = [
            one.points[at][1]
            for one in self.wires
            if one is not wire
            for at in range(len(one.points) - 1)
            if one.points[at][1] == one.points[at + 1][1]
            and min(one.points[at][0], one.points[at + 1][0]) < lane + wire.breadth / 2
            and max(one.points[at][0], one.points[at + 1][0]) > lane - wire.breadth / 2
        ]
        places = [y0 + (y1 - y0) * part for part in (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8)]
        free = [
            y for y in places if all(abs(y - other) > LINE / 2 + 2 for other in across)
        ]
        return lane, (free or places)[0]

    def lay_down(self) -> None:
        """The wires straight to the row below, or above."""
        pairs: dict[tuple[int, int], list[Wire]] = {}
        for wire in self.wires:
            if wire.straight_down:
                upper = min(wire.start.row, wire.end.row)
                pairs.setdefault((wire.start.column, upper), []).append(wire)
        for mine in pairs.values():
            for number, wire in enumerate(mine, 1):
                x = wire.start.left + WIDTH * number / (len(mine) + 1)
                down = wire.end.row > wire.start.row
                title = LINE * len(wire.end.title if down else wire.start.title) + 4
                low, high = (wire.end, wire.start) if down else (wire.start, wire.end)
                y_low, y_high = low.top - title, high.top + high.slot_height
                wire.points = [(x, y_high), (x, y_low)][:: 1 if down else -1]
                wire.label = x, (y_low + y_high) / 2

    def lay_over(self, wire: Wire, y: float) -> None:
        """A wire past a column: up, along a lane above the first row, down."""
        x0, x1 = (card.left + WIDTH * 0.72 for card in (wire.start, wire.end))
        tops = [
            card.top - LINE * len(card.title) - 4 for card in (wire.start, wire.end)
        ]
        wire.points = [(x0, tops[0]), (x0, y), (x1, y), (x1, tops[1])]
        wire.label = (x0 + x1) / 2, y


def draw(machine: Machine, explorer: str = "") -> str:
    """SVG of a machine. explorer: the address of the explorer, which cards lead to."""
    refused = refusals(machine)
    cards = {
        state.name: Card(
            state,
            refused[state.name],
            column_of(state),
            row_of(state),
        )
        for state in machine.states
    }
    grid = Grid(list(cards.values()), wires(machine, cards))
    grid.lay()
    width, height = grid.size
    kind = machine.machine.removesuffix("-core")
    title = f"States of a socket: {machine.socket}; the same as a table below"
    heads = "".join(
        text("head", left, LINE, head)
        for left, head in zip(grid.lefts, grid.heads, strict=True)
    )
    body = "".join(map(line, grid.wires))
    body += "".join(card.draw(f"{explorer}#{kind}") for card in grid.cards)
    body += "".join(map(label, grid.wires))
    return (
        f'<svg class="machine" style="min-width: {width:.0f}px; width: {width:.0f}px" '
        f'viewBox="-2 0 {width + 4:.0f} {height:.0f}" '
        f'role="group" aria-label="{escape(title)}">{heads}{body}</svg>'
    )


def line(wire: Wire) -> str:
    """The corners of a wire, and its tip."""
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in wire.points)
    return (
        f'<path class="{wire.look}" d="M{path}"/>'
        f"{tip(*wire.points[-2], *wire.points[-1], wire.look)}"
    )


def label(wire: Wire) -> str:
    """What stands at a wire, the last line where the label is."""
    if wire.label is None:
        return ""
    x, y = wire.label
    lines = wire.lines
    return "".join(
        f'<text class="{"at-edge failed" if words in wire.fails else "at-edge"}" '
        f'x="{x:.1f}" y="{y + 4 - LINE * (len(lines) - 1 - number):.1f}" '
        f'text-anchor="middle">{escape(words)} </text>'
        for number, words in enumerate(lines)
    )


def tip(x0: float, y0: float, x1: float, y1: float, look: str) -> str:
    """An arrow head that ends at (x1, y1) and comes from (x0, y0)."""
    length = ((x1 - x0) ** 2 + (y1 - y0) ** 2) ** 0.5 or 1
    dx, dy = (x1 - x0) / length, (y1 - y0) / length
    corners = [
        (x1, y1),
        (x1 - 8 * dx - 3.5 * dy, y1 - 8 * dy + 3.5 * dx),
        (x1 - 8 * dx + 3.5 * dy, y1 - 8 * dy - 3.5 * dx),
    ]
    path = "L".join(f"{x:.1f} {y:.1f}" for x, y in corners)
    return f'<path class="tip {look.removeprefix("edge").strip()}" d="M{path}z"/>'
