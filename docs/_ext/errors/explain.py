"""Directive `explain`: a field for a traceback, for what strace or ss printed.

```{explain}
What is shown where scripts do not run.
```

explain.js reads what is pasted, and answers from explain-data.js, which is made here
from the evidence. It is a script and no JSON, because a page that was opened as a file
may not fetch data. Only the page with the directive loads them.
"""

import errno
import json
import sys
from html import escape
from itertools import product
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.osutil import relative_uri

from docs._ext.claims import domain
from docs._ext.claims.text import anchor
from docs._ext.errors import explain_tables as tables
from docs._ext.errors import proved
from docs._ext.errors.directives import ErrorsDirective
from docs._ext.machines.walking import machine_for, to_explorer
from docs._ext.shared import Refused, html
from evidence import claims, errors, machines, sharing, store, systems
from evidence.calls import errno_name
from evidence.machines import Machine
from evidence.sharing import Pair, Side

DATA = "explain-data.js"
PAGE = "errors/explain"  # from where the links lead
EXAMPLES = Path(__file__).with_name("examples")
BUTTONS = (("traceback", "a traceback"), ("strace", "strace"), ("ss", "ss"))
CURE = "# The cure:\n"  # what the programs of the evidence say before it
# What `ss` can tell of the addresses of two sockets.
PLACES = ("0.0.0.0", "127.0.0.1", "127.0.0.2", "::", ":: V6ONLY", "::1")
HOLDS = (("TCP", "listening"), ("UDP", "bound"))
KINDS = ("tcp", "udp", "unix-stream", "unix-datagram")


def spoken_of() -> list[str]:
    """Every claim that an answer can lead to, each once.

    Raises EvidenceError.
    """
    of_ways = [claim for mine in proved.PROVED.values() for claim in mine]
    of_pairs = [claim for _, claim in sharing.answers().values()]
    of_words = [claim for _, claim in tables.WORDS.values() if claim]
    return list(dict.fromkeys([*of_ways, *of_words, *of_pairs]))


def data() -> dict[str, Any]:
    """All that the answers are made of, except where the links lead.

    Raises EvidenceError.
    """
    rows = errors.load()
    known = claims.read()
    return {
        "where": systems.name(rows.platform),
        "kinds": errors.KINDS,
        "errnos": told_of_errnos(),
        "numbers": numbers(),
        "ways": ways(),
        "proved": proved.PROVED,
        "calls": {name: told.split() for name, told in tables.CALLS.items()},
        "logged": {name: told.split() for name, told in tables.LOGGED.items()},
        "aliases": tables.ALIASES,
        "classes": tables.CLASSES,
        "common": tables.COMMON.split(),
        "forms": tables.FORMS,
        "spelt": tables.SPELT,
        "library": tables.LIBRARY,
        "hints": tables.HINTS,
        "words": tables.WORDS,
        "claims": {c: known[c].sentence for c in spoken_of() if c in known},
        "sharing": shares(),
        "machines": {kind: steps(machines.load(f"{kind}-core")) for kind in KINDS},
    }


def told_of_errnos() -> dict[str, dict[str, Any]]:
    """{error: its number and text here, and what other systems have for it}."""
    found: dict[str, dict[str, Any]] = {}
    for way in errors.load().rows:
        text = way.text if way.number is not None else way.message
        found.setdefault(way.errno, {"number": way.number, "text": text})
    for name, other in errors.elsewhere().items():
        if name in found:
            found[name] |= {
                "macos": other.macos,
                "freebsd": other.freebsd,
                "others": [text for text in (other.text, other.macos_text) if text],
                "windows": other.windows,
                "winsock": other.name,
                "windowsText": other.windows_text,
            }
    return found


def numbers() -> dict[str, str]:
    """{number: errno} of Linux: what was measured, and the rest where this is Linux."""
    found = {str(n): errno_name(n) for n in errno.errorcode if sys.platform == "linux"}
    for way in errors.load().rows:
        if way.number is not None and way.number > 0:
            found[str(way.number)] = way.errno
    return found


def ways() -> list[list[Any]]:
    """A list for each way: id, call, errno, kinds, cause, cure, why not tried, lines.

    `kinds` has a bit for each of errors.KINDS; `lines` are the cure, as it was done.
    """
    common = {way: place for place, way in enumerate(proved.COMMONEST)}
    ordered = sorted(errors.load().rows, key=lambda way: common.get(way.id, 99))
    return [
        [
            way.id,
            way.call,
            way.errno,
            sum(1 << errors.KINDS.index(kind) for kind in way.sockets),
            way.cause,
            way.cure,
            way.unshown,
            way.program.partition(CURE)[2].removesuffix('print("cured")\n').strip(),
        ]
        for way in ordered
    ]


