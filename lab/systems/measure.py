"""Runs on a system, and writes down what it does: proofs, errors, pairs, machines.

    python -m lab.systems.measure FOLDER [PART …]

Each part is a file of FOLDER. What is there already, from the same code, is not done
again, so that a run that was interrupted goes on. Nothing is compared here.
"""

import ctypes
import functools
import os
import platform
import struct
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import msgspec
from pyroute2 import NetlinkError

from evidence import calls, claims, machines, sharing, store
from evidence.machines import Output
from evidence.sharing import Pair, pairs
from lab.claims import families
from lab.isolation import child, namespace, networks
from lab.machines.scenes.base import Scene

WORDS = 1_000  # random sequences for each machine
SEED = 16
REPLAYS = 20
AT_ONCE = 3  # proofs: some wait for a clock


class About(msgspec.Struct):
    """Which kernel and Python these results come from."""

    system: str
    release: str
    version: str
    machine: str
    python: str


class Proved(msgspec.Struct):
    """How a proof ended: passed, failed or skipped, and why not the first."""

    claim: str
    source: str
    outcome: str
    why: str = ""


class Marks(msgspec.Struct):
    """What came of each pair, in their order: a mark, or the call and its errno."""

    sources: str
    marks: list[str]


class Provoked(msgspec.Struct):
    """What came of each way to an error: {way: {kind of socket: errno or words}}."""

    sources: str
    ways: dict[str, dict[str, str]]


class Disagreed(msgspec.Struct):
    """A sequence that ended otherwise than the machine says, cut where it did."""

    word: list[str]
    told: list[str]
    gave: list[str]


class Tried(msgspec.Struct):
    """Random sequences on one machine, and those that the machine did not predict.

    unsteady: how many of these did not end so each time, and are left out.
    """

    machine: str
    sources: str
    words: int
    disagreed: list[Disagreed]
    stopped: str = ""
    unsteady: int = 0


def about() -> About:
    """This system. Its name is Linux on gVisor too."""
    found = platform.uname()
    version = platform.python_version()
    return About(found.system, found.release, found.version, found.machine, version)


def read(path: Path, kind: type[store.Record]) -> list[store.Record]:
    """The records of a file, one a line; what was cut off while it was written is not.

    A file that is not there has none.
    """
    found = []
    lines = path.read_bytes().splitlines() if path.exists() else []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=kind))
        except msgspec.DecodeError:
            break
    return found


def add(path: Path, record: msgspec.Struct) -> None:
    """Write a record as a line at the end of a file."""
    with path.open("ab") as file:
        file.write(msgspec.json.encode(record) + b"\n")


# --- proofs: pytest runs them, and lab/systems/report.py writes how they ended --------


def prove(folder: Path) -> None:
    """Run every proof that has not been run here as it is now."""
    path = folder / "proofs"
    digests = claims.digests()
    done = {
        one.claim for one in read(path, Proved) if digests.get(one.claim) == one.source
    }
    left = [proof.test for claim, proof in claims.read().items() if claim not in done]
    if not left:
        return
    chosen = folder / "chosen"
    chosen.write_text("\n".join(left))
    command = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    command += ["-n", str(AT_ONCE), "-p", "lab.systems.report", f"@{chosen}"]
    environment = {**os.environ, "REPORT_TO": str(path)}
    subprocess.run(command, cwd=store.ROOT, env=environment, check=False)


# --- pairs ----------------------------------------------------------------------------


def mark(pair: Pair, port: int) -> str:
    """What came of a pair: one of evidence.sharing.MARKS, or words for another end."""
    from lab.sharing.pairs import Surprise, try_pair

    try:
        return try_pair(pair, port)
    except Surprise as surprise:
        return str(surprise).partition(":")[0].replace("() fails with ", " ")
    except OSError as error:
        return f"first {calls.errno_name(error.errno or 0)}"


def try_all() -> list[str]:
    """The mark of every pair, in this process's network."""
    from lab.sharing.pairs import FIRST_PORT

    namespace.enter()
    return [mark(pair, port) for port, pair in enumerate(pairs(), FIRST_PORT)]


def pair(folder: Path) -> None:
    """Try every pair of sockets."""
    path = folder / "pairs"
    if not any(one.sources == sharing.made_from() for one in read(path, Marks)):
        add(path, Marks(sharing.made_from(), child.run(try_all)))


# --- errors ---------------------------------------------------------------------------


def provoke(folder: Path) -> None:
    """Go every way to an error."""
    from evidence import errors
    from lab.errors import provoke as lab

    path = folder / "errors"
    sources = errors.load().digest
    if any(one.sources == sources for one in read(path, Provoked)):
        return
    ways: dict[str, dict[str, str]] = {}
    for one in lab.measure():
        came = one.outcome.errno if one.outcome else one.failed
        missing = f"missing: {one.missing}" if one.missing else ""
        ways.setdefault(one.way, {})[one.kind] = missing or came or "?"
    add(path, Provoked(sources, ways))


# --- machines -------------------------------------------------------------------------


