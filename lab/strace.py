"""Runs a real program under strace(1) and gives its socket calls as records.

The lab's own tracer sees what a Python program asks of `socket`. This one sees what any
program asks of the kernel, whatever it is written in. What is asked through io_uring(7)
is no system call, and is not seen.

    calls = trace(["nc", "-l", "127.0.0.1", "0"], until=listens, timeout=10)

Nothing here sleeps: what strace writes comes through a FIFO, and whoever waits for a
call waits for that. A program whose FIFO is full stands still until somebody reads.
"""

import fcntl
import os
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

# Each call is one line, with who made it; no signals; 64 characters of what is sent.
OPTIONS = ["-f", "-q", "-s", "64", "-e", "trace=network,close"]
OPTIONS += ["-e", "signal=none"]
LINE = re.compile(r"(\d+) +(.*)")
BEGUN = re.compile(r"(?P<begin>\w+\(.*?) *<(?:unfinished|detached) \.\.\.>$")
RESUMED = re.compile(r"<\.\.\. (?P<name>\w+) resumed>(?P<rest>.*)")
WHOLE = re.compile(
    r"(?P<name>\w+)\((?P<args>.*)\) += (?P<result>\?|-?\d+)(?P<what><.*?>)?"
    r"(?: (?P<errno>E[A-Z0-9]+) \(.*\))?(?: \(.*\))?$"
)
NEVER_ENDED = re.compile(r"<unfinished \.\.\.>\) += \?$")
GONE = re.compile(r"\+\+\+ (?:exited with|killed by) ")
# `3<TCP:[127.0.0.1:80]>`; a file's name has its angle brackets escaped by strace.
DESCRIPTOR = re.compile(r"(?<![\w\"])(-?\d+)<((?:[^<>]|->)*)>(?=[,)\]}]|$)")
SOCKET = re.compile(
    r"(?:socket|[A-Z][\w-]*):\["
)  # pipes and the like are written small
INODE = re.compile(r":\[(\d+)\]>?$")
POINTER = re.compile(r"0x[0-9a-f]{5,}")
NO_CALL_ON_A_DESCRIPTOR = ("socket", "socketpair")
ROOM = 1 << 20  # bytes of a FIFO, fcntl(2); about 8,000 calls that nobody has read
PATIENCE = 5.0  # seconds that a program has to end, once it was asked to


class NotTraced(Exception):
    """A program that could not be traced, or did not do what was waited for."""


class TimedOut(NotTraced):
    """What was waited for had not come at the deadline."""


@dataclass(frozen=True)
class Call:
    """One system call, as it ended.

    `fd`: the descriptor that it was called on, None for `socket()`. `args`: each
    argument as strace writes it. `result`: what it returned, None where it never did.
    `errno`: the name, if it failed. `text`: all of it in a line, without what differs
    from run to run: no process, no inode, pointers as `0x…`. `socket`: what the
    descriptor was before the call, `TCP:[127.0.0.1:80]`, or "" where strace cannot say.
    `inode`: the number by which the kernel knows the socket, which all processes share;
    of `socket()`, the one that was made. strace tells it of a socket that has no name,
    and of every one with `by_inode`.
    """

    pid: int
    name: str
    fd: int | None
    args: tuple[str, ...]
    result: int | None
    errno: str | None
    text: str
    socket: str = ""
    inode: int | None = None

    @property
    def ok(self) -> bool:
        """Whether it returned, and did not fail."""
        return self.result is not None and self.errno is None


def parse(text: str) -> list[Call]:
    """The calls in what `strace -f` wrote, in the order in which they ended.

    A call that was interrupted by a line of another process is put together again. One
    that has not ended yet is left out; one that never will has no result. A `close()`
    of what is no socket is left out too. An unfinished last line is not looked at.
    """
    reader = Reader()
    reader.feed(text)
    return reader.calls


class Reader:
    """Makes calls of what strace writes, piece by piece.

    `calls`: those so far. `alive`: the processes and threads that have been seen and
    not seen to end.
    """

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.alive: set[int] = set()
        self.begun: dict[int, str] = {}
        self.rest = ""

    def feed(self, text: str) -> None:
        """Take some more; a line counts once its end is there."""
        *lines, self.rest = (self.rest + text).split("\n")
        for line in lines:
            if found := LINE.match(line):
                self.line(int(found[1]), found[2].rstrip())

    def line(self, pid: int, text: str) -> None:
        """One line of one process."""
        if GONE.match(text):
            self.alive.discard(pid)
            return
        self.alive.add(pid)
        if resumed := RESUMED.match(text):
            text = self.begun.pop(pid, resumed["name"] + "(") + resumed["rest"]
        if begun := BEGUN.match(text):
            self.begun[pid] = begun["begin"]
            return
        text = NEVER_ENDED.sub(") = ?", text)
        call = as_call(pid, text)
        if call and not (call.name == "close" and not SOCKET.match(call.socket)):
            self.calls.append(call)


