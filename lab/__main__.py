"""Command line of the lab.

A measurement is a module of its room with the two functions of `Command`. To add one,
write it and enter it into MEASUREMENTS; `python -m lab evidence` then runs it too.
"""

import argparse
import sys
from importlib import import_module
from typing import Protocol

from evidence import systems
from evidence.store import EvidenceError
from lab.isolation.child import ChildFailed
from lab.isolation.namespace import Missing

# What `make evidence` does, in this order: proofs last, because they may run all else.
MEASUREMENTS = {
    "runs": "record what each program prints, calls and sends",
    "errors": "provoke every error",
    "machines": "learn what each call does in each state of a socket",
    "sharing": "try who may share a port, for every pair of sockets",
    "claims": "run the proofs, and keep which of them passed",
}
OTHERS = {
    "fact": "record, prove, build and check one claim, in seconds",
    "runtimes": "see what languages, frameworks and servers ask the kernel for",
    "incidents": "re-enact with real programs what people ask about",
    "systems": "start other kernels, and gVisor, and see where they differ",
    "new": "begin a claim: proof, program, sentence",
    "network": "run a program in a network of its own, with what it needs",
    "abilities": "what this machine can and cannot measure",
}
MODULES = {name: f"lab.{name}.command" for name in MEASUREMENTS} | {
    "fact": "lab.claims.fact",
    "new": "lab.claims.new",
    "runtimes": "lab.runtimes.command",
    "incidents": "lab.incidents.command",
    "systems": "lab.systems.command",
    "network": "lab.isolation.networks",
    "abilities": "lab.isolation.command",
}


class Command(Protocol):
    """What a module offers that is a command."""

    @staticmethod
    def add_options(parser: argparse.ArgumentParser) -> None:
        """Say which options and arguments there are."""

    @staticmethod
    def run(chosen: argparse.Namespace) -> int:
        """Do it; returns the exit status. May raise EvidenceError and Missing."""


def module_of(name: str) -> Command:
    """The module of a command; only the one that is asked for is imported."""
    module: Command = import_module(MODULES[name])  # type: ignore[assignment]
    return module


def parse(arguments: list[str]) -> argparse.Namespace:
    """The command and its options."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    for name, summary in (MEASUREMENTS | OTHERS).items():
        options = commands.add_parser(name, help=summary, description=summary)
        if name in arguments[:1]:
            module_of(name).add_options(options)
    summary = "all measurements, one after the other; what is fresh is kept"
    everything = commands.add_parser("evidence", help=summary, description=summary)
    everything.add_argument("--all", action="store_true", help="even what is fresh")
    return parser.parse_args(arguments)


def measure_everything(everything: bool) -> int:
    """Every measurement, in order; one that fails does not stop the others."""
    status = 0
    systems.note()  # even where all is fresh: the file may have been lost
    for name in MEASUREMENTS:
        print(f"{name}: {MEASUREMENTS[name]}", flush=True)
        status = main([name, *(["--all"] if everything else [])]) or status
    return status


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    chosen = parse(sys.argv[1:] if arguments is None else arguments)
    if chosen.command == "evidence":
        return measure_everything(chosen.all)
    try:
        return module_of(chosen.command).run(chosen)
    except (EvidenceError, Missing, ChildFailed) as problem:
        print(f"{chosen.command}: {problem}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    sys.exit(main())
