"""Records runs: what a snippet printed, called and sent, in evidence/measured/runs/.

`python -m lab runs` writes the files; nothing else does.
"""

from collections.abc import Iterable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import msgspec
from tqdm import tqdm

from evidence import runs, store, systems
from lab.isolation import child, networks
from lab.isolation.capture import decode
from lab.isolation.namespace import Missing, abilities
from lab.runs import canonical, stage
from lab.runs.events import Sent

RUNS = 2  # a recording is kept if this many runs in a row gave the same bytes


class Refused(Exception):
    """A run that fails, cannot be made here, or does not do the same thing twice."""


def run(run_id: str, times: int = RUNS) -> list[runs.Recording]:
    """Run a snippet, or a server and its client; returns a recording each time.

    These say neither when nor by what they were made. Where the machine has no private
    network, or no packet capture, the run is made without, and the recording says so by
    `packets`. Raises Refused, and store.EvidenceError for a snippet that is not there.
    """
    programs = runs.programs_of(run_id)
    job = job_for(run_id, programs, times)
    try:
        seen = child.run(stage.perform, job)
    except stage.Failed as failure:
        raise Refused(str(failure).replace(f"{store.ROOT}/", "")) from None
    except (child.ChildFailed, Missing) as failure:
        raise Refused(f"{run_id}: the lab failed\n{failure}") from failure
    return [recording(run_id, programs, each) for each in seen]


def job_for(run_id: str, programs: list[str], times: int) -> stage.Job:
    """What the stage has to do for a run. Raises Refused where it cannot do that."""
    here = abilities()
    needs = runs.needs(run_id)
    if needs.network:
        try:
            networks.named(needs.network)
        except networks.Unknown as unknown:
            raise Refused(f"{run_id}: {unknown}") from None
    if (needs.network or needs.container) and here["private_net"]:
        raise Refused(f"{run_id} needs a network of its own: {here['private_net']}")
    return stage.Job(
        programs=tuple(str(runs.snippet_path(program)) for program in programs),
        private=here["private_net"] is None,
        packets=here["packets"] is None,
        network=needs.network,
        container=needs.container,
        times=times,
    )


def recording(run_id: str, programs: list[str], seen: stage.Seen) -> runs.Recording:
    """The recording of what was seen."""
    captured = [
        Sent(moment, msgspec.convert(decode(packet), runs.Packet), packet)
        for moment, packet in seen.packets or ()
    ]
    told = canonical.tell(seen.events, captured, seen.printed, programs)
    return runs.Recording(
        run=run_id,
        snippets={program: runs.snippet_digest(program) for program in programs},
        packets=seen.packets is not None,
        lanes=told.lanes,
        sockets=told.sockets,
        steps=told.steps,
        printed=told.printed,
        platform=systems.here(),
        date="",
        sources="",
    )


def record(run_id: str) -> str:
    """Record one run and write it if it changed. Returns a line on what was done.

    Raises Refused, showing both runs, if two runs differ; nothing is written then.
    """
    first, *others = run(run_id)
    for other in others:
        if other != first:
            raise Refused(
                f"{run_id}: two runs differ, so the program does not force its order:\n"
                f"{shown(first)}---\n{shown(other)}"
            )
    path = runs.run_path(run_id)
    old = store.kept(path, runs.Recording)
    if old and old.packets and not first.packets:
        return f"{run_id}: kept; this machine records no packets ({why_no_packets()})"
    new = store.dated(
        msgspec.structs.replace(first, sources=runs.lab_digest()),
        old,
    )
    systems.note()
    if not store.save(path, new):
        return f"{run_id}: unchanged"
    same = old is not None and store.same(new, old)
    return f"{run_id}: {'the same again, by a changed lab' if same else 'recorded'}"


def shown(recording: runs.Recording) -> str:
    """A recording as its file would have it."""
    return store.dump(store.plain(recording))


def why_no_packets() -> str | None:
    """The reason, in words, why this machine records no packets, or None."""
    return abilities()["private_net"] or abilities()["packets"]


def record_all(run_ids: Iterable[str]) -> tuple[list[str], list[str]]:
    """Record several runs, two at a time, with a bar in a terminal.

    Returns lines on what was done, and complaints about runs that were refused.
    """
    chosen = list(run_ids)
    abilities()  # once, before the processes
    with ProcessPoolExecutor(child.PROCESSES, get_context("fork")) as pool:
        working = pool.map(attempt, chosen)
        # disable=None: no bar where nobody watches
        results = list(tqdm(working, "runs", len(chosen), disable=None, leave=False))
    return [line for line, _ in results if line], [c for _, c in results if c]


def attempt(run_id: str) -> tuple[str, str]:
    """What record() says, and what it complains of; one of them is empty."""
    try:
        return record(run_id), ""
    except (Refused, store.EvidenceError) as refusal:
        return "", str(refusal)


def fresh(run_id: str) -> bool:
    """Whether the recording of a run is there, whole, and as new as what made it."""
    try:
        return bool(runs.load_run(run_id))
    except store.EvidenceError:
        return False


def remove_orphans() -> list[str]:
    """Delete recordings of runs that no longer exist; returns their ids."""
    known = set(runs.run_ids())
    files = runs.run_path("any").parent.glob("*.json")
    orphans = [path for path in files if path.stem not in known]
    for path in orphans:
        path.unlink()
    return [path.stem for path in orphans]
