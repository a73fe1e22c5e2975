"""What the search knows: every section of every page, as it is read.

A section is a heading with the text below it, up to the next heading; each term of the
glossary and each row of a table that has an anchor is one too. The sections are kept
from build to build, so that a page that did not change is not read again, and are
written as one script, which a page from a file can load too.
"""

import json
import re
from collections.abc import Iterator
from collections.abc import Set as AbstractSet
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.environment.collectors import EnvironmentCollector
from sphinx.util.index_entries import split_index_msg

from docs._ext.claims.text import MARK
from docs._ext.publish.navigation import in_reading_order

FILE = "search-sections.js"
# Not text: programs are found by what is said of them.
NO_TEXT = (
    addnodes.toctree,
    nodes.comment,
    nodes.image,
    nodes.literal_block,
    nodes.raw,
    nodes.system_message,
    nodes.title,
)
BLOCKS = (nodes.paragraph, nodes.row, nodes.term, nodes.line)
GLOSSARY = "reference/glossary"


class Section(NamedTuple):
    """One place that a reader can be led to."""

    anchor: str  # "" is the top of the page
    title: str
    text: str  # a paragraph, a row of a table, a term: each is a line
    entries: list[str]  # of the index: questions that this place answers


def is_list_of_cases(node: nodes.Node) -> bool:
    """Whether it is a list of what differs on other systems: names, no sentences."""
    return isinstance(node, nodes.bullet_list) and "differences" in node["classes"]


def own(node: nodes.Element) -> Iterator[nodes.Node]:
    """The nodes of a section in order, without those of the sections in it."""
    for child in node.children:
        if isinstance(child, (nodes.section, *NO_TEXT)) or is_list_of_cases(child):
            continue
        yield child
        if isinstance(child, nodes.Element) and not isinstance(child, BLOCKS):
            yield from own(child)


def read(node: nodes.Element) -> str:
    """The text of a node as it is read: without HTML of its own and its buttons."""
    without = node.deepcopy()
    for raw in list(without.findall(nodes.raw)):
        raw.replace_self(nodes.Text(" "))
    return without.astext()


def line_of(block: nodes.Element) -> str:
    """The text of a paragraph, or of a row with its cells side by side."""
    if isinstance(block, nodes.row):
        cells = [read(cell) for cell in block.findall(nodes.entry)]
        # A row of programs has nothing to read.
        text = " · ".join(cells) if not list(block.findall(nodes.literal_block)) else ""
    else:
        text = read(block)
    return " ".join(text.replace(MARK, " ").split())


def entries_in(nodes_: list[nodes.Node]) -> list[str]:
    """What the index says of these nodes, without the terms of the glossary."""
    found = []
    for node in nodes_:
        for kind, value, *_ in (
            node["entries"] if isinstance(node, addnodes.index) else ()
        ):
            with suppress(ValueError):  # malformed; Sphinx has said so
                found += split_index_msg(kind, value)
    return list(dict.fromkeys(found))


def section(node: nodes.section, top: bool) -> Section:
    """One section as the search knows it."""
    inside = list(own(node))
    lines = [
        line_of(block)
        for block in inside
        if isinstance(block, BLOCKS) and "byline" not in block["classes"]
    ]
    title = next(
        (one.astext() for one in node.children if isinstance(one, nodes.title)), ""
    )
    return Section(
        "" if top else node["ids"][0],
        title,
        "\n".join(line for line in lines if line),
        entries_in(inside),
    )


def sections(tree: nodes.document, page: str) -> list[Section]:
    """All sections of a page, in order."""
    found = [
        section(node, top=number == 0)
        for number, node in enumerate(tree.findall(nodes.section))
    ]
    if page == GLOSSARY:
        for item in tree.findall(nodes.definition_list_item):
            term = next(iter(item.findall(nodes.term)))
            meaning = next(iter(item.findall(nodes.definition)), None)
            said = read(meaning) if meaning is not None else ""
            text = " ".join(said.replace(MARK, " ").split())
            found.append(Section(term["ids"][0], term.astext(), text, []))
    return found


def cures(tree: nodes.document) -> list[list[str]]:
    """[[what you notice, what to do], …] of an error's page, the commonest first."""
    found = []
    for cause in tree.findall(nodes.container):
        if "cause" in cause["classes"]:
            symptom, *others = [line_of(p) for p in cause.findall(nodes.paragraph)]
            do = next(text for text in others if text.startswith("Do "))
            todo, _, _ = do.removeprefix("Do ").partition(" See ")
            found.append([symptom, todo])
    return found


class Page(NamedTuple):
    """What is kept of a page."""

    sections: list[Section]
    cures: list[list[str]]


class Collector(EnvironmentCollector):
    """Keeps in the environment what the search knows of each page."""

    def clear_doc(self, _app: Sphinx, env: BuildEnvironment, page: str) -> None:
        kept(env).pop(page, None)

    def merge_other(
        self,
        _app: Sphinx,
        env: BuildEnvironment,
        pages: AbstractSet[str],
        other: BuildEnvironment,
    ) -> None:
        kept(env).update(
            {page: kept(other)[page] for page in pages if page in kept(other)}
        )

    def process_doc(self, app: Sphinx, tree: nodes.document) -> None:
        page = app.env.docname
        kept(app.env)[page] = Page(sections(tree, page), cures(tree))


def kept(env: BuildEnvironment) -> dict[str, Page]:
    """All pages that have been read."""
    if not hasattr(env, "search_pages"):
        env.search_pages = {}  # type: ignore[attr-defined]
    found: dict[str, Page] = env.search_pages  # type: ignore[attr-defined]
    return found


KINDS = {
    "errors": "Error",
    "incidents": "Incident",
    "learn": "Learn",
    "recipes": "Recipe",
    "reference": "Look it up",
    "proofs": "Proof",
}


def data(env: BuildEnvironment) -> list[list[Any]]:
    """[[page, kind, title of the page, its sections, cures], …], in reading order."""
    found = kept(env)
    return [
        [
            page,
            KINDS.get(page.partition("/")[0], "Start"),
            env.titles[page].astext(),
            [list(one) for one in found[page].sections],
            found[page].cures,
        ]
        for page in in_reading_order(env)
        if page in found
    ]


def write(app: Sphinx, error: Exception | None) -> None:
    """Write the script with all sections."""
    if error or app.builder.name != "html":
        return
    text = json.dumps(data(app.env), ensure_ascii=False, separators=(",", ":"))
    script = "window.takeSections(" + re.sub("</", r"<\\/", text) + ");\n"
    path = Path(app.outdir, "_static", FILE)
    if not path.exists() or path.read_text(encoding="utf-8") != script:
        path.write_text(script, encoding="utf-8")


def own_page(_app: Sphinx) -> list[tuple[str, dict[str, Any], str]]:
    """The page of the search, which Sphinx's own search does not write any more."""
    return [("search", {}, "search.html")]


def setup(app: Sphinx) -> None:
    app.add_env_collector(Collector)
    app.connect("builder-inited", instead_of_sphinx)
    app.connect("html-collect-pages", own_page)
    app.connect("html-page-context", without_highlights)
    app.connect("build-finished", write)


def without_highlights(
    _app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """Pages do without the script that marks the words of Sphinx's own search."""
    context["script_files"] = [
        script
        for script in context.get("script_files", [])
        if "sphinx_highlight" not in str(getattr(script, "filename", script))
    ]


def instead_of_sphinx(app: Sphinx) -> None:
    """Sphinx makes no index of its own: nobody would ask it."""
    if app.builder.name == "html":
        app.builder.search = False  # type: ignore[attr-defined]
