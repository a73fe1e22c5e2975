"""Provokes the errors, and keeps what came of it in evidence/measured/errors.json.

Each way has a process, a network (`lab.isolation.namespace`) and an empty folder of its
own, for each kind of socket. Only what is new or whose sources have changed is provoked
again, unless all is asked for.
"""

import os
import resource
import socket
import traceback
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tqdm import tqdm

from evidence import errors, store, systems
from evidence.calls import errno_name
from evidence.errors import KINDS, Errors, Kind, Way
from lab.errors import ways
from lab.errors.kit import Kit, NothingFailed
from lab.errors.registry import Program
from lab.errors.ways import Entry
from lab.isolation import child, namespace

TIME_LIMIT = 20  # seconds, for one way on one kind of socket
AT_ONCE = 16  # most of them wait for the kernel to make and remove networks


class Unexpected(Exception):
    """A way that does not give its error, or whose cure does not cure."""


@dataclass(frozen=True)
class Outcome:
    """The error that a call gave, as Python tells it."""

    errno: str
    number: int | None
    exception: str
    message: str


@dataclass(frozen=True)
class Attempt:
    """A way tried on one kind of socket: its outcome, or why there is none.

    missing: what this machine refuses; failed: what happened instead.
    """

    way: str
    kind: Kind
    outcome: Outcome | None = None
    missing: str = ""
    failed: str = ""


def name_of(error: BaseException) -> str:
    """The name of an error: its errno, or its class if it has no number.

    >>> name_of(ConnectionRefusedError(111, "")), name_of(TimeoutError("timed out"))
    ('ECONNREFUSED', 'TimeoutError')
    """
    number = getattr(error, "errno", None)
    if isinstance(error, socket.gaierror):  # getaddrinfo(3) has names of its own
        names = (name for name in dir(socket) if name.startswith("EAI_"))
        return next(name for name in names if getattr(socket, name) == number)
    return type(error).__name__ if number is None else errno_name(number)


def provoke(function: Program, kind: Kind) -> Outcome:
    """Run a way and its cure in this process, which must be in a private network.

    Returns what came of the call that shall fail. Raises Unexpected if it does not,
    or another statement does; Missing where the machine has not what the way needs.
    """
    kit = Kit(kind)
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        function(kit)
    except namespace.Missing:
        raise
    except NothingFailed:
        raise Unexpected("nothing failed") from None
    except Exception as problem:
        resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)
        line = traceback.extract_tb(problem.__traceback__)[1].line
        which = "the cure" if kit.error else "an earlier line"
        raise Unexpected(f"{which} failed, `{line}`: {problem!r}") from problem
    if kit.error is None:
        raise Unexpected("nothing failed")
    number = getattr(kit.error, "errno", None)
    return Outcome(name_of(kit.error), number, type(kit.error).__name__, str(kit.error))


def attempt(function: Program, kind: Kind, folder: Path) -> Outcome:
    """Run a way in a new network and in that folder, for good: in a child process.

    Raises Unexpected and Missing, as provoke().
    """
    folder.mkdir()
    os.chdir(folder)
    namespace.enter()
    return provoke(function, kind)


def finished(way: str, kind: Kind, running: child.Child[Outcome]) -> Attempt:
    """What came of an attempt, once it has ended."""
    try:
        return Attempt(way, kind, running.result(TIME_LIMIT))
    except namespace.Missing as missing:
        return Attempt(way, kind, missing=str(missing))
    except (Unexpected, child.ChildFailed) as problem:
        return Attempt(way, kind, failed=str(problem))
    except Exception as problem:  # of the lab itself
        return Attempt(way, kind, failed=f"the lab failed: {problem!r}")


def measure(names: Iterable[str] | None = None) -> list[Attempt]:
    """Try ways, all if none are named, on each of their kinds of sockets.

    Forks, so this process must have no threads. Shows its progress in a terminal.
    """
    known = ways.every()
    chosen = known if names is None else names
    jobs = [(known[name], kind) for name in chosen for kind in known[name].kinds]
    tqdm.monitor_interval = 0  # or it starts a thread
    with TemporaryDirectory() as folder:
        attempts = side_by_side(jobs, Path(folder))
        progress = tqdm(attempts, "errors", len(jobs), leave=False, disable=None)
        return list(progress)


