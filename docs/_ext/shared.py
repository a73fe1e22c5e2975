"""What all directives share: complaints with page and line, HTML, tables."""

import ast
from collections.abc import Iterable, Sequence
from difflib import get_close_matches
from html import escape
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

from evidence.calls import UNDER_WAY
from evidence.store import EvidenceError

logger = getLogger(__name__)


class Refused(Exception):
    """What a page asks for and cannot have; the text names the cure."""


def one_of(name: str, names: Iterable[str]) -> str:
    """A name that is one of some. Raises Refused, with the nearest, for another one.

    >>> one_of("servers", ["servers", "clients"])
    'servers'
    """
    every = list(names)
    if name in every:
        return name
    near = get_close_matches(name, every, 1)
    hint = f"; did you mean {near[0]}?" if near else ""
    raise Refused(f"{name!r} is none of {', '.join(every)}{hint}")


class Complaining:
    """For directives and roles: a warning with page and line.

    `make html` treats it as an error.
    """

    name: str

    def warn(self, text: str) -> None:
        """Complain, in this build and the next; what is being built goes on."""
        self.env.note_reread()  # type: ignore[attr-defined]
        place = self.get_location()  # type: ignore[attr-defined]
        logger.warning("%s: %s", self.name, text, location=place, type="evidence")


class Directive(Complaining, SphinxDirective):
    """A directive that shows evidence, or says why it cannot, with page and line."""

    def run(self) -> list[nodes.Node]:
        try:
            return self.show()
        except (EvidenceError, Refused) as error:
            self.warn(str(error))
            return []

    def show(self) -> list[nodes.Node]:
        """What stands on the page. Raises EvidenceError, Refused."""
        raise NotImplementedError

    def depends_on(self, *paths: Path) -> None:
        """The page is read again when one of these files changes, or appears."""
        for path in paths:
            if path.exists():
                self.env.note_dependency(str(path))
            else:  # as a dependency it would be complained of
                self.env.note_reread()


class Role(Complaining, SphinxRole):
    """A role that can complain."""


def part_of(source: str, function: str) -> str:
    """The source of one function, with its decorators, comments and docstring.

    Raises Refused, with those that there are.
    """
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef)
    tops = [node for node in ast.parse(source).body if isinstance(node, kinds)]
    for node in tops:
        if node.name == function:
            first = min([node.lineno, *(d.lineno for d in node.decorator_list)])
            return "\n".join(source.splitlines()[first - 1 : node.end_lineno]) + "\n"
    names = ", ".join(node.name for node in tops) or "none"
    raise Refused(f"no function {function!r}; there are: {names}")


def newer(files: Iterable[Path], target: Path) -> bool:
    """Whether a file, or a folder that lost or gained one, is newer than target.

    So it is where one of them is missing.
    """
    places = {place for file in files for place in (file, file.parent)}
    try:
        made = target.stat().st_mtime_ns
        return any(place.stat().st_mtime_ns > made for place in places)
    except FileNotFoundError:
        return True


def html(text: str) -> nodes.raw:
    """Finished HTML as a node."""
    return nodes.raw("", text, format="html")


def code(text: str) -> str:
    """HTML of code, as the theme shows it elsewhere."""
    return f'<code class="docutils literal">{escape(text, quote=False)}</code>'


def html_table(
    heads: Iterable[str],
    rows: Iterable[Sequence[str]],
    kind: str = "",
    wrapper: str = "docutils",
) -> str:
    """HTML of a table; heads and cells are HTML.

    A cell that begins with `<td` is taken as it is. kind, wrapper: classes of the table
    and of the box around it, which scrolls where the table is wider than the page.
    """
    head = "".join(f'<th scope="col">{text}</th>' for text in heads)
    lines = []
    for first, *rest in rows:
        cells = "".join(c if c.startswith("<td") else f"<td>{c}</td>" for c in rest)
        lines.append(f'<tr><th scope="row">{first}</th>{cells}</tr>')
    classes = f"docutils {kind}".strip()
    return (
        f'<div class="table-wrapper {wrapper}" tabindex="0"><table class="{classes}">'
        f"<thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table></div>"
    )


Cell = Sequence[nodes.Node | str]


def row(*cells: Cell) -> nodes.row:
    """A row of a table; each cell is a list of nodes or texts."""
    made = nodes.row()
    for cell in cells:
        content = [nodes.Text(c) if isinstance(c, str) else c for c in cell]
        made += nodes.entry("", nodes.paragraph("", "", *content))
    return made


def table(
    heads: Sequence[str],
    rows: Iterable[nodes.row],
    widths: Sequence[int] = (),
    kind: str = "",
) -> nodes.table:
    """A table of nodes, for cells that hold links and marks.

    widths: of the columns, in percent; equal ones if left out.
    """
    group = nodes.tgroup("", cols=len(heads))
    group += [nodes.colspec(colwidth=w) for w in widths or [1] * len(heads)]
    group += nodes.thead("", row(*([text] for text in heads)))
    group += nodes.tbody("", *rows)
    classes = [*kind.split(), *(["colwidths-given"] if widths else [])]
    return nodes.table("", group, classes=classes)


def outcome_class(outcome: str, failed: bool = True) -> str:
    """The class of what a call gave: failed, pending, or outcome, which has no colour.

    failed: whether it raised. What the reader stopped with Ctrl-C has not failed.

    >>> outcome_class("EINPROGRESS"), outcome_class("ENOTCONN")
    ('pending', 'failed')
    """
    if not failed or "KeyboardInterrupt" in outcome:
        return "outcome"
    return "pending" if any(name in outcome for name in UNDER_WAY) else "failed"
