"""The error reference, drawn from evidence/errors.json.

```{errno-facts} EADDRINUSE```  what Python and others print for one error
```{errno} EADDRINUSE```    the table of the ways to it
```{errno-index}```         every error on one table, with links
```{errno-counts}```        how many were provoked, where and when
```{not-provoked}```        what the man pages list and we did not provoke
"""

import ast
from itertools import groupby
from textwrap import dedent

from docutils import nodes
from sphinx import addnodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from docs._ext.claims.text import words
from docs._ext.runs.sequence import html
from docs._ext.runs.snippet import part_of
from evidence import store, systems

logger = getLogger(__name__)
FILE = "errors.json"
PROGRAMS = store.ROOT / "lab" / "errors" / "provocations.py"
ORDER = "bind listen accept connect getsockname getpeername shutdown send sendto recv"

# Not measured: the numbers and texts of other systems, with their sources.
ELSEWHERE = "errors_elsewhere.json"
SHORTER = (
    ("TCP/IPv4 TCP/IPv6", "TCP"),
    ("UDP/IPv4 UDP/IPv6", "UDP"),
    ("Unix stream Unix datagram", "Unix"),
    ("TCP UDP Unix", "all sockets"),
    ("TCP/IPv4 UDP/IPv4", "TCP and UDP, IPv4 only"),
    ("TCP/IPv6 UDP/IPv6", "TCP and UDP, IPv6 only"),
    ("TCP/IPv4", "TCP over IPv4"),
    ("TCP/IPv6", "TCP over IPv6"),
    ("UDP/IPv4", "UDP over IPv4"),
    ("UDP/IPv6", "UDP over IPv6"),
)


def kinds(sockets: list[str]) -> str:
    """Kinds of sockets in few words.

    >>> kinds(["TCP/IPv4", "TCP/IPv6", "UDP/IPv4"])
    'TCP, UDP over IPv4'
    """
    text = "|".join(sockets)
    for long, short in SHORTER:
        for name in ("Unix stream", "Unix datagram"):
            long = long.replace(name, name.replace(" ", "_"))
        text = text.replace(" ", "_").replace("|".join(long.split()), short)
    return text.replace("|", ", ").replace("_", " ")


def program(source: str, name: str) -> str:
    """The statements of a provocation, without its decorator, name and cause."""
    function = part_of(source, name)
    body = ast.parse(function).body[0].body
    lines = function.splitlines()[body[1].lineno - 1 :]
    return dedent("\n".join(lines)) + "\n"


def by_call(rows: list[dict]) -> list[tuple[str, list[dict]]]:
    """Rows under their calls, in the order in which a program makes them."""
    order = ORDER.split()
    ordered = sorted(rows, key=lambda row: order.index(row["call"]))
    return [
        (call, list(group)) for call, group in groupby(ordered, lambda row: row["call"])
    ]


def elsewhere(name: str, here: str = "") -> str:
    """What other systems give for this error, in words; not measured.

    here: the text on this system; the others' is told where it is another one.
    """
    known = store.load_dict(ELSEWHERE)["errors"].get(name)
    if not known:
        return ""
    text = f" {known['text']}" if known["text"] != here else ""
    if known["macos"] == known["freebsd"]:
        told = [f"[Errno {known['macos']}]{text} on macOS and FreeBSD"]
    else:
        told = [f"[Errno {known['macos']}] {known['macos_text']} on macOS"]
        told += [f"[Errno {known['freebsd']}]{text} on FreeBSD"]
    if "windows" in known:
        told.append(
            f"[WinError {known['windows']}] {known['windows_text']} "
            f"({known['name']}) on Windows"
        )
    return "; ".join(told)


