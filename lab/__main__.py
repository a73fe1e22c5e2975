"""Command line of the lab.

python -m lab record [--changed] [ID ...]   record runs, all or the ones named
python -m lab errors                        provoke every error, keep the outcomes
python -m lab machines [--check] [NAME ...] learn the state machines, or compare them
python -m lab sharing                       who may share a port, tried for each pair
python -m lab abilities                     what this machine can and cannot measure
"""

import argparse
import sys

from evidence import machines, runs, store
from lab.isolation.namespace import Missing, abilities
from lab.machines import learning
from lab.runs import recorder
from lab.sharing import pairs


def main(arguments: list[str] | None = None) -> int:
    """Run one command; returns the exit status."""
    parser = argparse.ArgumentParser(prog="python -m lab", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    recorder = commands.add_parser("record", help="record runs into evidence/runs/")
    recorder.add_argument("ids", nargs="*", help="snippet ids; all if none is named")
    recorder.add_argument(
        "--changed", action="store_true", help="only what is missing or stale"
    )
    commands.add_parser("errors", help="provoke every error into evidence/errors.json")
    learner = commands.add_parser("machines", help="learn into evidence/machines/")
    learner.add_argument("names", nargs="*", help="machines; all if none is named")
    learner.add_argument(
        "--check", action="store_true", help="compare, and write nothing"
    )
    commands.add_parser("sharing", help="measure evidence/sharing.json")
    commands.add_parser("abilities", help="what this machine can measure")
    chosen = parser.parse_args(arguments)
    if chosen.command == "abilities":
        for ability, reason in abilities().items():
            print(f"{ability}: {reason or 'here'}")
        return 0
    if chosen.command == "errors":
        return provoke_errors()
    if chosen.command == "machines":
        return learn_machines(chosen.names, chosen.check)
    if chosen.command == "sharing":
        return measure_sharing()
    return record_runs(chosen.ids, chosen.changed)


def measure_sharing() -> int:
    """Try every pair of sockets, print what was done; returns the exit status."""

    try:
        print(pairs.write())
    except Missing as missing:
        print(f"not measured: {missing}", file=sys.stderr)
        return 1
    return 0


def record_runs(ids: list[str], only_changed: bool) -> int:
    """Record, print what was done, complain on stderr; returns the exit status."""
    try:
        for snippet in ids:
            runs.snippet_path(snippet)
    except store.EvidenceError as error:
        print(error, file=sys.stderr)
        return 2
    chosen = sorted({runs.run_of(i) for i in ids}) or runs.run_ids()
    if only_changed:
        chosen = [run for run in chosen if not fresh(run)]
    if not ids:
        for orphan in recorder.remove_orphans():
            print(f"{orphan}: removed, its snippet is gone")
    lines, complaints = recorder.record_all(chosen)
    for line in lines:
        print(line)
    for complaint in complaints:
        print(f"not recorded: {complaint}", file=sys.stderr)
    return 1 if complaints else 0


def provoke_errors() -> int:
    """Provoke and write, or complain on stderr; returns the exit status."""
    from lab.errors import provoke as errors

    try:
        print(errors.write())
    except errors.Unexpected as unexpected:
        print(f"not written: {unexpected}", file=sys.stderr)
        return 1
    return 0


def learn_machines(names: list[str], only_check: bool) -> int:
    """Learn machines, or say why not; returns the exit status."""
    if unknown := set(names) - set(machines.NAMES):
        print(f"no machine {', '.join(sorted(unknown))}", file=sys.stderr)
        return 2
    if reason := abilities()["private_net"]:
        print(f"machines: kept; they need a private network ({reason})")
        return 0
    chosen = names or list(machines.NAMES)
    if reason := abilities()["ipv6"]:
        print(f"tcp6: kept; {reason}")
        chosen = [name for name in chosen if not name.startswith("tcp6")]
    return learning.run(chosen, only_check)


def fresh(run: str) -> bool:
    """Whether the recording of a run is there, whole, and of the snippet as it is."""
    try:
        return bool(runs.load_run(run))
    except store.EvidenceError:
        return False


if __name__ == "__main__":
    sys.exit(main())
