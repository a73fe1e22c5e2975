"""Directives `shell` and `not-run`: commands that a reader may type.

Every command in a `shell` block is run by tests/site/test_commands.py. What cannot
be run there stands in a `not-run` block that says why, and is counted.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

logger = getLogger(__name__)


class Shell(SphinxDirective):
    """Commands, one a line, as typed: they run in a test."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        block = nodes.literal_block(text, text, language="sh", classes=["shell"])
        return [block]


class NotRun(SphinxDirective):
    """Commands that no test runs; the option `reason` is shown below them."""

    has_content = True
    option_spec = {"reason": directives.unchanged_required}

    def run(self) -> list[nodes.Node]:
        if "reason" not in self.options:
            logger.warning(
                "not-run needs a :reason:, or use {shell} and a test will run it",
                location=self.get_location(),
            )
        text = "\n".join(self.content)
        block = nodes.literal_block(text, text, language="sh", classes=["shell"])
        reason = (
            f"Not run by our tests: {self.options.get('reason', 'no reason given')}"
        )
        return [block, nodes.paragraph("", reason, classes=["not-run"])]


def setup(app):
    app.add_directive("shell", Shell)
    app.add_directive("not-run", NotRun)
