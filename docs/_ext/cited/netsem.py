"""Directive `netsem`: the rules of the Netsem project beside what we measured.

```{netsem} counts
```             a table: how many rules of each call got which verdict
```{netsem} changed since
```             a table of the rules with that verdict, from evidence/netsem.json
"""

import re
from collections import Counter

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from evidence import claims, machines, store
from evidence import netsem_tmp as netsem

logger = getLogger(__name__)
CODE = re.compile(r"\b(?:E[A-Z]{4,}|(?:SO|AF)_[A-Z]+|[a-z]+\(\))")


HEADS = dict(zip(netsem.VERDICTS, ("agrees", "changed", "unseen"), strict=True))


def counts(rules: dict[str, dict]) -> list[str]:
    """Lines of MyST: a table of calls and verdicts."""
    found = Counter(
        (netsem.call_of(rule), told["verdict"]) for rule, told in rules.items()
    )
    calls = list(dict.fromkeys(call for call, _ in found))
    lines = [
        f"| call | {' | '.join(HEADS.values())} |",
        f"| --- | {'--: | ' * len(HEADS)}",
    ]
    for call in [*calls, "all"]:
        row = [
            sum(n for (c, v), n in found.items() if call in (c, "all") and v == verdict)
            for verdict in HEADS
        ]
        name = f"`{call}`" if call != "all" else call
        lines.append(f"| {name} | {' | '.join(map(str, row))} |")
    return lines


def table(rules: dict[str, dict]) -> list[str]:
    """Lines of MyST: each rule and what it says, and beside it what decides."""
    decided = any("seen" in told or "claims" in told for told in rules.values())
    lines = [
        f"| the rule said of Linux | {'our kernel' if decided else 'why not'} |",
        "| --- | --- |",
    ]
    for rule, told in rules.items():
        cell = [shown(text) for text in told.get("seen", [])]
        cell += [
            f"{claims.read()[claim].sentence} {{proved}}`{claim}`"
            for claim in told.get("claims", [])
        ]
        if note := told.get("note"):
            cell.append(f"{coded(note[0].upper() + note[1:])}.")
        says = f"`{rule}` ({told['sockets']})<br>{coded(told['says'])}"
        lines.append(f"| {says} | {'<br>'.join(cell)} |")
    return lines


def coded(text: str) -> str:
    """Errors, options and calls as code.

    >>> coded("EINVAL after shutdown()")
    '`EINVAL` after `shutdown()`'
    """
    return CODE.sub(lambda found: f"`{found[0]}`", text)


def shown(seen: str) -> str:
    """A walk that decides, as a link into the explorer."""
    machine, word, (_, *names) = netsem.walk(seen)
    link = f"{{walk}}`<{machine.removesuffix('-full')}: {', '.join(word)}>`"
    return f"{link}, local {names[0]}, peer {names[1]}" if names else link


class NetsemDirective(SphinxDirective):
    """```{netsem} changed since```: see the top of this file."""

    required_arguments = 1
    final_argument_whitespace = True

    def run(self) -> list[nodes.Node]:
        for name in ("tcp-full", "udp-full"):
            self.env.note_dependency(str(machines.path_of(name)))
        self.env.note_dependency(str(store.cited(netsem.FILE)))
        try:
            return self.parse_text_to_nodes("\n".join(self.made(self.arguments[0])))
        except store.EvidenceError as error:
            logger.warning("netsem: %s", error, location=self.get_location())
            return []

    def made(self, what: str) -> list[str]:
        """Lines of MyST for the argument."""
        rules = netsem.load()
        if found := netsem.complaints(rules):
            raise store.EvidenceError(found[0])
        if what == "counts":
            return counts(rules)
        chosen = {rule: told for rule, told in rules.items() if told["verdict"] == what}
        if not chosen:
            known = ", ".join(("counts", *netsem.VERDICTS))
            raise store.EvidenceError(f"{what!r} is none of {known}")
        return table(chosen)


def setup(app):
    app.add_directive("netsem", NetsemDirective)
