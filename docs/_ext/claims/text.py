"""What pages say about claims, as text: roles, sentences, anchors, days."""

import re
from datetime import date

from docutils import nodes

MARK = "✓"
ROLE = (
    "a sentence with code in it needs two backticks around it, and a space before its "
    "own first one: {%s}`` `bind()` names a socket. <names.bind_names>``"
)


class Malformed(Exception):
    """A role, or a line of a directive, that cannot be read; the text says why."""


def parse_role(text: str) -> tuple[str, str]:
    """Split `words <id>` into words and id; an id alone has no words.

    >>> parse_role("sends nothing <udp.x>"), parse_role("udp.x")
    (('sends nothing', 'udp.x'), ('', 'udp.x'))
    """
    found = re.fullmatch(r"(.*?)\s*<([\w.]+)>", text.strip(), re.DOTALL)
    return (found[1], found[2]) if found else ("", text.strip())


def checked_role(name: str, text: str) -> tuple[str, str]:
    """parse_role() of a role's text. Raises Malformed, which names the right form.

    A single backtick around a sentence ends at the first code in it, so that a piece
    of it arrives here.
    """
    words_, claim = parse_role(text)
    if not re.fullmatch(r"\w+\.\w+", claim):
        raise Malformed(f"{text.strip()!r} is no `sentence <id>`: {ROLE % name}")
    if words_.count("`") % 2:
        raise Malformed(f"{words_!r} has a backtick too few: {ROLE % name}")
    return words_, claim


def words(text: str) -> list[nodes.Node]:
    """Text whose `code` and *emphasis* are marked, as nodes."""
    made: list[nodes.Node] = []
    for piece in re.split(r"(`[^`]+`|\*[^*]+\*)", text):
        if piece.startswith("`"):
            made.append(nodes.literal("", piece[1:-1]))
        elif piece.startswith("*") and len(piece) > 1:
            made.append(nodes.emphasis("", piece[1:-1]))
        elif piece:
            made.append(nodes.Text(piece))
    return made


def anchor(claim: str) -> str:
    """The anchor of a claim on its home page.

    >>> anchor("udp.sends_nothing")
    'claim-udp-sends-nothing'
    """
    return "claim-" + re.sub(r"[._]", "-", claim)


def proof_anchor(claim: str) -> str:
    """The anchor of a claim's proof on the page of all proofs of its subject."""
    return anchor(claim).replace("claim-", "proof-", 1)


def written(day: str) -> str:
    """A day of ISO 8601 as it is written in a sentence.

    >>> written("2026-11-22")
    '22 November 2026'
    """
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B %Y}"
