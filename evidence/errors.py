"""The errors that were provoked, and what others say of errors.

evidence/measured/errors.json has a row for each way to an error, made by
`python -m lab errors`. What other systems call these errors, and which of them the
manual pages list, is written by hand in evidence/cited/.
"""

from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Literal, get_args

import msgspec

from evidence import sources, store
from evidence.calls import is_errno

FILE = "errors.json"
ELSEWHERE = "errors_elsewhere.json"
MANUAL_PAGES = "errors_in_manual_pages.json"
# The kinds of sockets, in the order in which they are told.
Kind = Literal[
    "TCP/IPv4", "TCP/IPv6", "UDP/IPv4", "UDP/IPv6", "Unix stream", "Unix datagram"
]
KINDS: tuple[Kind, ...] = get_args(Kind)
# Where the ways stand: a file of lab/errors/, and the calls that fail there. The rows
# of the evidence are in this order.
FILES = {
    "bind": ("bind",),
    "listen": ("listen",),
    "accept": ("accept",),
    "connect": ("connect",),
    "connect_network": ("connect",),
    "names": ("getsockname", "getpeername"),
    "shutdown": ("shutdown",),
    "send": ("send", "sendto"),
    "receive": ("recv",),
}
PROVOKED_BY = (  # what runs a way on one kind of socket, and writes its program
    ("lab.errors.provoke", "attempt"),
    ("lab.errors.programs", "text"),
)


class Way(msgspec.Struct, frozen=True):
    """One way to an error, and what came of it on the kinds of sockets it names.

    A way that gives several errors has a row for each. `errno` is a class of Python
    where the error has no number. `unshown` says why the cure was not applied; where it
    is empty, the call succeeded after it. `program` gives the error on the first of
    `sockets`, then cures it; `sources` is the digest of all that the way reached, and
    of what wrote the program: see made_by().
    """

    id: str
    call: str
    errno: str
    number: int | None
    exception: str
    message: str
    sockets: list[Kind]
    cause: str
    cure: str
    unshown: str
    see: list[str]
    program: str
    platform: str
    date: str
    sources: str

    @property
    def text(self) -> str:
        """What strerror(3) says: the message without its number."""
        return self.message.partition("] ")[2]


class Errors(msgspec.Struct):
    """evidence/measured/errors.json. `platform`, `date`: those of the newest row."""

    platform: str
    date: str
    rows: list[Way]
    digest: str = ""


class Elsewhere(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One error on other systems, looked up and not measured.

    macos_text is told where macOS has another text than FreeBSD; Windows has not every
    error.
    """

    macos: int
    freebsd: int
    text: str
    macos_text: str = ""
    windows: int | None = None
    name: str = ""
    windows_text: str = ""


class ElsewhereFile(msgspec.Struct, forbid_unknown_fields=True):
    """evidence/cited/errors_elsewhere.json; `sources`: where each column stands."""

    looked_up: str
    measured: Literal["no"]
    sources: dict[str, str]
    errors: dict[str, Elsewhere]


class Unprovoked(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An errno that a manual page lists and we did not get; why, in ManualPages."""

    page: str
    errno: str
    reason: str


class ManualPages(msgspec.Struct, forbid_unknown_fields=True):
    """evidence/cited/errors_in_manual_pages.json: what the pages list.

    `listed` has the errnos of each page, `reasons` says in a sentence what a word in
    `not_provoked` stands for.
    """

    source: str
    listed: dict[str, list[str]]
    reasons: dict[str, str]
    not_provoked: list[Unprovoked]


def load() -> Errors:
    """Every way that was provoked. Raises EvidenceError."""
    return store.load_once(store.measured(FILE), Errors)


def elsewhere() -> dict[str, Elsewhere]:
    """{errno: what it is on other systems}. Raises EvidenceError."""
    return store.load_once(store.cited(ELSEWHERE), ElsewhereFile).errors


def manual_pages() -> ManualPages:
    """What the manual pages list. Raises EvidenceError, also for a contradiction."""
    path = store.cited(MANUAL_PAGES)
    found = store.load_once(path, ManualPages)
    if wrong := contradiction(found):
        raise store.EvidenceError(f"{store.shown(path)}: {wrong}: {store.cure(path)}")
    return found


def contradiction(found: ManualPages) -> str | None:
    """What does not fit together in the file of the manual pages, or None."""
    seen = set()
    for one in found.not_provoked:
        if one.errno not in found.listed.get(one.page, []):
            return f"`listed` has no {one.errno} for {one.page}"
        if one.reason not in found.reasons:
            return f"`reasons` has no {one.reason!r}, which {one.errno} needs"
        if (one.page, one.errno) in seen:
            return f"`not_provoked` has {one.errno} of {one.page} twice"
        seen.add((one.page, one.errno))
    if unused := found.reasons.keys() - {one.reason for one in found.not_provoked}:
        return f"nothing in `not_provoked` has the reason {min(unused)!r}"
    return None


def messages() -> dict[str, str]:
    """{errno: what strerror(3) of the measured system says of it}, as provoked.

    Raises EvidenceError.
    """
    found: dict[str, str] = {}
    for way in load().rows:
        if is_errno(way.errno):
            found.setdefault(way.errno, way.text)
    return found


def modules_of(call: str) -> list[str]:
    """The modules of the lab in which the ways end with a call."""
    return [f"lab.errors.{file}" for file, calls in FILES.items() if call in calls]


def made_by(way: str, call: str) -> str:
    """The digest of all that a way reaches as it stands now; "" if it is gone.

    That is its function with its words, the kit, the lab's networks, and how it is run.
    """
    for module in modules_of(call):
        with suppress(KeyError):  # it is in another file of the call, or in none
            return sources.digest((module, way), *PROVOKED_BY)
    return ""


def stale(ways: Iterable[Way]) -> list[str]:
    """The ids of the ways that are no longer what was provoked, in order."""
    told = {(way.id, way.call): way.sources for way in ways}
    return [way for (way, call), kept in told.items() if kept != made_by(way, call)]


def files_of(ways: Iterable[Way]) -> set[Path]:
    """The files on which it depends whether some ways are stale."""
    calls = {way.call for way in ways}
    every = {(module, "") for call in calls for module in modules_of(call)}
    return set(sources.files(*sorted(every), *PROVOKED_BY))
