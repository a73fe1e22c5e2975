"""Compares what a system did with home, and keeps the differences as evidence."""

import re
from collections.abc import Iterable, Iterator
from pathlib import Path

import msgspec

from evidence import claims, differences, errors, machines, sharing, store, systems
from evidence.differences import Asked, Box, Difference, boxes, size_of
from evidence.sharing import Pair
from lab.systems.measure import About, Marks, Proved, Provoked, Tried, read
from lab.systems.packages import row_of
from lab.systems.registry import System
from lab.systems.start import folder_of

MISSING = "missing: "
LONGEST = 160  # letters of why a proof failed


class Incomplete(Exception):
    """Results that are not all there; the text says which."""


KINDS = {"proofs": "proof", "pairs": "pairs", "errors": "error", "machines": "sequence"}


def finished(system: System) -> Path:
    """The folder of a system that has done all it was told. Raises Incomplete."""
    folder = folder_of(system)
    if not (folder / "done").exists():
        told = last(folder)
        raise Incomplete(f"{system.id} has not finished; its last words: {told}")
    return folder


def found_in(folder: Path, part: str) -> list[Difference]:
    """The differences of one part. Raises Incomplete, EvidenceError."""
    if part == "pairs":
        return list(of_pairs(newest(folder, "pairs", Marks).marks))
    if part == "errors":
        return list(of_errors(newest(folder, "errors", Provoked).ways, {}))
    if part == "machines":
        return list(of_sequences(walks_in(folder)))
    return list(of_proofs(latest(folder), {}))


def walks_in(folder: Path) -> list[Tried]:
    """What came of the random sequences, on each machine as it is now."""
    last_of = {one.machine: one for one in read(folder / "machines", Tried)}
    return [last_of[name] for name in machines.NAMES if name in last_of]


def check(system: System, parts: Iterable[str]) -> list[str]:
    """What differs from the evidence that is kept, in words; [] if nothing does.

    Of sequences only what they give is compared: how many of them do is chance where a
    system does its work later. Raises Incomplete, EvidenceError.
    """
    folder = finished(system)
    known = differences.load(system.id).differences
    told = []
    for part in parts:
        before = set(
            map(essence, (d for d in known if d.id.startswith(f"{KINDS[part]} ")))
        )
        now = set(map(essence, found_in(folder, part)))
        told += [f"no longer: {one}" for one in before - now]
        told += [f"new: {one}" for one in now - before]
    return sorted(told)


def essence(one: Difference) -> str:
    """A difference in words, without the count where that is chance."""
    said = f"{one.id}: {one.home}, there {one.there}"
    counted = not one.id.startswith("sequence ")
    return f"{said}, {one.count} times, {'; '.join(one.where)}" if counted else said


def compare(system: System) -> differences.System:
    """The record of a system from what it wrote. Raises Incomplete, EvidenceError."""
    folder = finished(system)
    about = msgspec.json.decode((folder / "about").read_bytes(), type=About)
    proofs = latest(folder)
    marks = newest(folder, "pairs", Marks).marks
    provoked = newest(folder, "errors", Provoked).ways
    walks = walks_in(folder)
    skipped: dict[str, list[str]] = {}
    found = [
        *of_proofs(proofs, skipped),
        *of_pairs(marks),
        *of_errors(provoked, skipped),
        *of_sequences(walks),
    ]
    known = claims.read()
    rows = [row_of(wanted) for wanted in system.packages]
    return differences.System(
        id=system.id,
        title=system.title,
        kernel="" if system.how == "gvisor" else about.release,
        packages=[f"{row.name} {row.version} of {row.suite}" for row in rows],
        python=about.python,
        platform=systems.here(),
        date="",
        asked=Asked(
            proofs=sum(one.outcome != "skipped" for one in proofs.values()),
            pairs=len(marks),
            errors=sum(
                not came.startswith(MISSING)
                for kinds in provoked.values()
                for came in kinds.values()
            ),
            sequences=sum(one.words for one in walks if not one.stopped),
            skipped={need: sorted(names) for need, names in sorted(skipped.items())},
            unsteady=sum(one.unsteady for one in walks),
        ),
        differences=found,
        texts={
            claim: store.digest(known[claim].source)
            for claim, one in proofs.items()
            if one.outcome != "skipped"
        },
    )