class ErrnoDirective(SphinxDirective):
    """What the directives about one error share: its rows of the evidence."""

    required_arguments = 1

    def run(self) -> list[nodes.Node]:
        name = self.arguments[0]
        self.env.note_dependency(str(store.measured() / FILE))
        self.env.note_dependency(str(store.cited(ELSEWHERE)))
        self.env.note_dependency(str(PROGRAMS))
        found = store.load_dict(FILE)
        rows = [row for row in found["rows"] if row["errno"] == name]
        if rows:
            return self.show(name, rows, found)
        logger.warning(
            "no error %r in evidence/%s; there are: %s",
            name,
            FILE,
            " ".join(sorted({row["errno"] for row in found["rows"]})),
            location=self.get_location(),
        )
        return []


class ErrnoFacts(ErrnoDirective):
    """What is printed for one error; links to the error lead here."""

    def show(self, name: str, rows: list[dict], found: dict) -> list[nodes.Node]:
        label = f"errno-{name.lower()}"
        std = self.env.get_domain("std")
        std.anonlabels[label] = self.env.docname, label
        std.labels[label] = self.env.docname, label, name
        return [nodes.target("", "", ids=[label]), facts(name, rows)]


class Errno(ErrnoDirective):
    """Every way to one error that was provoked."""

    def show(self, name: str, rows: list[dict], found: dict) -> list[nodes.Node]:
        return [ways(rows), where_and_when(found)]


def facts(name: str, rows: list[dict]) -> nodes.Node:
    """A short list: what Python and others print."""
    made = nodes.bullet_list(classes=["error-facts"])
    number = rows[0]["number"]
    shown = [f"Python: {rows[0]['exception']}: {rows[0]['message']}"]
    if number and number > 0:
        text = rows[0]["message"].partition("] ")[2]
        calls = {row["call"] for row in rows} - {"getsockname", "getpeername"}
        called = " or ".join(
            f"{c}: {text.lower()}" for c in ORDER.split() if c in calls
        )
        shown.append(f"Other programs: {called or text}")
    if told := elsewhere(name, rows[0]["message"].partition("] ")[2]):
        shown.append(f"Elsewhere: {told}")
    for line in shown:
        label, _, text = line.partition(": ")
        item = nodes.paragraph("", f"{label}: ", nodes.literal("", text))
        if label != "Python":
            item = nodes.paragraph("", f"{label}: {text}")
        made += nodes.list_item("", item)
    return made


def ways(rows: list[dict]) -> nodes.Node:
    """The table, under each call: kinds of sockets, cause with its program, cure."""
    source = PROGRAMS.read_text()
    group = nodes.tgroup("", cols=3)
    group += [nodes.colspec(colwidth=width) for width in (16, 44, 40)]
    group += nodes.thead("", row_of(["Sockets"], ["Why it failed"], ["What to do"]))
    body = nodes.tbody()
    for call, mine in by_call(rows):
        body += nodes.row(
            "", *row_of([nodes.literal("", f"{call}()")]), classes=["call"]
        )
        body[-1][0]["morecols"] = 2
        for row in mine:
            entry = row_of([kinds(row["sockets"])], words(row["cause"]), cure(row))
            code = program(source, row["id"])
            entry[1] += html('<details class="program"><summary>Program</summary>')
            entry[1] += nodes.literal_block(code, code, language="python-socket")
            entry[1] += html("</details>")
            body += entry
    group += body
    return nodes.table("", group, classes=["errors", "colwidths-given"])


def cure(row: dict) -> list[nodes.Node]:
    """What to do, and where to read on, as far as the cure has not named it."""
    made = words(row["cure"])
    more = [text for text in row["see"] if f"`{text}`" not in row["cure"]]
    for at, text in enumerate(more):
        made += [nodes.Text(", " if at else " See "), see(text)]
    return [*made, nodes.Text(".")] if more else made


def see(text: str) -> nodes.Node:
    """A man page is linked, an option or a sysctl is code."""
    if text.endswith(")"):
        name, _, section = text.rstrip(")").partition("(")
        url = f"https://man7.org/linux/man-pages/man{section}/{name}.{section}.html"
        return nodes.reference("", text, refuri=url)
    return nodes.literal("", text)


