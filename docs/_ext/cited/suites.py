"""Directive `kernel-suites`: how many statements of public test suites were held
against this project, drawn from evidence/cited/kernel_suites.txt."""

from collections import Counter

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from docs._ext.shared import row as row_of
from evidence import cited
from evidence.cited import Statement

logger = getLogger(__name__)
KINDS = {
    "claims": "a claim",
    "words": "a word of a state machine",
    "cells": "a cell of the port-sharing matrix",
    "rows": "a row of the error reference",
}


def counts(statements: list[Statement]) -> list[list[str]]:
    """A row for each suite and one for all: statements, and where they are answered."""
    names = list(dict.fromkeys(s.suite for s in statements))
    groups = {name: [s for s in statements if s.suite == name] for name in names}
    groups["together"] = statements
    rows = []
    for name, mine in groups.items():
        kinds = Counter(cited.kind_of(s.answers[0]) for s in mine)
        numbers = [len(mine), *(kinds[kind] for kind in KINDS.values())]
        rows.append([name, *map(str, numbers)])
    return rows


def summary(statements: list[Statement]) -> str:
    """One sentence: how many were compared, how many leave a choice.

    That none is contradicted is checked where the sentence is shown.
    """
    choices = sum(s.leaves_a_choice for s in statements)
    return (
        f"{len(statements)} statements of {len({s.file for s in statements})} files "
        f"were compared, and this kernel contradicts none of them; {choices} leave it "
        "a choice."
    )


class KernelSuites(SphinxDirective):
    """The sentence and the table."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(cited.STATEMENTS))
        statements = cited.read()
        for found in filter(None, map(cited.complaint, statements)):
            logger.warning("kernel-suites: %s", found, location=self.get_location())
        head = ["Suite", "all", *KINDS]
        group = nodes.tgroup("", cols=len(head))
        group += [nodes.colspec(colwidth=1) for _ in head]
        group += nodes.thead("", row_of(*([text] for text in head)))
        body = nodes.tbody()
        for row in counts(statements):
            body += row_of(*([text] for text in row))
        group += body
        return [nodes.paragraph("", summary(statements)), nodes.table("", group)]


def setup(app):
    app.add_directive("kernel-suites", KernelSuites)
