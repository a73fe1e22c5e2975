"""The error reference, drawn from evidence/measured/errors.json.

```{errno-facts} EADDRINUSE```  what Python and others print for one error
```{which} EADDRINUSE```    its commonest causes, as cards
```{errno} EADDRINUSE```    all the ways to it, by call
```{errno-index}```         every error on one table, with links
```{errno-counts}```        how many were provoked, where and when
```{not-provoked}```        what the man pages list and we did not provoke

What is said of other systems and of the manual pages is read from evidence/cited/.
"""

import re
from collections.abc import Iterable
from difflib import get_close_matches
from html import escape
from itertools import groupby
from typing import Any

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx

from docs._ext.claims.text import words
from docs._ext.errors import in_words
from docs._ext.machines.starting import OF_KIND, made_from, to_error
from docs._ext.machines.walking import walk_link
from docs._ext.publish.glyphs import GLYPHS, glyph
from docs._ext.shared import Directive, Refused, html, row, table
from evidence import differences, errors, store
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
        for who, text in in_words.chips(ways, errors.elsewhere().get(name)):
            strong = nodes.strong("", who)
            line = nodes.paragraph(
                "", "", strong, nodes.Text(" "), nodes.literal("", text)
            )
            facts += nodes.list_item("", line)
        return [nodes.target("", "", ids=[label]), facts]


class Errno(OneError):
    """Every way to one error that was provoked: a section for each call."""

    def show(self) -> list[nodes.Node]:
        """The ways, then where and when, and what the programs have."""
        ways = self.ways()
        self.check(ways)
        self.depends_on(*made_from(), *differences.files())
        about = (
            f"Provoked on {in_words.where_and_when(ways)}. Then the advice of the row "
            "was followed, and the call succeeded, unless the row says otherwise. Each "
            "program is for the first kind of socket in its row, and runs as pasted. A "
            "program that needs a network makes its own, with `ip` and `nft`."
        )
        note = nodes.paragraph("", "", *words(about), classes=["provoked"])
        kinds = list(dict.fromkeys(kind for way in ways for kind in families(way)))
        choice = [choice_of_kinds(ways[0].errno, kinds)] if len(kinds) > 1 else []
        return [*choice, *sections_of_ways(ways, self.env.docname), note]


def families(way: Way) -> list[str]:
    """TCP, UDP, Unix: those on which it was provoked."""
    return list(dict.fromkeys(re.split(r"[/ ]", kind)[0] for kind in way.sockets))


def choice_of_kinds(name: str, kinds: list[str]) -> nodes.raw:
    """HTML of the buttons that leave the ways of one kind of socket; no script."""
    boxes = "".join(
        f'<label><input type="radio" name="kind-{name.lower()}" '
        f'value="{kind.lower()}"{" checked" if kind == "all" else ""}> '
        f"{kind if kind != 'all' else 'all sockets'}</label>"
        for kind in ("all", *kinds)
    )
    return html(f'<fieldset class="way-kinds"><legend>Show</legend>{boxes}</fieldset>')


def sections_of_ways(ways: Iterable[Way], docname: str) -> list[nodes.section]:
    """A section for each call, with the ways that it can fail.

    Raises EvidenceError.
    """
    made = []
    for call, mine in in_words.by_call(ways):
        title = nodes.title("", "", nodes.literal("", f"{call}()"))
        ids = [f"ways-{mine[0].errno.lower()}-{call}"]
        section = nodes.section("", title, ids=ids, classes=["way-call"])
        section += [drawn(way) for way in mine]
        section += explored(call, mine[0].errno, docname)
        made.append(section)
    return made


def elsewhere(way: Way) -> list[nodes.paragraph]:
    """A line for each other system on which this way ends otherwise.

    Raises EvidenceError.
    """
    made = []
    for system, difference in differences.of(f"error {way.id}"):
        if difference.home != way.errno:
            continue
        text = f"On {system.title}: {in_words.elsewhere(difference.there)}"
        line = nodes.paragraph("", "", *words(text), classes=["way-elsewhere"])
        line += nodes.Text(f", for {', '.join(difference.where)}.")
        made.append(line)
    return made


def explored(call: str, errno: str, docname: str) -> list[nodes.paragraph]:
    """A line with the shortest sequences of the explorer that end so, if it has any."""
    made = nodes.paragraph("", "Shortest in the explorer: ", classes=["way-explored"])
    for kind in OF_KIND:
        if walk := to_error(kind, call, errno):
            named = ", ".join(walk.machine.inputs[name].call for name in walk.inputs)
            made += nodes.Text("; " if len(made) > 1 else "")
            made += nodes.Text(f"{kind} ")
            made += walk_link(docname, walk, named)
    made += nodes.Text(".")
    return [made] if len(made) > 2 else []


