"""One fact in seconds: record its program, run its proof, build and check its page."""

import argparse
import re
import subprocess
import sys
from dataclasses import dataclass
from time import monotonic

from evidence import claims, runs, sources, store
from lab.runs import recorder

PROVE = "-m pytest -q --no-header --write-proofs".split()
BUILD = "-m sphinx -c . -q -W --keep-going -j auto docs build/html".split()
# What the build cannot know of a program: that it runs pasted, its form, its page.
FORM = "-m pytest -q --no-header tests/snippets tests/site/test_gates.py".split()


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
    if not claim:
        raise store.EvidenceError("say which: make fact ID=udp.connect_sends_no_packet")
    close = claims.did_you_mean(claim.lower(), known)
    if not claims.is_id(claim):
        raise store.EvidenceError(f"{claim!r} is no id: {claims.FORM}{close}")
    raise store.EvidenceError(
        f"tests/claims/ has no proof of {claim}{close or ';'} "
        f"`make new ID={claim}` begins one"
    )


def programs_of(proof: claims.Proof) -> list[str]:
    """The ids of the programs that a proof runs, sorted."""
    modules = {module for module, _ in sources.reached(proof.function)}
    return sorted({m.partition(".")[2] for m in modules} & set(runs.snippet_ids()))


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
        return python(*PROVE, proof.test).returncode == 0


def check_form(programs: list[str]) -> bool:
    """Look at each program as the tests do; whether it is as it should be."""
    if not programs:
        return True
    wanted = " or ".join(program.rpartition(".")[2] for program in programs)
    with Step(f"check {', '.join(programs)}", monotonic()):
        ended = [
            python("-I", "-m", "doctest", str(runs.snippet_path(program)))
            for program in programs
        ]
        ended.append(python(*FORM, "-k", f"({wanted}) and not doctests"))
    return not any(one.returncode for one in ended)


def build() -> bool:
    """Build the pages that changed; whether there was nothing to complain of.

    Sphinx complains of a page when it reads it, and would be silent the next time:
    whatever it has named is made new, so that it is read again.
    """
    with Step("build the pages that changed", monotonic()):
        ended = python(*BUILD)
    if ended.returncode == 0:
        return True
    for page in set(re.findall(r"docs/[\w/-]+\.md", ended.stdout)):
        (store.ROOT / page).touch()
    return False


def python(*arguments: str) -> subprocess.CompletedProcess[str]:
    """Run Python in the project's folder; prints what it says if it fails."""
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
    return ended
