"""The error reference, drawn from evidence/measured/errors.json.

```{errno-facts} EADDRINUSE```  what Python and others print for one error
```{errno} EADDRINUSE```    the table of the ways to it
```{errno-index}```         every error on one table, with links
```{errno-counts}```        how many were provoked, where and when
```{not-provoked}```        what the man pages list and we did not provoke

What is said of other systems and of the manual pages is read from evidence/cited/.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from docs._ext.claims.text import words
from docs._ext.errors import in_words
from docs._ext.shared import Directive, Refused, html, row, table
from evidence import errors, store
from evidence.errors import ManualPages, Way


class ErrorsDirective(Directive):
    """What the directives of the error reference share."""

    def load(self) -> errors.Errors:
        """All that was provoked. Raises EvidenceError."""
        self.depends_on(store.measured(errors.FILE))
        return errors.load()

    def manual_pages(self) -> ManualPages:
        """What the manual pages list. Raises EvidenceError."""
        self.depends_on(store.cited(errors.MANUAL_PAGES))
        return errors.manual_pages()

    def check(self, ways: list[Way]) -> None:
        """Warn of ways that have changed since they were provoked.

        Raises EvidenceError where the lab's code cannot be read.
        """
        self.depends_on(*errors.files_of(ways))
        if stale := in_words.staleness(ways):
            self.warn(f"changed since it was provoked: {stale}: {store.CURE}")


class OneError(ErrorsDirective):
    """What the directives about one error share: its ways."""

    required_arguments = 1

    def ways(self) -> list[Way]:
        """The ways to the error that is named. Raises EvidenceError, Refused."""
        name: str = self.arguments[0]
        every = self.load().rows
        if found := [way for way in every if way.errno == name]:
            return found
        known = in_words.names(every)
        near = get_close_matches(name.upper(), known, 3)
        hint = f"did you mean {' or '.join(near)}?" if near else "there are:"
        raise Refused(f"no error {name!r} was provoked; {hint} {' '.join(known)}")


class ErrnoFacts(OneError):
    """What is printed for one error; links to the error lead here."""

    def show(self) -> list[nodes.Node]:
        """An anchor, and a short list. Whether it is stale, {errno} says."""
        self.depends_on(store.cited(errors.ELSEWHERE))
        ways = self.ways()
        name = ways[0].errno
        label = f"errno-{name.lower()}"
        std = self.env.domains.standard_domain
        std.anonlabels[label] = self.env.docname, label
        std.labels[label] = self.env.docname, label, name
        facts = nodes.bullet_list(classes=["error-facts"])
        for who, text in in_words.printed(ways, errors.elsewhere().get(name)):
            line = nodes.paragraph("", f"{who}: ", nodes.literal("", text))
            if who != "Python":
                line = nodes.paragraph("", f"{who}: {text}")
            facts += nodes.list_item("", line)
        return [nodes.target("", "", ids=[label]), facts]


class Errno(OneError):
    """Every way to one error that was provoked."""

    def show(self) -> list[nodes.Node]:
        """The table, then where and when, and what the programs have."""
        ways = self.ways()
        self.check(ways)
        about = (
            f"Provoked on {in_words.where_and_when(ways)}. Then the advice of the row "
            "was followed, and the call succeeded, unless the row says otherwise. Each "
            "program is for the first kind of socket in its row, and runs as pasted. A "
            "program that needs a network makes its own, with `ip` and `nft`."
        )
        note = nodes.paragraph("", "", *words(about), classes=["provoked"])
        return [table_of_ways(ways), note]


def table_of_ways(ways: Iterable[Way]) -> nodes.table:
    """Under each call: kinds of sockets, cause, cure, program."""
    rows = []
    for call, mine in in_words.by_call(ways):
        name = nodes.paragraph("", "", nodes.literal("", f"{call}()"))
        head = nodes.entry("", name, morecols=2)
        rows.append(nodes.row("", head, classes=["call"]))
        rows += [row for way in mine for row in rows_of_way(way)]
    heads = ("Sockets", "Why it failed", "What to do")
    return table(heads, rows, (16, 44, 40), "errors")


def rows_of_way(way: Way) -> list[nodes.row]:
    """One way, and below it its program, folded away and as wide as the table."""
    told = row([in_words.kinds(way.sockets)], words(way.cause), cure(way))
    program = nodes.entry("", morecols=2)
    program += [
        html('<details class="program"><summary>Program</summary>'),
        nodes.literal_block(way.program, way.program, language="python-socket"),
        html("</details>"),
    ]
    return [told, nodes.row("", program, classes=["program"])]


def cure(way: Way) -> list[nodes.Node]:
    """What to do, and where to read on, as far as the cure has not named it."""
    made = words(way.cure)
    more = [text for text in way.see if f"`{text}`" not in way.cure]
    for at, text in enumerate(more):
        made += [nodes.Text(", " if at else " See "), see(text)]
    made += [nodes.Text(".")] if more else []
    return [*made, nodes.Text(f" Not tried: {way.unshown}.")] if way.unshown else made


def see(text: str) -> nodes.Node:
    """A man page is linked, an option or a sysctl is code."""
    if text.endswith(")"):
        name, _, section = text.rstrip(")").partition("(")
        url = f"https://man7.org/linux/man-pages/man{section}/{name}.{section}.html"
        return nodes.reference("", text, refuri=url)
    return nodes.literal("", text)


class ErrnoIndex(ErrorsDirective):
    """Every error, by name: what is printed, which calls give it."""

    def show(self) -> list[nodes.Node]:
        """The table."""
        ways = self.load().rows
        self.check(ways)
        rows = []
        for name in in_words.names(ways):
            mine = [way for way in ways if way.errno == name]
            calls = ", ".join(f"{call}()" for call, _ in in_words.by_call(mine))
            python = nodes.literal("", in_words.in_python(mine[0]))
            rows.append(row([link_to(name)], [python], [calls]))
        heads = ("Error", "Python prints", "Calls")
        return [table(heads, rows, (22, 48, 30), "errors errno-index")]


def link_to(name: str) -> addnodes.pending_xref:
    """A link to the facts of an error."""
    content = nodes.inline("", name, classes=["xref", "std", "std-ref"])
    return addnodes.pending_xref(
        "",
        content,
        refdomain="std",
        reftype="ref",
        reftarget=f"errno-{name.lower()}",
        refexplicit=True,
        refwarn=True,
    )


class ErrnoCounts(ErrorsDirective):
    """How many errors were provoked, in how many ways."""

    def show(self) -> list[nodes.Node]:
        """A paragraph. Whether what it counts is stale, {errno-index} says."""
        text = in_words.counts(self.load(), self.manual_pages())
        return [nodes.paragraph("", text)]


class NotProvoked(ErrorsDirective):
    """What the man pages list for a call and we did not get, with the reason."""

    def show(self) -> list[nodes.Node]:
        """The table, a row for each reason."""
        pages = self.manual_pages()
        rows = []
        for reason, mine in groupby(pages.not_provoked, lambda one: one.reason):
            listed: list[nodes.Node] = []
            for page, these in groupby(mine, lambda one: one.page):
                listed += [nodes.Text("; ")] if listed else []
                listed += [see(page), nodes.Text(": ")]
                listed.append(nodes.Text(", ".join(one.errno for one in these)))
            rows.append(row(listed, words(pages.reasons[reason])))
        heads = ("Listed", "Why we have not provoked it")
        return [table(heads, rows, (50, 50), "errors")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    app.add_directive("errno-facts", ErrnoFacts)
    app.add_directive("errno", Errno)
    app.add_directive("errno-index", ErrnoIndex)
    app.add_directive("errno-counts", ErrnoCounts)
    app.add_directive("not-provoked", NotProvoked)
    return {"parallel_read_safe": True}
