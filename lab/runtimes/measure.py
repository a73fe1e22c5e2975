"""Runs each server twice and each client twice under strace, in a network of its own.

The first time a server runs, a client connects to it; when the server has accepted
that, it and all that it started are killed. So the server's end is the first to close,
and when the client closes too, the connection is in TIME_WAIT with the server's port.
Then the server is started again.

The network has a loopback with 127.0.0.1 and ::1, and nothing else; `localhost` has
both of them in /etc/hosts, as Debian's installer writes it.
"""

import os
import re
import shlex
import shutil
import signal
import socket
import subprocess
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import msgspec
from pyroute2 import DiagSocket

from evidence import store, systems
from evidence.runtimes import FILE, Client, Listener, Runtime, Runtimes, Server
from lab.isolation import child
from lab.isolation.namespace import abilities, enter
from lab.isolation.networks import cover
from lab.runtimes.registry import BUILD, MODULES, Entry, Program, entries
from lab.strace import Call, NotTraced, Tracing, only, tracing

TIME_LIMIT = 60.0  # seconds for each wait
FAMILIES = {"AF_INET": "IPv4", "AF_INET6": "IPv6"}
WILDCARDS = {"0.0.0.0": "127.0.0.1", "::": "::1"}
HOSTS = "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost ip6-loopback\n"
ADDRESS = re.compile(r'inet_(?:addr|pton)\((?:AF_INET6, )?"([^"]+)"')
PORT_OF = re.compile(r"sin6?_port=htons\((\d+)\)")
VERSION = re.compile(r"\d+(?:[._]\d+)*")
TCP_TIME_WAIT, TCP_LISTEN = 6, 10  # <linux/tcp_states.h>


Found = Server | Client


class NotInstalled(Exception):
    """What an entry needs and this machine has not; the text is the line to run."""


class Differs(Exception):
    """Two runs of one server that were not alike; the text says how."""


@dataclass(frozen=True)
class Listening:
    """A socket that the kernel says is listening."""

    address: str
    port: int
    queue: int


