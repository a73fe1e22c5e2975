"""A JSON Schema for each kind of published file, made of the records that we read.

```{schemas}     a table of all kinds: which files, and the schema of each

To publish another kind, add its record here and describe its fields in
docs/reference/data.md.
"""

import json
from typing import Any, NamedTuple

import msgspec
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.util.osutil import relative_uri

from docs._ext.shared import Directive, row, table
from evidence import (
    cited,
    claims,
    differences,
    errors,
    incidents,
    machines,
    runs,
    runtimes,
    sharing,
    systems,
)

FOLDER = "evidence/schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"


class Kind(NamedTuple):
    """Files of one kind: a pattern of their addresses, and the record in each."""

    files: str
    record: type[msgspec.Struct]


KINDS = {
    "platforms": Kind("evidence/platforms.json", systems.Platforms),
    "claims": Kind("evidence/claims/*", claims.Outcomes),
    "runs": Kind("evidence/runs/*", runs.Recording),
    "errors": Kind("evidence/errors.json", errors.Errors),
    "errors_elsewhere": Kind("evidence/errors_elsewhere.json", errors.ElsewhereFile),
    "errors_in_manual_pages": Kind(
        "evidence/errors_in_manual_pages.json", errors.ManualPages
    ),
    "sharing": Kind("evidence/sharing.json", sharing.Sharing),
    "machines": Kind("evidence/machines/*", machines.Machine),
    "incidents": Kind("evidence/incidents/*", incidents.Incident),
    "incidents_looked_up": Kind("evidence/incidents.json", incidents.CitedFile),
    "runtimes": Kind("evidence/runtimes.json", runtimes.Runtimes),
    "systems": Kind("evidence/systems/*", differences.System),
    "differences": Kind("evidence/differences.json", differences.ExplainedFile),
    "netsem": Kind("evidence/netsem.json", cited.Netsem),
}


def address(kind: str) -> str:
    """Where the schema of a kind is on the site."""
    return f"{FOLDER}/{kind}.json"


def schema(kind: str) -> dict[str, Any]:
    """The schema of a kind."""
    return {
        "$schema": DIALECT,
        "title": kind,
        **msgspec.json.schema(KINDS[kind].record),
    }


def published() -> dict[str, str]:
    """{address on the site: text} of every schema."""
    return {
        address(kind): json.dumps(schema(kind), indent=1, ensure_ascii=False) + "\n"
        for kind in KINDS
    }


class SchemaTable(Directive):
    """Which files there are, and the schema of each."""

    def show(self) -> list[nodes.Node]:
        page = f"{self.env.docname}.html"
        rows = []
        for kind, (files, _) in KINDS.items():
            link = nodes.reference("", "", refuri=relative_uri(page, address(kind)))
            link += nodes.literal("", address(kind))
            rows.append(row([nodes.literal("", files)], [link]))
        return [table(["files", "schema"], rows)]


def setup(app: Sphinx) -> None:
    app.add_directive("schemas", SchemaTable)
