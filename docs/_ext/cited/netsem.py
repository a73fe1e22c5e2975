"""Directive `netsem`: the rules of the Netsem project beside what we measured.

```{netsem} in short
```             a sentence with the counts
```{netsem} counts
```             a table: how many rules of each call got which verdict
```{netsem} changed since
```             a table of the rules with that verdict, from evidence/cited/netsem.json
"""

import re
from collections import Counter
from collections.abc import Iterator

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.claims import domain as marks
from docs._ext.claims.text import words
from docs._ext.machines.walking import machine_for, walk_link
from docs._ext.shared import Directive, Refused, html, row, table
from evidence import cited, claims, store
from evidence.cited import Rule
from evidence.machines import Walk

CODE = re.compile(r"\b(?:E[A-Z]{4,}|(?:SO|AF)_[A-Z]+|[a-z]+\(\))")
HEADS = dict(zip(cited.VERDICTS, ("agrees", "changed", "cannot be seen"), strict=True))
AUTO = "colwidths-auto"  # columns as wide as their content
Nodes = list[nodes.Node]


def by_call(rules: dict[str, Rule]) -> list[tuple[str, list[int]]]:
    """Each call, then all together: how many rules got each verdict."""
    found = Counter((cited.call_of(name), rule.verdict) for name, rule in rules.items())
    calls = dict.fromkeys(call for call, _ in found)
    told = [(call, [found[call, verdict] for verdict in HEADS]) for call in calls]
    sums = (sum(n for (_, v), n in found.items() if v == verdict) for verdict in HEADS)
    return [*told, ("all", list(sums))]


def in_short(rules: dict[str, Rule]) -> str:
    """One sentence with the counts of the verdicts."""
    agrees, changed, unseen = by_call(rules)[-1][1]
    return (
        f"Mostly: of its {len(rules)} rules about the calls of this site, this kernel "
        f"agrees with {agrees} and differs from {changed}; {unseen} cannot be seen."
    )


def counts_table(rules: dict[str, Rule]) -> nodes.table:
    """The counts; numbers stand below each other."""
    lines = []
    for call, numbers in by_call(rules):
        name = call if call == "all" else nodes.literal("", call)
        lines.append(row([name], *([str(number)] for number in numbers)))
    made = table(["call", *HEADS.values()], lines, kind=AUTO)
    for line in made.findall(nodes.row):
        for entry in line.children[1:]:
            if isinstance(entry, nodes.Element):
                entry["classes"].append("text-right")
    return made


def coded(text: str) -> Nodes:
    """Text whose errors, options and calls are code.

    >>> [type(part).__name__ for part in coded("EINVAL after shutdown()")]
    ['literal', 'Text', 'literal']
    """
    return words(CODE.sub(lambda found: f"`{found[0]}`", text))


def in_lines(parts: list[Nodes]) -> Nodes:
    """What stands in one cell, each part on a line of its own."""
    made: Nodes = []
    for part in parts:
        made += [html("<br>"), *part] if made else part
    return made


class Netsem(Directive):
    """```{netsem} changed since```: see the top of this file."""

    required_arguments = 1
    final_argument_whitespace = True

    def show(self) -> Nodes:
        """One table. Raises EvidenceError, Refused."""
        path = store.cited(cited.NETSEM)
        self.depends_on(path)
        for name in ("tcp-full", "udp-full"):
            machine_for(self, name)
        rules = cited.netsem().rules
        if found := cited.netsem_complaints(rules):
            place = store.shown(path)
            raise store.EvidenceError(f"{place}: {found[0]}: {store.cure(path)}")
        what = self.arguments[0]
        if what == "in short":
            return [nodes.paragraph("", in_short(rules))]
        if what == "counts":
            return [counts_table(rules)]
        chosen = {name: rule for name, rule in rules.items() if rule.verdict == what}
        if not chosen:
            known = ", ".join(("in short", "counts", *cited.VERDICTS))
            raise Refused(f"{what!r} is none of {known}")
        return [self.rules_table(chosen)]

    def rules_table(self, rules: dict[str, Rule]) -> nodes.table:
        """Each rule and what it says, and beside it what decides."""
        decided = any(rule.seen or rule.claims for rule in rules.values())
        lines = []
        for name, rule in rules.items():
            title: Nodes = [nodes.literal("", name), nodes.Text(f" ({rule.sockets})")]
            says = in_lines([title, coded(rule.says)])
            lines.append(row(says, in_lines(list(self.decides(rule)))))
        heads = ["the rule said of Linux", "our kernel" if decided else "why not"]
        return table(heads, lines, kind=AUTO)

    def decides(self, rule: Rule) -> Iterator[Nodes]:
        """The walks and claims that a verdict rests on, then what else there is."""
        for walk in rule.walks:
            yield self.walked(walk)
        for claim in rule.claims:
            ours = marks.of(self.env)
            ours.note(self.env.docname, claim)  # counted above the page's text
            sentence = claims.read()[claim].sentence
            mark = marks.mark(claim, ours.known)
            yield [*words(sentence), nodes.Text(" "), mark]
        if rule.note:
            note = rule.note[0].upper() + rule.note[1:]
            yield [*coded(note), nodes.Text(".")]

    def walked(self, walk: Walk) -> Nodes:
        """A walk that decides, as a link into the explorer, and names at its end."""
        made: Nodes = [walk_link(self.env.docname, walk)]
        if names := walk.ends[1:]:
            ends = zip(("local", "peer"), names, strict=False)
            made.append(nodes.Text("".join(f", {side} {name}" for side, name in ends)))
        return made


def setup(app: Sphinx) -> None:
    """Enter the directive."""
    app.add_directive("netsem", Netsem)
