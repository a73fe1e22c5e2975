"""What languages, frameworks and servers ask of the kernel, as strace(1) saw it.

evidence/measured/runtimes.json is written by `make runtimes`: each entry with its own
version, platform and day, for not every machine has all of them installed.
"""

import re

import msgspec

from evidence import store

FILE = "runtimes.json"
CURE = "run `make runtimes`"
RESTARTS = {
    "bound": "it listens again",
    "EADDRINUSE": "bind() fails with EADDRINUSE",
    "no TIME_WAIT": "the server left no connection in TIME_WAIT",
    "another port": "not started again: it asks for port 0, one of the kernel's choice",
}
# How our programs name an address, or a backlog, where they may not leave it open.
NAMES_ADDRESS = re.compile(r'0\.0\.0\.0|\[::\]|localhost:|"\*"|IPAddress\.Any|\(\("", ')
NAMES_BACKLOG = re.compile(r"\bListen => \d")


class Listener(msgspec.Struct, frozen=True):
    """A socket that a server listens on.

    `protocol`: TCP or MPTCP. `family`: IPv4 or IPv6. `address`, `port`: what `bind()`
    was given; port 0 is one of the kernel's choice. `reuseaddr`, `reuseport`, `v6only`:
    the value that `setsockopt()` set last before it listened, None where it set none.
    `backlog`: what `listen()` was given; `queue`: the limit that the kernel then shows
    (Send-Q of `ss -l`). `same`: how many sockets of a server are like this one.
    `calls`: its calls as they were made, from `socket()` to `listen()`.
    """

    protocol: str
    family: str
    address: str
    port: int
    reuseaddr: int | None
    reuseport: int | None
    v6only: int | None
    backlog: int
    queue: int
    same: int
    calls: tuple[str, ...]

    def __post_init__(self) -> None:
        """Raises ValueError, which becomes the reader's complaint."""
        if self.family not in ("IPv4", "IPv6"):
            raise ValueError(f"`family` is {self.family!r}")
        if self.same < 1:
            raise ValueError("`same` is less than one")


class Server(msgspec.Struct, frozen=True):
    """What a server did. `run`: the command; `program`: the text of what it runs.

    `ports`: how many different ports it listened on. `restart`: one of RESTARTS, how
    the second start went; `restart_call`: the call that decided it, or "".
    """

    run: str
    program: str
    listeners: tuple[Listener, ...]
    ports: int
    restart: str
    restart_call: str

    def __post_init__(self) -> None:
        """Raises ValueError, which becomes the reader's complaint."""
        if self.restart not in RESTARTS:
            known = ", ".join(RESTARTS)
            raise ValueError(f"`restart` is {self.restart!r}, none of {known}")
        if not self.listeners:
            raise ValueError("`listeners` is empty")

    @property
    def sockets(self) -> int:
        """How many sockets it listened on."""
        return sum(listener.same for listener in self.listeners)

    @property
    def told_address(self) -> bool:
        """Whether the address is our choice: the program or the command names it."""
        return bool(NAMES_ADDRESS.search(f"{self.run}\n{self.program}"))

    @property
    def told_backlog(self) -> bool:
        """Whether the backlog is our choice."""
        return bool(NAMES_BACKLOG.search(self.program))


class Client(msgspec.Struct, frozen=True):
    """What a client did that was told to connect to `localhost`, where nobody listens.

    `order`: the addresses that it tried over TCP, in order, each at its first try.
    `calls`: those `connect()` calls.
    """

    run: str
    program: str
    order: tuple[str, ...]
    calls: tuple[str, ...]


class Runtime(msgspec.Struct, frozen=True):
    """One language, framework or server.

    `group`: what it is listed under; `install`: the line that installs it.
    """

    name: str
    group: str
    version: str
    install: str
    platform: str
    date: str
    server: Server | None = None
    client: Client | None = None


class Runtimes(msgspec.Struct):
    """evidence/measured/runtimes.json. `system`: the distribution at the last run."""

    platform: str
    date: str
    system: str
    runtimes: list[Runtime]
    digest: str = ""

    def __post_init__(self) -> None:
        """Raises ValueError where two entries have one name."""
        names = [one.name for one in self.runtimes]
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"`runtimes` has {name!r} twice")

    def named(self, name: str) -> Runtime:
        """The entry of a name. Raises KeyError where there is none."""
        return {one.name: one for one in self.runtimes}[name]


def load() -> Runtimes:
    """evidence/measured/runtimes.json; a process reads it once while it stays the same.

    Raises EvidenceError where the file is missing or damaged; the text names the field.
    """
    try:
        return store.load_once(store.measured(FILE), Runtimes)
    except store.EvidenceError as error:  # `make evidence` does not measure these
        raise store.EvidenceError(str(error).replace(store.CURE, CURE)) from None