def as_call(pid: int, text: str) -> Call | None:
    """The call in a line without its process; None where there is none."""
    found = WHOLE.match(text)
    if found is None:
        return None
    raw = split(found["args"])
    args = tuple(plain(argument) for argument in raw)
    fd, socket, what = None, "", found["what"] or ""
    if raw and found["name"] not in NO_CALL_ON_A_DESCRIPTOR:
        first = DESCRIPTOR.match(raw[0])
        what = first[2] if first else ""
        socket = named(what)
        fd = int(args[0]) if re.fullmatch(r"-?\d+", args[0]) else None
    inode = INODE.search(what)
    result, errno = found["result"], found["errno"]
    told = f"{found['name']}({', '.join(args)}) = {result}"
    return Call(
        pid=pid,
        name=found["name"],
        fd=fd,
        args=args,
        result=None if result == "?" else int(result),
        errno=errno,
        text=f"{told} {errno}" if errno else told,
        socket=socket,
        inode=int(inode[1]) if inode else None,
    )


def plain(argument: str) -> str:
    """An argument without what strace adds to a descriptor, and without pointers.

    >>> plain("3<TCP:[127.0.0.1:80->127.0.0.1:4000]>"), plain("0x7ffd9f23c620")
    ('3', '0x…')
    """
    if argument.startswith('"'):
        return argument  # what is sent may look like anything
    return POINTER.sub("0x…", DESCRIPTOR.sub(r"\1", argument))


def named(what: str) -> str:
    """What a descriptor is, without the inode of a socket that has no name.

    >>> named("TCP:[9925652]"), named("TCPv6:[[::]:80]"), named("/etc/hosts")
    ('TCP:[]', 'TCPv6:[[::]:80]', '/etc/hosts')
    """
    return re.sub(r":\[\d+\]$", ":[]", what)


def split(arguments: str) -> list[str]:
    """Arguments at the commas that are in no bracket and no string.

    >>> split('3, {sa_family=AF_INET, sin_port=htons(80)}, "a, b"')
    ['3', '{sa_family=AF_INET, sin_port=htons(80)}', '"a, b"']
    """
    parts, depth, quoted, escaped = [""], 0, False, False
    for letter in arguments:
        if letter == "," and not depth and not quoted:
            parts.append("")
            continue
        if quoted:
            quoted = escaped or letter != '"'
            escaped = letter == "\\" and not escaped
        elif letter == '"':
            quoted = True
        else:
            depth += (letter in "([{") - (letter in ")]}")
        parts[-1] += letter
    return [part.strip() for part in parts if part.strip()]