def side_by_side(jobs: Iterable[tuple[Entry, Kind]], folder: Path) -> Iterator[Attempt]:
    """The attempts, in order, AT_ONCE of them under way; each has a folder in there."""
    running: deque[tuple[str, Kind, child.Child[Outcome]]] = deque()
    for number, (way, kind) in enumerate(jobs):
        if len(running) == AT_ONCE:
            yield finished(*running.popleft())
        function = way.provocation.function
        started = child.fork(attempt, function, kind, folder / str(number))
        running.append((way.id, kind, started))
    while running:
        yield finished(*running.popleft())


def complaints(attempts: Iterable[Attempt]) -> list[str]:
    """Where the outcome is not the one that the way expects, in words."""
    found = []
    for one in attempts:
        way = ways.every()[one.way]
        [expected] = way.expected_on(one.kind)
        got = one.outcome.errno if one.outcome else one.failed
        if got and got != expected:
            found.append(
                f"lab/errors/{way.file}.py: {one.way} on {one.kind}: expected "
                f"{expected}, got {got}: correct the decorator or the function"
            )
    return found


def rows(attempts: Iterable[Attempt], platform: str) -> list[Way]:
    """What the evidence keeps: a row for each way and outcome.

    Kinds of sockets with the same outcome share a row. What has no outcome is left out.
    """
    found: dict[tuple[str, Outcome], list[Kind]] = {}
    for one in attempts:
        if one.outcome:
            found.setdefault((one.way, one.outcome), []).append(one.kind)
    made = []
    for (name, outcome), kinds in found.items():
        way = ways.every()[name]
        kinds.sort(key=KINDS.index)
        made.append(
            Way(
                id=way.id,
                call=way.call or "",
                errno=outcome.errno,
                number=outcome.number,
                exception=outcome.exception,
                message=outcome.message,
                sockets=kinds,
                cause=way.cause,
                cure=way.provocation.cure,
                unshown=way.provocation.unshown,
                see=list(way.provocation.see),
                program=way.program(kinds[0], outcome.exception),
                platform=platform,
                date="",
                sources=errors.made_by(way.id, way.call or ""),
            )
        )
    return made


def fresh(kept: Errors | None) -> dict[str, list[Way]]:
    """{id: rows} of the ways that need not be provoked again."""
    every = kept.rows if kept else []
    stale = set(errors.stale(every))
    found: dict[str, list[Way]] = {}
    for row in every:
        if row.id not in stale:
            found.setdefault(row.id, []).append(row)
    return found


def dated(row: Way, kept: Iterable[Way]) -> Way:
    """A new row with platform and day: those of the kept one if nothing changed."""
    mine = (old for old in kept if old.id == row.id)
    return store.dated(row, next((old for old in mine if store.same(row, old)), None))


def provoked(names: list[str]) -> list[Attempt]:
    """measure(), where every outcome must be the expected one. Raises Unexpected."""
    if names and (reason := namespace.abilities()["private_net"]):
        raise Unexpected(f"errors are provoked in a network of their own: {reason}")
    attempts = measure(names)
    wrong = complaints(attempts)
    wrong += [f"{a.way} on {a.kind}: {a.missing}" for a in attempts if a.missing]
    if wrong:
        raise Unexpected("\n".join(wrong))
    return attempts


def write(everything: bool = False) -> str:
    """Provoke what is new or stale, or everything, and write the evidence.

    Returns a line that says what was done. Raises Malformed; and Unexpected, if any
    outcome is not the expected one or this machine lacks something: nothing is written.
    """
    path = store.measured(errors.FILE)
    old = store.kept(path, Errors)
    found = {} if everything else fresh(old)
    todo = [name for name in ways.every() if name not in found]
    attempts = provoked(todo)
    platform = systems.note() if todo else ""
    for row in rows(attempts, platform):
        found.setdefault(row.id, []).append(dated(row, old.rows if old else []))
    every = [row for name in ways.every() for row in found[name]]
    newest = max(every, key=lambda row: row.date)
    changed = store.save(path, Errors(newest.platform, newest.date, every))
    return (
        f"errors: {len(every)} rows, {len(todo)} of {len(ways.every())} ways provoked, "
        f"{'written' if changed else 'unchanged'}"
    )
