"""Runs one or two programs in a network of their own, and returns what was seen, raw.

Each run has a process of its own, because the network that it enters cannot be left
again. `lab.runs.recorder` asks for runs and makes recordings of them.
"""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from evidence import calls
from lab.isolation import child, namespace, networks
from lab.isolation.capture import Capture
from lab.runs import events

TRACER = Path(__file__).with_name("tracer.py")
TRACED = (*calls.TRACED, "dup")  # which makes a socket object, as accept() does
TIME_LIMIT = 10.0  # seconds, one program
# <net/tcp_states.h>: what remains when nothing more will be sent by itself.
AT_REST = {"05", "06", "07", "0A"}  # FIN_WAIT2, TIME_WAIT, CLOSE, LISTEN


class Failed(Exception):
    """A program that crashed, hung or never got ready; the text is for the reader."""


@dataclass(frozen=True)
class Job:
    """Which programs to run, the server first where there are two, and how.

    private: in a new network; packets: with capture there; network: what it must be
    like, by name; container: the server in another one; times: how often.
    """

    programs: tuple[str, ...]
    private: bool
    packets: bool
    network: str | None
    container: bool
    times: int


@dataclass(frozen=True)
class Seen:
    """What one run left behind.

    printed: the lines of each program; events: of the tracer; packets: each with the
    time at which it was sent in nanoseconds, None where nothing could be captured.
    """

    printed: list[list[str]]
    events: list[events.AnyEvent]
    packets: list[tuple[int, bytes]] | None


def perform(job: Job) -> list[Seen]:
    """Run the job's programs, each time in another network.

    To be called in a process without threads. Raises Failed, namespace.Missing and
    networks.Unknown.
    """
    # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return [child.run(one_run, job) for _ in range(job.times)]


def one_run(job: Job) -> Seen:
    """Enter a new network, run the job's programs there, return what was seen."""
    capture = container = None
    if job.private:
        namespace.enter()
        if job.container:
            container = networks.container()
        if job.packets:
            capture = Capture("cable" if container else "lo")
        if job.network:
            networks.named(job.network)()
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "events")
        file.touch()
        printed = run_programs(job.programs, file, job.private, container)
        seen = events.read(file.read_text(encoding="utf-8"))
    return Seen(printed, seen, capture.drain() if capture else None)


def run_programs(
    paths: tuple[str, ...], file: Path, private: bool, container: int | None = None
) -> list[list[str]]:
    """Run one program to its end, or a server, then its client, then stop the server.

    file: for the tracer's events; container: the network in which the server runs, if
    it is not the client's. Returns the lines that each program printed. Raises Failed.
    """
    if len(paths) == 1:
        with start(paths[0], [], file) as program:
            printed = [finish(program, paths[0])]
    else:
        printed = run_pair(paths[0], paths[1], file, container)
    if private:
        until(at_rest, "the last packets")
    return printed


def run_pair(
    server_path: str, client_path: str, file: Path, container: int | None
) -> list[list[str]]:
    """Run a server, then its client to its end, then stop the server by Ctrl-C.

    The client is given the last two words of the server's first line: host and port.
    Returns what both printed, the server first. Raises Failed.
    """
    with start(server_path, [], file, container) as server:
        try:
            ready = first_line(server)
            address = ready.split()[-2:]
            if len(address) != 2 or not address[1].isdigit():
                raise Failed(
                    f"{server_path}: the first line must end with host and port, "
                    f"got {ready!r}\n{'' if ready else pipe(server.stderr).read()}"
                )
            with start(client_path, address, file) as client:
                client_lines = finish(client, client_path)
            port = int(address[1])
            until(lambda: idle(server.pid, port, file), f"{server_path} to be idle")
            server.send_signal(signal.SIGINT)
            server_lines = [ready.rstrip("\n"), *finish(server, server_path)]
        finally:
            server.kill()
    return [server_lines, client_lines]


def start(
    path: str, arguments: list[str], file: Path, network: int | None = None
) -> subprocess.Popen[str]:
    """Start a program under the tracer, isolated as a pasted program would be.

    network: a descriptor of the one to start it in, if it is not this one.
    """
    isolated = [sys.executable, "-I", "-B", "-u"]
    tracer = [str(TRACER), str(file), ",".join(TRACED)]
    with networks.within(network) if network else nullcontext():
        return subprocess.Popen(
            [*isolated, *tracer, path, *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=file.parent,
        )


def pipe(stream: IO[str] | None) -> IO[str]:
    """The end of a pipe that start() asked for."""
    assert stream is not None
    return stream


def first_line(program: subprocess.Popen[str]) -> str:
    """The first line a program prints. No more is read: `finish()` gets the others."""
    line, descriptor = b"", pipe(program.stdout).fileno()
    while not line.endswith(b"\n") and (byte := os.read(descriptor, 1)):
        line += byte
    return line.decode()


def finish(program: subprocess.Popen[str], path: str) -> list[str]:
    """Wait for a program and return its lines. Raises Failed if it hangs or crashes."""
    try:
        output, errors = program.communicate(timeout=TIME_LIMIT)
    except subprocess.TimeoutExpired:
        program.kill()
        raise Failed(
            f"{path}: still running after {TIME_LIMIT:.0f} s; "
            "give everything that can block a timeout"
        ) from None
    if program.returncode != 0:
        raise Failed(f"{path}: ended with {program.returncode}\n{errors.rstrip()}")
    return output.splitlines()


def until(condition: Callable[[], bool], what: str) -> None:
    """Poll a condition of the kernel's own tables. Raises Failed at the time limit."""
    deadline = time.monotonic() + TIME_LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"waited {TIME_LIMIT:.0f} s for {what}")
        time.sleep(0.001)


def socket_tables(
    *names: str, port: int | None = None, pid: int | str = "self"
) -> Iterator[list[str]]:
    """Rows of /proc/PID/net/NAME, split into fields; of one local port if given."""
    for name in names:
        path = Path(f"/proc/{pid}/net", name)
        if path.exists():
            for row in (line.split() for line in path.read_text().splitlines()[1:]):
                if port is None or int(row[1].rpartition(":")[2], 16) == port:
                    yield row


def at_rest(port: int | None = None, pid: int | str = "self") -> bool:
    """Whether no TCP socket of a network, or port, has anything left to send."""
    rows = socket_tables("tcp", "tcp6", port=port, pid=pid)
    return all(row[3] in AT_REST for row in rows)


def idle(pid: int, port: int, file: Path) -> bool:
    """Whether the server sleeps in a call that waits, with nothing left to read."""
    told = events.read(file.read_text(encoding="utf-8"))
    own = [event for event in told if event.lane.startswith(f"{pid} ")]
    last = own[-1] if own else None
    waits = isinstance(last, events.Started) and last.call in calls.WAIT
    sleeping = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    rows = socket_tables("udp", "udp6", "tcp", "tcp6", port=port, pid=pid)
    unread = any(not row[4].endswith(":00000000") for row in rows)
    return waits and sleeping == "S" and not unread and at_rest(port, pid)
