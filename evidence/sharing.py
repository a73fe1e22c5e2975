"""Who may share a port with whom: what was measured, and the rules that predict it.

Each rule is a claim `matrix.*` with a proof of its own. Together they predict every
mark of evidence/measured/sharing.json, which tests/lab/sharing checks.
"""

from collections.abc import Iterator, Mapping
from functools import cache, cached_property
from itertools import product
from pathlib import Path
from typing import NamedTuple

import msgspec

from evidence import sources, store

FILE = "sharing.json"
# What the marks depend on: how a pair is tried, and the network in which it is.
MADE_BY = (("lab.sharing.pairs", "try_section"), ("lab.isolation.namespace", "enter"))
# What a socket is bound to. V6ONLY says that IPV6_V6ONLY is set, and not that it is
# clear; IPv4 sockets have no such option.
PLACES = [
    *("0.0.0.0", "127.0.0.1", "127.0.0.2"),
    *("::", ":: V6ONLY", "::1", "::1 V6ONLY"),
    *("::ffff:127.0.0.1", "::ffff:127.0.0.1 V6ONLY"),
    *("::ffff:0.0.0.0", "::ffff:0.0.0.0 V6ONLY"),
]
OPTIONS = ["no option", "SO_REUSEADDR", "SO_REUSEPORT", "both options"]
STATES = {
    "TCP": ["bound", "listening", "connected", "TIME_WAIT"],
    "UDP": ["bound", "connected"],
}
SHARED, IN_USE, LISTEN_IN_USE, INVALID = "+", "-", "l", "x"
MARKS = {
    SHARED: "bind() succeeds, and on TCP listen() too",
    IN_USE: "bind() fails with EADDRINUSE",
    LISTEN_IN_USE: "bind() succeeds, listen() fails with EADDRINUSE",
    INVALID: "bind() fails with EINVAL",
}
# Where a socket bound to a wildcard is connected to, and so what it becomes.
CONNECTED = {"0.0.0.0": "127.0.0.1", "::": "::1", "::ffff:0.0.0.0": "::ffff:127.0.0.1"}


class Side(NamedTuple):
    """One socket of a pair; `place` is one of PLACES, `option` one of OPTIONS."""

    protocol: str
    place: str
    option: str

    @property
    def host(self) -> str:
        """The address it is bound to."""
        return self.place.removesuffix(" V6ONLY")

    @property
    def v6only(self) -> bool:
        """Whether it has IPV6_V6ONLY."""
        return self.place.endswith(" V6ONLY")

    @property
    def options(self) -> set[str]:
        """The names of its reuse options."""
        both = {"SO_REUSEADDR", "SO_REUSEPORT"}
        return both if self.option == "both options" else both & {self.option}


class Pair(NamedTuple):
    """A first socket, what it has done since bind(), and a second one."""

    first: Side
    state: str
    second: Side


def sides(protocol: str) -> list[Side]:
    """Every socket of a protocol, in the order of the evidence."""
    return [Side(*parts) for parts in product([protocol], PLACES, OPTIONS)]


def pairs() -> Iterator[Pair]:
    """Every ordered pair, in the order of the evidence."""
    for protocol, other in product(STATES, STATES):
        seconds = sides(other)
        for state in STATES[protocol]:
            for first in sides(protocol):
                if not impossible(first):
                    yield from (Pair(first, state, second) for second in seconds)


def impossible(side: Side) -> bool:
    """matrix.mapped_address_refuses_v6only"""
    return side.v6only and side.host.startswith("::ffff:")


def addresses(side: Side, state: str = "bound") -> set[str]:
    """What a socket occupies of 127.0.0.1, 127.0.0.2, ::1 and "any other" of both.

    matrix.ipv4_wildcard_is_every_ipv4_address,
    matrix.ipv6_wildcard_is_every_address,
    matrix.mapped_address_is_the_ipv4_address,
    matrix.connect_narrows_a_wildcard
    """
    host = side.host
    if state in ("connected", "TIME_WAIT"):
        host = CONNECTED.get(host, host)
    host = host.removeprefix("::ffff:")
    ipv4, ipv6 = {"127.0.0.1", "127.0.0.2", "other IPv4"}, {"::1", "other IPv6"}
    if host == "::":
        return ipv6 if side.v6only else ipv4 | ipv6
    return ipv4 if host == "0.0.0.0" else {host}


def keeps_ipv4_wildcard(pair: Pair) -> bool:
    """matrix.connected_dual_stack_keeps_the_ipv4_wildcard"""
    return (
        pair.first.place == "::"
        and pair.state in ("connected", "TIME_WAIT")
        and pair.second.place == "0.0.0.0"
    )


def answer(pair: Pair) -> tuple[str, str]:
    """What the rules say: (mark of the outcome, id of the claim that is the reason)."""
    first, state, second = pair
    if impossible(second):
        return INVALID, "matrix.mapped_address_refuses_v6only"
    if first.protocol != second.protocol:
        return SHARED, "matrix.tcp_and_udp_never_conflict"
    kept = keeps_ipv4_wildcard(pair)
    if not kept and not addresses(first, state) & addresses(second):
        if addresses(first) & addresses(second):
            return SHARED, "matrix.connect_narrows_a_wildcard"
        return SHARED, "matrix.no_common_address"
    common = first.options & second.options
    if "SO_REUSEPORT" in common:
        return SHARED, "matrix.both_reuseport"
    if "SO_REUSEADDR" in common and state != "listening":
        return SHARED, "matrix.both_reuseaddr"
    if "SO_REUSEADDR" in common:
        return IN_USE, "matrix.reuseaddr_stops_at_a_listener"
    if kept:
        return IN_USE, "matrix.connected_dual_stack_keeps_the_ipv4_wildcard"
    if state == "TIME_WAIT":
        return IN_USE, "matrix.time_wait_holds_the_port"
    return IN_USE, "matrix.no_common_option"


