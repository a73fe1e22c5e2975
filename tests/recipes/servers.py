"""Starts the server of a recipe as a program, for an attack."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from evidence import runs
from lab.isolation import child, namespace

TIME_LIMIT = 20  # seconds, after which a server that hangs is killed
# How a recipe is made a server: those that play both ends serve for ever instead.
# {recipe: (what is run after its text, in which `limit` is its patience)}
FOR_EVER = {
    "tcp_server": "SECONDS = {limit}\nmain()",
    "tcp_server_in_threads": """SECONDS = {limit}
with socket.create_server(("127.0.0.1", 0)) as listener:
    print("listening on", *listener.getsockname(), flush=True)
    serve(listener)
""",
    "tcp_socketserver": """SECONDS = {limit}
with Server(("127.0.0.1", 0), Echo) as server:
    print("listening on", *server.server_address, flush=True)
    server.serve_forever()
""",
    "tcp_asyncio": """
async def alone():
    async with serving("127.0.0.1", 0) as (host, port):
        print("listening on", host, port, flush=True)
        await asyncio.Event().wait()
asyncio.run(alone())
""",
    "dual_stack_server": "main()",
    "udp_server": "main()",
}


@dataclass
class Server:
    """A server that runs. address: where it can be reached."""

    process: subprocess.Popen
    address: tuple[str, int]
    sockets: list[socket.socket] = field(default_factory=list)

    def connect(self, size: int = 0) -> socket.socket:
        """A client, 10 s for what blocks; size: of its receive buffer, in bytes."""
        client = socket.socket(
            socket.AF_INET6 if ":" in self.address[0] else socket.AF_INET
        )
        if size:
            client.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, size)
        client.settimeout(10)
        client.connect(self.address)
        self.sockets.append(client)
        return client

    def serves(self) -> bool:
        """Whether a well-behaved client is served, within 10 s."""
        with self.connect() as client:
            client.sendall(b"hello\n")
            client.shutdown(socket.SHUT_WR)
            return bool(client.recv(100))

    def stop(self) -> int:
        """Press Ctrl-C; returns the exit status. Raises TimeoutExpired."""
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(TIME_LIMIT)


@contextmanager
def running(
    recipe: str,
    *arguments: str,
    limit: float = 60,
    python: str = sys.executable,
    setup: Callable[[], object] | None = None,
) -> Iterator[Server]:
    """A recipe's server while the block runs.

    limit: its patience with one client, in seconds. setup: done in the new process.
    """
    text = runs.snippet_path(f"recipes.{recipe}").read_text(encoding="utf-8")
    text = text.rpartition('\n\nif __name__ == "__main__":')[0]
    text += "\n" + FOR_EVER[recipe].replace("{limit}", str(limit))
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [python, "-I", "-u", "-c", text, *arguments],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,  # a pipe that nobody reads would stop it
        text=True,
        preexec_fn=setup,
    )
    assert process.stdout
    try:
        first = process.stdout.readline().split()
        assert len(first) >= 4, first
        yield Server(process, (first[-2], int(first[-1])))
    finally:
        process.kill()
        process.communicate()


def in_a_network(attack: Callable[..., object], *arguments: object) -> None:
    """Run an attack in a new network, where there is one, or else right here."""
    if namespace.abilities()["private_net"]:
        attack(*arguments)
    else:
        child.run(entered, attack, arguments, Path.cwd())


def entered(attack: Callable[..., object], arguments: tuple, folder: Path) -> None:
    """The same, in a process of its own."""
    os.chdir(folder)
    namespace.enter()
    attack(*arguments)
