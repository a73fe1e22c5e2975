"""Runs a server and its client, and presses Ctrl-C."""

import os
import signal
import subprocess
import threading
from contextlib import nullcontext
from pathlib import Path

from lab.isolation import networks

TIME_LIMIT = 20  # seconds


def run_pair(job: tuple[list[str], list[str], int, bool]) -> tuple[str, str]:
    """Start the server, run the client to its end, press Ctrl-C.

    Returns what each said.

    job: both commands; the number of lines that the server prints, of which all but
    the last one come by themselves, and the last one is said on Ctrl-C; whether the
    server runs in a network of its own, as in a container. What a program wrote to
    stderr, and a status that is not 0, follow what it printed.
    """
    server_command, client_command, expected, in_a_container = job
    # A shell starts background jobs with Ctrl-C ignored, and children inherit that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    pipes = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    there = networks.within(networks.container()) if in_a_container else nullcontext()
    with there:
        server = subprocess.Popen(server_command, **pipes)
    with server:
        watchdog = threading.Timer(TIME_LIMIT, server.kill)
        watchdog.start()
        lines = [server.stdout.readline()]
        address = lines[0].split()[-2:]
        client = subprocess.run(
            [*client_command, *address], timeout=TIME_LIMIT, check=False, **pipes
        )
        lines += [server.stdout.readline() for _ in range(expected - 2)]
        until_it_waits(server.pid)
        server.send_signal(signal.SIGINT)
        lines += server.communicate()[0].splitlines(keepends=True)
        watchdog.cancel()
    return (
        said("".join(lines), server.returncode),
        said(client.stdout, client.returncode),
    )


def until_it_waits(pid: int) -> None:
    """Return once a process sleeps, in a call that waits, or has ended.

    Python heeds a signal between two steps of a program, or when it interrupts a call.
    One that came after the last step before accept() would wait as long as accept().
    """
    while Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] in "RD":
        os.sched_yield()


def said(output: str, status: int) -> str:
    """What a program printed, and its status if that is not 0."""
    return output.rstrip("\n") + (f"\nended with status {status}" if status else "")
