"""The rules by which two sockets share a port, in Python and in the page's words.

Each rule is a claim `matrix.*` with a proof of its own. Together they predict every
cell of evidence/sharing.json, which tests/lab/test_sharing.py checks. No socket is
opened here, so the build may use it.
"""

from collections.abc import Iterator
from itertools import product
from typing import NamedTuple

from evidence import store

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


def pairs() -> Iterator[Pair]:
    """Every ordered pair, in the order of the evidence."""
    for protocol, other in product(STATES, STATES):
        for state in STATES[protocol]:
            for first in product([protocol], PLACES, OPTIONS):
                for second in product([other], PLACES, OPTIONS):
                    if not impossible(Side(*first)):
                        yield Pair(Side(*first), state, Side(*second))


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
    """(mark of the outcome, id of the claim that is the reason)."""
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


def section(pair: Pair) -> str:
    """The key of a pair's part of the evidence, `TCP bound, then UDP`."""
    return f"{pair.first.protocol} {pair.state}, then {pair.second.protocol}"


def row(side: Side) -> str:
    """The key of a first socket's line, `127.0.0.1, no option`."""
    return f"{side.place}, {side.option}"


def as_table(marks: dict[Pair, str]) -> dict[str, dict[str, str]]:
    """Sections of lines of marks: a group for each place, a mark for each option."""
    table: dict[str, dict[str, str]] = {}
    for pair, mark in marks.items():
        lines = table.setdefault(section(pair), {})
        line = lines.get(row(pair.first), "")
        gap = " " if line and pair.second.option == OPTIONS[0] else ""
        lines[row(pair.first)] = line + gap + mark
    return table


def load() -> dict:
    """evidence/sharing.json as {"platform", "date", "marks": {pair: mark}}.

    Raises EvidenceError where the file is missing, damaged, or of another shape.
    """
    kept = store.load_dict("sharing.json")
    marks = {}
    for pair in pairs():
        group, letter = (
            PLACES.index(pair.second.place),
            OPTIONS.index(pair.second.option),
        )
        try:
            line = kept[section(pair)][row(pair.first)]
            marks[pair] = line.split(" ")[group][letter]
        except (KeyError, IndexError):
            raise store.EvidenceError(
                f"evidence/sharing.json has no mark for {pair}: run `make evidence`"
            ) from None
    return {"platform": kept["platform"], "date": kept["date"], "marks": marks}
