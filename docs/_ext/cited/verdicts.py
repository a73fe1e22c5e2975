"""How what others say is shown: verdicts as pills with a filter, manuals as a diff.

```{verdicts}``` draws a bar of the verdicts of a page, and below it a choice of which
rows to show; it needs no script. A verdict is the first word of a definition, in bold.
"""

from collections import Counter
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.shared import Directive, html

# In the order of the bar; the name is also the class.
VERDICTS = {
    "True": "true",
    "Imprecise": "imprecise",
    "False": "false",
    "Depends": "depends",
    "No behaviour": "none",
}
SAID = {"The page:": "page-says", "Suggested:": "we-suggest"}


class Verdicts(Directive):
    """A place for the bar, which is drawn when the page has been read."""

    def show(self) -> list[nodes.Node]:
        return [nodes.container(classes=["verdicts"])]


def verdict_of(item: nodes.definition_list_item) -> str | None:
    """The class of the verdict with which a definition begins; None without one."""
    first = next(item.findall(nodes.definition), None)
    bold = next(first.findall(nodes.strong), None) if first else None
    return VERDICTS.get(bold.astext().rstrip(".")) if bold else None


def mark_rows(app: Sphinx, doctree: nodes.document) -> None:
    """Give rows and verdicts their classes, and draw the bar."""
    place = next(
        (c for c in doctree.findall(nodes.container) if "verdicts" in c["classes"]),
        None,
    )
    if place is None:
        return
    counts: Counter[str] = Counter()
    for item in doctree.findall(nodes.definition_list_item):
        if kind := verdict_of(item):
            counts[kind] += 1
            for part in item.children:
                if isinstance(part, nodes.term | nodes.definition):
                    part["classes"] += ["judged", f"judged-{kind}"]
            definition = next(item.findall(nodes.definition))
            next(definition.findall(nodes.strong))["classes"].append("verdict-pill")
    place += html(bar(counts))


def bar(counts: Counter[str]) -> str:
    """HTML: a part for each verdict, as wide as it is frequent, and the choice."""
    parts, choices = [], [choice("all", "All", counts.total(), " checked")]
    for name, kind in VERDICTS.items():
        if number := counts[kind]:
            parts.append(
                f'<span class="part judged-{kind}" style="flex-grow:{number}" '
                f'title="{name}: {number}">{number}</span>'
            )
            choices.append(choice(kind, name, number))
    return (
        f'<div class="verdict-bar" aria-hidden="true">{"".join(parts)}</div>'
        '<fieldset class="verdict-choice"><legend>Show</legend>'
        f"{''.join(choices)}</fieldset>"
    )


def choice(kind: str, name: str, number: int, checked: str = "") -> str:
    """HTML of one radio button."""
    return (
        f'<label class="judged-{kind}"><input type="radio" name="verdict" '
        f'id="only-{kind}"{checked}> {name} <span>{number}</span></label>'
    )


def mark_diff(app: Sphinx, doctree: nodes.document) -> None:
    """Give what a manual page says, and what we suggest, the classes of a diff."""
    for paragraph in doctree.findall(nodes.paragraph):
        first = paragraph.children[0] if paragraph.children else None
        if isinstance(first, nodes.emphasis) and first.astext() in SAID:
            paragraph["classes"].append(SAID[first.astext()])
            if SAID[first.astext()] == "we-suggest":
                paragraph += copy_button(patch(paragraph))


def copy_button(text: str) -> nodes.raw:
    """HTML of a button that copies a text; without scripts it stays hidden."""
    return html(
        '<button class="copy" type="button" hidden>Copy</button>'
        f"<template>{escape(text)}</template>"
    )


def patch(suggested: nodes.paragraph) -> str:
    """What to send: the manual page, the entry, what it says, and what we suggest."""
    head, node = [], suggested.parent
    while node is not None:
        if isinstance(node, nodes.definition_list_item):
            head.append(next(node.findall(nodes.term)).astext())
        elif isinstance(node, nodes.section):
            head.append(next(node.findall(nodes.title)).astext())
            break
        node = node.parent
    says = [
        f"- {text.removeprefix('The page: ')}"
        for one in suggested.parent.findall(nodes.paragraph)
        if (text := one.astext()).startswith("The page: ")
    ]
    ours = f"+ {suggested.astext().removeprefix('Suggested: ')}"
    return "\n".join([*reversed(head), *says, ours])


def setup(app: Sphinx) -> None:
    app.add_directive("verdicts", Verdicts)
    app.connect("doctree-read", mark_rows)
    app.connect("doctree-read", mark_diff)
