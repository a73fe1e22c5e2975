"""Directive `port-sharing`: who may share a port with whom, as it was measured.

Its argument says what is shown: `counts` (a sentence), `addresses`, `connected` and
`options` (tables), `question` (a form that port-question.js brings to life; where
scripts do not run it stays hidden, and the tables hold the same answers).
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.machines.starting import made_from
from docs._ext.shared import Directive, html, one_of
from docs._ext.sharing.question import PROGRAM, form, question
from docs._ext.sharing.tables import TABLES, sentence
from evidence import claims, differences, runs, sharing, store
from evidence.sharing import Sharing

SHOWN = (*TABLES, "counts", "question")
BOX = "port-question-box"


class PortSharing(Directive):
    """```{port-sharing} addresses```, or connected, options, counts, question."""

    required_arguments = 1
    final_argument_whitespace = True

    def show(self) -> list[nodes.Node]:
        """One of SHOWN. A warning says that the marks are of other code than ours."""
        wanted = one_of(self.arguments[0], SHOWN)
        self.depends_on(store.measured(sharing.FILE), *sharing.made_from_files())
        found = sharing.load()
        if sharing.stale(found):
            path = store.measured(sharing.FILE)
            self.warn(f"{store.shown(path)} is stale: {store.cure(path)}")
        if wanted in TABLES:
            return [html(TABLES[wanted](found.by_pair))]
        if wanted == "counts":
            return [html(sentence(found))]
        return [self.form(found)]

    def form(self, found: Sharing) -> nodes.Node:
        """The question, in a container that tells the page to load the script."""
        program = runs.snippet_path(PROGRAM)
        self.depends_on(program, *made_from(), *differences.files())
        domain: Any = self.env.get_domain("claim")
        for claim in dict.fromkeys(claim for _, claim in sharing.answers().values()):
            domain.note(self.env.docname, claim)
        data = question(found.by_pair, claims.read())
        box = nodes.container(classes=[BOX])
        box += html(form(data, program.read_text(encoding="utf-8")))
        return box


def add_script(
    app: Sphinx,
    _page: str,
    _template: str,
    _context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Load port-question.js on the page that asks, and nowhere else."""
    boxes = doctree.findall(nodes.container) if doctree else ()
    if any(BOX in box["classes"] for box in boxes):
        app.add_js_file("port-question.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_directive("port-sharing", PortSharing)
    app.connect("html-page-context", add_script)