def last(folder: Path) -> str:
    """The last line of what a system printed."""
    for name in ("log", "console"):
        path = folder / name
        text = path.read_text(errors="replace").strip() if path.exists() else ""
        if text:
            return text.splitlines()[-1]
    return "none"


def newest(folder: Path, name: str, kind: type[store.Record]) -> store.Record:
    """The last record of a part. Raises Incomplete where there is none."""
    found = read(folder / name, kind)
    if not found:
        raise Incomplete(f"{folder}: no {name}")
    return found[-1]


def latest(folder: Path) -> dict[str, Proved]:
    """How each proof ended, as it is now. Raises Incomplete."""
    digests = claims.digests()
    found = {
        one.claim: one
        for one in read(folder / "proofs", Proved)
        if digests.get(one.claim) == one.source
    }
    if left := digests.keys() - found.keys():
        raise Incomplete(
            f"{folder}: {len(left)} proofs were not run, such as {min(left)}"
        )
    return dict(sorted(found.items()))


def of_proofs(
    proofs: dict[str, Proved], skipped: dict[str, list[str]]
) -> Iterator[Difference]:
    """The proofs that fail there; those that were skipped are noted by their need."""
    for claim, one in proofs.items():
        if one.outcome == "skipped":
            skipped.setdefault(need_of(one.why), []).append(claim)
        elif one.outcome != "passed":
            yield Difference(f"proof {claim}", "passed", steady(one.why))


NEEDS = {
    "drop": "a firewall",
    "reject": "a firewall",
    "container": "a second network",
    "link": "a second network",
    "tunnel": "a tunnel",
    "vxlan": "a tunnel",
    "landlock": "Landlock",
    "mount": "a file system of its own",
    "ids": "a second user",
}


def need_of(why: str) -> str:
    """What was missing, in words, of what a proof or a way said.

    >>> need_of("Skipped: no private network (drop): (95, 'Operation not supported')")
    'a firewall'
    >>> need_of("missing: no private network (sysctl): [Errno 2] '/proc/sys/net/a'")
    'the setting `net.a`'
    >>> need_of("Skipped: needs packets: none are shown")
    'packets'
    """
    if setting := re.search(r"/proc/sys/([\w/.-]+)", why):
        return f"the setting `{setting[1].replace('/', '.')}`"
    if step := re.search(r"\((\w+)\):", why):
        return NEEDS.get(step[1], step[1])
    named = re.search(r"needs (\w+)", why)
    return named[1] if named else why


def steady(words: str) -> str:
    """Words without what differs from run to run: ports, addresses of objects.

    >>> steady("assert ('127.0.0.1', 40231) == <object at 0x7f00ab>")
    "assert ('127.0.0.1', …) == <object at …>"
    """
    return re.sub(r"0x[0-9a-f]+|\b\d{4,6}\b", "…", words)[:LONGEST]


def of_pairs(marks: list[str]) -> Iterator[Difference]:
    """The pairs that end otherwise, in boxes."""
    changed: dict[tuple[str, str], list[Pair]] = {}
    for (pair, home), there in zip(sharing.load().by_pair.items(), marks, strict=True):
        if home != there:
            changed.setdefault((home, there), []).append(pair)
    for (home, there), pairs in sorted(changed.items()):
        for box in boxes(pairs):
            seconds = " ".join(sorted(box[5]))
            name = f"pairs {home} > {there}, {' '.join(sorted(box[1]))}, {seconds}"
            yield Difference(name, home, there, size_of(box), tuple(in_words(box)))