def version_of(entry: Entry) -> str:
    """The version of what is installed. Raises NotInstalled."""
    BUILD.mkdir(parents=True, exist_ok=True)  # where nothing was installed
    command = shlex.split(entry.version)
    if shutil.which(command[0], path=entry.search_path) is None:
        raise NotInstalled(entry.install)
    told = subprocess.run(
        command,
        env=environment(entry, Path.home()),
        cwd=BUILD,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    found = VERSION.search(told.stdout)
    if told.returncode != 0 or not found:
        raise NotInstalled(entry.install)
    return found[0]


def environment(entry: Entry, home: Path) -> dict[str, str]:
    """Nothing of ours but what finds the entry's programs, in a folder of its own."""
    return {
        "PATH": entry.search_path,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "NODE_PATH": str(BUILD / MODULES),
        "GOTOOLCHAIN": "local",
        "GOCACHE": str(BUILD / "go-cache"),
        "RUSTUP_HOME": str(Path.home() / ".rustup"),
        "CARGO_HOME": str(Path.home() / ".cargo"),
    }


def in_a_network(
    entry: Entry, program: Program, job: Callable[..., "Found"]
) -> "Found":
    """job(entry, command, environment) in a new network and folder, with the files.

    Raises what the job does, and Missing.
    """
    with tempfile.TemporaryDirectory(prefix="runtime-") as name:
        folder = Path(name)
        folder.chmod(0o777)  # the other user is at home there too
        for file, text in program.files.items():
            (folder / file).write_text(text.lstrip("\n"), encoding="utf-8")
        return child.fork(prepare_and_do, entry, program, folder, job).result(300)


def prepare_and_do(
    entry: Entry, program: Program, folder: Path, job: Callable[..., Found]
) -> Found:
    """What in_a_network() does in its child."""
    os.chdir(folder)
    other_user = ["setpriv", "--reuid=1", "--"] if entry.as_user else []
    env = environment(entry, folder)
    enter(second_user=entry.as_user)
    hosts = Path("hosts")
    hosts.write_text(HOSTS, encoding="utf-8")
    cover("/etc/hosts", str(hosts.resolve()))
    if program.build:
        ran = subprocess.run(
            [*other_user, *shlex.split(program.build)],
            env=env,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if ran.returncode:
            raise NotTraced(f"{program.build}: {ran.stdout.strip()[-300:]}")
    return job(program, [*other_user, *shlex.split(program.run)], env)


# Servers


def serve(program: Program, command: list[str], env: dict[str, str]) -> Server:
    """Run a server, kill it, and run it again. Raises NotTraced, Differs."""
    with tracing(command, env=env, by_inode=True) as first:
        listens = listening_after_accept(first)
        calls = first.calls()
        there = kernel_listening()
        found = listeners(calls, there)
        listens.settimeout(TIME_LIMIT)
        first.stop(signal.SIGKILL)
        ended = how_it_ended(listens)
    ports = {place.port for place in there}
    if any(listener.port == 0 for listener in found):
        restart, decided = "another port", ""
    elif not (ended and ports & ports_in_time_wait()):
        restart, decided = "no TIME_WAIT", ""
    else:
        wanted = len(listens_done(calls))
        with tracing(command, env=env, by_inode=True) as second:
            after = second.wait(lambda calls: decision(calls, wanted), TIME_LIMIT)
            refused = in_use(after)
            if refused:
                restart, decided = "EADDRINUSE", as_text(refused)
            else:
                restart, decided = "bound", as_text(only(after, "listen")[-1])
                again = listeners(after, kernel_listening())
                if without_calls(again) != without_calls(found):
                    raise Differs(f"first {found}, then {again}")
    return Server(
        run=program.run,
        program=program.text,
        listeners=found,
        ports=len(ports),
        restart=restart,
        restart_call=decided,
    )


def listening_after_accept(running: Tracing) -> socket.socket:
    """A connection that the server has accepted; it has all its listeners by then.

    Raises NotTraced where it never listens, or never accepts.
    """
    running.wait(lambda calls: bool(listening_inodes(calls)), TIME_LIMIT)
    place = kernel_listening()[0]
    address = WILDCARDS.get(place.address, place.address)
    connection = socket.create_connection((address, place.port), TIME_LIMIT)
    running.wait(has_accepted, TIME_LIMIT)
    return connection


def has_accepted(calls: list[Call]) -> bool:
    """Whether a connection was taken from one of the listening sockets."""
    listening = listening_inodes(calls)
    accepts = only(calls, "accept", "accept4")
    return any(call.ok and call.inode in listening for call in accepts)


def how_it_ended(connection: socket.socket) -> bool:
    """Whether the killed server's end said goodbye in order; closes ours."""
    with connection:
        try:
            while connection.recv(1 << 16):
                pass
        except ConnectionResetError:
            return False
    return True


def stream_sockets(calls: list[Call]) -> dict[int, Call]:
    """{inode: the socket() call} of each socket of TCP, or of MPTCP."""
    return {
        call.inode: call
        for call in only(calls, "socket")
        if call.inode and call.args[0] in FAMILIES and "SOCK_STREAM" in call.args[1]
    }


def listens_done(calls: list[Call]) -> list[int]:
    """The socket of each listen() that succeeded; some servers call it twice."""
    made = stream_sockets(calls)
    done = [call.inode for call in only(calls, "listen") if call.ok]
    return [inode for inode in done if inode in made]


def listening_inodes(calls: list[Call]) -> list[int]:
    """The sockets that were made to listen, in order; each once."""
    return list(dict.fromkeys(listens_done(calls)))


def in_use(calls: list[Call]) -> Call | None:
    """The first call that found its port taken."""
    tried = only(calls, "bind", "listen")
    return next((call for call in tried if call.errno == "EADDRINUSE"), None)


def decision(calls: list[Call], wanted: int) -> bool:
    """Whether it is decided how a second start goes."""
    return bool(in_use(calls)) or len(listens_done(calls)) >= wanted


def kernel_listening() -> list[Listening]:
    """All listening sockets of this network, as the kernel knows them."""
    found = []
    with DiagSocket() as diag:
        diag.bind()
        for family in (socket.AF_INET, socket.AF_INET6):
            for one in diag.get_sock_stats(family=family, states=1 << TCP_LISTEN):
                address = socket.inet_ntop(family, packed(one, family))
                found.append(
                    Listening(address, one["idiag_sport"], one["idiag_wqueue"])
                )
    return found


def ports_in_time_wait() -> set[int]:
    """The local ports of connections in TIME_WAIT."""
    with DiagSocket() as diag:
        diag.bind()
        return {
            one["idiag_sport"]
            for family in (socket.AF_INET, socket.AF_INET6)
            for one in diag.get_sock_stats(family=family, states=1 << TCP_TIME_WAIT)
        }


def packed(one: dict[str, object], family: int) -> bytes:
    """The local address in an answer of sock_diag(7)."""
    return socket.inet_pton(family, str(one["idiag_src"]))


def listeners(calls: list[Call], there: list[Listening]) -> tuple[Listener, ...]:
    """What is listening, from the calls that made it so; what is alike stands once.

    In the order of families and addresses: in which order they are made may be another
    one in each run, for instance by asyncio, which keeps the addresses in a set.
    """
    made = stream_sockets(calls)
    found: list[Listener] = []
    for inode in listening_inodes(calls):
        own = [call for call in calls if call.inode == inode and call.ok]
        last = max(i for i, call in enumerate(own) if call.name == "listen")
        own = only(own[: last + 1], "socket", "setsockopt", "bind", "listen")
        if listener := as_listener(made[inode], own, there):
            found.append(listener)
    alike = Counter(without_calls(found))
    kept: dict[Listener, Listener] = {}
    for listener, bare in zip(found, without_calls(found), strict=True):
        kept.setdefault(bare, msgspec.structs.replace(listener, same=alike[bare]))
    return tuple(sorted(kept.values(), key=lambda one: (one.family, one.address)))


def as_listener(made: Call, own: list[Call], there: list[Listening]) -> Listener | None:
    """One socket by its calls; None where it listens no more."""
    bound = only(own, "bind")
    where = bound[-1].args[1] if bound else ""
    family = FAMILIES[made.args[0]]
    address = found[1] if (found := ADDRESS.search(where)) else ""
    port = int(found[1]) if (found := PORT_OF.search(where)) else 0
    queues = [
        place.queue
        for place in there
        if place.address == address and port in (0, place.port)
    ]
    if not queues:
        return None
    return Listener(
        protocol="MPTCP" if "MPTCP" in made.args[2] else "TCP",
        family=family,
        address=address,
        port=port,
        reuseaddr=option(own, "SO_REUSEADDR"),
        reuseport=option(own, "SO_REUSEPORT"),
        v6only=option(own, "IPV6_V6ONLY"),
        backlog=int(own[-1].args[1]),
        queue=queues[0],
        same=1,
        calls=tuple(as_text(call) for call in own),
    )


def option(own: list[Call], name: str) -> int | None:
    """The value that a socket option was set to last; None where it never was."""
    values = [
        int(call.args[3].strip("[]"))
        for call in only(own, "setsockopt")
        if call.args[2] == name
    ]
    return values[-1] if values else None


def without_calls(found: Iterable[Listener]) -> list[Listener]:
    """Listeners, to be compared: the calls may have stood in another order."""
    return [msgspec.structs.replace(listener, calls=(), same=1) for listener in found]


def as_text(call: Call) -> str:
    """A call as it is kept: descriptors differ from run to run, and are called fd."""
    text = call.text
    if call.fd is not None:
        text = text.replace(f"{call.name}({call.fd}", f"{call.name}(fd", 1)
    if call.name == "socket" and call.ok:
        text = f"{text.rpartition(' = ')[0]} = fd"
    return text


# Clients


def connect(program: Program, command: list[str], env: dict[str, str]) -> Client:
    """Run a client twice. Raises NotTraced, and Differs where the orders do."""
    first, second = (connect_once(program, command, env) for _ in range(2))
    if first.order != second.order:
        raise Differs(f"first {first.order}, then {second.order}")
    return first


def connect_once(program: Program, command: list[str], env: dict[str, str]) -> Client:
    """Run a client to its end. Raises NotTraced where it does not connect."""
    with tracing(command, env=env, by_inode=True) as running:
        calls = running.wait(None, TIME_LIMIT)
        last_words = running.last_words()
    made = stream_sockets(calls)
    tried: dict[str, Call] = {}
    for call in only(calls, "connect"):
        if call.inode in made and (found := ADDRESS.search(call.args[1])):
            tried.setdefault(found[1], call)
    if not tried:
        raise NotTraced(f"it connected to nothing; {last_words}")
    return Client(
        run=program.run,
        program=program.text,
        order=tuple(tried),
        calls=tuple(as_text(call) for call in tried.values()),
    )


# All of it


def measure(entry: Entry) -> Runtime:
    """One entry. Raises NotInstalled, NotTraced, Differs, Missing."""
    version = version_of(entry)
    server = client = None
    if entry.server:
        server = in_a_network(entry, entry.server, serve)
    if entry.client:
        client = in_a_network(entry, entry.client, connect)
    return Runtime(
        name=entry.name,
        group=entry.group,
        version=version,
        install=entry.install,
        platform=systems.here(),
        date="",
        server=server if isinstance(server, Server) else None,
        client=client if isinstance(client, Client) else None,
    )


def why_not_here(entry: Entry) -> str | None:
    """What the lab lacks on this machine, in words; None where it lacks nothing."""
    needs = ["private_net", "ipv6", *(["second_user"] if entry.as_user else [])]
    return next((why for need in needs if (why := abilities()[need])), None)


def distribution() -> str:
    """The name and version of the system, os-release(5)."""
    told = Path("/etc/os-release").read_text(encoding="utf-8")
    found = re.search(r'^PRETTY_NAME="?([^"\n]+)', told, re.MULTILINE)
    return found[1] if found else "Linux"


def measure_and_write(names: list[str], say: Callable[[str], None]) -> bool:
    """Measure the entries with these names, or all, and write what was found.

    An entry that is not installed here, or was refused, keeps what is known of it, with
    its own day. say: is told each line of the report. Returns whether each that was
    installed was measured. Raises Missing.
    """
    path = store.measured(FILE)
    old = store.kept(path, Runtimes)
    known = {one.name: one for one in old.runtimes} if old else {}
    missing: dict[str, list[str]] = {}
    fine = True
    every = list(entries())
    for entry in every:
        if names and entry.name not in names:
            continue
        if reason := why_not_here(entry):
            say(f"{entry.name}: not here, {reason}")
            continue
        try:
            new = measure(entry)
        except NotInstalled as wanted:
            missing.setdefault(str(wanted), []).append(entry.name)
        except (NotTraced, Differs, child.ChildFailed, OSError) as problem:
            say(f"{entry.name}: not measured, {problem}")
            fine = False
        else:
            known[entry.name] = store.dated(new, known.get(entry.name))
            say(f"{entry.name} {new.version}")
    for line, wanting in missing.items():
        say(f"not installed: {', '.join(wanting)}\n  {line}")
    order = [entry.name for entry in every if entry.name in known]
    found = Runtimes(
        platform=systems.here(),
        date="",
        system=distribution(),
        runtimes=[known[name] for name in order],
    )
    store.save(path, store.dated(found, old))
    systems.note()
    return fine
