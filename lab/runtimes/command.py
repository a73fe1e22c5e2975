"""`python -m lab runtimes`: see what languages, frameworks and servers ask for."""

import argparse

from lab.runtimes.measure import measure_and_write
from lab.runtimes.registry import BUILD


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which ones."""
    parser.add_argument("names", nargs="*", help="of entries; all, if none is given")


def run(chosen: argparse.Namespace) -> int:
    """Measure, say what was done; returns the exit status. Raises Missing."""
    BUILD.mkdir(parents=True, exist_ok=True)
    return 0 if measure_and_write(chosen.names, print) else 1
