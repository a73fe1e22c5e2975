"""Python code in which the calls about the two names wear the two colours."""

from collections.abc import Iterator
from typing import Any

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


def setup(app: Sphinx) -> None:
    app.add_lexer("python-socket", SocketPythonLexer)
