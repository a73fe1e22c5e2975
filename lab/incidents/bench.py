"""What an incident is given: programs under strace, and a pen to note what they did."""

import ctypes
import os
import re
import socket
import subprocess
import time
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

from evidence.incidents import Line, Play, Step
from lab import strace
from lab.incidents.written import Writer, address, failed, story
from lab.isolation.namespace import Missing
from lab.isolation.networks import cover, libc
from lab.runtimes.measure import HOSTS
from lab.runtimes.registry import BUILD, MODULES, PYTHON_BIN, SYSTEM_PATH
from lab.strace import Call, Tracing

PATIENCE = 30.0  # seconds, for all that is waited for
GLANCE = 0.05  # seconds, after which what was printed is looked at again
NODE_BIN = f"{MODULES}/node24/bin"
PATH = f"{BUILD / PYTHON_BIN}:{BUILD / NODE_BIN}:{SYSTEM_PATH}"
# An ordinary user: without rights over the network, and with a number that is not 0.
AS_USER = ("unshare", "--user", "--map-user=1000", "--map-group=1000", "--")


class Surprise(Exception):
    """An incident that went otherwise than it is told."""


class Running:
    """A program that was started under strace."""

    def __init__(self, who: str, tracing: Tracing) -> None:
        self.who, self.tracing = who, tracing

    @property
    def calls(self) -> list[Call]:
        """All that it has called until now."""
        return self.tracing.calls()

    def wait(self, until: Callable[[list[Call]], bool]) -> None:
        """Wait until its calls are so. Raises Surprise."""
        try:
            self.tracing.wait(until, PATIENCE)
        except strace.NotTraced as problem:
            raise Surprise(f"{self.who}: {problem}\n{self.tracing.output()}") from None

    def did(self, pattern: str, times: int = 1) -> None:
        """Wait until calls match, as `bind.*:80.*EADDRINUSE`. Raises Surprise."""
        wanted = re.compile(pattern)
        self.wait(
            lambda calls: (
                sum(bool(wanted.search(address(call.text))) for call in calls) >= times
            )
        )

    def listens(self, times: int = 1) -> None:
        """Wait until it has begun to listen. Raises Surprise."""
        self.did(r"^listen\(.* = 0", times)

    def prints(self, text: str) -> None:
        """Wait until it has printed something. Raises Surprise.

        What is printed is no call on a socket: it is looked at each time that strace
        has written, and a few times in a second else.
        """
        deadline = time.monotonic() + PATIENCE
        while text not in self.tracing.output():
            now = time.monotonic()
            if now > deadline or self.tracing.ended:
                raise Surprise(f"{self.who}: no {text!r}:\n{self.tracing.output()}")
            self.tracing.read(min(deadline, now + GLANCE))

    def ends(self) -> int:
        """Wait until it and all that it started are gone; returns its exit status."""
        try:
            self.tracing.wait(None, PATIENCE)
        except strace.TimedOut as problem:
            raise Surprise(f"{self.who}: {problem}\n{self.tracing.output()}") from None
        return self.tracing.process.returncode

    def lines(self) -> list[str]:
        """What it has printed."""
        return self.tracing.output().splitlines()

    def pid(self) -> int:
        """The process of the program itself, which strace has started first."""
        (children,) = Path(f"/proc/{self.tracing.process.pid}/task").glob("*/children")
        return int(children.read_text().split()[0])


