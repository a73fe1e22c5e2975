"""The calls about the two names wear the two colours, in programs and in sentences."""

from collections.abc import Iterator
from typing import Any

from docutils import nodes
from pygments.lexers.python import PythonLexer
from pygments.token import Name
from sphinx.application import Sphinx

from evidence.calls import LOCAL, PEER

# Pygments makes the classes n-Local and n-Peer of these; site.css colours them.
TOKENS = dict.fromkeys(LOCAL, Name.Local) | dict.fromkeys(PEER, Name.Peer)


class SocketPythonLexer(PythonLexer):  # type: ignore[misc]  # Pygments has no types
    """Python, with bind and connect told apart."""

    name = "Python with sockets"
    aliases = ["python-socket"]

    def get_tokens_unprocessed(
        self, text: str, stack: tuple[str, ...] = ("root",)
    ) -> Iterator[tuple[int, Any, str]]:
        before = ""
        for index, token, value in super().get_tokens_unprocessed(text, stack):
            if token in Name and before == "." and value in TOKENS:
                token = TOKENS[value]
            before = value
            yield index, token, value


def colour_calls(app: Sphinx, doctree: nodes.document) -> None:
    """Give `bind()` and `connect()` in a sentence the class of their name."""
    for literal in doctree.findall(nodes.literal):
        match literal.astext():
            case "bind()":
                literal["classes"].append("local-call")
            case "connect()":
                literal["classes"].append("peer-call")


def setup(app: Sphinx) -> None:
    app.connect("doctree-read", colour_calls)
    app.add_lexer("python-socket", SocketPythonLexer)
