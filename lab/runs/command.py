"""`python -m lab runs`: record what is new or stale, or the runs that are named."""

import argparse
import sys

from evidence import runs
from lab.runs import recorder


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which runs."""
    parser.add_argument("ids", nargs="*", help="programs; all that are stale if none")
    parser.add_argument("--all", action="store_true", help="even what is fresh")


def run(chosen: argparse.Namespace) -> int:
    """Record, print what was done, complain on stderr; returns the exit status.

    A program that is named is recorded even if its recording is fresh. Raises
    EvidenceError for one that does not exist.
    """
    for snippet in chosen.ids:
        runs.snippet_path(snippet)
    wanted = sorted({runs.run_of(snippet) for snippet in chosen.ids})
    if not chosen.ids:
        for orphan in recorder.remove_orphans():
            print(f"{orphan}: removed, its program is gone")
        known = runs.run_ids()
        wanted = known if chosen.all else [r for r in known if not recorder.fresh(r)]
    if not wanted:
        print("runs: all recordings are fresh")
        return 0
    lines, complaints = recorder.record_all(wanted)
    for line in lines:
        print(line)
    for complaint in complaints:
        print(f"not recorded: {complaint}", file=sys.stderr)
    return 1 if complaints else 0
