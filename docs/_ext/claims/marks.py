"""What a build knows of all claims: read once when it begins, not for each mark.

Most of it is the digest of every proof, for which all the code must be parsed. So it is
kept beside the doctrees, and used again while no source file has another time.
"""

from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from evidence import claims, sources, store

FILE = "proofs.msgpack"


class Read(msgspec.Struct):
    """The proofs and their digests, as they were when the files had these times."""

    stamps: sources.Stamps
    proofs: dict[str, claims.Proof]
    digests: dict[str, str]


@dataclass(frozen=True)
class Known:
    """All proofs, their digests, and how they ended on each platform.

    error: why it is not known how they ended, if it is not.
    """

    proofs: dict[str, claims.Proof] = field(default_factory=dict)
    digests: dict[str, str] = field(default_factory=dict)
    outcomes: dict[str, dict[str, claims.Outcome]] = field(default_factory=dict)
    error: str = ""

    def rows(self, claim: str) -> dict[str, claims.Outcome]:
        """{platform: how the proof ended there}, if it has not changed since."""
        return {
            platform: found[claim]
            for platform, found in self.outcomes.items()
            if claim in found and found[claim].source == self.digests.get(claim)
        }

    def kinds(self, claim: str) -> list[str]:
        """The kinds of socket over which a claim is proved, such as `TCP IPv6`."""
        rows = self.rows(claim).values()
        return sorted({kind for row in rows for kind in row.kinds})

    def proved(self, claim: str) -> bool:
        """Whether the claim's proof passed somewhere, as it stands now."""
        return any(row.outcome == "passed" for row in self.rows(claim).values())

    def problem(self, claim: str) -> str | None:
        """What is wrong with a claim, and its cure; None if it is proved."""
        if self.proved(claim):
            return None
        if claim not in self.proofs:
            subject, _, name = claim.partition(".")
            close = claims.did_you_mean(claim, self.proofs)
            proof = f"write its proof, tests/claims/{subject}/…::test_{name}"
            return f"no claim {claim}{close or f': {proof}'}"
        if self.error:
            return f"nobody knows whether {claim} is proved: {self.error}"
        cure = f"run `make fact ID={claim}`, or `make evidence`"
        if rows := self.rows(claim):
            how = ", ".join(sorted({row.outcome for row in rows.values()}))
            mend = "correct the proof or what it runs, then"
            return f"the proof of {claim} did not pass, it {how}: {mend} {cure}"
        if any(claim in found for found in self.outcomes.values()):
            why = in_short(claims.changed_since(claim)) or "what it rests on"
            return f"the proof of {claim} is stale, {why} changed since it ran: {cure}"
        return f"the proof of {claim} has never been run: {cure}"


def in_short(names: list[str]) -> str:
    """The first few names of a list, and how many more there are."""
    shown = ", ".join(names[:2])
    return f"{shown} and {len(names) - 2} more" if len(names) > 2 else shown


def load(folder: Path) -> Known:
    """All claims as they are now; folder: where the last build kept what it read.

    Raises EvidenceError where a file of the code cannot be read.
    """
    stamps = sources.stamps()
    found = kept(folder / FILE)
    if found is None or found.stamps != stamps:
        found = Read(stamps, claims.read(), claims.digests())
        folder.mkdir(parents=True, exist_ok=True)
        (folder / FILE).write_bytes(msgspec.msgpack.encode(found))
    try:
        return Known(found.proofs, found.digests, claims.outcomes())
    except store.EvidenceError as error:
        return Known(found.proofs, found.digests, error=str(error))


def kept(path: Path) -> Read | None:
    """What the last build kept, if this version of the project wrote it."""
    try:
        return msgspec.msgpack.decode(path.read_bytes(), type=Read)
    except (FileNotFoundError, msgspec.DecodeError):
        return None
