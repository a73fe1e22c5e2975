"""Directives that show the state machines which the kernel taught us.

```{machine} tcp-core
```             a picture: states are cards with two slots, edges are calls
```{machine-table} tcp
```             a table: what each input of the full machine gives in the core's states
```{machine-words}
Connect, undo it, read <tcp: connect, disconnect, recv>
```             call flows: what the machine of each walk says of it
```{machine-figures}
```             a table: how much was asked to learn each machine
{walk}`bind twice <tcp: bind, bind>`   a link that opens the explorer there
{walk}`<tcp: bind, bind>`              the same; its words are calls and outcomes
"""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.machines import tables
from docs._ext.machines.drawing import draw
from docs._ext.machines.walking import (
    WalkRole,
    flows,
    machine_for,
    titled,
    to_explorer,
)
from docs._ext.shared import Directive, Refused, html
from evidence import machines


class MachineDirective(Directive):
    """```{machine} tcp-core```: the picture, and the same as a table."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        """The figure. Raises EvidenceError."""
        machine = machine_for(self, self.arguments[0])
        explorer = to_explorer(self.env.docname)
        picture = f'<div class="scrolls" tabindex="0">{draw(machine, explorer)}</div>'
        return [
            html(
                f'<figure class="learned">{picture}<figcaption>'
                f"<p>{escape(machine.socket)}. "
                "Solid arrows are calls that succeed, red ones calls that fail and "
                "change the socket all the same; a dashed one is "
                "<code>connect()</code> to <code>AF_UNSPEC</code>. "
                "Point at a card, or touch it, to see which calls fail there; "
                "it leads to the explorer.</p>"
                f"{tables.where(machine)}"
                "<details><summary>The same as a table</summary>"
                f"{tables.core_table(machine)}</details></figcaption></figure>"
            )
        ]


class MachineTable(Directive):
    """```{machine-table} tcp```: what each input gives in the states of the core."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        """The table. Raises EvidenceError."""
        kind = self.arguments[0]
        if kind not in machines.KINDS:
            raise Refused(f"no kind {kind!r}; there are {', '.join(machines.KINDS)}")
        core, full = (machine_for(self, f"{kind}-{size}") for size in ("core", "full"))
        return [html(f"{tables.full_table(core, full)}<p>{tables.where(full)}</p>")]


class MachineWords(Directive):
    """```{machine-words}```: what machines say of walks, one a line."""

    has_content = True

    def show(self) -> list[nodes.Node]:
        """A call flow for each line. Raises EvidenceError, Misspelt, Refused."""
        walks = []
        for line in filter(str.strip, self.content):
            title, walk = titled(line)
            if not title:
                raise Refused(f"{line!r} is no `title <tcp: bind, bind>`")
            walks.append((title, walk))
        if not walks:
            raise Refused("no walks: write `title <tcp: bind, bind>`, one a line")
        for kind in dict.fromkeys(walk.kind for _, walk in walks):
            machine_for(self, f"{kind}-full")
        return [html(flows(walks, to_explorer(self.env.docname)))]


class MachineFigures(Directive):
    """```{machine-figures}```: how much was asked to learn each machine."""

    def show(self) -> list[nodes.Node]:
        """The table. Raises EvidenceError."""
        learned = [machine_for(self, name) for name in machines.NAMES]
        return [html(tables.figures(learned))]


def setup(app: Sphinx) -> None:
    """Enter the directives and the role."""
    app.add_directive("machine", MachineDirective)
    app.add_directive("machine-table", MachineTable)
    app.add_directive("machine-words", MachineWords)
    app.add_directive("machine-figures", MachineFigures)
    app.add_role("walk", WalkRole())
