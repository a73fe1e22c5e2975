"""`python -m lab errors`: provoke what is new or stale, keep the outcomes."""

import argparse
import sys

from lab.errors import provoke
from lab.errors.registry import Malformed


def add_options(parser: argparse.ArgumentParser) -> None:
    """Whether to provoke everything."""
    parser.add_argument("--all", action="store_true", help="even what is fresh")


def run(chosen: argparse.Namespace) -> int:
    """Provoke and write, or complain on stderr; returns the exit status."""
    try:
        print(provoke.write(chosen.all))
    except (provoke.Unexpected, Malformed) as problem:
        print(f"errors: not written:\n{problem}", file=sys.stderr)
        return 1
    return 0
