"""How long the site takes, beside plain Sphinx with the same theme and the same text.

python -m tests.bench [--rounds 3] [--with-tests] [NAME ...]     `make bench`

Each figure and its peer are measured in turn, A B A B …, because a machine is never
idle; a ratio is taken pair by pair. The peer has the Markdown copies of our built pages
as its sources, which hold whole programs and tables, and no extension of ours.
The project is copied first, and nothing in it is changed.
"""

import argparse
import os
import platform
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import NamedTuple

from evidence import store
from tests.bench import live, projects

GENERATED = 80  # pages of the smaller generated site


class Took(NamedTuple):
    """Seconds by the clock, and of processor time in all processes."""

    wall: float
    cpu: float


class Pair(NamedTuple):
    """A figure of ours and that of its peer, measured one after the other."""

    ours: Took
    peer: Took


def timed(action: Callable[[], object]) -> Took:
    """How long an action takes that works in child processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    wall, after = time.perf_counter() - start, resource.getrusage(RUSAGE_CHILDREN)
    return Took(
        wall, after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    )


RUSAGE_CHILDREN = resource.RUSAGE_CHILDREN


def pairs(
    rounds: int, ours: Callable[[], object], peer: Callable[[], object]
) -> list[Pair]:
    """Both actions in turn, several times."""
    return [Pair(timed(ours), timed(peer)) for _ in range(rounds)]


def clean(ours: projects.Project, plain: projects.Project, rounds: int) -> list[Pair]:
    """A build from nothing."""
    return pairs(rounds, ours.build_anew, plain.build_anew)


def unchanged(
    ours: projects.Project, plain: projects.Project, rounds: int
) -> list[Pair]:
    """A build after which everything is as before."""
    ours.build()
    plain.build()
    return pairs(rounds, ours.build, plain.build)


def one_page(
    ours: projects.Project, plain: projects.Project, rounds: int
) -> list[Pair]:
    """A build after a sentence was added to a page."""
    ours.build()
    plain.build()
    return pairs(
        rounds,
        lambda: (ours.add_a_sentence(), ours.build()),
        lambda: (plain.add_a_sentence(), plain.build()),
    )


def growth(folder: Path, rounds: int) -> list[Pair]:
    """Ten times as many pages, against ten times the time of the smaller site."""
    small = projects.generated(folder / "small", GENERATED)
    large = projects.generated(folder / "large", 10 * GENERATED)
    measured = pairs(rounds, large.build_anew, small.build_anew)
    return [
        Pair(big, Took(10 * little.wall, 10 * little.cpu)) for big, little in measured
    ]


def reload(ours: projects.Project, plain: projects.Project, rounds: int) -> list[Pair]:
    """From saving a page until a browser is told to load the new one."""
    with (
        live.serving(live.ours(ours)) as here,
        live.serving(live.plain(plain)) as there,
    ):
        ours_took = [here.seconds(ours) for _ in range(rounds + 1)]
        peer_took = [there.seconds(plain) for _ in range(rounds + 1)]
    # The first build of each server also reads what the next ones find read.
    return [
        Pair(Took(a, 0), Took(b, 0))
        for a, b in zip(ours_took[1:], peer_took[1:], strict=True)
    ]


def tests() -> Took:
    """`make test`."""
    return timed(lambda: subprocess.run(["make", "test"], cwd=store.ROOT, check=True))


def line(name: str, found: list[Pair]) -> str:
    """A line of the table: medians in seconds, and the median of the ratios."""
    wall = median(pair.ours.wall / pair.peer.wall for pair in found)
    cells = [
        f"{median(pair.ours.wall for pair in found):.2f}",
        f"{median(pair.peer.wall for pair in found):.2f}",
        f"{wall:.2f}",
    ]
    if found[0].peer.cpu:
        cells.append(f"{median(pair.ours.cpu / pair.peer.cpu for pair in found):.2f}")
    return f"{name:<32}" + "".join(f"{cell:>9}" for cell in cells)


def where() -> str:
    """The machine, its system and its Python, and the day."""
    load = os.getloadavg()[0]
    return (
        f"{os.cpu_count()} {platform.machine()} processors, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {load:.1f}"
    )


FIGURES = ("clean", "unchanged", "one-page", "growth", "live")


def main() -> None:
    """Measure what was asked for, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(FIGURES)}; else all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--with-tests", action="store_true", help="make test as well")
    asked = parser.parse_args()
    if unknown := set(asked.names) - set(FIGURES):
        parser.error(f"no figure {', '.join(sorted(unknown))}: {', '.join(FIGURES)}")
    names, rounds = asked.names or FIGURES, asked.rounds
    print(where())
    print(f"{'seconds, medians':<32}" + "".join(f"{h:>9}" for h in HEADS), flush=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        folder = Path(made)
        ours = projects.copied(folder / "ours")
        ours.build()
        plain = projects.plain(ours, folder / "plain")
        for name, title, measure in (
            ("clean", "clean build / plain Sphinx", clean),
            ("unchanged", "nothing changed / plain", unchanged),
            ("one-page", "one page changed / plain", one_page),
            ("live", "saved to reloaded / plain", reload),
        ):
            if name in names:
                print(line(title, measure(ours, plain, rounds)), flush=True)
        if "growth" in names:
            title = f"{10 * GENERATED} pages / 10 x {GENERATED} pages"
            print(line(title, growth(folder, rounds)), flush=True)
    if asked.with_tests:
        print(f"make test: {tests().wall:.0f} s")
    print(where())


HEADS = ("ours", "peer", "ratio", "of CPU")

if __name__ == "__main__":
    sys.exit(main())
