"""Draws a story as SVG: lanes, calls on them, packets between them, cards.

All measures are in the units of the picture, which is as wide as a phone's column:
a unit is a pixel there, or little less, so no text is smaller than 11 pixels.
"""

from html import escape
from itertools import groupby

from docs._ext.cards import EMPTY, SIDES, shown_name
from docs._ext.runs.steps import Row, Story
from docs._ext.shared import html_table, outcome_class

WIDTH = 344
EDGE = 10  # where the outer lanes run
PAD = 7  # between the edge of a call and its text
LINE = 17
LETTER = 7.5  # width of a letter in the monospaced font
LETTERS = int((WIDTH - 2 * EDGE - 2 * PAD) / LETTER)
HEAD = 16  # height of a line of lane titles


def draw(told: Story, title: str) -> str:
    """The SVG of a story. Colours and fonts come from sequence.css."""
    count = len(told.lanes)
    xs = [EDGE + n * (WIDTH - 2 * EDGE) / max(count - 1, 1) for n in range(count)]
    heads, top = lane_titles(told.lanes, xs)
    drawing = {"call": draw_call, "outcome": draw_outcome, "card": draw_card}
    body: list[str] = []
    y = top + 8.0
    shown = [row for row in told.rows if row.kind != "card" or has_a_name(row)]
    for _, rows in groupby(shown, lambda row: row.step):
        group: list[str] = []
        begin = y
        for row in rows:
            if row.kind == "packet":
                y = draw_packet(group, row, xs, y, count == 1)
            else:
                y = drawing[row.kind](group, row, xs, y)
        back = f'<rect class="back" x="0" y="{begin + 2:g}" width="{WIDTH}" '
        back += f'height="{y - begin + 2:g}" rx="4"/>'
        body.append(
            f'<g class="step" data-step="{row.step}">{back}{"".join(group)}</g>'
        )
    lines = [
        f'<line class="lane" x1="{x:g}" y1="{top:g}" x2="{x:g}" y2="{y:g}"/>'
        for x in xs
    ]
    height = y + 6
    return (
        f'<svg class="sequence" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-label="{escape(title)}">' + "".join([*heads, *lines, *body]) + "</svg>"
    )


def has_a_name(card: Row) -> bool:
    """Whether a card has something to show; the first one of a socket has not."""
    return any(shown_name(name) != EMPTY for name in card.names)


def lane_titles(lanes: list[str], xs: list[float]) -> tuple[list[str], float]:
    """The titles above the lanes, and where the lanes begin.

    A title that would touch the one before it stands a line lower.
    """
    made, ends, lowest = [], [0.0] * len(lanes), 0
    for n, (x, lane) in enumerate(zip(shifted(xs), lanes, strict=True)):
        side, width = anchor(n, len(lanes)), len(lane) * LETTER + 8
        if side == "middle":
            x = inside(x, width)
        left = x - width * {"start": 0, "middle": 0.5, "end": 1}[side]
        at = next(row for row, end in enumerate(ends) if end <= left)
        ends[at], lowest = left + width, max(lowest, at)
        made.append(
            f'<text class="head" x="{x:g}" y="{HEAD * (at + 1) - 3}" '
            f'text-anchor="{side}">{escape(lane)}</text>'
        )
    return made, HEAD * (lowest + 1) + 4


def anchor(lane: int, count: int) -> str:
    """How text stands at a lane: begins at the first, ends at the last."""
    if lane == 0:
        return "start"
    return "end" if lane == count - 1 else "middle"


def shifted(xs: list[float]) -> list[float]:
    """Lane heads begin and end at the very edge of the picture."""
    return [0 if x == EDGE else WIDTH if x == WIDTH - EDGE else x for x in xs]


def inside(middle: float, width: float) -> float:
    """The middle of something so wide, moved so that it stays in the picture."""
    return min(max(middle, width / 2), max(WIDTH - width / 2, width / 2))


