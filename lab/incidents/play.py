"""Plays an incident twice, each time in a new network, and keeps what came of it."""

import json
import shutil
import subprocess
import tempfile
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

from evidence import incidents, store, systems
from evidence.incidents import Package, Play
from lab.incidents.bench import PATH, Bench, Surprise
from lab.incidents.programs import BASE
from lab.incidents.registry import NOTED, Incident, Malformed, Program
from lab.isolation import child, namespace
from lab.runtimes.registry import BUILD, MODULES
from lab.strace import NotTraced

SHORT = "bc-"  # of the folder's name: the path of a Unix socket has 107 bytes


def every() -> dict[str, Incident]:
    """{id: incident} of all, by group. Raises Malformed where two have one id."""
    found: dict[str, Incident] = {}
    for group in incidents.GROUPS:
        module = f"lab.incidents.{group}"
        acts = vars(import_module(module)).values() if find_spec(module) else ()
        for one in (getattr(act, NOTED) for act in acts if hasattr(act, NOTED)):
            if found.setdefault(one.id, one) is not one:
                raise Malformed(f"two incidents are called {one.id}")
    return found


def group_of(incident: Incident) -> str:
    """The file of the lab that holds it."""
    return incident.act.__module__.rpartition(".")[2]


def perform(module: str, function: str, lines: str, cured: bool) -> Play:
    """Enter a network, re-enact an incident there; for a process of its own.

    Raises Missing, Surprise.
    """
    act = getattr(import_module(module), function)
    namespace.enter()
    with tempfile.TemporaryDirectory(prefix=SHORT) as folder:
        bench = Bench(Path(folder), cured)
        bench.make_room()
        with bench.stack:
            act(bench, lines)
        return bench.result()


def play(incident: Incident, cured: bool) -> Play:
    """One run. Raises Missing, Surprise, also where it did not end as it is told."""
    lines = incident.cure if cured else incident.before
    act = incident.act
    try:
        found = child.run_fresh(perform, act.__module__, act.__name__, lines, cured)
    except Surprise as surprise:
        which = "cured" if cured else "failing"
        raise Surprise(f"{incident.id}, {which}: {surprise}") from None
    printed = "\n".join(line.text for line in found.printed)
    if incident.message and (incident.message in printed) == cured:
        has = "printed all the same" if cured else "not printed"
        raise Surprise(f"{incident.id}: {incident.message!r} was {has}: {printed}")
    return found


def missing(program: Program) -> str | None:
    """None where a program is installed, or what would install it."""
    if version(program):
        return None
    if program.source == "apt":
        return f"apt install {program.package}"
    return f"make incidents, which installs {program.package}"


def version(program: Program) -> str:
    """The version of its package; "" where it is not there."""
    if program.source == "apt":
        if shutil.which(program.command, path=PATH) is None:
            return ""
        asked = ["dpkg-query", "-W", "-f=${Version}", program.package]
        try:
            told = subprocess.run(asked, capture_output=True, text=True, check=False)
        except FileNotFoundError:
            return ""
        return told.stdout if told.returncode == 0 else ""
    if program.source == "npm":
        about = BUILD / MODULES / program.package / "package.json"
        return str(json.loads(about.read_text())["version"]) if about.exists() else ""
    name = program.package.replace("-", "_")
    found = sorted(BUILD.glob(f"python/lib/python3.*/site-packages/{name}-*.dist-info"))
    return found[0].name.removesuffix(".dist-info").rpartition("-")[2] if found else ""


def measure(incident: Incident) -> incidents.Incident:
    """Both runs as a record. Raises Missing, Surprise."""
    group = group_of(incident)
    return incidents.Incident(
        id=incident.id,
        title=incident.title,
        group=group,  # type: ignore[arg-type]  # a test compares both lists
        message=incident.message,
        programs=[
            Package(one.name, one.package, one.source, version(one))
            for one in incident.programs
        ],
        before=incident.before,
        cure=incident.cure,
        language=incident.language,
        where=incident.where,
        fails=play(incident, cured=False),
        cured=play(incident, cured=True),
        platform=systems.here(),
        date="",
        sources=incidents.made_by(incident.id, group),
    )


def write(chosen: list[str], everything: bool) -> tuple[int, list[str]]:
    """Measure those that are chosen, or all that are stale.

    Returns how many were measured, and a line for each that was not and should have
    been. What is not installed keeps its old evidence.
    """
    known = every()
    problems = [
        f"there is no incident {name!r}" for name in chosen if name not in known
    ]
    made = 0
    for one in known.values():
        path = incidents.path_of(one.id)
        old = store.kept(path, incidents.Incident)
        fresh = old is not None and not incidents.stale(old)
        if (chosen and one.id not in chosen) or (
            fresh and not chosen and not everything
        ):
            continue
        wanted = (*BASE, *one.programs)
        if lacks := [told for program in wanted if (told := missing(program))]:
            problems.append(f"{one.id}: not measured, needs {'; '.join(lacks)}")
            continue
        try:
            new = measure(one)
        except (Surprise, NotTraced, child.ChildFailed) as problem:
            problems.append(f"{one.id}: {problem}")
            continue
        systems.note()
        store.save(path, store.dated(new, old))
        print(one.id, flush=True)
        made += 1
    if not chosen:
        for gone in set(incidents.ids()) - known.keys():
            incidents.path_of(gone).unlink()
    return made, problems