class Bench:
    """One re-enactment: what runs in it, and what of it is to be kept."""

    def __init__(self, folder: Path, cured: bool) -> None:
        self.folder, self.cured = folder, cured
        self.stack = ExitStack()
        self.writer = Writer(str(folder))
        self.printed: list[Line] = []
        self.steps: list[Step] = []
        self.ending = ""
        self.env = {
            "PATH": PATH,
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            "PYTHONUNBUFFERED": "1",
            "PYTHONPATH": str(folder),
            "TMPDIR": str(folder),
        }

    # To set up

    def make_room(self) -> None:
        """Give programs a `/run` of their own, and the `/etc/hosts` of a new Debian.

        Raises Missing where no mount namespace can be had.
        """
        cover("/etc/hosts", str(self.write("hosts", HOSTS)))
        if libc.mount(b"lab", b"/run", b"tmpfs", 0, None) != 0:
            raise Missing("mount", os.strerror(ctypes.get_errno()))

    def write(self, name: str, text: str) -> Path:
        """A file in the folder in which all programs run."""
        path = self.folder / name
        path.write_text(text.rstrip("\n") + "\n")
        return path

    def start(self, who: str, *command: str, user: bool = False) -> Running:
        """Start a program under strace; it is stopped at the end. user: without rights."""
        whole = [*(AS_USER if user else ()), *command]
        try:
            tracing = self.stack.enter_context(
                strace.tracing(whole, env=self.env, cwd=self.folder)
            )
        except strace.NotTraced as problem:
            raise Surprise(str(problem)) from None
        return Running(who, tracing)

    def start_line(self, who: str, line: str, user: bool = False) -> Running:
        """Start a program that is written as in a shell: `nginx -p . -c nginx.conf`."""
        return self.start(who, "sh", "-c", f"exec {line}", user=user)

    def finish(self, who: str, line: str, user: bool = False) -> Running:
        """Run a program to its end."""
        running = self.start_line(who, line, user)
        running.ends()
        return running

    def shell(self, commands: str) -> str:
        """Run commands, not traced; returns what they print. Raises Surprise."""
        try:
            ran = subprocess.run(
                ["sh", "-ec", commands],
                env=self.env,
                cwd=self.folder,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                text=True,
                timeout=PATIENCE,
                check=True,
            )
        except subprocess.CalledProcessError as error:
            raise Surprise(f"{commands}: {error.stdout}") from None
        return ran.stdout

    def keep(self, sock: socket.socket) -> socket.socket:
        """A socket of the lab's own, closed at the end."""
        return self.stack.enter_context(sock)

    # To note

    def say(self, running: Running, pattern: str) -> list[str]:
        """Note each line that it printed and that matches; of it, what matches.

        Lines that are the same are noted once. Raises Surprise where there is none.
        """
        found = [
            match[0] for line in running.lines() if (match := re.search(pattern, line))
        ]
        if not found:
            printed = running.tracing.output()
            raise Surprise(f"{running.who} did not print {pattern!r} but:\n{printed}")
        found = list(dict.fromkeys(found))
        self.printed += [Line(running.who, self.clean(text)) for text in found]
        return found

    def clean(self, text: str) -> str:
        """A text without the name of the folder, and without columns."""
        return re.sub(" +", " ", text.replace(f"{self.folder}/", "")).rstrip()

    def show(
        self,
        running: Running,
        about: str,
        only: str = "socket|bind|listen|connect|setsockopt|getsockopt.*SO_ERROR",
        cause: str = "",
        most: int = 12,
    ) -> None:
        """Note what a program called on the sockets that were about something.

        about: a pattern, for instance an address. only: of these calls, those whose
        text matches from its beginning. cause: marks
        those that match, in the run that fails. Where a call is
        repeated just as before, it is noted once.
        """
        wanted = re.compile(only)
        for call in story(running.calls, about):
            if wanted.match(call.text):
                text, outcome = self.writer.write(running.who, call)
                marked = bool(
                    cause and not self.cured and re.search(cause, f"{text} = {outcome}")
                )
                step = Step(running.who, text, outcome, failed(call), marked)
                if step not in self.steps:
                    self.steps.append(step)
        if len(self.steps) > most:
            told = "\n".join(f"{s.who}: {s.call} = {s.outcome}" for s in self.steps)
            raise Surprise(f"{len(self.steps)} calls are too many to read:\n{told}")

    def end(self, text: str) -> None:
        """Note in a few words what came of it."""
        self.ending = text

    def result(self) -> Play:
        """All that was noted."""
        return Play(self.printed, self.steps, self.ending)

    def must(self, so: bool, what: str) -> None:
        """Raises Surprise, which says what is not so."""
        if not so:
            raise Surprise(f"not so: {what}")
