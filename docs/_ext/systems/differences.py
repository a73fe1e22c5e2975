"""Directive `systems`: where other systems differ from home, and where not.

```{systems} tried```        a table: each system, how much was tried there
```{systems} choice```       buttons: which of them is the reader's
```{systems} explained```    a section for each difference that somebody explained
```{systems} unexplained```  a list of all others
```{systems} untried```      what could not be tried, by what was missing
"""

from collections.abc import Iterable
from fnmatch import fnmatchcase
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.claims.text import proof_anchor, words, written
from docs._ext.shared import Directive, Refused, html, html_table, one_of
from evidence import claims, differences, errors, machines, store, systems
from evidence.differences import Difference, Explained, System


def every() -> list[System]:
    """All systems that were tried, kernels first, by their numbers.

    Raises EvidenceError where there is none.
    """
    found = [differences.load(one) for one in differences.ids()]
    if not found:
        place = store.shown(store.measured(differences.FOLDER))
        raise store.EvidenceError(f"{place}/ has no system: {differences.CURE}")
    return sorted(found, key=order)


def order(system: System) -> tuple[bool, list[int]]:
    """Kernels by their version; another stack comes last."""
    numbers = system.kernel.split(".") if system.kernel else []
    return not system.kernel, [int(one) for one in numbers if one.isdigit()]


def short(system: System) -> str:
    """`6.1`, or `gVisor`."""
    return system.title.removeprefix("Linux ")


def home_of(found: list[System]) -> tuple[str, str]:
    """Home in short, and by its whole name. Raises EvidenceError."""
    whole = systems.kernel(found[0].platform)
    version = whole.rpartition(" ")[2]
    return ".".join(version.split(".")[:2]), whole


SIGNS = {"same": "✓", "differs": "≠", "otherwise": "?", "untried": "·"}
MEANING = {
    "same": "as at home",
    "differs": "differs so",
    "otherwise": "differs in another way",
    "untried": "not tried",
}


def strip(found: list[System], one: Explained) -> str:
    """HTML: all systems side by side, home among them, and whether each differs so."""
    home, _ = home_of(found)
    chips = [(short(system), how(system, one), order(system)) for system in found]
    chips.append((home, "same", (False, [int(number) for number in home.split(".")])))
    made = "".join(
        f'<span class="{kind}" title="{MEANING[kind]}">{escape(name)} '
        f'<span class="sign">{SIGNS[kind]}</span></span>'
        for name, kind, _ in sorted(chips, key=lambda chip: chip[2])
    )
    return f'<p class="strip">{made}</p>'


def how(system: System, one: Explained) -> str:
    """Whether a system differs as is told, in another way, or not: one of SIGNS."""
    if any(covers(system, difference, one) for difference in system.differences):
        return "differs"
    named = [d.id for d in system.differences]
    skipped = [
        f"{kind} {name}"
        for names in system.asked.skipped.values()
        for name in names
        for kind in ("proof", "error")
    ]
    for ids, kind in ((named, "otherwise"), (skipped, "untried")):
        if any(fnmatchcase(name, pattern) for name in ids for pattern in one.covers):
            return kind
    asked = {
        "proof": system.asked.proofs,
        "pairs": system.asked.pairs,
        "error": system.asked.errors,
        "sequence": system.asked.sequences,
    }
    return "same" if all(asked[name.split()[0]] for name in one.covers) else "untried"


def held_on(proof: claims.Proof) -> list[list[str]]:
    """[[system, "passed", "differs" or "not tried"], …] of a proof, for its panel.

    [] where no other system was measured. Raises EvidenceError.
    """
    if not differences.ids():
        return []
    return [[one.title, differences.ended(one, proof)] for one in every()]


def tried(found: list[System]) -> list[nodes.Node]:
    """A table with a row for each system, home first."""
    _, home = home_of(found)
    rows = [
        (
            escape(f"Linux {one.kernel}" if one.kernel and one.packages else one.title),
            f"{sum(d.count for d in one.differences):,}",
            f"{one.asked.proofs:,}",
            f"{one.asked.pairs:,}",
            f"{one.asked.errors:,}",
            f"{one.asked.sequences:,}",
            written(one.date),
        )
        for one in found
    ]
    head = ["System", "Differ", "Proofs", "Pairs", "Errors", "Sequences", "Last on"]
    named = dict.fromkeys(f"`{name}`" for one in found for name in one.packages)
    packages = "; ".join(named)
    note = nodes.paragraph("", "", *words(f"Compared with {home}."), classes=["byline"])
    fold = html("<details><summary>What they were started from</summary>")
    told = nodes.paragraph("", "", *words(f"Debian's {packages}."))
    return [
        html(html_table(head, rows, "systems-tried")),
        note,
        fold,
        told,
        html("</details>"),
    ]


def of_class(system: str, found: list[System]) -> str:
    """The class of what concerns a system: its place, which systems.css knows."""
    return f"of-{[one.id for one in found].index(system) + 1}"


def choice(found: list[System]) -> list[nodes.Node]:
    """Buttons, one for each system; style sheets grey out what does not concern it."""
    options = [
        ("all", "all"),
        *((str(n), short(one)) for n, one in enumerate(found, 1)),
    ]
    boxes = "".join(
        f'<label><input type="radio" name="system" value="{name}"'
        f"{' checked' if name == 'all' else ''}> {escape(text)}</label>"
        for name, text in options
    )
    legend = "<legend>Is mine like that?</legend>"
    return [html(f'<fieldset class="way-kinds systems">{legend}{boxes}</fieldset>')]


