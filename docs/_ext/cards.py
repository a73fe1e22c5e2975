"""The socket as a card with two slots: the local name and the peer name."""

from collections.abc import Sequence
from html import escape

from evidence.runs import Name

EMPTY = "—"
SIDES = ("local", "peer")  # as they stand, from left to right


def shown_name(name: Name) -> str:
    """A name from a recording as text: `127.0.0.1:50001`, `*:50001`, `—` if unset.

    >>> shown_name(["0.0.0.0", 0]), shown_name(["::", 80, 0, 0])
    ('—', '*:80')
    >>> shown_name(["::1", 80, 0, 0]), shown_name(None), shown_name("/run/s")
    ('[::1]:80', '—', '/run/s')
    """
    if not name:
        return EMPTY
    if isinstance(name, str):
        return name
    host, port = str(name[0]), name[1]
    if host in ("0.0.0.0", "::"):
        return f"*:{port}" if port else EMPTY
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def card(names: Sequence[Name], title: str = "") -> str:
    """HTML of one card. names: the local and the peer name as a recording has them."""
    slots = []
    for side, name in zip(SIDES, names, strict=True):
        text = shown_name(name)
        empty = " empty" if text == EMPTY else ""
        slots.append(
            f'<span class="slot {side}{empty}"><span class="side">{side}</span> '
            f'<span class="name">{escape(text)}</span></span>'
        )
    head = f'<span class="card-title">{escape(title)}</span>' if title else ""
    return f'<span class="card">{head}{"".join(slots)}</span>'
