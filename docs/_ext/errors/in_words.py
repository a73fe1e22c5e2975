"""What the evidence says of errors, in words: plain functions that know no Sphinx."""

import re
from collections.abc import Iterable, Sequence
from itertools import groupby

from evidence import errors, systems
from evidence.calls import ASK, FAIL, is_errno
from evidence.errors import Elsewhere, Errors, Kind, ManualPages, Way

# Kinds of sockets in fewer words, one after the other; the longest first.
SHORTER = (
    ("TCP/IPv4|TCP/IPv6", "TCP"),
    ("UDP/IPv4|UDP/IPv6", "UDP"),
    ("Unix stream|Unix datagram", "Unix"),
    ("TCP|UDP|Unix", "all sockets"),
    ("TCP/IPv4|UDP/IPv4", "TCP and UDP, IPv4 only"),
    ("TCP/IPv6|UDP/IPv6", "TCP and UDP, IPv6 only"),
    ("TCP/IPv4", "TCP over IPv4"),
    ("TCP/IPv6", "TCP over IPv6"),
    ("UDP/IPv4", "UDP over IPv4"),
    ("UDP/IPv6", "UDP over IPv6"),
)


def kinds(sockets: Sequence[Kind]) -> str:
    """Kinds of sockets in few words.

    >>> kinds(["TCP/IPv4", "TCP/IPv6", "UDP/IPv4"])
    'TCP, UDP over IPv4'
    """
    text = "|".join(sockets)
    for long, short in SHORTER:
        text = text.replace(long, short)
    return text.replace("|", ", ")


def by_call(ways: Iterable[Way]) -> list[tuple[str, list[Way]]]:
    """Ways under their calls, in the order in which a program makes them."""
    ordered = sorted(ways, key=lambda way: FAIL.index(way.call))
    return [(call, list(mine)) for call, mine in groupby(ordered, lambda w: w.call)]


def printed(ways: Sequence[Way], elsewhere: Elsewhere | None) -> list[tuple[str, str]]:
    """What is printed for one error, as (by whom, text); the first is Python."""
    first = ways[0]
    told = [("Python", in_python(first))]
    if first.number is not None and first.number > 0:
        calls = {way.call for way in ways} - set(ASK)
        named = [f"{call}: {first.text.lower()}" for call in FAIL if call in calls]
        told.append(("Other programs", " or ".join(named) or first.text))
    if elsewhere:
        told.append(("Elsewhere", on_other_systems(elsewhere, first.text)))
    return told


def chips(ways: Sequence[Way], elsewhere: Elsewhere | None) -> list[tuple[str, str]]:
    """What each system prints for one error, as (by whom, text), short.

    The texts of other systems were not measured; they are left out where they are the
    same as here.
    """
    first = ways[0]
    told = [("Python", in_python(first))]
    if first.number is None or first.number <= 0:
        return told
    calls = {way.call for way in ways} - set(ASK)
    named = [call for call in FAIL if call in calls]
    told.append(("Programs", f"{' or '.join(named)}: {first.text.lower()}"))
    if not elsewhere:
        return told

    def with_text(number: int, text: str) -> str:
        return f"[Errno {number}]" + ("" if text == first.text else f" {text}")

    if elsewhere.macos == elsewhere.freebsd:
        told.append(("macOS, FreeBSD", with_text(elsewhere.macos, elsewhere.text)))
    else:
        text = elsewhere.macos_text or elsewhere.text
        told.append(("macOS", with_text(elsewhere.macos, text)))
        told.append(("FreeBSD", with_text(elsewhere.freebsd, elsewhere.text)))
    if elsewhere.windows is not None:
        text = f"[WinError {elsewhere.windows}] {elsewhere.windows_text}"
        told.append(("Windows", f"{text} ({elsewhere.name})"))
    return told


def in_python(way: Way) -> str:
    """The last line of a traceback."""
    return f"{way.exception}: {way.message}"


def on_other_systems(error: Elsewhere, here: str = "") -> str:
    """What other systems give for an error; not measured.

    here: the text on this system; the others' is told where it is another one.
    """
    text = f" {error.text}" if error.text != here else ""
    if error.macos == error.freebsd:
        told = [f"[Errno {error.macos}]{text} on macOS and FreeBSD"]
    else:
        told = [f"[Errno {error.macos}] {error.macos_text} on macOS"]
        told += [f"[Errno {error.freebsd}]{text} on FreeBSD"]
    if error.windows is not None:
        told.append(
            f"[WinError {error.windows}] {error.windows_text} ({error.name}) on Windows"
        )
    return "; ".join(told)


def where_and_when(ways: Iterable[Way]) -> str:
    """The system on which some ways were provoked, and the days, first and last.

    Raises EvidenceError for a platform that nobody has noted.
    """
    days: dict[str, set[str]] = {}
    for way in ways:
        days.setdefault(way.platform, set()).add(way.date)
    return "; ".join(
        f"{systems.name(platform)}, {' to '.join(sorted({min(found), max(found)}))}"
        for platform, found in sorted(days.items())
    )


def order_of(name: str) -> tuple[bool, str]:
    """Errnos first, by name; then what has no number."""
    return not is_errno(name), name


def names(ways: Iterable[Way]) -> list[str]:
    """Every error, in the order of the index."""
    return sorted({way.errno for way in ways}, key=order_of)


def how_many(found: Errors) -> tuple[int, int]:
    """How many times errors were provoked, over all kinds of sockets; in how many ways.

    A way that gives another errno on another kind of socket has two rows.
    """
    times = sum(len(way.sockets) for way in found.rows)
    return times, len({way.id for way in found.rows})


def counts(found: Errors, pages: ManualPages) -> str:
    """One sentence: how many errors were provoked, in how many ways.

    Raises EvidenceError for a platform that nobody has noted.
    """
    provoked = {way.errno for way in found.rows if is_errno(way.errno)}
    times, ways = how_many(found)
    left = len({one.errno for one in pages.not_provoked} - provoked)
    return (
        f"{len(provoked):,} errnos were provoked in {ways:,} ways, {times:,} times "
        f"over all kinds of sockets, on {systems.name(found.platform)}. "
        f"The man pages list {left:,} more, which were not provoked; the reasons are "
        "below."
    )


def staleness(ways: Iterable[Way]) -> str | None:
    """What is no longer as it was provoked, in words; None if all of it is.

    Raises EvidenceError where the lab's code cannot be read.
    """
    stale = errors.stale(ways)
    if not stale:
        return None
    shown, more = ", ".join(stale[:3]), len(stale) - 3
    return shown + (f" and {more} more" if more > 0 else "")


def elsewhere(there: str) -> str:
    """How a way ends on another system, in a reader's words.

    >>> elsewhere("EINVAL"), elsewhere("nothing failed")
    ('`EINVAL`', 'no error')
    >>> elsewhere("the cure failed, `x.listen()`: OSError(22, 'Invalid argument')")
    'the same error, but the cure fails in `x.listen()`'
    """
    if there.startswith("nothing failed"):
        return "no error"
    if there.startswith("still running"):
        return "no end within 20 seconds"
    failed = re.match(r"(the cure|an earlier line) failed, (`.*?`):", there)
    if failed and failed[1] == "the cure":
        return f"the same error, but the cure fails in {failed[2]}"
    if failed:
        return f"it does not come to that: {failed[2]} fails before"
    return f"`{there}`"
