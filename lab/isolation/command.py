"""What this machine can and cannot measure."""

import argparse

from lab.isolation.namespace import abilities


def add_options(parser: argparse.ArgumentParser) -> None:
    """None."""


def run(chosen: argparse.Namespace) -> int:
    """Print each ability, and why it is missing."""
    for ability, reason in abilities().items():
        print(f"{ability}: {reason or 'here'}")
    return 0