class Tracing:
    """A program that runs under strace.

    `calls()` gives what it has called until now, `wait()` waits for more.
    """

    def __init__(self, command: list[str], process: subprocess.Popen[bytes]) -> None:
        self.command, self.process = command, process
        self.reader = Reader()
        self.ended = False

    def attach(self, fifo: int, output: IO[bytes]) -> None:
        """Say where strace writes, and where the program does."""
        self.fifo, self.written = fifo, output
        self.strace = os.pidfd_open(self.process.pid)

    def calls(self) -> list[Call]:
        """All calls that have ended until now."""
        self.read(time.monotonic())
        return list(self.reader.calls)

    def output(self) -> str:
        """What the program has printed, on both of its outputs."""
        self.written.seek(0)
        return self.written.read().decode(errors="replace")

    def wait(
        self, until: Callable[[list[Call]], bool] | None, timeout: float
    ) -> list[Call]:
        """Wait until it has made some calls, or has ended where `until` is None.

        until: is given all calls so far. timeout: seconds. Returns all calls so far.
        Raises TimedOut, and NotTraced where the program ended before.
        """
        deadline = time.monotonic() + timeout
        while not (until and until(self.reader.calls)):
            if self.ended:
                self.explain(until is not None)
                break
            if not self.read(deadline):
                raise TimedOut(
                    f"{self.command[0]}: not there after {timeout:g} s; "
                    f"{self.last_words()}"
                )
        return list(self.reader.calls)

    def read(self, deadline: float) -> bool:
        """Take what strace writes next; False where nothing came until then."""
        if self.ended:
            return True
        left = max(0.0, deadline - time.monotonic())
        ready, _, _ = select.select([self.fifo, self.strace], [], [], left)
        if self.fifo in ready and (told := os.read(self.fifo, ROOM)):
            self.reader.feed(told.decode(errors="replace"))
        elif ready:  # the FIFO is empty, and has no other end any more
            self.process.wait()  # it waits for all that it traces
            self.ended = True
        return bool(ready)

    def stop(self, with_signal: int = signal.SIGTERM) -> None:
        """End the program and all that it started: asked first, then killed.

        with_signal: how it is asked. What strace saw until the end is in calls().
        """
        if not self.ended and with_signal != signal.SIGKILL:
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, with_signal)
            self.read_to_the_end()
        if not self.ended:
            for pid in self.reader.alive:  # some may have left the group
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.read_to_the_end()
        if not self.ended:  # some have called nothing, or strace itself is stuck
            with suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGKILL)
            self.process.wait()
            self.ended = True

    def read_to_the_end(self) -> None:
        """Take what strace writes until it ends, or patience does."""
        deadline = time.monotonic() + PATIENCE
        while not self.ended and self.read(deadline):
            pass

    def close(self) -> None:
        """Give the descriptors back."""
        os.close(self.fifo)
        os.close(self.strace)

    def explain(self, too_early: bool) -> None:
        """Say why a program that has ended was not traced. Raises NotTraced."""
        status = self.process.returncode
        complaints = re.findall(r"^.*strace: (.*)$", self.output(), re.MULTILINE)
        if status and not self.reader.calls and complaints:
            refused = [line for line in complaints if "PTRACE" in line]
            if refused:
                raise NotTraced(f"ptrace(2) is refused here: {refused[0]}")
            raise NotTraced(f"strace: {complaints[0]}")
        if too_early:
            raise NotTraced(
                f"{self.command[0]}: ended with status {status} before that; "
                f"{self.last_words()}"
            )

    def last_words(self) -> str:
        """What it called and printed last, in one line."""
        called = self.reader.calls[-1].text if self.reader.calls else "nothing"
        printed = self.output().strip().splitlines()[-1:] or ["nothing"]
        return f"last called {called}; last printed {printed[0]}"


@contextmanager
def tracing(
    command: Sequence[str],
    *,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
    by_inode: bool = False,
) -> Iterator[Tracing]:
    """Run a program under strace for as long as the `with` lasts.

    command: the program and its arguments; its standard input is empty. env, cwd: as
    `subprocess.Popen` has them. by_inode: descriptors are told by the inode of their
    socket (-y), not by its names (-yy). At the end the program and all that it started
    are stopped. Raises NotTraced with one line where strace or the program is not
    installed.
    """
    path = (env or os.environ).get("PATH", os.defpath)
    strace = shutil.which("strace")
    if strace is None:
        raise NotTraced("strace is not installed: apt install strace")
    if shutil.which(command[0], path=path) is None:
        raise NotTraced(f"{command[0]} is not installed")
    with (
        tempfile.TemporaryDirectory(prefix="strace-") as folder,
        tempfile.TemporaryFile() as output,
    ):
        fifo = Path(folder, "calls")
        os.mkfifo(fifo)
        # Open before strace is there, which would wait for somebody who reads.
        reading = os.open(fifo, os.O_RDONLY | os.O_NONBLOCK)
        fcntl.fcntl(reading, fcntl.F_SETPIPE_SZ, ROOM)
        names = "-y" if by_inode else "-yy"
        process = subprocess.Popen(
            [strace, *OPTIONS, names, "-o", str(fifo), "--", *command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
            env=env,
            cwd=cwd,
        )
        running = Tracing(list(command), process)
        running.attach(reading, output)
        try:
            yield running
        finally:
            running.stop()
            running.close()


def trace(
    command: list[str],
    *,
    until: Callable[[list[Call]], bool] | None = None,
    timeout: float,
    env: Mapping[str, str] | None = None,
    cwd: str | Path | None = None,
) -> list[Call]:
    """The socket calls of a program, until there are enough or it has ended; stops it.

    until: is given all calls so far, and says whether they are enough. timeout:
    seconds. env, cwd: as `subprocess.Popen` has them. Raises NotTraced with one line:
    strace or the program is missing, ptrace(2) is refused, or the program ended before;
    TimedOut where it did not do it in time.
    """
    with tracing(command, env=env, cwd=cwd) as running:
        return running.wait(until, timeout)


def only(calls: Iterable[Call], *names: str) -> list[Call]:
    """The calls with one of these names.

    >>> calls = parse("1 listen(3, 5) = 0\\n1 shutdown(3, SHUT_WR) = 0\\n")
    >>> [call.text for call in only(calls, "listen")]
    ['listen(3, 5) = 0']
    """
    return [call for call in calls if call.name in names]
