"""Keeps how proofs ended, in evidence/measured/claims/PLATFORM.json."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

from evidence import claims, store, systems


@dataclass(frozen=True)
class Ended:
    """How one proof ended just now, and the digest that it had before it was run."""

    outcome: str  # passed, failed or skipped
    source: str
    packets: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()


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
    here = {claim: now for claim, now in ended.items() if claim in known}
    fresh = {claim: now for claim, now in here.items() if now.source == digests[claim]}
    rows = {c: before for c, before in old.proofs.items() if c in known}
    rows |= {claim: row(now, rows.get(claim)) for claim, now in fresh.items()}
    rows = dict(sorted(rows.items()))
    new = claims.Outcomes(systems.note(), rows, rested_on(old, rows, fresh))
    done = "written" if store.save(path, new) else "unchanged"
    told = [*counted(ended.values()), *differences(old.proofs, rows)]
    if edited := sorted(here.keys() - fresh.keys()):
        told.append(f"edited while they ran, so not kept: {', '.join(edited)}")
    return f"proofs: {'; '.join(told)}; {store.shown(path)} {done}"


def counted(ended: Iterable[Ended]) -> list[str]:
    """`3 passed` and so on."""
    counts = Counter(now.outcome for now in ended)
    return [f"{count} {outcome}" for outcome, count in sorted(counts.items())]


def differences(
    old: dict[str, claims.Outcome], new: dict[str, claims.Outcome]
) -> list[str]:
    """How the rows of a file differ, in words."""
    changed = sum(found != old.get(claim) for claim, found in new.items())
    gone = len(old.keys() - new.keys())
    told = [f"rows new or changed: {changed}"] if changed else []
    return told + ([f"rows removed, whose proofs are gone: {gone}"] if gone else [])


def row(now: Ended, before: claims.Outcome | None) -> claims.Outcome:
    """The row of a proof that has been run."""
    if now.outcome == "skipped" and before and before.source == now.source:
        return before
    same = before and (before.outcome, tuple(before.packets), tuple(before.kinds)) == (
        now.outcome,
        now.packets,
        now.kinds,
    )
    day = before.date if before and same else date.today().isoformat()
    return claims.Outcome(
        now.outcome, now.source, list(now.packets), list(now.kinds), day
    )


def rested_on(
    old: claims.Outcomes, rows: Iterable[str], fresh: Iterable[str]
) -> dict[str, str]:
    """The digests of the definitions on which all rows rest: now, of the fresh ones."""
    every = claims.definitions(rows)
    now = claims.definitions(fresh)
    found = {name: now.get(name) or old.definitions.get(name) for name in every}
    return {name: digest for name, digest in found.items() if digest}
