"""`python -m lab incidents`: re-enact what is new or stale with real programs."""

import argparse
import sys

from lab.incidents import play


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which, and how much."""
    parser.add_argument(
        "ids", nargs="*", help="of incidents; all that are stale if none"
    )
    parser.add_argument("--all", action="store_true", help="even what is fresh")


def run(chosen: argparse.Namespace) -> int:
    """Measure, say what was not; returns the exit status. Raises Missing.

    A program that is not installed is told, and is no failure.
    """
    made, problems = play.write(chosen.ids, chosen.all)
    print(f"incidents: {made} re-enacted")
    for problem in problems:
        print(problem, file=sys.stderr)
    return 1 if any("not measured, needs" not in one for one in problems) else 0
