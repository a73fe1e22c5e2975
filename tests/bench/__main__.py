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
HEADS = ("ours", "peer", "ratio", "of CPU")
Action = Callable[[], object]


class Took(NamedTuple):
    """Seconds by the clock, and of processor time in all processes, if known."""

    wall: float
    cpu: float = 0.0


class Pair(NamedTuple):
    """A figure of ours and that of its peer, measured one after the other."""

    ours: Took
    peer: Took


class Sites(NamedTuple):
    """What is timed: a copy of this project, the plain one, and room for more."""

    ours: projects.Project
    plain: projects.Project
    folder: Path


def timed(action: Action) -> Took:
    """How long an action takes that works in child processes."""
    before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    action()
    wall = time.perf_counter() - start
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Took(wall, cpu)


def pairs(rounds: int, ours: Action, peer: Action) -> list[Pair]:
    """Both actions in turn, several times."""
    return [Pair(timed(ours), timed(peer)) for _ in range(rounds)]


def clean(sites: Sites, rounds: int) -> list[Pair]:
    """A build from nothing."""
    return pairs(rounds, sites.ours.build_anew, sites.plain.build_anew)


def unchanged(sites: Sites, rounds: int) -> list[Pair]:
    """A build after which everything is as before."""
    sites.ours.build()
    sites.plain.build()
    return pairs(rounds, sites.ours.build, sites.plain.build)


def one_page(sites: Sites, rounds: int) -> list[Pair]:
    """A build after a sentence was added to a page."""
    sites.ours.build()
    sites.plain.build()
    return pairs(
        rounds, sites.ours.build_one_more_sentence, sites.plain.build_one_more_sentence
    )


def growth(sites: Sites, rounds: int) -> list[Pair]:
    """Ten times as many pages, against ten times the time of the smaller site."""
    small = projects.generated(sites.folder / "small", GENERATED)
    large = projects.generated(sites.folder / "large", 10 * GENERATED)
    return [
        Pair(big, Took(10 * little.wall, 10 * little.cpu))
        for big, little in pairs(rounds, large.build_anew, small.build_anew)
    ]


def reload(sites: Sites, rounds: int) -> list[Pair]:
    """From saving a page until a browser is told to load the new one."""
    with (
        live.serving(live.ours(sites.ours)) as here,
        live.serving(live.plain(sites.plain)) as there,
    ):
        found = [
            Pair(Took(here.seconds(sites.ours)), Took(there.seconds(sites.plain)))
            for _ in range(rounds + 1)
        ]
    return found[1:]  # the first build of a server finds less prepared


FIGURES = {
    "clean": ("clean build / plain Sphinx", clean),
    "unchanged": ("nothing changed / plain", unchanged),
    "one-page": ("one page changed / plain", one_page),
    "live": ("saved to reloaded / plain", reload),
    "growth": (f"{10 * GENERATED} pages / 10 x {GENERATED} pages", growth),
}


def line(title: str, found: list[Pair]) -> str:
    """A line of the table: medians in seconds, and the medians of the ratios."""
    cells = [
        median(pair.ours.wall for pair in found),
        median(pair.peer.wall for pair in found),
        median(pair.ours.wall / pair.peer.wall for pair in found),
    ]
    if all(pair.peer.cpu for pair in found):
        cells.append(median(pair.ours.cpu / pair.peer.cpu for pair in found))
    return f"{title:<32}" + "".join(f"{cell:>9.2f}" for cell in cells)


def where() -> str:
    """The machine, its system and its Python, the time, and what else it does."""
    return (
        f"{os.cpu_count()} {platform.machine()} processors, {platform.system()} "
        f"{platform.release()}, Python {platform.python_version()}, "
        f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, load {os.getloadavg()[0]:.1f}"
    )


def main() -> None:
    """Measure what was asked for, and print a table."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("names", nargs="*", help=f"of {', '.join(FIGURES)}; else all")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--with-tests", action="store_true", help="`make test` as well")
    asked = parser.parse_args()
    if unknown := set(asked.names) - FIGURES.keys():
        parser.error(f"no figure {', '.join(unknown)}; there are {', '.join(FIGURES)}")
    print(where())
    print(f"{'medians, in seconds':<32}" + "".join(f"{head:>9}" for head in HEADS))
    with tempfile.TemporaryDirectory(prefix="bench-") as made:
        ours = projects.copied(Path(made) / "ours")
        ours.build()
        plain = projects.plain(ours, Path(made) / "plain")
        for name in asked.names or FIGURES:
            title, measure = FIGURES[name]
            found = measure(Sites(ours, plain, Path(made)), asked.rounds)
            print(line(title, found), flush=True)
    if asked.with_tests:
        command = ["make", "test"]
        took = timed(lambda: subprocess.run(command, cwd=store.ROOT, check=True))
        print(f"make test: {took.wall:.0f} s, {took.cpu:.0f} s of CPU")
    print(where())


if __name__ == "__main__":
    main()
