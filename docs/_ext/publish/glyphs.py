"""Small pictures, 64 by 40, for the cards that lead to pages: plain SVG.

They speak the language of the site's cards: the local name left and blue, the peer
right and orange, a slot without a name dashed. Colours are classes of page-cards.css.
"""


def slot(x: float, y: float, width: float, height: float, look: str) -> str:
    """One slot of a card. look: local, peer, or either with a dash: no name yet."""
    box = f'x="{x}" y="{y}" width="{width}" height="{height}"'
    return f'<rect class="{look}" {box} rx="1.5"/>'


def card(x: float, y: float, local: str = "local", peer: str = "peer") -> str:
    """A small card, 24 by 12, with both of its slots."""
    return slot(x, y, 12, 12, local) + slot(x + 12, y, 12, 12, peer)


def line(path: str, look: str = "line") -> str:
    """A stroke. look: line, thin, dots, wrong, right."""
    return f'<path class="{look}" d="{path}"/>'


def dot(x: float, y: float, radius: float, look: str = "line") -> str:
    """A circle."""
    return f'<circle class="{look}" cx="{x}" cy="{y}" r="{radius}"/>'


def word(x: float, y: float, text: str) -> str:
    """A short word, centred at x."""
    return f'<text x="{x}" y="{y}" text-anchor="middle">{text}</text>'


def boxes(x: float, y: float, looks: str, step: float = 8) -> str:
    """A row of squares, 6 by 6: `x` filled, `.` empty, `!` refused."""
    names = {"x": "local", ".": "line", "!": "wrong"}
    return "".join(
        slot(x + step * at, y, 6, 6, names[look]) for at, look in enumerate(looks)
    )


EMPTY, WIDE = ("local-", "peer-"), 14
CROSS = "M{x} {y}l8 8m0 -8l-8 8"
# Two programs and what goes between them.
TWO_ENDS = card(2, 14) + card(38, 14, "peer", "local")

