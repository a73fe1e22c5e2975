"""Plays scenes in processes of their own, two at a time: each alone in its network."""

import os
import select
import tempfile
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from mmap import mmap

from lab.isolation import child, namespace
from lab.machines import learner
from lab.machines.found import Found, Tried, Word
from lab.machines.scenes import SCENES

LOOK_AGAIN = 0.5  # seconds between two looks at the progress of those that learn
COUNTER = 8  # bytes


class Stopped(Exception):
    """The learner stopped; the text is its last words."""


@dataclass(frozen=True)
class Job:
    """Learn a machine, if `learn` says so, then try so many random words."""

    machine: str
    learn: bool
    words: int
    seed: int


@dataclass(frozen=True)
class Answer:
    """What came of a job; the words are not among those that were learned from."""

    found: Found | None
    tried: list[Tried]


Outcome = Answer | Exception
Watch = Callable[[Job, int], None]  # is told how many steps a job has done


def unwatched(_job: Job, _steps: int) -> None:
    """Show nobody how far a job is."""


def each(
    jobs: Iterable[Job], watch: Watch = unwatched
) -> Iterator[tuple[Job, Outcome]]:
    """Every job with its answer, or with the error that ended it, as they finish.

    Only a process without threads may ask for it, for it forks.
    """
    waiting = list(jobs)
    lanes = list(range(child.PROCESSES))
    running: dict[int, tuple[Job, int, child.Child[Answer], mmap]] = {}
    while waiting or running:
        while waiting and lanes:
            job, lane, counter = waiting.pop(0), lanes.pop(0), mmap(-1, COUNTER)
            made = child.fork(alone, job, lane, counter)
            running[made.reading] = job, lane, made, counter
        ready, _, _ = select.select(list(running), [], [], LOOK_AGAIN)
        for job, _, _, counter in running.values():
            watch(job, int.from_bytes(counter[:], "little"))
        for number in ready:
            job, lane, made, counter = running.pop(number)
            lanes.append(lane)
            counter.close()
            try:
                yield job, made.result()
            except Exception as error:
                yield job, error


def answers(jobs: list[Job]) -> list[Outcome]:
    """The answers in the order of the jobs, for child.run_fresh()."""
    found = dict(each(jobs))
    return [found[job] for job in jobs]


def alone(job: Job, lane: int, counter: mmap) -> Answer:
    """Do a job in a network and a folder of its own, on the processor of a lane.

    Raises Stopped where the learner gives up.
    """
    processors = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {processors[lane % len(processors)]})
    namespace.enter()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)  # the names of Unix sockets are files here
        try:
            return work(job, counter)
        except SystemExit as last_words:  # with which AALpy leaves
            raise Stopped(f"{job.machine}: {last_words}") from None
        finally:
            os.chdir("/")


def work(job: Job, counter: mmap) -> Answer:
    """Do a job here; the counter says how many steps were done."""

    def tell(steps: int) -> None:
        counter[:] = steps.to_bytes(COUNTER, "little")

    kind, _, size = job.machine.rpartition("-")
    scene = SCENES[kind]()
    alphabet = scene.core.split()
    if size == "full":
        alphabet += scene.full.split()
    found, asked = None, set[Word]()
    if job.learn:
        found, asked = learner.learn(scene, alphabet, size, tell)
    tried = learner.try_words(scene, alphabet, job.words, job.seed, asked)
    scene.reset()
    return Answer(found, tried)
