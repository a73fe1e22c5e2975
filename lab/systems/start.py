"""Starts a system, has it measure, and waits until it is off."""

import os
import subprocess
import sys
from pathlib import Path

from evidence import store
from lab.systems.packages import BUILD, Unavailable, unpacked
from lab.systems.registry import System

MEMORY = "2G"
TIME_LIMIT = 30 * 60  # seconds


def folder_of(system: System) -> Path:
    """Where a system's results are written."""
    return BUILD / system.id / "found"


def start(system: System, parts: tuple[str, ...] = ()) -> "subprocess.Popen[bytes]":
    """Start a system that measures; it ends when it has, or breaks.

    What it prints is in `console` beside its results. Raises Unavailable.
    """
    root = unpacked(system) if system.packages else BUILD
    found = folder_of(system)
    found.mkdir(parents=True, exist_ok=True)
    (found / "done").unlink(missing_ok=True)
    make = {"linux": kernel, "gvisor": gvisor, "here": here}[system.how]
    command = make(system, root, found, parts)
    with (found / "console").open("wb") as console:
        return subprocess.Popen(
            ["timeout", "-k", "5", str(TIME_LIMIT), *command],
            stdin=subprocess.DEVNULL,
            stdout=console,
            stderr=console,
            env={**os.environ, "HOME": "/tmp", "TMPDIR": "/tmp"},
        )


def kernel(
    system: System, root: Path, found: Path, parts: tuple[str, ...]
) -> list[str]:
    """The command that starts a kernel as a program, on this machine's files.

    It cannot write them: only the folder of its results. One that has a C library of
    its own runs in the folder of its packages, with the machine's files below /host.
    """
    modules = next((root / "usr/lib/uml/modules").iterdir())
    host = "/host" if system.libc else ""
    words = {
        "mem": MEMORY,
        "umid": f"{system.id}-{os.getpid()}",
        "rootfstype": "hostfs",
        "rootflags": host or "/",
        "init": str(Path(__file__).with_name("init.sh")),
        "con0": "fd:0,fd:1",
        "con": "null",
        "share": f"{host}{found}",
        "at": str(found),
        "modules": str(modules),
        "project": str(store.ROOT),
        "python": sys.executable,
        "parts": ",".join(parts),
    }
    line = [f"{name}={value}" for name, value in words.items()]
    if not system.libc:
        return [str(root / "usr/bin/linux.uml"), "ro", "quiet", *line]
    for name in ("host", "proc", "dev", "tmp"):
        (root / name).mkdir(exist_ok=True)
    mounts = (
        f"mount --rbind / {root}/host && mount -t proc proc {root}/proc && "
        f"mount --rbind /dev {root}/dev && mount -t tmpfs tmpfs {root}/tmp && "
        f'exec chroot {root} /usr/bin/linux.uml "$@"'
    )
    return ["unshare", "-m", "sh", "-c", mounts, "sh", "ro", "quiet", *line]


def here(_: System, _root: Path, found: Path, parts: tuple[str, ...]) -> list[str]:
    """The command that measures on this machine, as it is."""
    return [sys.executable, "-B", "-m", "lab.systems.measure", str(found), *parts]


def gvisor(_: System, root: Path, found: Path, parts: tuple[str, ...]) -> list[str]:
    """The command that runs the measuring on gVisor: no network but its loopback.

    It writes its results into this machine's files, so there is no overlay on them.
    Raises Unavailable.
    """
    if os.getuid() != 0:
        raise Unavailable("gvisor: runsc must be started by root")
    runsc = [str(root / "usr/bin/runsc"), "--network=none", "--net-raw"]
    place = ["do", "-force-overlay=false", f"-cwd={store.ROOT}"]
    job = [sys.executable, "-B", "-m", "lab.systems.measure", str(found), *parts]
    return [*runsc, *place, *job]