def wrap(text: str, letters: int = LETTERS) -> list[str]:
    """Break a line where a reader would: after a comma or a space, then anywhere.

    >>> wrap("bind(('127.0.0.1', 0))", 14)
    ["bind(('127.0.0", ".1', 0))"]
    >>> wrap("sendto(b'hello', ('127.0.0.1', 50001))", 24)
    ["sendto(b'hello',", "('127.0.0.1', 50001))"]
    """
    lines = []
    while len(text) > letters:
        space = text.rfind(" ", letters // 3, letters + 1)
        cut = space if space > 0 else letters
        lines.append(text[:cut])
        text = text[cut:].lstrip()
    return [*lines, text]


def draw_call(body: list[str], row: Row, xs: list[float], y: float) -> float:
    """The call in a box on its lane, its outcome behind or below it."""
    kind = outcome_class(row.outcome, row.failed)
    outcome = f"→ {row.outcome}" if row.outcome else ""
    lines = [(escape(line), len(line), "call") for line in wrap(row.text)]
    if outcome and len(lines) == 1 and len(row.text) + len(outcome) + 1 <= LETTERS:
        both = f'{escape(row.text)}<tspan class="{kind}"> {escape(outcome)}</tspan>'
        lines = [(both, len(row.text) + len(outcome) + 1, "call")]
    elif outcome:
        lines += [(escape(line), len(line), kind) for line in wrap(outcome)]
    return draw_box(body, lines, row.lane, xs, y)


def draw_outcome(body: list[str], row: Row, xs: list[float], y: float) -> float:
    """What came of a call, below the packets that it learned it from."""
    kind = outcome_class(row.outcome, row.failed)
    call = row.text.partition("(")[0]
    text = f"{call}() → {row.outcome}" if row.outcome else f"{call}() returns"
    lines = [(escape(line), len(line), kind) for line in wrap(text)]
    return draw_box(body, lines, row.lane, xs, y, "box came")


def draw_box(
    body: list[str],
    lines: list[tuple[str, int, str]],
    lane: int,
    xs: list[float],
    y: float,
    look: str = "box",
) -> float:
    """Lines in a box that stands on a lane, with a dot where the lane enters it.

    lines: of each its SVG, its letters, and its class.
    """
    side, x = anchor(lane, len(xs)), xs[lane]
    width = max(letters for _, letters, _ in lines) * LETTER + 2 * PAD
    left = x - width * {"start": 0, "middle": 0.5, "end": 1}[side]
    left = min(max(left, 0), WIDTH - width)
    y += 8
    height = len(lines) * LINE + 5
    body.append(
        f'<rect class="{look}" x="{left:g}" y="{y:g}" width="{width:g}" '
        f'height="{height}" rx="4"/><circle class="dot" cx="{x:g}" cy="{y:g}" r="4"/>'
    )
    for text, _, style in lines:
        y += LINE
        at = f'x="{left + PAD:g}" y="{y - 2:g}"'
        body.append(f'<text class="{style}" {at}>{text}</text>')
    return y + 5


def draw_packet(
    body: list[str], row: Row, xs: list[float], y: float, single: bool
) -> float:
    """An arrow from lane to lane with the packet's words on it."""
    if row.loop:
        return draw_loop(body, row, xs[row.lane], y)
    if single:  # the other end is no socket of this program
        x1, x2 = xs[0], WIDTH / 2
        x1, x2 = (x1, x2) if row.lane == row.target else (x2, x1)
    else:
        x1, x2 = xs[row.lane], xs[row.target]
    if x1 == x2:
        x2 = x1 + (60 if x1 < WIDTH / 2 else -60)
    way = 1 if x2 > x1 else -1
    y += 22
    tip = x2 - way * 5
    cross = f'<path class="cross" d="M{tip - way * 16:g} {y - 5:g}l{way * 10} 10m0 -10'
    cross += f'l{-way * 10} 10"/>'
    body.append(
        f'<g class="packet {row.look}"><line x1="{x1 + way * 5:g}" y1="{y:g}" '
        f'x2="{tip - way * 6:g}" y2="{y:g}"/>'
        f'<path class="tip" d="M{tip:g} {y:g}l{-way * 8} -4v8z"/>'
        f"{cross if row.look == 'reset' else ''}"
        f'<text x="{(x1 + x2) / 2:g}" y="{y - 6:g}" '
        f'text-anchor="middle">{escape(row.text)}</text></g>'
    )
    return y + 5


def draw_loop(body: list[str], row: Row, x: float, y: float) -> float:
    """An arrow that leaves a lane and comes back to it."""
    way = 1 if x < WIDTH / 2 else -1
    y += 22
    body.append(
        f'<g class="packet {row.look}"><path d="M{x + way * 5:g} {y:g}h{way * 70}'
        f'a6 6 0 0 {int(way == 1)} 0 12h{-way * 64}"/>'
        f'<path class="tip" d="M{x + way * 5:g} {y + 12:g}l{way * 8} -4v8z"/>'
        f'<text x="{x + way * 40:g}" y="{y - 6:g}" '
        f'text-anchor="middle">{escape(row.text)}</text></g>'
    )
    return y + 17


def draw_card(body: list[str], row: Row, xs: list[float], y: float) -> float:
    """The two slots of a socket whose name has changed, under its name."""
    texts = [shown_name(name) for name in row.names]
    slots = [max(len(text) * LETTER + 14, 52) for text in texts]
    slots[0] = max(slots[0], len(row.text) * LETTER + 14)
    width = sum(slots)
    side = anchor(row.lane, len(xs))
    x = xs[row.lane] - width * {"start": 0, "middle": 0.5, "end": 1}[side]
    x = min(max(x, 0), max(WIDTH - width, 0))
    y += 6
    body.append(
        f'<text class="owner" x="{x + 1:g}" y="{y + 11:g}">{escape(row.text)}</text>'
    )
    y += 15
    for text, slot, kind in zip(texts, slots, SIDES, strict=True):
        empty = " empty" if text == EMPTY else ""
        body.append(
            f'<g class="slot {kind}{empty}"><rect x="{x:g}" y="{y:g}" '
            f'width="{slot:g}" height="36" rx="3"/>'
            f'<text class="side" x="{x + 7:g}" y="{y + 13:g}">{kind}</text>'
            f'<text class="name" x="{x + 7:g}" y="{y + 29:g}">{escape(text)}</text></g>'
        )
        x += slot
    return y + 40


def as_table(told: Story) -> str:
    """HTML: the same steps as a table, for those who cannot see the picture."""
    rows = []
    for number, row in enumerate(told.rows, 1):
        lane = told.lanes[row.lane]
        if row.kind == "call":
            what, result = f"<code>{escape(row.text)}</code>", escape(row.outcome)
        elif row.kind == "packet":
            target = told.lanes[row.target]
            what = f"packet to {escape(target)}" if target != lane else "packet"
            result = escape(row.text)
        elif row.kind == "outcome":
            call = escape(row.text.partition("(")[0])
            what, result = f"<code>{call}()</code> returns", escape(row.outcome)
        else:
            local, peer = (escape(shown_name(name)) for name in row.names)
            what = f"{escape(row.text)} is now"
            result = f"local {local}, peer {peer}"
        rows.append((str(row.step or number), escape(lane), what, result))
    return html_table(("Step", "End", "What", "Outcome"), rows)
