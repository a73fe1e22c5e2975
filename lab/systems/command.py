"""`python -m lab systems`: what is otherwise on other kernels, and on gVisor."""

import argparse
import difflib
import subprocess
import sys
import time
from pathlib import Path

from evidence import errors, sharing
from lab.systems.compare import Incomplete, check, compare, keep, of_check
from lab.systems.measure import PARTS
from lab.systems.packages import Unavailable, renew
from lab.systems.registry import BY_ID, System, here
from lab.systems.start import folder_of, start

AT_ONCE = 2
LOOK_AGAIN = 1.0  # seconds


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
    if chosen.add:
        return added(Path(chosen.add), chosen.here)
    if sharing.stale(sharing.load()) or not errors.load().rows:
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


def side_by_side(wanted: list[System], parts: list[str]) -> "list[tuple[System, str]]":
    """Start the systems, two at a time; of each, what went wrong, "" if nothing did."""
    ended: list[tuple[System, str]] = []
    known = {system.id: system for system in wanted}
    waiting, running = list(wanted), dict[str, "subprocess.Popen[bytes]"]()
    began = time.monotonic()
    while waiting or running:
        while waiting and len(running) < AT_ONCE:
            system = waiting.pop(0)
            try:
                running[system.id] = start(system, tuple(parts))
                print(f"{system.id}: started", flush=True)
            except Unavailable as problem:
                ended.append((system, str(problem)))
        for name, process in list(running.items()):
            if process.poll() is not None:
                del running[name]
                minutes = (time.monotonic() - began) / 60
                print(f"{name}: off after {minutes:.1f} minutes", flush=True)
                ended.append((known[name], ""))
        time.sleep(LOOK_AGAIN)
    return ended


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
