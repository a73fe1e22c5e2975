"""Runs one or two programs in a network of their own.

    python -m lab.runs.stage < job.json > results.json

Each run has a process of its own, because the network it enters cannot be left again.
The job names the programs and how many times to run them; a result holds what they
printed, the events of the tracer and the captured packets, all raw. `lab.runs.recorder` asks
for them and makes recordings of them.
"""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

from lab.isolation import namespace, networks
from lab.isolation.capture import Capture

TRACER = Path(__file__).with_name("tracer.py")
TIME_LIMIT = float(os.environ.get("LAB_TIME_LIMIT", "10"))  # seconds, one program
WAITING = ("accept", "recv", "recvfrom", "recv_into", "recvmsg", "recvfrom_into")
# <net/tcp_states.h>: what remains when nothing more will be sent by itself.
AT_REST = {"05", "06", "07", "0A"}  # FIN_WAIT2, TIME_WAIT, CLOSE, LISTEN


class Failed(Exception):
    """A program that crashed, hung or never got ready; the text is for the reader."""


def main() -> None:
    job = json.load(sys.stdin)
    # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    results = [namespace.apart(one_run, job) for _ in range(job["times"])]
    json.dump(results, sys.stdout)


def one_run(job: dict) -> dict:
    """Enter a new network, run the job's programs there, return what was seen."""
    capture = container = None
    if job["private"]:
        namespace.enter()
        if job["container"]:
            container = networks.container()
        if job["packets"]:
            capture = Capture("cable" if container else "lo")
        if job["world"]:
            networks.WORLDS[job["world"]]()
    with tempfile.TemporaryDirectory() as folder:
        events = Path(folder, "events")
        events.touch()
        try:
            printed = run_programs(job["programs"], events, job["private"], container)
        except Failed as failure:
            return {"failed": str(failure)}
        return {
            "printed": printed,
            "events": [json.loads(line) for line in events.read_text().splitlines()],
            "packets": capture
            and [(moment, raw.hex()) for moment, raw in capture.drain()],
        }


def run_programs(
    paths: list[str], events: Path, private: bool, container: int | None = None
) -> list[list[str]]:
    """Run one program to its end, or a server, then its client, then stop the server.

    The client is given the last two words of the server's first line: host and port.
    container: the network in which the server runs, if it is not the client's.
    Returns the lines that each program printed. Raises Failed.
    """
    if len(paths) == 1:
        with start(paths[0], [], events) as program:
            printed = [finish(program, paths[0])]
    else:
        with start(paths[0], [], events, container) as server:
            try:
                ready = first_line(server)
                address = ready.split()[-2:]
                if len(address) != 2 or not address[1].isdigit():
                    raise Failed(
                        f"{paths[0]}: the first line must end with host and port, "
                        f"got {ready!r}\n{server.stderr.read() if not ready else ''}"
                    )
                with start(paths[1], address, events) as client:
                    client_lines = finish(client, paths[1])
                port = int(address[1])
                until(lambda: idle(server.pid, port, events), f"{paths[0]} to be idle")
                server.send_signal(signal.SIGINT)
                server_lines = [ready.rstrip("\n"), *finish(server, paths[0])]
            finally:
                server.kill()
        printed = [server_lines, client_lines]
    if private:
        until(at_rest, "the last packets")
    return printed


def start(
    path: str, arguments: list[str], events: Path, network: int | None = None
) -> subprocess.Popen:
    """Start a snippet under the tracer, isolated as a pasted program would be.

    network: a descriptor of the one to start it in, if it is not this one.
    """
    isolated = [sys.executable, "-I", "-B", "-u"]
    command = [*isolated, str(TRACER), str(events), path, *arguments]
    with networks.within(network) if network else nullcontext():
        return subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            cwd=events.parent,
        )


def first_line(program: subprocess.Popen) -> str:
    """The first line a program prints. No more is read: `finish()` gets the others."""
    line = b""
    while not line.endswith(b"\n") and (byte := os.read(program.stdout.fileno(), 1)):
        line += byte
    return line.decode()


def finish(program: subprocess.Popen, path: str) -> list[str]:
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


def until(condition, what: str) -> None:
    """Poll a condition of the kernel's own tables. Raises Failed at the time limit."""
    deadline = time.monotonic() + TIME_LIMIT
    while not condition():
        if time.monotonic() > deadline:
            raise Failed(f"waited {TIME_LIMIT:.0f} s for {what}")
        time.sleep(0.001)


def tables(*names: str, port: int | None = None, pid: int | str = "self"):
    """Rows of /proc/PID/net/NAME, split into fields; of one local port if given."""
    for name in names:
        path = Path(f"/proc/{pid}/net", name)
        if path.exists():
            for row in (line.split() for line in path.read_text().splitlines()[1:]):
                if port is None or int(row[1].rpartition(":")[2], 16) == port:
                    yield row


def at_rest(port: int | None = None, pid: int | str = "self") -> bool:
    """Whether no TCP socket of a network, or port, has anything left to send."""
    return all(row[3] in AT_REST for row in tables("tcp", "tcp6", port=port, pid=pid))


def idle(pid: int, port: int, events: Path) -> bool:
    """Whether the server sleeps in a call that waits, with nothing left to read."""
    lane = f"{pid} "
    lines = events.read_text().splitlines()
    own = [e for e in map(json.loads, lines) if e["lane"].startswith(lane)]
    waits = own[-1].get("start") in WAITING if own else False
    sleeping = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    unread = any(
        not row[4].endswith(":00000000")
        for row in tables("udp", "udp6", "tcp", "tcp6", port=port, pid=pid)
    )
    return waits and sleeping == "S" and not unread and at_rest(port, pid)


if __name__ == "__main__":
    main()
