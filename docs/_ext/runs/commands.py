"""Directives `shell` and `not-run`: commands that a reader may type.

Every command in a `shell` block is run by tests/site/runs/test_commands.py. What cannot
be run there stands in a `not-run` block that says why, and is counted.
"""

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx

from docs._ext.shared import Directive


class Shell(Directive):
    """Commands, one a line, as typed: they run in a test."""

    has_content = True

    def show(self) -> list[nodes.Node]:
        text = "\n".join(self.content)
        if not text.strip():
            self.warn("has no command; write one a line")
        block = nodes.literal_block(text, text, language="sh", classes=["shell"])
        return [block]


class NotRun(Shell):
    """Commands that no test runs; the option `reason` is shown below them."""

    option_spec = {"reason": directives.unchanged_required}

    def show(self) -> list[nodes.Node]:
        if "reason" not in self.options:
            self.warn("needs a :reason:, or use {shell} and a test will run it")
        why = self.options.get("reason", "no reason given")
        reason = nodes.paragraph("", f"Not run by our tests: {why}")
        reason["classes"].append("not-run")
        return [*super().show(), reason]


def setup(app: Sphinx) -> None:
    app.add_directive("shell", Shell)
    app.add_directive("not-run", NotRun)