def anchor_of(way: Way) -> str:
    """The anchor of a way on the page of its error."""
    return f"way-{way.errno}-{way.id}".lower().replace("_", "-")


def drawn(way: Way) -> nodes.container:
    """One way: why, on which sockets, what to do, and its program, folded away."""
    classes = ["way", *(f"on-{kind.lower()}" for kind in families(way))]
    made = nodes.container(classes=classes, ids=[anchor_of(way)])
    made += nodes.paragraph("", "", *words(way.cause), classes=["way-why"])
    sockets = in_words.kinds(way.sockets)
    made += nodes.paragraph("", sockets, classes=["way-sockets"])
    made += nodes.paragraph("", "", *cure(way), classes=["way-cure"])
    made += elsewhere(way)
    made += [
        html('<details class="program"><summary>Program</summary>'),
        nodes.literal_block(way.program, way.program, language="python-socket"),
        html("</details>"),
    ]
    return made


class Which(OneError):
    """```{which} EADDRINUSE```: its causes as cards, the commonest first.

    Each line is `picture: what you notice | a command | what it shows | the way's id`.
    Why, what to do and the proof that it cures are those of the way.
    """

    has_content = True

    def show(self) -> list[nodes.Node]:
        ways = {way.id: way for way in self.ways()}
        made = nodes.container(classes=["which"])
        for line in self.content:
            made += self.cause(line, ways)
        if not made.children:
            raise Refused(
                "it needs a line for each cause, `picture: symptom | | | way`"
            )
        return [made]

    def cause(self, line: str, ways: dict[str, Way]) -> nodes.container:
        """One card. Raises Refused."""
        picture, _, rest = line.partition(": ")
        parts = [part.strip() for part in rest.split(" | ")]
        if len(parts) != 4 or picture not in GLYPHS:
            raise Refused(
                f"{line!r} is no `picture: symptom | command | what it shows | way`; "
                f"known pictures: {', '.join(GLYPHS)}"
            )
        symptom, command, shown, name = parts
        if name not in ways:
            raise Refused(
                f"no way {name!r} to this error; there are: {', '.join(ways)}"
            )
        way = ways[name]
        card = nodes.container(classes=["cause"])
        card += html(glyph(picture))
        card += nodes.paragraph("", "", *words(symptom), classes=["cause-title"])
        if command:
            told = nodes.paragraph("", "", nodes.literal("", command))
            told += html(
                '<button class="copy" type="button" hidden>Copy</button>'
                f"<template>{escape(command)}</template>"
            )
            told["classes"] = ["cause-look"]
            card += told
            seen = [nodes.Text("→ "), *words(shown), nodes.Text(".")]
            card += nodes.paragraph("", "", *seen, classes=["cause-shows"])
        card += nodes.paragraph(
            "", "", nodes.strong("", "Why"), nodes.Text(" "), *words(way.cause)
        )
        done = nodes.paragraph("", "", nodes.strong("", "Do"), nodes.Text(" "))
        done += cure(way)
        card += done
        link = nodes.reference("", "", nodes.Text("the program"), internal=True)
        link["refuri"] = f"#{anchor_of(way)}"
        tried = "It was not tried: " if way.unshown else "Tried on this kernel: "
        card += nodes.paragraph(
            "", "", nodes.Text(tried), link, classes=["cause-proof"]
        )
        return card


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


HEADING = re.compile(r"(E[A-Z]+: \[Errno \d+\]) (.+)")


def name_above_message(app: Sphinx, doctree: nodes.document) -> None:
    """Part a title into the error's name and number, and the message people know."""
    for title in doctree.findall(nodes.title):
        found = HEADING.fullmatch(title.astext())
        if found and len(title.children) == 1:
            name = nodes.inline("", found[1], classes=["errno-name"])
            title.children = []
            title += [name, nodes.Text(f" {found[2]}")]


def setup(app: Sphinx) -> dict[str, Any]:
    """Add the directives."""
    app.connect("doctree-read", name_above_message)
    app.add_directive("errno-facts", ErrnoFacts)
    app.add_directive("errno", Errno)
    app.add_directive("which", Which)
    app.add_directive("errno-index", ErrnoIndex)
    app.add_directive("errno-counts", ErrnoCounts)
    app.add_directive("not-provoked", NotProvoked)
    return {"parallel_read_safe": True}