def walk(folder: Path) -> None:
    """Try random sequences on every machine."""
    path = folder / "machines"
    done = {(one.machine, one.sources) for one in read(path, Tried)}
    for name in machines.NAMES:
        machine = machines.load(name)
        if (name, machine.digest) in done:
            continue
        tried = Tried(name, machine.digest, WORDS, [])
        try:
            tried.disagreed, tried.unsteady = child.run(disagreed, name)
        except Exception as problem:
            tried.stopped = str(problem).splitlines()[0]
        add(path, tried)


def disagreed(name: str) -> tuple[list[Disagreed], int]:
    """The random sequences that a machine did not predict, in a network of their own.

    Of those that end alike the shortest is played again, REPLAYS times; where it does
    not end so each time, all of them are left out, and counted.
    """
    from lab.machines import learner
    from lab.machines.scenes import SCENES

    kind, _, size = name.rpartition("-")
    machine = machines.load(name)
    namespace.enter()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            scene = SCENES[kind]()
            alphabet = scene.core.split() + (
                scene.full.split() if size == "full" else []
            )
            tried = learner.try_words(scene, alphabet, WORDS, SEED, set())
            found = list(cut(machine, tried))
            kept = {key: ends_so(scene, case) for key, case in by_end(found).items()}
            steady = [one for one in found if kept[end_of(one)]]
            scene.reset()
        finally:
            os.chdir("/")
    return steady, len(found) - len(steady)


End = tuple[str, tuple[str, ...], tuple[str, ...]]


def end_of(one: Disagreed) -> End:
    """The last input of a sequence, what was told of it, and what it gave."""
    return one.word[-1], tuple(one.told), tuple(one.gave)


def by_end(found: list[Disagreed]) -> dict[End, Disagreed]:
    """The shortest of those that end alike."""
    shortest: dict[End, Disagreed] = {}
    for one in sorted(found, key=lambda one: (len(one.word), one.word)):
        shortest.setdefault(end_of(one), one)
    return shortest


def ends_so(scene: Scene, case: Disagreed) -> bool:
    """Whether a sequence ends as it did, each time that it is played again."""
    return all(list(play(scene, case.word)) == case.gave for _ in range(REPLAYS))


def play(scene: Scene, word: list[str]) -> Output:
    """What the last input of a sequence gives."""
    scene.reset()
    return [scene.step(given) for given in word][-1]


def cut(
    machine: machines.Machine, tried: Iterable[tuple[tuple[str, ...], list[Output]]]
) -> Iterator[Disagreed]:
    """Each sequence that differs, up to the first input that does."""
    for word, outputs in tried:
        steps = machines.follow(machine, word)
        for place, (step, gave) in enumerate(zip(steps, outputs, strict=True)):
            if step.output != gave:
                yield Disagreed(list(word[: place + 1]), list(step.output), list(gave))
                break


PARTS: dict[str, Callable[[Path], None]] = {
    "pairs": pair,
    "errors": provoke,
    "machines": walk,
    "proofs": prove,
}


def prepare() -> None:
    """Make the lab fit for a system that has less than home.

    What a network needs and the system has not is missing, and no difference.
    """
    if not Path("/proc/self/setgroups").exists():
        without_users()
    for module, names in (
        (networks, NETWORKS),
        (namespace, ["add_loopback_addresses"]),
    ):
        for name in names:
            setattr(module, name, needed(name, getattr(module, name)))


NETWORKS = """close_route open_route link set_route container give_address new_address
know_neighbour slow_link tunnel drop reject forbid_ports mount cover""".split()


def needed(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    """A function whose failure says that the system has not what it makes."""

    @functools.wraps(function)
    def wrapper(*arguments: Any, **named: Any) -> Any:
        try:
            return function(*arguments, **named)
        except (OSError, NetlinkError, struct.error) as problem:
            raise namespace.Missing(name, problem) from None

    return wrapper


def give_addresses(addresses: list[str]) -> None:
    """Give the loopback more addresses by ip(8), whose messages gVisor understands."""
    for address in addresses:
        command = ["ip", "-6", "addr", "add", f"{address}/128", "dev", "lo"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise namespace.Missing("loopback", done.stderr.strip())


def without_users() -> None:
    """Give a process its own network without its own users: root can, on gVisor.

    gVisor has no /proc/self/setgroups, which lab.isolation.namespace writes.
    """

    def enter(second_user: bool = False) -> None:
        if second_user:
            raise namespace.Missing("ids", "gVisor has no setgroups file")
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(namespace.CLONE_NEWNET) != 0:
            raise namespace.Missing("namespace", os.strerror(ctypes.get_errno()))

    namespace.enter = enter
    for module in (namespace, families):
        vars(module)["add_loopback_addresses"] = give_addresses
    probed = child.run(namespace.probe)
    names = ("sysctl", "second_user", "ipv6")
    found = {"private_net": None, **{name: probed[name] for name in names}}
    found["packets"] = "gVisor shows no packets of its loopback"
    namespace.abilities = lambda: found  # type: ignore[assignment]


def main(folder: str, *parts: str) -> None:
    """Do the parts that are named, or all."""
    prepare()
    place = Path(folder)
    place.mkdir(parents=True, exist_ok=True)
    (place / "about").write_bytes(msgspec.json.encode(about()))
    for name in parts or PARTS:
        print(f"{name} …", flush=True)
        PARTS[name](place)
    (place / "done").touch()


if __name__ == "__main__":
    main(*sys.argv[1:])
