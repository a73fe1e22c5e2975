"""Tables and a sentence on who may share a port with whom, as HTML."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from docs._ext.claims.text import written
from docs._ext.shared import code, html_table
from evidence import systems
from evidence.sharing import (
    CONNECTED,
    IN_USE,
    INVALID,
    LISTEN_IN_USE,
    OPTIONS,
    PLACES,
    SHARED,
    STATES,
    Pair,
    Sharing,
    Side,
    answers,
    impossible,
)

Marks = Mapping[Pair, str]
Ends = Callable[[str, str], str]  # (first place, second place) -> outcome
PLAIN = OPTIONS[0]  # no option
POSSIBLE = [p for p in PLACES if not impossible(Side("TCP", p, PLAIN))]
DIFFERS = "it depends"  # a cell that stands for several pairs with several outcomes
CORNER = "first ↓ second →"


def outcome(marks: Marks, chosen: Sequence[Pair]) -> str:
    """What these pairs have in common: a mark, or DIFFERS."""
    found = {marks[pair] for pair in chosen}
    return found.pop() if len(found) == 1 else DIFFERS


def without_options(marks: Marks, states: Sequence[str]) -> Ends:
    """How two sockets without options end, whatever protocol both have."""

    def ends(one: str, other: str) -> str:
        chosen = [
            Pair(Side(protocol, one, PLAIN), state, Side(protocol, other, PLAIN))
            for protocol in STATES
            for state in STATES[protocol]
            if state in states
        ]
        return outcome(marks, chosen)

    return ends


def fold(names: Sequence[str], row: Callable[[str], list[str]]) -> list[list[str]]:
    """Names in groups whose rows are equal, in order of appearance.

    >>> fold(["a", "b", "c"], lambda name: ["+" if name == "b" else "-"])
    [['a', 'c'], ['b']]
    """
    groups: dict[tuple[str, ...], list[str]] = {}
    for name in names:
        groups.setdefault(tuple(row(name)), []).append(name)
    return list(groups.values())


def bare(place: str) -> str:
    """The address of a place: `:: V6ONLY` -> `::`."""
    return place.removesuffix(" V6ONLY")


def place_name(place: str) -> str:
    """HTML of a place, with V6ONLY in a line of its own."""
    return "<br>".join(map(code, place.split(" ")))


def group_name(places: Sequence[str]) -> str:
    """HTML of places that end alike; V6ONLY is left out where it changes nothing."""
    shown = [
        place for place in places if place == bare(place) or bare(place) not in places
    ]
    return "<br>".join(map(place_name, shown))


def option_name(option: str) -> str:
    """HTML of an option."""
    return code(option) if "_" in option else option


def yes_or_no(mark: str) -> str:
    """HTML of a table's cell."""
    words = {SHARED: "yes", IN_USE: "no"}.get(mark, mark)
    return f'<td class="{words if words in ("yes", "no") else "mixed"}">{words}</td>'


def table(columns: Sequence[str], rows: Sequence[tuple[str, list[str]]]) -> str:
    """HTML of a table of pairs: the second sockets, and (first socket, cells)."""
    lines = ((head, *cells) for head, cells in rows)
    return html_table([CORNER, *columns], lines, "port-sharing")


def same_address(marks: Marks, places: Sequence[str]) -> list[list[str]]:
    """Places that are written differently and end alike, whatever the other one is."""
    ends = without_options(marks, ["bound", "listening"])

    def row(place: str) -> list[str]:
        wildcard = bare(place) in CONNECTED
        return [str(wildcard), *(ends(place, other) for other in POSSIBLE)]

    return fold(places, row)


def addresses_table(marks: Marks) -> str:
    """Bound or listening sockets without options, folded by address."""
    ends = without_options(marks, ["bound", "listening"])
    groups = same_address(marks, POSSIBLE)
    rows = [
        (group_name(g), [yes_or_no(ends(g[0], other[0])) for other in groups])
        for g in groups
    ]
    return table([place_name(group[0]) for group in groups], rows)


def connected_table(marks: Marks) -> str:
    """The same where the first socket was bound to a wildcard and has connected."""
    ends = without_options(marks, ["connected", "TIME_WAIT"])
    columns = same_address(marks, POSSIBLE)
    wildcards = [place for place in POSSIBLE if bare(place) in CONNECTED]
    rows = []
    for group in same_address(marks, wildcards):
        now = CONNECTED[bare(group[0])]
        head = f"{place_name(group[0])}<br>now {code(now)}"
        rows.append((head, [yes_or_no(ends(group[0], c[0])) for c in columns]))
    return table([place_name(group[0]) for group in columns], rows)


def meeting(marks: Marks) -> dict[tuple[str, str, bool], list[Pair]]:
    """The pairs to which an address in common would be fatal without options, sorted.

    By the option of the first, that of the second, and whether the first listens.
    """
    found: dict[tuple[str, str, bool], list[Pair]] = {}
    for pair in marks:
        plain = Pair(
            pair.first._replace(option=PLAIN),
            pair.state,
            pair.second._replace(option=PLAIN),
        )
        if marks[plain] == IN_USE:
            listens = pair.state == "listening"
            key = pair.first.option, pair.second.option, listens
            found.setdefault(key, []).append(pair)
    return found


def options_table(marks: Marks) -> str:
    """Where an address belongs to both: what each pair of options permits."""
    pairs = meeting(marks)

    def cell(one: str, other: str) -> str:
        quiet = outcome(marks, pairs[one, other, False])
        listening = outcome(marks, pairs[one, other, True])
        if (quiet, listening) == (SHARED, IN_USE):
            return '<td class="mixed">yes, unless the first listens</td>'
        return yes_or_no(quiet if quiet == listening else DIFFERS)

    rows = [
        (option_name(one), [cell(one, other) for other in OPTIONS]) for one in OPTIONS
    ]
    return table([option_name(option) for option in OPTIONS], rows)


TABLES: dict[str, Callable[[Marks], str]] = {
    "addresses": addresses_table,
    "connected": connected_table,
    "options": options_table,
}


def counts(marks: Marks) -> str:
    """How many pairs ended how, and how many of them the rules predict."""
    found = Counter(marks.values())
    right = sum(answers()[pair][0] == mark for pair, mark in marks.items())
    predicted = "all" if right == len(marks) else f"{right:,}"
    told = ", ".join(
        f"{found[mark]:,} end with {words}"
        for mark, words in (
            (SHARED, "success"),
            (IN_USE, code("EADDRINUSE")),
            (INVALID, code("EINVAL")),
            (LISTEN_IN_USE, f"{code('EADDRINUSE')} from {code('listen()')}"),
        )
        if found[mark]
    )
    return (
        f"{len(marks):,} ordered pairs were tried: {told}. "
        f"The rules on this page predict {predicted} of them."
    )


def sentence(found: Sharing) -> str:
    """HTML of the counts, and where and when that was measured."""
    where = f"Measured on {systems.name(found.platform)}, {written(found.date)}."
    return f'<p>{counts(found.by_pair)} <span class="where">{where}</span></p>'
