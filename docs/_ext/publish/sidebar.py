"""The sidebar's tree of pages: drawn once a build, marked anew for each page.

Sphinx and the theme would draw it for every page, from the headings of all pages, so
that ten times the pages would cost a hundred times the work. Pages of one folder share
the addresses in it; what is left for a page is to mark its own entry and those above.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.environment.adapters.toctree import global_toctree_for_doc

# Runs after notfound.extension, which gives its page absolute addresses, and before the
# theme asks for the tree; then after the theme has given it boxes to unfold.
BEFORE_THEME, AFTER_THEME = 450, 550
NO_PAGE = "search"  # a page at the top that is in no tree: nothing is marked for it

# An entry as the theme draws it, up to the list of the pages below, if it has some.
ENTRY = re.compile(
    r'<li class="toctree-l(?P<level>\d+)(?: has-children)?">'
    r'<a class="reference (?P<kind>\w+)" href="(?P<address>[^"]*)">(?P<title>.*?)</a>'
    r'(?:<input (?P<name>aria-label="[^"]*") (?P<box>class="toctree-checkbox"[^>]*>)'
    r"(?P<label><label .*?</label>)<ul>)?",
    re.DOTALL,
)


class Entry(NamedTuple):
    """A page in the tree; name, box and label are of the box that unfolds it, or ""."""

    level: int
    kind: str
    address: str
    title: str
    name: str
    box: str
    label: str

    def html(self, here: bool = False, above: bool = False) -> str:
        """The entry, marked if it is the page itself or one above it."""
        item, link, box, below = f"toctree-l{self.level}", "", "", ""
        if here or above:
            item += " current"
            box = 'checked="" '
        if self.box:
            item += " has-children"
            inner = ' class="current"' if above else ""
            below = f"<input {self.name} {box}{self.box}{self.label}<ul{inner}>"
        if here:
            item, link = f"{item} current-page", "current "
        address = "#" if here else self.address
        return (
            f'<li class="{item}"><a class="{link}reference {self.kind}" '
            f'href="{address}">{self.title}</a>{below}'
        )


class Tree:
    """The tree as the pages of one folder have it: entries, and what is between them.

    >>> print(Tree('<ul>\\n<li class="toctree-l1"><a class="reference internal" '
    ...            'href="a.html">A</a></li>\\n</ul>').marked("a.html"))
    <ul class="current">
    <li class="toctree-l1 current current-page"><a class="current reference internal" href="#">A</a></li>
    </ul>
    """  # noqa: E501

    def __init__(self, html: str) -> None:
        self.entries: list[Entry] = []
        self.pieces: list[str] = []  # at 0, 2, 4 … what is between the entries
        self.places: dict[str, list[int]] = {}
        end = 0
        for number, found in enumerate(ENTRY.finditer(html)):
            entry = Entry(
                int(found["level"]),
                found["kind"],
                found["address"],
                found["title"],
                found["name"] or "",
                found["box"] or "",
                found["label"] or "",
            )
            self.entries.append(entry)
            self.pieces += [html[end : found.start()], found[0]]
            self.places.setdefault(entry.address, []).append(number)
            end = found.end()
        self.pieces.append(html[end:])

    def with_addresses(self, address: Callable[[str], str]) -> "Tree":
        """The same tree with other addresses."""
        made = Tree("")
        made.pieces = list(self.pieces)
        made.places = self.places
        for number, entry in enumerate(self.entries):
            moved = entry._replace(address=address(entry.address))
            made.entries.append(moved)
            made.pieces[2 * number + 1] = moved.html()
        return made

    def above(self, number: int) -> list[int]:
        """The entries that hold one, from the nearest."""
        found, level = [], self.entries[number].level
        for other in range(number - 1, -1, -1):
            if self.entries[other].level < level:
                level = self.entries[other].level
                found.append(other)
        return found

    def marked(self, address: str) -> str:
        """HTML of the tree on the page at an address of the unmoved tree."""
        pieces = list(self.pieces)
        for number in self.places.get(address, ()):
            for other in self.above(number):
                pieces[2 * other + 1] = self.entries[other].html(above=True)
            pieces[2 * number + 1] = self.entries[number].html(here=True)
            pieces[0] = pieces[0].replace("<ul>", '<ul class="current">', 1)
        return "".join(pieces)


def drawn_by_theme(app: Sphinx) -> bool:
    """Whether pages are being made whose theme asks for the tree as Furo does."""
    return app.builder.name == "html" and app.config.html_theme == "furo"


def as_beside(address: str, seen: str) -> str:
    """An address as a neighbour sees it: a page leads to itself by `#`.

    >>> as_beside("learn/udp.html", "#"), as_beside("index.html", "../index.html")
    ('udp.html', '../index.html')
    """
    return address.rpartition("/")[2] if seen == "#" else seen


class Sidebar:
    """What one build has drawn."""

    def __init__(self) -> None:
        self.forget()

    def forget(self, *_event: object) -> None:
        """Pages were read: the tree may be another one."""
        self.drawn: str | None = None  # as Sphinx draws it
        self.tree: Tree | None = None  # as the theme makes it
        self.moved: dict[tuple[str, str], Tree] = {}

    def draw(self, builder: StandaloneHTMLBuilder, **options: Any) -> str:
        """HTML of the tree before the theme has it; the same for every page."""
        if self.drawn is None:
            found = global_toctree_for_doc(
                builder.env, NO_PAGE, builder, tags=builder.tags, **options
            )
            self.drawn = str(builder.render_partial(found)["fragment"])
        return self.drawn

    def give(
        self,
        app: Sphinx,
        _page: str,
        _template: str,
        context: dict[str, Any],
        _tree: nodes.document | None,
    ) -> None:
        """Let the theme ask for the tree that is drawn already."""
        builder = app.builder
        if drawn_by_theme(app) and isinstance(builder, StandaloneHTMLBuilder):
            context["toctree"] = lambda **options: self.draw(builder, **options)

    def mark(
        self,
        app: Sphinx,
        page: str,
        _template: str,
        context: dict[str, Any],
        _tree: nodes.document | None,
    ) -> None:
        """Lead the theme's tree from this page, and mark this page in it."""
        if not drawn_by_theme(app):
            return
        if self.tree is None:
            self.tree = Tree(context["furo_navigation_tree"])
        pathto = context["pathto"]
        # The page of notfound.extension is at the top, with absolute addresses.
        place = page.rpartition("/")[0], pathto("_static", resource=True)
        if place not in self.moved:
            self.moved[place] = self.tree.with_addresses(
                lambda address: as_beside(address, pathto(address, resource=True))
            )
        own = app.builder.get_target_uri(page)
        context["furo_navigation_tree"] = self.moved[place].marked(own)


def setup(app: Sphinx) -> None:
    sidebar = Sidebar()
    app.connect("env-updated", sidebar.forget)
    app.connect("html-page-context", sidebar.give, priority=BEFORE_THEME)
    app.connect("html-page-context", sidebar.mark, priority=AFTER_THEME)
