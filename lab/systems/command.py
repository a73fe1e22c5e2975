"""`python -m lab systems`: what is otherwise on other kernels, and on gVisor."""

import argparse
import difflib
import re
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from evidence import claims, sharing
from lab.systems.compare import Incomplete, check, compare, keep, of_check
from lab.systems.measure import PARTS
from lab.systems.packages import Unavailable, renew
from lab.systems.registry import BY_ID, System, here
from lab.systems.start import folder_of, start

AT_ONCE = 2
NAME = re.compile(r"[a-z0-9][a-z0-9.-]*")
NAMES = f"a name is of a-z, 0-9, . and -, and none of {', '.join(BY_ID)}"


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which systems, and what of them."""
    known = ", ".join(BY_ID)
    parser.add_argument("systems", nargs="*", help=f"of {known}; all if none")
    parser.add_argument("--here", metavar="NAME", help="this machine, as it is")
    parser.add_argument("--add", metavar="FILE", help="what socketcheck.py wrote")
    parser.add_argument("--renew", action="store_true", help="lock the newest packages")
    parser.add_argument("--check", action="store_true", help="compare, keep nothing")
    parser.add_argument("--part", action="append", choices=list(PARTS), default=[])


def run(chosen: argparse.Namespace) -> int:
    """Start, wait, compare, and say what differs; returns the exit status."""
    if unknown := [name for name in chosen.systems if name not in BY_ID]:
        near = difflib.get_close_matches(unknown[0], BY_ID, 1)
        hint = f"did you mean {near[0]}?" if near else f"there are {', '.join(BY_ID)}"
        print(f"no system {unknown[0]}; {hint}", file=sys.stderr)
        return 2
    if chosen.here and (chosen.here in BY_ID or not NAME.fullmatch(chosen.here)):
        print(f"{chosen.here}: {NAMES}", file=sys.stderr)
        return 2
    if chosen.add:
        return added(Path(chosen.add), chosen.here)
    if sharing.stale(sharing.load()) or claims.stale():
        print("home is stale: run `make evidence` first", file=sys.stderr)
        return 1
    try:
        if chosen.renew:
            print("\n".join(renew()))
    except Unavailable as problem:
        print(problem, file=sys.stderr)
        return 1
    names = chosen.systems or ([] if chosen.here else list(BY_ID))
    wanted = [BY_ID[name] for name in names]
    if chosen.here:
        wanted.append(here(chosen.here))
    ended = side_by_side(wanted, chosen.part)
    if chosen.check:
        return max(checked(*one, chosen.part or list(PARTS)) for one in ended)
    return max(finish(*one, chosen.part) for one in ended)


def added(file: Path, name: str | None) -> int:
    """Keep what socketcheck.py found on another system; the exit status."""
    try:
        record = of_check(file, name)
    except Incomplete as problem:
        print(problem, file=sys.stderr)
        return 1
    done = "written" if keep(record) else "unchanged"
    print(f"{record.id}: {len(record.differences)} differences, {done}")
    return 0


def side_by_side(wanted: list[System], parts: list[str]) -> list[tuple[System, str]]:
    """Start the systems, two at a time; of each, what went wrong, "" if nothing did."""
    began = time.monotonic()

    def one(system: System) -> tuple[System, str]:
        try:
            running = start(system, tuple(parts))
        except Unavailable as problem:
            return system, str(problem)
        print(f"{system.id}: started", flush=True)
        running.wait()
        minutes = (time.monotonic() - began) / 60
        print(f"{system.id}: off after {minutes:.1f} minutes", flush=True)
        return system, ""

    with ThreadPoolExecutor(AT_ONCE) as pool:
        return list(pool.map(one, wanted))


def checked(system: System, problem: str, parts: list[str]) -> int:
    """Say how one system differs from its evidence; the exit status.

    One that cannot be had is named, and is no failure.
    """
    if problem:
        print(f"{system.id}: NOT CHECKED: {problem}")
        return 0
    try:
        told = check(system, parts)
    except Incomplete as problem_:
        print(f"{system.id}: {problem_}", file=sys.stderr)
        return 1
    print(f"{system.id}: {', '.join(parts)}: {'differs' if told else 'as it is kept'}")
    for line in told:
        print(f"  {line}", file=sys.stderr)
    return 1 if told else 0


def finish(system: System, problem: str, parts: list[str]) -> int:
    """Compare one system with home, and say what came of it; the exit status."""
    try:
        if problem:
            raise Incomplete(problem)
        if parts:
            print(f"{system.id}: {', '.join(parts)} in {folder_of(system)}")
            return 0
        record = compare(system)
    except Incomplete as problem_:
        print(f"{system.id}: nothing kept: {problem_}", file=sys.stderr)
        return 1
    done = "written" if keep(record) else "unchanged"
    count = len(record.differences)
    print(f"{system.id}: {record.title} {record.kernel}: {count} differences, {done}")
    return 0
