"""Runs a function in another process: the only place of the lab that forks.

Whatever enters a network cannot leave it, and is run in a child:

* `fork()`, `run()`: in a fork of this process, which must not have threads. It has all
  that this process has, and what it does to itself stays there.
* `run_fresh()`: in a new interpreter, for processes that have threads.
* `run_each()`: many jobs, two at a time, each in a network of its own.
"""

import os
import pickle
import select
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path
from typing import Any, Generic, NoReturn, ParamSpec, TypeVar

PROCESSES = 2  # at a time, where there is much to do
CODE = Path(__file__).resolve().parents[2]
Arguments = ParamSpec("Arguments")
Job = TypeVar("Job")
Result = TypeVar("Result")


class ChildFailed(Exception):
    """A child that ended without a result; the text says how."""


@dataclass
class Child(Generic[Result]):
    """A forked process whose result has not been taken yet."""

    pid: int
    reading: int

    def result(self, time_limit: float | None = None) -> Result:
        """Wait for the child, return what its function returned, raise what it raised.

        time_limit: seconds, after which the child is killed. Raises ChildFailed then,
        and where the child died.
        """
        with open(self.reading, "rb") as answer:
            ready, _, _ = select.select([answer], [], [], time_limit)
            if not ready:
                os.kill(self.pid, signal.SIGKILL)
            told = answer.read()
        _, status = os.waitpid(self.pid, 0)
        if not ready:
            raise ChildFailed(f"still running after {time_limit:g} s")
        if not told:
            raise ChildFailed(f"no answer, ended with {describe(status)}")
        result: Result = unpacked(told)
        return result


def describe(status: int) -> str:
    """A status of waitpid(2) in words."""
    code = os.waitstatus_to_exitcode(status)
    return f"signal {signal.Signals(-code).name}" if code < 0 else f"status {code}"


def packed(function: Callable[..., Any], arguments: tuple[Any, ...]) -> bytes:
    """What a function returns, or raises, as bytes that unpacked() understands."""
    try:
        told: tuple[str, Any] = ("returned", function(*arguments))
    except BaseException as error:
        error.add_note("".join(traceback.format_exception(error)).rstrip())
        told = ("raised", error)
    try:
        return pickle.dumps(told)
    except Exception as problem:  # a result or an error that cannot travel
        last_words = "".join(traceback.format_exception(problem))
        return pickle.dumps(("raised", ChildFailed(f"{told[1]!r}: {last_words}")))


def unpacked(told: bytes) -> Any:
    """The result in some bytes; raises the error that they hold instead."""
    how, value = pickle.loads(told)
    if how == "raised":
        raise value
    return value


def fork(
    function: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **_: Arguments.kwargs,
) -> Child[Result]:
    """Start function(*arguments) in a fork of this process.

    The result must pickle. Several may run side by side.
    """
    reading, writing = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(reading)
        answer_and_exit(writing, packed(function, arguments))
    os.close(writing)
    return Child(pid, reading)


def answer_and_exit(writing: int, told: bytes) -> NoReturn:
    """Write the answer and end this process, and nothing else of it."""
    with open(writing, "wb") as answer:
        answer.write(told)
    os._exit(0)


def run(
    function: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **_: Arguments.kwargs,
) -> Result:
    """function(*arguments) in a fork; returns and raises what it does."""
    return fork(function, *arguments, **_).result()


def run_fresh(
    function: Callable[Arguments, Result],
    *arguments: Arguments.args,
    **_: Arguments.kwargs,
) -> Result:
    """function(*arguments) in a new interpreter; returns and raises what it does.

    The function must be one of a module, its arguments and its result must pickle.
    Raises ChildFailed with the interpreter's last words if it dies.
    """
    ran = subprocess.run(
        [sys.executable, "-m", "lab.isolation.child"],
        input=pickle.dumps((function, arguments)),
        capture_output=True,
        cwd=CODE,
        check=False,
    )
    if ran.returncode != 0:
        raise ChildFailed(ran.stderr.decode(errors="replace").rstrip() or "no message")
    result: Result = unpacked(ran.stdout)
    return result


def run_each(function: Callable[[Job], Result], jobs: Iterable[Job]) -> list[Result]:
    """function(job) of each job, in processes that each have a private network.

    The function must be one of a module, its job and result must pickle.
    Raises Missing where the machine has no private network.
    """
    from lab.isolation.namespace import Missing, abilities, enter

    if reason := abilities()["private_net"]:
        raise Missing("namespace", reason)
    context = get_context("spawn")  # a process without threads, which may unshare
    with ProcessPoolExecutor(PROCESSES, mp_context=context, initializer=enter) as pool:
        return list(pool.map(function, jobs))


def main() -> None:
    """Do the job that run_fresh() gives; what it prints goes to stderr."""
    function, arguments = pickle.load(sys.stdin.buffer)
    answer = os.dup(1)
    os.dup2(2, 1)
    with open(answer, "wb") as out:
        out.write(packed(function, arguments))


if __name__ == "__main__":
    main()