def in_words(box: Box) -> list[str]:
    """A box, a line for each dimension."""
    named = zip(differences.DIMENSIONS, box, strict=True)
    return [f"{name}: {', '.join(sorted(values))}" for name, values in named]


def of_errors(
    ways: dict[str, dict[str, str]], skipped: dict[str, list[str]]
) -> Iterator[Difference]:
    """The ways that give another error there, or none."""
    home: dict[str, dict[str, str]] = {}
    for row in errors.load().rows:
        home.setdefault(row.id, {}).update(dict.fromkeys(row.sockets, row.errno))
    for way, kinds in sorted(ways.items()):
        changed: dict[tuple[str, str], list[str]] = {}
        for kind, there in kinds.items():
            before = home.get(way, {}).get(kind, "")
            if there.startswith(MISSING):
                skipped.setdefault(need_of(there), []).append(way)
            elif there != before:
                changed.setdefault((before, there), []).append(kind)
        for (before, there), where in changed.items():
            yield Difference(f"error {way}", before, there, len(where), tuple(where))


def of_sequences(walks: Iterable[Tried]) -> Iterator[Difference]:
    """The calls that end otherwise after some sequence, with the shortest of them."""
    for one in walks:
        kind = machines.kind_of(one.machine)
        if one.stopped:
            yield Difference(f"sequence {one.machine}", "", f"stopped: {one.stopped}")
        found: dict[tuple[str, str, str], list[list[str]]] = {}
        for case in one.disagreed:
            told, gave = " | ".join(case.told), " | ".join(case.gave)
            if case.told[0] != case.gave[0]:
                told, gave = case.told[0], case.gave[0]  # whatever the names
            found.setdefault((case.word[-1], told, gave), []).append(case.word)
        for (given, told, gave), words in sorted(found.items()):
            shortest: list[str] = min(words, key=len)
            where = f"{kind}: {', '.join(shortest)}"
            name = f"sequence {one.machine} {given}"
            yield Difference(name, told, gave, len(words), (where,))


class Check(msgspec.Struct):
    """What docs/_ext/systems/socketcheck.txt writes on a reader's system."""

    system: str
    release: str
    machine: str
    python: str
    home: str
    date: str
    results: dict[str, str]  # {way and errno: `EADDRINUSE, cured`, or `not here`}


def of_check(file: Path, name: str | None) -> differences.System:
    """The record of a system from a reader's file. Raises Incomplete, EvidenceError."""
    try:
        told = msgspec.json.decode(file.read_bytes(), type=Check)
    except (OSError, msgspec.DecodeError) as problem:
        raise Incomplete(
            f"{file}: {problem}: it is what socketcheck.py wrote"
        ) from None
    rows = {f"{row.id} {row.errno}": row for row in errors.load().rows}
    if unknown := sorted(told.results.keys() - rows.keys()):
        raise Incomplete(f"{file}: no way {unknown[0]}: run the newest socketcheck.py")
    found, absent = [], []
    for way, there in told.results.items():
        row = rows[way]
        home = f"{row.errno}, {'not cured' if row.unshown else 'cured'}"
        if there == "not here":
            absent.append(row.id)
        elif there != home:
            where = (row.sockets[0],)
            short = there.removesuffix(", cured")
            found.append(Difference(f"error {row.id}", row.errno, short, 1, where))
    title = f"{told.system} {told.release}"
    return differences.System(
        id=name or re.sub(r"[^a-z0-9.]+", "-", title.lower()).strip("-"),
        title=title,
        kernel=told.release,
        packages=[],
        python=told.python,
        platform=systems.here(),
        date="",
        asked=Asked(0, 0, len(told.results) - len(absent), 0, {"it": absent}),
        differences=found,
    )


def keep(record: differences.System) -> bool:
    """Write a record; whether it is another one than before. Raises EvidenceError."""
    path = store.measured(differences.FOLDER, f"{record.id}.json")
    path.parent.mkdir(exist_ok=True)
    old = store.kept(path, differences.System)
    return store.save(path, store.dated(record, old))
