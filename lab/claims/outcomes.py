"""Keeps how proofs ended, in evidence/measured/claims/PLATFORM.json."""

import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import date

from evidence import claims, store, systems


class ProofFailed(Exception):
    """A proof that failed or was skipped; the text is what pytest printed."""


@dataclass(frozen=True)
class Ended:
    """How one proof ended just now, and the digest that it had before it was run."""

    outcome: str  # passed, failed or skipped
    source: str
    packets: tuple[str, ...] = ()


def keep(ended: dict[str, Ended]) -> str:
    """Write the rows of the proofs that were run; returns what was done, in a line.

    All other rows stay, unless their proof is gone. A skipped proof keeps its last row
    if nothing that it rests on has changed since. A row keeps its day while outcome and
    packets stay. Raises EvidenceError where the file is damaged and this run is not of
    all proofs, so that rows would be lost.
    """
    known, digests = claims.read(), claims.digests()
    path = claims.path_of(systems.here())
    if path.exists() and not known.keys() <= ended.keys():
        old = store.load(path, claims.Outcomes)
    else:
        old = store.kept(path, claims.Outcomes) or claims.Outcomes(systems.here(), {})
    edited = {
        claim
        for claim, now in ended.items()
        if claim in known and now.source != digests[claim]
    }
    rows = {}
    for claim in sorted(known):
        before = old.proofs.get(claim)
        if claim in ended and claim not in edited:
            rows[claim] = row(ended[claim], before)
        elif before:
            rows[claim] = before
    new = claims.Outcomes(
        systems.note(), rows, rested_on(old, rows, ended.keys() - edited)
    )
    written = store.save(path, new)
    counts = Counter(now.outcome for now in ended.values())
    changed = sum(rows[claim] != old.proofs.get(claim) for claim in rows)
    gone = len(old.proofs.keys() - known.keys())
    told = [f"{count} {outcome}" for outcome, count in sorted(counts.items())]
    told += [f"rows new or changed: {changed}"] if changed else []
    told += [f"rows removed, whose proofs are gone: {gone}"] if gone else []
    if edited:
        told.append(f"edited while they ran, so not kept: {', '.join(sorted(edited))}")
    done = "written" if written else "unchanged"
    return f"proofs: {'; '.join(told)}; {store.shown(path)} {done}"


def row(now: Ended, before: claims.Outcome | None) -> claims.Outcome:
    """The row of a proof that has been run."""
    if now.outcome == "skipped" and before and before.source == now.source:
        return before
    same = before and (before.outcome, tuple(before.packets)) == (
        now.outcome,
        now.packets,
    )
    day = before.date if before and same else date.today().isoformat()
    return claims.Outcome(now.outcome, now.source, list(now.packets), day)


def rested_on(
    old: claims.Outcomes, rows: dict[str, claims.Outcome], fresh: set[str]
) -> dict[str, str]:
    """The digests of the definitions on which all rows rest: now, of the fresh ones."""
    every = claims.definitions(rows)
    now = claims.definitions(fresh & rows.keys())
    found = {name: now.get(name) or old.definitions.get(name) for name in every}
    return {name: digest for name, digest in found.items() if digest}


def prove(claim: str) -> str:
    """Run one proof and keep how it ended; returns what was done, in a line.

    Raises EvidenceError for an id that nobody proves, ProofFailed where it does not
    pass; how it ended is kept all the same.
    """
    proof = claims.known(claim)
    node = f"{proof.path}::{proof.function[1]}"
    ran = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "--write-proofs", node],
        cwd=store.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    kept = claims.outcomes().get(systems.here(), {}).get(claim)
    done = next((n for n in ran.stdout.splitlines() if n.startswith("proofs: ")), "")
    passed = kept and kept.outcome == "passed" and kept.source == proof.digest
    if ran.returncode != 0 or not passed or "1 passed" not in done:
        raise ProofFailed(ran.stdout.rstrip())
    return done
