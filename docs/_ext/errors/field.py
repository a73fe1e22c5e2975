"""Directive `error-field`: a field for an error's text, which answers as one types.

Each error stands in a list with all that is printed for it; a script shows those that
have most of the words. Without it, the field leads to the search.
"""

import re
from html import escape
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.errors import in_words
from docs._ext.errors.directives import ErrorsDirective, link_to
from docs._ext.shared import html
from evidence import errors, store

LIST = nodes.bullet_list


class ErrorField(ErrorsDirective):
    """The field, and below it the list that is hidden at first."""

    def show(self) -> list[nodes.Node]:
        self.depends_on(store.cited(errors.ELSEWHERE))
        found, elsewhere = self.load().rows, errors.elsewhere()
        answers = nodes.bullet_list(classes=["error-answers"])
        for name in in_words.names(found):
            ways = [way for way in found if way.errno == name]
            printed = in_words.printed(ways, elsewhere.get(name))
            item = nodes.list_item(classes=["error-answer"])
            text = ways[0].text or ways[0].message
            link = nodes.paragraph("", "", link_to(name), nodes.Text(f" {text}"))
            words = " ".join(said for _, said in printed)
            item += [link, html(f'<span hidden class="words">{plain(words)}</span>')]
            answers += item
        top = "../" * self.env.docname.count("/")
        field = html(
            f'<form class="error-field" action="{top}search.html" role="search">'
            '<label for="error-text">Paste your error</label>'
            '<input id="error-text" type="search" name="q" autocomplete="off" '
            'placeholder="[Errno 98] Address already in use">'
            '<button class="error-go">Find</button></form>'
        )
        head = html('<div class="error-finder">')
        return [head, field, answers, html("</div>")]


def plain(text: str) -> str:
    """The words of some messages, each once, small, without marks.

    >>> plain("OSError: [Errno 98] Address already in use; address")
    'oserror errno 98 address already in use'
    """
    return escape(" ".join(dict.fromkeys(re.findall(r"\w+", text.lower()))))


def add_script(
    app: Sphinx,
    page: str,
    _template: str,
    _context: dict[str, Any],
    tree: nodes.document | None,
) -> None:
    """Only the page with the field loads the script."""
    if tree and any("error-answers" in one["classes"] for one in tree.findall(LIST)):
        app.add_js_file("field.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_directive("error-field", ErrorField)
    app.connect("html-page-context", add_script)
