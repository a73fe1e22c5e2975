"""Directive `kernel-suites`: how many statements of public test suites were held
against this project, drawn from evidence/cited/kernel_suites.txt."""

from collections import Counter

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.machines.walking import machine_for
from docs._ext.shared import Directive, row, table
from evidence import cited, machines, store
from evidence.cited import Cell, Claim, Statement, Way
from evidence.machines import Walk

# The heads of the columns, by the part of the project that gives the answer.
COLUMNS = {
    Claim: "In a proof",
    Walk: "In a state machine",
    Cell: "In the sharing table",
    Way: "In the error reference",
}


def by_suite(statements: list[Statement]) -> list[list[str]]:
    """A row for each suite and one for all: statements, and where they are answered."""
    names = list(dict.fromkeys(s.suite for s in statements))
    groups = {name: [s for s in statements if s.suite == name] for name in names}
    groups["All four"] = statements
    rows = []
    for name, mine in groups.items():
        kinds = Counter(type(statement.answers[0]) for statement in mine)
        numbers = [len(mine), *(kinds[kind] for kind in COLUMNS)]
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


class KernelSuites(Directive):
    """The sentence and the table."""

    def show(self) -> list[nodes.Node]:
        """Both, with a complaint for each statement that is contradicted.

        Raises EvidenceError where there is no answer to hold them against.
        """
        path = store.cited(cited.SUITES)
        self.depends_on(path, *map(store.measured, ("sharing.json", "errors.json")))
        for kind in machines.KINDS:
            machine_for(self, f"{kind}-full")
        statements = cited.suites()
        for found in filter(None, map(cited.suite_complaint, statements)):
            self.warn(f"{store.shown(path)}: {found}: {store.cure(path)}")
        rows = [row(*([text] for text in line)) for line in by_suite(statements)]
        heads = ["Test suite", "Statements", *COLUMNS.values()]
        made = table(heads, rows)
        for entry in made.findall(nodes.entry):
            if entry.astext().isdecimal():
                entry["classes"].append("text-right")
        return [nodes.paragraph("", summary(statements)), made]


def setup(app: Sphinx) -> None:
    """Enter the directive."""
    app.add_directive("kernel-suites", KernelSuites)