GLYPHS = {
    "names": slot(6, 10, 26, 20, "local") + slot(32, 10, 26, 20, "peer"),
    "no names": slot(6, 10, 26, 20, "local-") + slot(32, 10, 26, 20, "peer-"),
    "local": slot(6, 10, 26, 20, "local") + slot(32, 10, 26, 20, "peer-"),
    "peer": slot(6, 10, 26, 20, "local-") + slot(32, 10, 26, 20, "peer"),
    "terminal": slot(8, 5, 48, 30, "line") + line("M15 13l6 5l-6 5M25 24h10"),
    "stream": card(2, 4)
    + card(38, 24)
    + line("M14 20v4h20M50 20v-4h-20", "thin")
    + line("M31 21l4 3l-4 3M33 13l-4 3l4 3", "thin"),
    "datagrams": card(2, 14, "local", "peer-")
    + card(38, 14, "local", "peer-")
    + line("M14 8h36M50 32h-36", "dots"),
    "queue": card(38, 14, "local", "peer-") + boxes(2, 17, "xxx.", 9),
    "branch": card(2, 14, "local", "peer-")
    + card(38, 4)
    + card(38, 24)
    + line("M28 20h4v-10h4M32 20v10h4"),
    "arrow": card(2, 14) + line("M30 20h26m-5 -5l5 5l-5 5"),
    "filter": card(20, 14)
    + line("M2 20h14m-4 -4l4 4l-4 4", "right")
    + line("M62 10h-10M62 20h-10M62 30h-10M51 7v26", "wrong"),
    "end": card(20, 14) + line("M8 34L56 6", "wrong"),
    "silence": card(2, 14) + line("M30 20h8M44 20h3M53 20h2", "line"),
    "refused": card(2, 14)
    + line("M30 16h20", "line")
    + line("M50 24h-20m4 -4l-4 4l4 4", "wrong")
    + line("M54 12v16", "line"),
    "many": card(2, 14) + line("M28 20h8M36 20l8 -12h16M36 20h24M36 20l8 12h16"),
    "path": slot(6, 10, 52, 20, "local") + word(32, 24, "/run/x"),
    "code": line("M22 10l-12 10l12 10M42 10l12 10l-12 10M36 7l-8 26"),
    "fork": slot(2, 14, 24, 12, "line")
    + slot(40, 3, 22, 12, "local")
    + slot(40, 25, 22, 12, "peer")
    + line("M26 20h6v-11h6M32 20v11h6"),
    "cables": slot(2, 10, 18, 20, "line")
    + slot(44, 3, 18, 14, "local")
    + slot(44, 23, 18, 14, "peer")
    + line("M20 16h10v-6h14M20 24h10v6h14"),
    "two rooms": slot(2, 6, 26, 28, "line")
    + slot(36, 6, 26, 28, "line")
    + slot(8, 15, 14, 10, "local")
    + slot(42, 15, 14, 10, "local")
    + line("M28 30h8"),
    "taken": card(4, 14, "local", "peer-")
    + line("M34 20h22", "dots")
    + line(CROSS.format(x=50, y=16), "wrong"),
    "minute": dot(32, 20, 14) + line("M32 11v9l7 5"),
    "who": slot(8, 10, 26, 20, "local") + dot(46, 19, 8) + line("M51 25l7 7"),
    "options": slot(8, 6, 48, 11, "local") + slot(8, 23, 48, 11, "peer"),
    "workers": line("M2 20h14M16 20l10 -12M16 20h10M16 20l10 12")
    + slot(28, 2, 32, 10, "local")
    + slot(28, 15, 32, 10, "local")
    + slot(28, 28, 32, 10, "local"),
    "lock": slot(20, 18, 24, 16, "local") + line("M25 18v-5a7 7 0 0 1 14 0v5"),
    "full": boxes(2, 8, "xxxxxxx!")
    + boxes(2, 18, "xxxxxxx!")
    + boxes(2, 28, "xxxxxxx!"),
    "loop": card(12, 20) + line("M36 18c16 -20 -48 -20 -24 -2m-1 -6l1 6l6 -1"),
    "both": slot(6, 4, 52, 32, "local")
    + slot(12, 12, 18, 16, "line")
    + slot(34, 12, 18, 16, "line")
    + word(21, 24, "4")
    + word(43, 24, "6"),
    "free": boxes(8, 10, "xx.xxx") + boxes(8, 22, "xxxx.x"),
    "pass on": slot(2, 12, 20, 16, "local")
    + slot(42, 12, 20, 16, "local-")
    + line("M24 20h14m-5 -5l5 5l-5 5"),
    "grid": boxes(13, 4, "x.x!x")
    + boxes(13, 13, ".x!xx")
    + boxes(13, 22, "x!x.x")
    + boxes(13, 31, "!xx.x"),
    "buttons": slot(4, 5, 24, 12, "line")
    + slot(36, 5, 24, 12, "peer")
    + slot(4, 23, 24, 12, "local")
    + slot(36, 23, 24, 12, "line"),
    "book": line("M32 9c-7 -5 -16 -5 -24 -3v26c8 -2 17 -2 24 3v-26")
    + line("M32 35c7 -5 16 -5 24 -3v-26c-8 -2 -17 -2 -24 3"),
    "file": line("M20 4h18l8 8v24h-26z M38 4v8h8") + line("M26 20h14M26 26h14", "thin"),
    "lines": line("M10 8h40M10 24h40", "right") + line("M10 16h30M10 32h24", "wrong"),
    "struck": word(32, 25, "belief") + line("M8 20h48", "wrong"),
    "changed": line("M12 13h8M12 27h8M16 23v8", "line")
    + line("M26 13h28", "wrong")
    + line("M26 27h28", "right"),
    "ticks": line("M8 9l4 4l7 -8M8 22l4 4l7 -8M8 35l4 4l7 -8", "right")
    + line("M28 8h28M28 21h28M28 34h28", "thin"),
    "machine": slot(2, 4, 18, 12, "line")
    + slot(44, 4, 18, 12, "local")
    + slot(44, 26, 18, 12, "peer")
    + line("M20 10h22m-4 -3l4 3l-4 3M53 16v8m-3 -4l3 4l3 -4"),
    "learned": dot(12, 20, 6, "local")
    + dot(34, 9, 5)
    + dot(34, 31, 5)
    + dot(54, 20, 6, "peer")
    + line("M17 16l12 -5M17 24l12 5M39 11l10 5M39 29l10 -5", "thin"),
    "compared": slot(4, 8, 24, 24, "line")
    + slot(36, 8, 24, 24, "local")
    + line("M29 16h6M29 24h6"),
    "no such": slot(6, 10, 26, 20, "wrong")
    + slot(32, 10, 26, 20, "peer-")
    + word(19, 25, "?"),
    "denied": slot(6, 10, 26, 20, "local-")
    + slot(32, 10, 26, 20, "peer-")
    + line("M10 34L54 6", "wrong"),
    "number": slot(6, 8, 52, 24, "line") + word(32, 25, "errno"),
}


# Where each drawing begins: all others at 2. A card's picture and text share one edge.
BEGINS = {
    4: "taken, buttons, compared",
    6: "names, no names, local, peer, path, both, learned, no such, denied, number",
    7: "loop",
    8: "terminal, end, who, options, free, book, struck, ticks",
    10: "code, lines",
    12: "changed",
    13: "grid",
    18: "minute",
    20: "lock, file",
}
EDGE = {name: x for x, names in BEGINS.items() for name in names.split(", ")}


def glyph(name: str) -> str:
    """One picture as SVG; it says nothing that the words beside it do not say.

    Raises KeyError.
    """
    left = EDGE.get(name, 2) - 1
    return (
        f'<svg class="glyph" viewBox="{left} 0 64 40" width="64" height="40" '
        f'aria-hidden="true" focusable="false">{GLYPHS[name]}</svg>'
    )