@cache
def answers() -> dict[Pair, tuple[str, str]]:
    """answer() of every pair, in the order of the evidence."""
    return {pair: answer(pair) for pair in pairs()}


def section(pair: Pair) -> str:
    """The part of the evidence that a pair is in, `TCP bound, then UDP`."""
    return f"{pair.first.protocol} {pair.state}, then {pair.second.protocol}"


def row_name(side: Side) -> str:
    """A first socket as its rows name it, `127.0.0.1, no option`."""
    return f"{side.place}, {side.option}"


@cache
def row_names() -> dict[tuple[str, str], None]:
    """(section, first socket) of every row, in order; the values mean nothing."""
    names: dict[tuple[str, str], None] = {}
    for protocol, other in product(STATES, STATES):
        second = sides(other)[0]
        for state, first in product(STATES[protocol], sides(protocol)):
            if not impossible(first):
                names[section(Pair(first, state, second)), row_name(first)] = None
    return names


class Row(msgspec.Struct, frozen=True):
    """A first socket in one state, and how each second socket of one protocol ends.

    `marks`: a group for each place of the second socket, in it a mark for each option.
    """

    section: str
    first: str
    marks: str

    def __post_init__(self) -> None:
        """Raises ValueError, which becomes the reader's complaint."""
        if (self.section, self.first) not in row_names():
            raise ValueError(f"there is no row {self.first!r} in {self.section!r}")
        if unknown := set(self.marks) - {" ", *MARKS}:
            raise ValueError(f"`marks` has the unknown mark {min(unknown)!r}")
        groups = self.marks.split(" ")
        if list(map(len, groups)) != [len(OPTIONS)] * len(PLACES):
            size = f"{len(PLACES)} groups of {len(OPTIONS)}"
            raise ValueError(f"`marks` are {self.marks!r}, not {size}")


class Sharing(msgspec.Struct, dict=True):
    """evidence/measured/sharing.json: every pair that was tried, and how it ended.

    `pairs`: how many; `marks`: what each mark means.
    """

    platform: str
    date: str
    sources: str
    pairs: int
    places: list[str]
    options: list[str]
    marks: dict[str, str]
    rows: list[Row]
    digest: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError where the rows cannot be read with these heads."""
        same_names("places", self.places, PLACES)
        same_names("options", self.options, OPTIONS)
        same_names("marks", list(self.marks), list(MARKS))
        there: set[tuple[str, str]] = set()
        for name in ((row.section, row.first) for row in self.rows):
            if name in there:
                raise ValueError(f"`rows` has {name[1]!r} in {name[0]!r} twice")
            there.add(name)
        for name in row_names():
            if name not in there:
                raise ValueError(f"`rows` has no {name[1]!r} in {name[0]!r}")
        tried = len(there) * len(PLACES) * len(OPTIONS)
        if self.pairs != tried:
            raise ValueError(f"`pairs` is {self.pairs}, and `rows` have {tried}")

    @cached_property
    def by_pair(self) -> dict[Pair, str]:
        """{pair: mark} of every pair, in the order of pairs()."""
        lines = {(row.section, row.first): row.marks for row in self.rows}
        letters = "".join(lines[name] for name in row_names()).replace(" ", "")
        return dict(zip(pairs(), letters, strict=True))

    def mark(self, pair: Pair) -> str:
        """How one pair ended. Raises KeyError for one that was not tried."""
        return self.by_pair[pair]


def same_names(field: str, told: list[str], known: list[str]) -> None:
    """Raises ValueError, naming field and name, unless two lists are the same."""
    for name in told:
        if name not in known:
            raise ValueError(f"`{field}` has the unknown {name!r}")
    for name in known:
        if name not in told:
            raise ValueError(f"`{field}` lacks {name!r}")
    if told != known:
        raise ValueError(f"`{field}` are not in the order {', '.join(known)}")


def as_rows(marks: Mapping[Pair, str]) -> list[Row]:
    """The rows of marks. Raises KeyError where a pair has none."""
    lines: dict[tuple[str, str], str] = dict.fromkeys(row_names(), "")
    for pair in pairs():
        name = section(pair), row_name(pair.first)
        gap = " " if lines[name] and pair.second.option == OPTIONS[0] else ""
        lines[name] += gap + marks[pair]
    return [Row(*name, line) for name, line in lines.items()]


def load() -> Sharing:
    """evidence/measured/sharing.json; a process reads it once while it stays the same.

    Raises EvidenceError where the file is missing or damaged; the text names the field.
    """
    return store.load_once(store.measured(FILE), Sharing)


def made_from() -> str:
    """The digest of all that measures the pairs, as it is now."""
    return sources.digest(*MADE_BY)


def made_from_files() -> list[Path]:
    """The files which hold that code."""
    modules = sorted({module for module, _ in sources.reached(*MADE_BY)})
    return [path for path in map(sources.file_of, modules) if path]


def stale(found: Sharing) -> bool:
    """Whether the code that measures has changed since."""
    return found.sources != made_from()
