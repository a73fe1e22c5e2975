"""Directive `explorer`: an app that walks through the learned machines.

```{explorer}
What is shown where scripts do not run.
```

The machines go into a script of their own, because a page that was opened as a file may
not fetch data. Only the page with the directive loads it.
"""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.machines import walks
from docs._ext.machines.walking import machine_for
from docs._ext.shared import Directive, Refused, html, newer
from evidence import differences, errors, machines, store
from evidence.calls import is_errno
from evidence.machines import Machine, Output

DATA = "explorer-data.js"


def data() -> dict[str, Any]:
    """Everything that the explorer knows: messages of errors, and five machines.

    What TCP over IPv6 shares with TCP over IPv4 is there once: see `like`. Raises
    EvidenceError, and Refused where a program lacks something.
    """
    full = {kind: machines.load(f"{kind}-full") for kind in machines.KINDS}
    kinds = {
        kind: compact(machine) | {"program": program(machine)}
        for kind, machine in full.items()
    }
    four, six = kinds["tcp"], kinds["tcp6"]
    own = {key: told for key, told in six.items() if told != four[key]}
    kinds["tcp6"] = own | {"like": "tcp"}
    return {
        "messages": messages(errors_of(full.values())),
        "kinds": kinds,
        "elsewhere": elsewhere(),
    }


def elsewhere() -> dict[str, str]:
    """{walk: what its last call gives on which other system}, where that is another.

    Of the walks that lead to a difference only the shortest is known. Raises
    EvidenceError.
    """
    told: dict[str, list[str]] = {}
    for system in map(differences.load, differences.ids()):
        for one in system.differences:
            if one.id.startswith("sequence ") and one.where:
                walk = one.where[0].replace(": ", ":").replace(", ", ",")
                told.setdefault(walk, []).append(f"{one.there} on {system.title}")
    return {walk: "; ".join(ends) for walk, ends in sorted(told.items())}


def errors_of(learned: Iterable[Machine]) -> set[str]:
    """The errnos that calls of some machines give, or tell of."""
    rows = (row for machine in learned for row in machine.rows)
    outcomes = {row.outcome.removeprefix("pending ") for row in rows}
    return {outcome for outcome in outcomes if is_errno(outcome)}


def messages(names: Iterable[str]) -> dict[str, str]:
    """{errno: its text, strerror(3)}, as the error reference has it; sorted.

    Raises EvidenceError where it has none.
    """
    known = errors.messages()
    if missing := sorted({*names} - known.keys()):
        raise store.EvidenceError(
            f"{store.shown(store.measured(errors.FILE))} has no {', '.join(missing)}: "
            f"write a way to it in lab/errors/ and {store.CURE}"
        )
    return {name: known[name] for name in sorted(names)}


def compact(machine: Machine) -> dict[str, Any]:
    """A machine as tables of indexes.

    `steps` has a row for each state, and in it two numbers for each input: a line of
    `results`, which is [outcome, local name, peer name], and the next state.
    """
    names = [state.name for state in machine.states]
    number = {name: n for n, name in enumerate(names)}
    results: dict[Output, int] = {}
    steps: list[list[int]] = [[] for _ in names]
    for row in machine.rows:
        result = results.setdefault(row.output, len(results))
        steps[number[row.state]] += [result, number[row.after]]
    return {
        "title": machine.socket,
        "made": machine.made_by,
        "inputs": [
            [given, told.call, told.meaning, int(told.by == "you")]
            for given, told in machine.inputs.items()
        ],
        "states": names,
        "start": number[machine.start],
        "results": [list(result) for result in results],
        "steps": steps,
    }


def program(machine: Machine) -> dict[str, Any]:
    """The parts of a program, and which of them every walk and each input needs."""
    kind = machine.kind
    return {
        "parts": [part.text for part in walks.parts(kind)],
        "step": walks.uses(kind, "step"),
        "uses": [walks.uses(kind, given) for given in machine.inputs],
    }


def made_from() -> list[Path]:
    """The files that the script is made from, and the code that makes it."""
    code = (Path(__file__), Path(walks.__file__), Path(machines.__file__))
    return [
        store.measured(errors.FILE),
        *differences.files(),
        *(machines.path_of(f"{kind}-full") for kind in machines.KINDS),
        *(file for path in code for file in path.parent.glob("*.py")),
    ]


def script() -> str:
    """The data as a script. Raises EvidenceError, Refused."""
    told = json.dumps(data(), ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.socketMachines = {told};\n"


class Explorer(Directive):
    """```{explorer}```: the page's script fills it; the content is for the others."""

    has_content = True

    def show(self) -> list[nodes.Node]:
        """A box for the script, and what stands there without it."""
        if not self.content:
            raise Refused("it needs content, for readers without scripts: write some")
        self.depends_on(store.measured(errors.FILE), *differences.files())
        self.depends_on(*Path(walks.__file__).parent.glob("*.py"))
        for kind in machines.KINDS:
            machine_for(self, f"{kind}-full")
        data()  # what it complains of is told here
        box = nodes.container(classes=["explorer"])
        box += html('<div id="explorer"></div>')
        otherwise = nodes.container(classes=["without-script"])  # which removes it
        self.state.nested_parse(self.content, self.content_offset, otherwise)
        box += otherwise
        return [box]


def write_script(app: Sphinx) -> None:
    """Put the machines beside the static files, before their checksums are taken."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", DATA)
    if not newer(made_from(), target):
        return
    try:
        text = script()
    except (store.EvidenceError, Refused):
        return  # the directive complains
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def load_on_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add both scripts to the page that has the explorer."""
    if doctree and any(
        "explorer" in node["classes"] for node in doctree.findall(nodes.container)
    ):
        for name in (DATA, "explorer.js"):
            app.add_js_file(name, defer="defer")


def setup(app: Sphinx) -> None:
    """Enter the directive; write its data, and load it where it is."""
    app.add_directive("explorer", Explorer)
    app.connect("builder-inited", write_script)
    app.connect("html-page-context", load_on_page)
