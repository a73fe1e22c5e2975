"""How soon a saved page is there: a server that follows changes, and its client."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import urlopen

from websockets.sync.client import connect

from tests.bench.projects import CHANGED, Project

PATIENCE = 120  # seconds for a build


def free_port() -> int:
    """A port that nobody has."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])


@dataclass
class Served:
    """A running server, and the project that it serves."""

    process: subprocess.Popen[bytes]
    port: int

    def page(self) -> str:
        """The page that changes, as it is served."""
        address = f"http://127.0.0.1:{self.port}/{CHANGED.replace('.md', '.html')}"
        with urlopen(address, timeout=5) as answer:
            return str(answer.read(), "utf-8")

    def wait(self) -> None:
        """Until the server answers. Raises RuntimeError if it ends before."""
        for _ in range(PATIENCE * 10):
            if self.process.poll() is not None:
                raise RuntimeError("the server ended")
            try:
                self.page()
            except OSError:
                time.sleep(0.1)
            else:
                return

    def seconds(self, project: Project) -> float:
        """From saving a page until the browser is told to load it anew."""
        time.sleep(1)  # the watcher settles
        with connect(f"ws://127.0.0.1:{self.port}/websocket-reload") as browser:
            start = time.perf_counter()
            said = project.add_a_sentence()
            browser.recv(timeout=PATIENCE)
            while said not in self.page():  # told of a build that began too early
                browser.recv(timeout=PATIENCE)
            return time.perf_counter() - start


@dataclass
class Command:
    """How a server is started."""

    words: list[str]
    project: Project
    port: int


def ours(project: Project) -> Command:
    """`make live`, in the environment that runs this."""
    port, environment = free_port(), Path(sys.executable).parents[1]
    words = ["make", "-o", f"{environment}/ready", "live", f"PORT={port}"]
    return Command([*words, f"VENV={environment}"], project, port)


def plain(project: Project) -> Command:
    """sphinx-autobuild as it is."""
    port = free_port()
    words = [sys.executable, "-m", "sphinx_autobuild", "-q", "-c", ".", "--port"]
    return Command([*words, str(port), "docs", "build/live"], project, port)


@contextmanager
def serving(command: Command) -> Iterator[Served]:
    """A server, ended afterwards with all that it started."""
    process = subprocess.Popen(
        command.words,
        cwd=command.project.folder,
        stdout=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        served = Served(process, command.port)
        served.wait()
        yield served
    finally:
        end(process)


def end(process: subprocess.Popen[bytes]) -> None:
    """End a process and all that it started, and wait until they are gone."""
    stopped = time.monotonic() + PATIENCE
    while time.monotonic() < stopped:
        process.poll()
        try:
            os.killpg(process.pid, signal.SIGTERM)
        except ProcessLookupError:
            return
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGKILL)
