"""Draws a story as SVG: lanes, calls on them, packets between them, cards.

All measures are in the units of the picture, which is as wide as a phone's column:
a unit is a pixel there, or little less, so no text is smaller than 11 pixels.
"""

from html import escape

from docs._ext.cards import EMPTY, SIDES, shown_name
from docs._ext.runs.steps import Row, Story
from docs._ext.shared import html_table, outcome_class

WIDTH = 344
EDGE = 10  # where the outer lanes run
INDENT = 10  # from a lane to its text
LINE = 17
LETTER = 7.25  # width of a letter in the monospaced font
LETTERS = int((WIDTH - 2 * EDGE - INDENT) / LETTER)


def draw(told: Story, title: str) -> str:
    """The SVG of a story. Colours and fonts come from sequence.css."""
    count = len(told.lanes)
    single = count == 1
    xs = [EDGE + n * (WIDTH - 2 * EDGE) / max(count - 1, 1) for n in range(count)]
    body: list[str] = []
    y = 34.0
    for row in told.rows:
        if row.kind == "call":
            y = draw_call(body, row, xs, y)
        elif row.kind == "packet":
            y = draw_packet(body, row, xs, y, single)
        else:
            y = draw_card(body, row, xs, y)
    lines = [
        f'<line class="lane" x1="{x:g}" y1="26" x2="{x:g}" y2="{y:g}"/>' for x in xs
    ]
    heads = [
        f'<text class="head" x="{x:g}" y="16" text-anchor="{anchor(n, count)}">'
        f"{escape(lane)}</text>"
        for n, (x, lane) in enumerate(zip(shifted(xs), told.lanes, strict=True))
    ]
    height = y + 6
    return (
        f'<svg class="sequence" viewBox="0 0 {WIDTH} {height:g}" role="img" '
        f'aria-label="{escape(title)}">' + "".join([*heads, *lines, *body]) + "</svg>"
    )


def anchor(lane: int, count: int) -> str:
    """How text stands at a lane: begins at the first, ends at the last."""
    if lane == 0:
        return "start"
    return "end" if lane == count - 1 else "middle"


def shifted(xs: list[float]) -> list[float]:
    """Lane heads begin and end at the very edge of the picture."""
    return [0 if x == EDGE else WIDTH if x == WIDTH - EDGE else x for x in xs]


def text_x(lane: int, xs: list[float]) -> float:
    """Where the text of a lane begins, or ends."""
    side = anchor(lane, len(xs))
    return xs[lane] + {"start": INDENT, "end": -INDENT, "middle": 0}[side]


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
    """A dot on the lane, the call, and its outcome behind or below it."""
    x, side = text_x(row.lane, xs), anchor(row.lane, len(xs))
    kind = outcome_class(row.outcome, row.failed)
    outcome = f"→ {row.outcome}" if row.outcome else ""
    lines = [(line, "call") for line in wrap(row.text)]
    if outcome:
        if len(lines) == 1 and len(row.text) + len(outcome) + 1 <= LETTERS:
            lines = [(f"{row.text} {outcome}", kind)]
        else:
            lines += [(line, kind) for line in wrap(outcome)]
    y += 6
    if side != "middle":  # there the text itself stands on the lane
        dot = f'<circle class="dot" cx="{xs[row.lane]:g}" cy="{y + 9:g}" r="3.5"/>'
        body.append(dot)
    for line, style in lines:
        content = escape(line)
        if style != "call" and line.startswith(row.text):
            content = (
                f"{escape(row.text)}<tspan class='{kind}'> {escape(outcome)}</tspan>"
            )
            style = "call"
        at = inside(x, len(line) * LETTER) if side == "middle" else x
        body.append(
            f'<text class="{style}" x="{at:g}" y="{y + 13:g}" '
            f'text-anchor="{side}">{content}</text>'
        )
        y += LINE
    return y


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
    body.append(
        f'<line class="packet" x1="{x1 + way * 5:g}" y1="{y:g}" x2="{tip - way * 6:g}" '
        f'y2="{y:g}"/><path class="tip" d="M{tip:g} {y:g}l{-way * 8} -4v8z"/>'
        f'<text class="packet" x="{(x1 + x2) / 2:g}" y="{y - 6:g}" '
        f'text-anchor="middle">{escape(row.text)}</text>'
    )
    return y + 5


def draw_loop(body: list[str], row: Row, x: float, y: float) -> float:
    """An arrow that leaves a lane and comes back to it."""
    way = 1 if x < WIDTH / 2 else -1
    y += 22
    body.append(
        f'<path class="packet" d="M{x + way * 5:g} {y:g}h{way * 70}'
        f'a6 6 0 0 {int(way == 1)} 0 12h{-way * 64}"/>'
        f'<path class="tip" d="M{x + way * 5:g} {y + 12:g}l{way * 8} -4v8z"/>'
        f'<text class="packet" x="{x + way * 40:g}" y="{y - 6:g}" '
        f'text-anchor="middle">{escape(row.text)}</text>'
    )
    return y + 17


def draw_card(body: list[str], row: Row, xs: list[float], y: float) -> float:
    """The two slots of a socket whose name has changed."""
    texts = [shown_name(name) for name in row.names]
    slots = [max(len(text) * LETTER + 14, 52) for text in texts]
    width = sum(slots)
    side = anchor(row.lane, len(xs))
    x = text_x(row.lane, xs) - width * {"start": 0, "middle": 0.5, "end": 1}[side]
    x = min(max(x, 0), max(WIDTH - width, 0))
    y += 6
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
        else:
            local, peer = (escape(shown_name(name)) for name in row.names)
            what = f"{escape(row.text)} is now"
            result = f"local {local}, peer {peer}"
        rows.append((str(number), escape(lane), what, result))
    return html_table(("Step", "End", "What", "Outcome"), rows)
