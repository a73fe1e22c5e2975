"""Runs proofs, and keeps which of them passed."""

import argparse
import subprocess
import sys

from evidence import claims, store


def add_options(parser: argparse.ArgumentParser) -> None:
    """Which proofs."""
    parser.add_argument("--all", action="store_true", help="even those that are fresh")


def run(chosen: argparse.Namespace) -> int:
    """Run what is stale or new; returns the status of the tests."""
    stale = [] if chosen.all else [proof.test for proof in claims.stale()]
    if not chosen.all and not stale:
        print("claims: all proofs are fresh")
        return 0
    command = [sys.executable, "-m", "pytest", "-q", "--write-proofs"]
    return subprocess.run(
        [*command, *(stale or ["tests/claims"])], cwd=store.ROOT, check=False
    ).returncode
