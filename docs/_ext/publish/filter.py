"""Directive `filter`: a field that leaves of a long page what has the words typed.

```{filter} dl.glossary > dt``` with the options `label` and `counted`, a selector
of those items that are counted, if not all. The argument is a selector of the items;
without scripts there is no field.
"""

from html import escape
from typing import Any

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from docs._ext.shared import Directive, html


def filter_field(items: str, label: str, counted: str = "") -> nodes.raw:
    """HTML of the field. items, counted: selectors; label: what is filtered."""
    return html(
        f'<p class="filter" data-items="{escape(items)}" '
        f'data-counted="{escape(counted)}" hidden><label>{escape(label)} '
        '<input type="search" autocomplete="off"></label> '
        '<span class="filter-count" aria-live="polite"></span></p>'
    )


class Filter(Directive):
    required_arguments = 1
    final_argument_whitespace = True
    option_spec = {
        "label": directives.unchanged_required,
        "counted": directives.unchanged_required,
    }

    def show(self) -> list[nodes.Node]:
        label = self.options.get("label", "Filter:")
        counted = self.options.get("counted", "")
        return [filter_field(self.arguments[0], label, counted)]


def add_script(
    app: Sphinx,
    _page: str,
    _template: str,
    _context: dict[str, Any],
    tree: nodes.document | None,
) -> None:
    """Only a page with such a field loads the script."""
    if tree and any(
        'class="filter"' in raw.astext() for raw in tree.findall(nodes.raw)
    ):
        app.add_js_file("filter.js", loading_method="defer")


def setup(app: Sphinx) -> None:
    app.add_directive("filter", Filter)
    app.connect("html-page-context", add_script)