def explained(found: list[System]) -> list[nodes.Node]:
    """A section for each difference that was explained by hand."""
    made: list[nodes.Node] = []
    for one in differences.explained():
        covered = {
            system.id: [d for d in system.differences if covers(system, d, one)]
            for system in found
        }
        if not any(covered.values()):
            raise Refused(
                f"{one.title!r} of {differences.CITED} covers no difference that was "
                "found: correct it by hand"
            )
        made.append(section(one, covered, found))
    return made


def covers(system: System, difference: Difference, one: Explained) -> bool:
    """Whether that is what is told of a difference."""
    return differences.reason_of(system.id, difference) is one


def section(
    one: Explained, covered: dict[str, list[Difference]], found: list[System]
) -> nodes.section:
    """One difference: what, since when, what to do, why; then each that it covers."""
    differ = [system for system, mine in covered.items() if mine]
    classes = ["difference", *(of_class(system, found) for system in differ)]
    anchor = nodes.make_id(one.title)
    made = nodes.section("", ids=[anchor], classes=classes)
    made += nodes.title("", "", *words(one.title))
    made += html(strip(found, one))
    made += nodes.paragraph("", "", *words(one.what))
    made += nodes.paragraph("", "", nodes.strong("", "Do "), *words(one.todo))
    why = nodes.paragraph("", "", nodes.strong("", "Why "))
    if one.reason:
        why += [*words(one.reason), nodes.Text(" ")]
        why += nodes.reference("", one.source, refuri=one.url)
        why += nodes.Text(".")
    else:
        why += nodes.Text("Not known to us.")
    made += why
    titles = {system.id: system.title for system in found}
    for system in differ:
        summary = f"{titles[system]}: {cases(covered[system])}"
        made += html(f"<details><summary>{escape(summary)}</summary>")
        made += listed(covered[system])
        made += html("</details>")
    return made


def cases(found: Iterable[Difference]) -> str:
    """`1 case`, `3,456 cases`."""
    count = sum(one.count for one in found)
    return f"{count:,} case{'' if count == 1 else 's'}"


def listed(found: Iterable[Difference]) -> nodes.bullet_list:
    """Differences as a list: what, at home, there, and where."""
    made = nodes.bullet_list(classes=["differences"])
    for one in found:
        kind, _, name = one.id.partition(" ")
        line = nodes.paragraph("", f"{kind}: ")
        line += named(kind, name)
        line += nodes.Text(": ")
        line += [nodes.literal("", one.home or "nothing"), nodes.Text(", there ")]
        line += nodes.literal("", one.there[:120])
        if one.count > 1:
            line += nodes.Text(f" ({one.count:,} times)")
        item = nodes.list_item("", line)
        if one.where:
            where = "; ".join(one.where)
            item += nodes.paragraph(
                "", "", nodes.literal("", where), classes=["difference-where"]
            )
        made += item
    return made


def named(kind: str, name: str) -> nodes.Node:
    """The name of a difference, as a link where a page shows it."""
    if kind == "proof":
        page = f"../proofs/{name.partition('.')[0]}.html#{proof_anchor(name)}"
        return nodes.reference("", name, refuri=page)
    if kind == "error":
        rows = [row for row in errors.load().rows if row.id == name]
        if rows:
            anchor = f"way-{rows[0].errno}-{name}".lower().replace("_", "-")
            page = f"../errors/{rows[0].errno.lower()}.html#{anchor}"
            return nodes.reference("", name, refuri=page)
    return nodes.literal("", name)


def unexplained(found: list[System]) -> list[nodes.Node]:
    """All that nobody explained, by system."""
    made: list[nodes.Node] = []
    for one in found:
        left = [d for d in one.differences if not differences.reason_of(one.id, d)]
        if not left:
            continue
        text = f"{one.title}: {cases(left)}"
        made.append(
            html(
                f'<details class="difference {of_class(one.id, found)}">'
                f"<summary>{text}</summary>"
            )
        )
        made += [listed(left), html("</details>")]
    return made or [nodes.paragraph("", "None.")]


def untried(found: list[System]) -> list[nodes.Node]:
    """What could not be tried, and what was missing."""
    made = nodes.bullet_list()
    for one in found:
        count = sum(map(len, one.asked.skipped.values()))
        needs = sorted(
            one.asked.skipped, key=lambda need: -len(one.asked.skipped[need])
        )
        if count:
            line = f"{one.title}: {count:,}. {'; '.join(needs[:5])}."
            made += nodes.list_item("", nodes.paragraph("", "", *words(line)))
        if one.asked.unsteady:
            line = (
                f"{one.title}: {one.asked.unsteady:,} sequences did not end alike each "
                "time, and are left out."
            )
            made += nodes.list_item("", nodes.paragraph("", line))
    return [made] if len(made) else [nodes.paragraph("", "All was tried everywhere.")]


SHOWN = {
    "tried": tried,
    "choice": choice,
    "explained": explained,
    "unexplained": unexplained,
    "untried": untried,
}


class Systems(Directive):
    """```{systems} explained```, or another of SHOWN."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        """What the argument names. Raises EvidenceError, Refused."""
        what = one_of(self.arguments[0], SHOWN)
        self.depends_on(store.cited(differences.CITED), store.measured(errors.FILE))
        self.depends_on(*(machines.path_of(f"{kind}-full") for kind in machines.KINDS))
        self.env.note_reread()  # a new file in the folder is no change of a file
        return SHOWN[what](every())


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.add_directive("systems", Systems)
