"""`python -m lab sharing`: try every pair of sockets, if the code for it has changed."""

import argparse
import sys

from lab.sharing.pairs import Surprise, measure_and_write


def add_options(parser: argparse.ArgumentParser) -> None:
    """How much."""
    parser.add_argument("--all", action="store_true", help="even if they are fresh")


def run(chosen: argparse.Namespace) -> int:
    """Measure, say what was done; returns the exit status. Raises Missing."""
    try:
        print(measure_and_write(chosen.all))
    except Surprise as surprise:
        print(f"not written: {surprise}", file=sys.stderr)
        return 1
    return 0