def row_of(*cells: list) -> nodes.row:
    """A table row; each cell is a list of nodes or texts."""
    row = nodes.row()
    for cell in cells:
        content = [nodes.Text(c) if isinstance(c, str) else c for c in cell]
        row += nodes.entry("", nodes.paragraph("", "", *content))
    return row


def where_and_when(found: dict) -> nodes.Node:
    """The system on which the errors were provoked, and the day."""
    text = (
        f"Provoked on {systems.name(found['platform'])}, {found['date']}. "
        "In the programs `kit.new()` is a new socket of the row's kind, `kit.free()` "
        "an address for `bind()`, `kit.far` another machine."
    )
    return nodes.paragraph("", "", *words(text), classes=["provoked"])


class ErrnoIndex(SphinxDirective):
    """Every error, by number: what is printed, which calls give it."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(store.measured() / FILE))
        rows = store.load_dict(FILE)["rows"]
        group = nodes.tgroup("", cols=3)
        group += [nodes.colspec(colwidth=width) for width in (22, 48, 30)]
        group += nodes.thead("", row_of(["Error"], ["Python prints"], ["Calls"]))
        body = nodes.tbody()
        for name in sorted({row["errno"] for row in rows}, key=order_of):
            mine = [row for row in rows if row["errno"] == name]
            calls = ", ".join(f"{call}()" for call, _ in by_call(mine))
            printed = f"{mine[0]['exception']}: {mine[0]['message']}"
            content = nodes.inline("", name, classes=["xref", "std", "std-ref"])
            link = addnodes.pending_xref(
                "",
                content,
                refdomain="std",
                reftype="ref",
                reftarget=f"errno-{name.lower()}",
                refexplicit=True,
                refwarn=True,
            )
            body += row_of([link], [nodes.literal("", printed)], [calls])
        group += body
        return [nodes.table("", group, classes=["errors", "colwidths-given"])]


def order_of(name: str) -> tuple[bool, str]:
    """Errnos first, by name; then what has no number."""
    return not (name[0] == "E" and name[1:].isalpha() and name.isupper()), name


class ErrnoCounts(SphinxDirective):
    """One sentence: how many errors were provoked, in how many ways."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(store.measured() / FILE))
        return [nodes.paragraph("", counts(store.load_dict(FILE)))]


def counts(found: dict) -> str:
    """The counts in words."""
    rows = found["rows"]
    names = {row["errno"] for row in rows if order_of(row["errno"])[0] is False}
    ways_ = len({row["id"] for row in rows})
    times = sum(len(row["sockets"]) for row in rows)
    left = len({row["errno"] for row in found["not_provoked"]} - names)
    return (
        f"{len(names)} errnos were provoked in {ways_} ways, {times} times over all "
        f"kinds of sockets, on {systems.name(found['platform'])}. "
        f"{left} that the man pages list were not provoked at all; the reasons are "
        "below."
    )


class NotProvoked(SphinxDirective):
    """What the man pages list for a call and we did not get, with the reason."""

    def run(self) -> list[nodes.Node]:
        self.env.note_dependency(str(store.measured() / FILE))
        rows = store.load_dict(FILE)["not_provoked"]
        group = nodes.tgroup("", cols=2)
        group += [nodes.colspec(colwidth=width) for width in (50, 50)]
        group += nodes.thead("", row_of(["Listed"], ["Why we have not provoked it"]))
        body = nodes.tbody()
        for reason, mine in groupby(rows, lambda row: row["reason"]):
            listed = []
            for page, names in groupby(mine, lambda row: row["page"]):
                listed += [nodes.Text("; ")] if listed else []
                listed += [see(page), nodes.Text(": ")]
                listed.append(nodes.Text(", ".join(row["errno"] for row in names)))
            body += row_of(listed, words(reason))
        group += body
        return [nodes.table("", group, classes=["errors", "colwidths-given"])]


def setup(app):
    app.add_directive("errno-facts", ErrnoFacts)
    app.add_directive("errno", Errno)
    app.add_directive("errno-index", ErrnoIndex)
    app.add_directive("errno-counts", ErrnoCounts)
    app.add_directive("not-provoked", NotProvoked)
