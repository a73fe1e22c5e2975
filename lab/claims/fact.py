"""One fact in seconds: record its program, run its proof, build and check its page."""

import argparse
import subprocess
import sys
from dataclasses import dataclass
from time import monotonic

from evidence import claims, runs, sources, store
from lab.runs import recorder

BUILD = "-m sphinx -c . -q -W --keep-going -j auto docs build/html".split()
PROVE = "-m pytest -q -p no:cacheprovider --no-header --write-proofs".split()
# What the build itself cannot know of a program: its form, and that it runs pasted.
FORM = "-m pytest -q -p no:cacheprovider --no-header tests/snippets".split()


@dataclass
class Step:
    """One step of the work: what is done, and how long it took."""

    title: str
    began: float

    def __enter__(self) -> "Step":
        print(f"{self.title} …", flush=True)
        return self

    def __exit__(self, *_: object) -> None:
        print(f"  {monotonic() - self.began:.1f} s", flush=True)


def add_options(parser: argparse.ArgumentParser) -> None:
    """The id of the claim."""
    parser.add_argument(
        "id", help="the claim, for instance udp.connect_sends_no_packet"
    )


def run(chosen: argparse.Namespace) -> int:
    """Do every step that still makes sense; returns the exit status."""
    proof = find(chosen.id)
    programs = programs_of(proof)
    began = monotonic()
    if not record(programs) or not prove(proof):
        return 1
    good = check_form(programs)
    good = build() and good
    if good:
        print(f"{proof.id}: recorded, proved, built and checked")
        print(f"  {monotonic() - began:.1f} s in all; read the diff of evidence/")
    return 0 if good else 1


def find(claim: str) -> claims.Proof:
    """The proof of a claim. Raises EvidenceError with the closest ids."""
    known = claims.read()
    if claim in known:
        return known[claim]
    subject, close = claim.partition(".")[0], claims.did_you_mean(claim, known)
    raise store.EvidenceError(
        f"no proof of {claim!r} in tests/claims/{subject}/{close}: "
        f"`make new ID={claim}` begins one"
    )


def programs_of(proof: claims.Proof) -> list[str]:
    """The ids of the programs that a proof runs, sorted."""
    reached = sources.reached(proof.function)
    modules = {module.partition(".")[2] for module, _ in reached}
    return sorted(modules & set(runs.snippet_ids()))


def record(programs: list[str]) -> bool:
    """Record the programs that have changed; whether all could be."""
    stale = sorted(
        {runs.run_of(p) for p in programs if not recorder.fresh(runs.run_of(p))}
    )
    if not stale:
        return True
    with Step(f"record {', '.join(stale)}", monotonic()):
        lines, complaints = recorder.record_all(stale)
    for line in [*lines, *(f"not recorded: {c}" for c in complaints)]:
        print(f"  {line}")
    return not complaints


def prove(proof: claims.Proof) -> bool:
    """Run the proof and keep its outcome; whether it passed."""
    with Step(f"prove {proof.id}", monotonic()):
        return python(*PROVE, proof.test)


def check_form(programs: list[str]) -> bool:
    """Look at each program as the tests do; whether it is as it should be."""
    if not programs:
        return True
    wanted = " or ".join(program.rpartition(".")[2] for program in programs)
    with Step(f"check {', '.join(programs)}", monotonic()):
        return python(*FORM, "-k", f"({wanted}) and not doctests")


def build() -> bool:
    """Build the pages that changed; whether there was nothing to complain of."""
    with Step("build the pages that changed", monotonic()):
        return python(*BUILD)


def python(*arguments: str) -> bool:
    """Run Python in the project's folder; whether it ended well. Prints what it says
    if it did not.
    """
    ended = subprocess.run(
        [sys.executable, *arguments],
        cwd=store.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if ended.returncode != 0:
        print(ended.stdout.rstrip().replace(f"{store.ROOT}/", ""))
    return ended.returncode == 0
