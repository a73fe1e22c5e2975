"""Records runs: what a snippet printed, called and sent, in evidence/measured/runs/."""

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date

from evidence import runs, store, systems
from lab.isolation.namespace import abilities
from lab.isolation.networks import WORLDS
from lab.runs.canonical import recording

RUNS = 2  # a recording is kept if this many runs in a row gave the same bytes


class Refused(Exception):
    """A snippet that crashes, hangs, or does not do the same thing twice."""


def run(run_id: str, times: int = RUNS) -> list[dict]:
    """Run a snippet, or a server and its client. Returns a recording's body each time.

    Where the machine has no private network, or no packet capture, the run is made
    without, and the recording says so by `"packets": false`. Raises Refused.
    """
    from lab.isolation.capture import decode

    here = abilities()
    server = runs.server_of(run_id)
    programs = [server, run_id] if server else [run_id]
    paths = [runs.snippet_path(program) for program in programs]
    need = runs.needs(paths[-1].read_text())
    world = None if server else need
    if world and world not in WORLDS:
        raise Refused(
            f"{run_id} needs {world}, which lab/isolation/networks.py cannot make"
        )
    container = runs.in_a_container(run_id)
    if (world or container) and here["private_net"]:
        raise Refused(f"{run_id} needs {need}: {here['private_net']}")
    job = {
        "programs": [str(path) for path in paths],
        "private": here["private_net"] is None,
        "packets": here["packets"] is None,
        "world": world,
        "container": container,
        "times": times,
    }
    stage = subprocess.run(
        [sys.executable, "-m", "lab.runs.stage"],
        input=json.dumps(job),
        capture_output=True,
        text=True,
        cwd=store.ROOT,
    )
    if stage.returncode != 0:
        raise Refused(f"{run_id}: the lab failed\n{stage.stderr.rstrip()}")
    bodies = []
    for raw in json.loads(stage.stdout):
        if "failed" in raw:
            raise Refused(raw["failed"].replace(f"{store.ROOT}/", ""))
        made_from = {
            program: store.digest(path.read_text())
            for program, path in zip(programs, paths, strict=True)
        }
        body = {"run": run_id, "snippets": made_from}
        body["packets"] = raw["packets"] is not None
        bodies.append(body | recording(raw, programs, decode))
    return bodies


def record(run_id: str) -> str:
    """Record one run and write it if it changed. Returns a line on what was done.

    Raises Refused, showing both runs, if two runs differ; nothing is written then.
    """
    first, *others = run(run_id)
    for other in others:
        if other != first:
            raise Refused(
                f"{run_id}: two runs differ, so the program does not force its order:\n"
                f"{store.dump(first)}---\n{store.dump(other)}"
            )
    path = runs.run_path(run_id)
    try:
        old = runs.load_run(run_id, allow_stale=True)
    except store.EvidenceError:
        old = {}
    if old.get("packets") and not first["packets"]:
        return f"{run_id}: kept; this machine records no packets ({why_no_packets()})"
    if all(old.get(key) == value for key, value in first.items()):
        return f"{run_id}: unchanged"
    first |= {"platform": systems.note(), "date": date.today().isoformat()}
    store.save(path, first | {"digest": store.digest(store.dump(first))})
    return f"{run_id}: recorded"


def why_no_packets() -> str | None:
    """The reason, in words, why this machine records no packets, or None."""
    return abilities()["private_net"] or abilities()["packets"]


def record_all(run_ids: list[str]) -> tuple[list[str], list[str]]:
    """Record several runs, two at a time. Returns (lines, complaints)."""

    def attempt(run_id: str) -> tuple[str | None, str | None]:
        try:
            return record(run_id), None
        except (Refused, store.EvidenceError) as refusal:
            return None, str(refusal)

    abilities()  # once, before the threads
    systems.note()
    with ThreadPoolExecutor(2) as pool:
        results = list(pool.map(attempt, run_ids))
    return [line for line, _ in results if line], [c for _, c in results if c]


def remove_orphans() -> list[str]:
    """Delete recordings of runs that no longer exist; returns their ids."""
    orphans = [
        path
        for path in runs.run_path("any").parent.glob("*.json")
        if path.stem not in runs.run_ids()
    ]
    for path in orphans:
        path.unlink()
    return [path.stem for path in orphans]