def shares() -> dict[str, dict[str, dict[str, list[str]]]]:
    """{protocol: {place: {place: [claim, options that both need, one of them]}}}.

    Of two TCP sockets that listen, and of two UDP sockets that are bound, as measured.
    """
    marks, rules = sharing.load().by_pair, sharing.answers()
    alone = ("SO_REUSEADDR", "SO_REUSEPORT")
    found: dict[str, dict[str, dict[str, list[str]]]] = {}
    for (protocol, state), one, other in product(HOLDS, PLACES, PLACES):
        both = {
            option: Pair(
                Side(protocol, one, option), state, Side(protocol, other, option)
            )
            for option in ("no option", *alone)
        }
        free = marks[both["no option"]] == sharing.SHARED
        need = [option for option in alone if marks[both[option]] == sharing.SHARED]
        claim = rules[both["no option" if free else "SO_REUSEPORT"]][1]
        row = found.setdefault(protocol, {}).setdefault(one, {})
        row[other] = [claim, *([] if free else need)]
    return found


def steps(machine: Machine) -> dict[str, Any]:
    """{state: {input: [outcome, next state]}} of a machine, and where it begins."""
    table: dict[str, dict[str, list[str]]] = {}
    for row in machine.rows:
        table.setdefault(row.state, {})[row.given] = [row.outcome, row.after]
    return {"start": machine.start, "steps": table}


def places(env: BuildEnvironment) -> dict[str, Any]:
    """Where the links of an answer lead, from PAGE; what has no page is left out."""

    def to(page: str, label: str) -> str:
        return f"{relative_uri(f'{PAGE}.html', f'{page}.html')}#{label}"

    labels = env.domains.standard_domain.anonlabels
    pages = {
        name: to(*labels[label])
        for name in told_of_errnos()
        if (label := f"errno-{name.lower()}") in labels
    }
    homes = {}
    for claim in spoken_of():
        if stated := domain.of(env).first("states", claim):
            homes[claim] = to(stated.page, anchor(claim))
    return {"pages": pages, "homes": homes, "explorer": to_explorer(PAGE)}


def script(env: BuildEnvironment) -> str:
    """The data as a script. Raises EvidenceError."""
    told = json.dumps(data() | places(env), ensure_ascii=False, separators=(",", ":"))
    return f"globalThis.explainData = {told};\n"


def field() -> str:
    """HTML of the field, its buttons, and the place of the answers."""
    buttons = "".join(
        f'<button type="button" data-example="{name}">{label}</button>'
        for name, label in BUTTONS
    )
    texts = "".join(
        f'<template data-name="{name}">'
        f"{escape((EXAMPLES / f'{name}.txt').read_text(encoding='utf-8'), False)}"
        "</template>"
        for name, _ in BUTTONS
    )
    return (
        '<div id="explain" hidden>'
        '<label for="explain-text">Paste a traceback, or what strace or ss printed'
        '</label><textarea id="explain-text" rows="9" spellcheck="false" '
        'autocomplete="off" autocapitalize="off" '
        'aria-describedby="explain-private"></textarea>'
        f'<div class="explain-tools"><span>Examples:</span>{buttons}'
        '<button type="button" class="explain-clear">Clear</button></div>'
        '<p id="explain-private">What you paste stays in this page: '
        "nothing is sent, nothing is kept.</p>"
        '<p class="explain-said" role="status" aria-live="polite"></p>'
        f'<div class="explain-answers"></div>{texts}</div>'
    )


class Explain(ErrorsDirective):
    """```{explain}```: the page's script fills it; the content is for the others."""

    has_content = True

    def show(self) -> list[nodes.Node]:
        """The field, and what stands there without scripts."""
        if not self.content:
            raise Refused("it needs content, for readers without scripts: write some")
        self.depends_on(
            store.cited(errors.ELSEWHERE),
            store.measured(sharing.FILE),
            *EXAMPLES.glob("*.txt"),
        )
        self.check(self.load().rows)
        for kind in KINDS:
            machine_for(self, f"{kind}-core")
        if sharing.stale(sharing.load()):
            path = store.measured(sharing.FILE)
            self.warn(f"{store.shown(path)} is stale: {store.cure(path)}")
        data()  # what it complains of is told here
        for claim in spoken_of():
            domain.of(self.env).note(self.env.docname, claim, line=self.lineno)
        box = nodes.container(classes=["explain"])
        box += html(field())
        otherwise = nodes.container(classes=["without-script"])  # which removes it
        self.state.nested_parse(self.content, self.content_offset, otherwise)
        box += otherwise
        return [box]


def write_script(app: Sphinx, env: BuildEnvironment) -> None:
    """Put the data beside the static files, before their checksums are taken."""
    if app.builder.format != "html":
        return
    try:
        text = script(env)
    except store.EvidenceError:
        return  # the directive complains
    target = Path(app.outdir, "_static", DATA)
    if target.exists() and target.read_text(encoding="utf-8") == text:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(text, encoding="utf-8")


def load_on_page(
    app: Sphinx,
    pagename: str,
    templatename: str,
    context: dict[str, Any],
    doctree: nodes.document | None,
) -> None:
    """Add both scripts to the page that has the field."""
    if doctree and any(
        "explain" in node["classes"] for node in doctree.findall(nodes.container)
    ):
        for name in (DATA, "explain.js", "explain-page.js"):
            app.add_js_file(name, defer="defer")


def setup(app: Sphinx) -> None:
    """Enter the directive; write its data, and load it where it is."""
    app.add_directive("explain", Explain)
    app.connect("env-updated", write_script)
    app.connect("html-page-context", load_on_page)
