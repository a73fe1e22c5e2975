"""The command `python -m lab machines`: learns the machines, or compares them."""

import argparse
import sys

from tqdm import tqdm

from evidence import machines, store, systems
from evidence.machines import Machine, differences
from lab.isolation.namespace import abilities
from lab.machines.jobs import Answer, Job, Outcome, each
from lab.machines.learning import NotLearned, job_of, keep, relearned

TOLD = 12  # differences that are spelled out; the rest are counted


def add_options(parser: argparse.ArgumentParser) -> None:
    """The options of the command."""
    parser.add_argument(
        "names", nargs="*", help="machines; what is missing or stale if none is named"
    )
    parser.add_argument("--all", action="store_true", help="even what is fresh")
    parser.add_argument(
        "--check", action="store_true", help="learn all, compare, and write nothing"
    )


def run(chosen: argparse.Namespace) -> int:
    """Learn what is wanted; returns the exit status. Raises EvidenceError."""
    if unknown := sorted({*chosen.names} - {*machines.NAMES}):
        known = ", ".join(machines.NAMES)
        print(f"no machine {', '.join(unknown)}; there are {known}", file=sys.stderr)
        return 2
    if reason := abilities()["private_net"]:
        print(f"machines: kept; they need a private network ({reason})")
        return 0
    names = list(chosen.names or machines.NAMES)
    if reason := abilities()["ipv6"]:
        print(f"tcp6: kept; {reason}")
        names = [name for name in names if not name.startswith("tcp6")]
    if not (chosen.names or chosen.all or chosen.check):
        names = [name for name in names if is_due(name)]
        if not names:
            print("machines: all are there, and the code that learned them is the same")
    return learn(names, chosen.check)


def is_due(name: str) -> bool:
    """Whether a machine is missing or damaged, or other code has learned it."""
    old = store.kept(machines.path_of(name), Machine)
    return old is None or machines.stale(old)


def learn(names: list[str], only_check: bool) -> int:
    """Learn machines, two at a time, and say what came of it; the exit status."""
    status = 0
    sources = {name: machines.made_from(machines.kind_of(name)) for name in names}
    progress = Progress()
    for job, outcome in each(map(job_of, names), progress.show):
        progress.end(job)
        try:
            line, good = result(outcome, job.machine, sources[job.machine], only_check)
        except NotLearned as failure:
            line, good = f"not learned: {job.machine}: {failure}", False
        tqdm.write(line, file=sys.stdout if good else sys.stderr)
        status = status if good else 1
    return status


def result(
    outcome: Outcome, name: str, sources: str, only_check: bool
) -> tuple[str, bool]:
    """What came of one machine, in lines, and whether it is as it should be.

    sources: the digest of the code that learned it. The machine is kept, unless it was
    only to be checked. Raises NotLearned.
    """
    if not isinstance(outcome, Answer) or outcome.found is None:
        raise NotLearned(last_words(outcome))
    machine = relearned(name, outcome.found, outcome.tried, sources)
    old = store.kept(machines.path_of(name), Machine)
    different = told_differences(old, machine) if old else []
    if only_check:
        done = "differs" if different else "the same"
    else:
        done = "recorded" if keep(machine) else "unchanged"
    figures = outcome.found.figures
    told = (
        f"{name}: {done}; {machine.learned.states} states in {figures.seconds:.1f} s, "
        f"{figures.steps / figures.seconds:,.0f} steps a second"
    )
    return "\n".join([*different, told]), not (only_check and different)


def last_words(outcome: Outcome) -> str:
    """Why there is no machine; an error of a child has its traceback as notes."""
    return "\n".join([str(outcome), *getattr(outcome, "__notes__", [])])


def told_differences(old: Machine, new: Machine) -> list[str]:
    """Where two machines differ, line by line for a reader, the first ones spelled out.

    [] where they do not.
    """
    found = differences(old, new)
    ours = old.platform == systems.here()
    what = "is not what was recorded" if ours else "your kernel differs from ours here"
    lines = [f"{old.machine}: {what}", *(f"  {line}" for line in found[:TOLD])]
    if len(found) > TOLD:
        lines.append(f"  and {len(found) - TOLD} more")
    return lines if found else []


class Progress:
    """A line in the terminal for each machine that is being learned."""

    def __init__(self) -> None:
        tqdm.monitor_interval = 0  # no thread: this process forks
        self.bars: dict[Job, tqdm] = {}

    def show(self, job: Job, steps: int) -> None:
        """Show how many steps a job has done."""
        if job not in self.bars:
            self.bars[job] = tqdm(
                desc=job.machine, unit=" steps", leave=False, disable=None
            )
        bar = self.bars[job]
        bar.update(steps - bar.n)

    def end(self, job: Job) -> None:
        """Take the line of a job away."""
        bar = self.bars.pop(job, None)
        if bar is not None:
            bar.close()
