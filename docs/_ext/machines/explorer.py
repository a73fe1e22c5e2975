"""Directive `explorer` and role `walk`: walks through the learned machines.

```{explorer}
What is shown where scripts do not run.
```
{walk}`bind twice <tcp: bind, bind>`     a link that opens the explorer there
{walk}`<tcp: bind, bind>`                the same; its words are calls and outcomes

The machines go into a script of their own, because a page that was opened as a file may
not fetch data. Only the page with the directive loads it.
"""

import json
from pathlib import Path

from docutils import nodes
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger

from docs._ext.machines import walks
from docs._ext.machines.machine import to_explorer
from docs._ext.runs.sequence import html
from evidence import machines, store

logger = getLogger(__name__)
DATA = "explorer-data.js"
MESSAGES = {  # strerror(3) of Linux; the build may run elsewhere
    "EADDRINUSE": "Address already in use",
    "EAGAIN": "Resource temporarily unavailable",
    "ECONNABORTED": "Software caused connection abort",
    "ECONNREFUSED": "Connection refused",
    "ECONNRESET": "Connection reset by peer",
    "EDESTADDRREQ": "Destination address required",
    "EINPROGRESS": "Operation now in progress",
    "EINVAL": "Invalid argument",
    "EISCONN": "Transport endpoint is already connected",
    "ENOENT": "No such file or directory",
    "ENOTCONN": "Transport endpoint is not connected",
    "EPERM": "Operation not permitted",
    "EPIPE": "Broken pipe",
}


class Misspelt(Exception):
    """A walk that cannot be walked; the text says why."""


def data() -> dict:
    """Everything that the explorer knows: messages of errors, and five machines.

    What TCP over IPv6 shares with TCP over IPv4 is there once: see `like`.
    """
    kinds = {
        kind: compact(machines.load(f"{kind}-full")) | {"program": program(kind)}
        for kind in machines.KINDS
    }
    four, six = kinds["tcp"], kinds["tcp6"]
    own = {key: told for key, told in six.items() if told != four[key]}
    kinds["tcp6"] = own | {"like": "tcp"}
    return {"messages": MESSAGES, "kinds": kinds}


def compact(machine: dict) -> dict:
    """A machine as tables of indexes.

    `steps` has a row for each state, and in it two numbers for each input: a line of
    `results`, which is [outcome, local name, peer name], and the next state.
    """
    names = [state["name"] for state in machine["states"]]
    number = {name: n for n, name in enumerate(names)}
    results: dict[tuple, int] = {}
    steps = machines.table(machine)
    rows = []
    for state in names:
        row = []
        for given in machine["inputs"]:
            *result, after = steps[state, given]
            row += [results.setdefault(tuple(result), len(results)), number[after]]
        rows.append(row)
    return {
        "title": machine["socket"],
        "made": machine["made_by"],
        "inputs": [
            [given, told["call"], told["meaning"], int(told["by"] == "you")]
            for given, told in machine["inputs"].items()
        ],
        "states": names,
        "start": number[machine["start"]],
        "results": [list(result) for result in results],
        "steps": rows,
    }


def program(kind: str) -> dict:
    """The parts of a program, and which of them every walk and each input needs."""
    inputs = machines.load(f"{kind}-full")["inputs"]
    return {
        "parts": [text for text, _, _ in walks.parts(kind)],
        "step": walks.uses(kind, "step"),
        "uses": [walks.uses(kind, given) for given in inputs],
    }


def script() -> str:
    """The data as a script."""
    told = json.dumps(data(), ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.socketMachines = {told};\n"


def fragment(walk: str) -> str:
    """`tcp: bind, connect` -> `tcp:bind,connect`. Raises Misspelt."""
    kind, _, given = walk.partition(":")
    word = given.replace(",", " ").split()
    if kind not in machines.KINDS:
        raise Misspelt(f"{walk!r} begins with none of {', '.join(machines.KINDS)}")
    machine = machines.load(f"{kind}-full")
    if wrong := [name for name in word if name not in machine["inputs"]]:
        known = ", ".join(machine["inputs"])
        raise Misspelt(f"{walk!r}: no {wrong[0]!r} in {kind}; there are {known}")
    for name, (outcome, _, _) in zip(
        word, machines.follow(machine, [word])[0], strict=True
    ):
        if outcome.startswith("nothing"):
            raise Misspelt(f"{walk!r}: {name} cannot happen there, {outcome}")
    return f"{kind}:{','.join(word)}"


def measured(walk: str) -> str:
    """A fragment in words: each call and its outcome."""
    kind, _, given = walk.partition(":")
    machine, word = machines.load(f"{kind}-full"), given.split(",")
    return "; ".join(
        f"{machine['inputs'][name]['call']}: {outcome}"
        for name, (outcome, _, _) in zip(
            word, machines.follow(machine, [word])[0], strict=True
        )
    )


class WalkRole(SphinxRole):
    """{walk}`words <tcp: bind, bind>`: a link that opens the explorer there."""

    def run(self) -> tuple[list[nodes.Node], list]:
        words, _, walk = self.text.rpartition("<")
        try:
            target = fragment(walk.rstrip(">"))
        except (Misspelt, store.EvidenceError) as error:
            logger.warning("walk: %s", error, location=self.get_location())
            return [nodes.inline(self.text, words)], []
        uri = f"{to_explorer(self.env.docname)}#{target}"
        link = nodes.reference("", "", refuri=uri, classes=["walk"])
        link += nodes.inline("", words.strip() or measured(target))
        return [link], []


class ExplorerDirective(SphinxDirective):
    """```{explorer}```: the page's script fills it; the content is for the others."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        full = [machines.path_of(f"{kind}-full") for kind in machines.KINDS]
        for path in [*full, *Path(walks.__file__).parent.glob("*.py")]:
            self.env.note_dependency(str(path))
        try:
            data()
        except store.EvidenceError as error:
            logger.warning("explorer: %s", error, location=self.get_location())
            return []
        box = nodes.container(classes=["explorer"])
        box += html('<div id="explorer"></div>')
        otherwise = nodes.container(classes=["without-script"])  # which removes it
        self.state.nested_parse(self.content, self.content_offset, otherwise)
        box += otherwise
        return [box]


def write_script(app) -> None:
    """Put the machines beside the static files, before their checksums are taken."""
    if app.builder.format != "html":
        return
    target = Path(app.outdir, "_static", DATA)
    try:
        machines.load.cache_clear()  # a server that follows changes lives for long
        text = script()
    except store.EvidenceError:
        return  # the directive complains
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists() or target.read_text() != text:
        target.write_text(text)


def load_on_page(app, pagename, templatename, context, doctree) -> None:
    """Add both scripts to the page that has the explorer."""
    if doctree and any(
        "explorer" in node["classes"] for node in doctree.findall(nodes.container)
    ):
        for name in (DATA, "explorer.js"):
            app.add_js_file(name, defer="defer")


def setup(app):
    app.add_directive("explorer", ExplorerDirective)
    app.add_role("walk", WalkRole())
    app.connect("builder-inited", write_script)
    app.connect("html-page-context", load_on_page)
