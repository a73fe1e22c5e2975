"""A system call of strace as the pages show it: the same for the same behaviour.

What differs from run to run, or tells a reader nothing, is left out: the length of an
address, flags that concern exec alone. Addresses are written as people do. Descriptors
are numbered anew, from 3, in the order in which they are shown.
"""

import re

from lab.strace import Call

INTERNET = re.compile(
    r"\{sa_family=AF_INET, sin_port=htons\((\d+)\), sin_addr=inet_addr\(\"([^\"]+)\"\)\}"
)
INTERNET_6 = re.compile(
    r"\{sa_family=AF_INET6, sin6_port=htons\((\d+)\), sin6_flowinfo=htonl\(\d+\), "
    r"inet_pton\(AF_INET6, \"([^\"]+)\", &sin6_addr\), sin6_scope_id=[^}]*\}"
)
UNIX = re.compile(r"\{sa_family=AF_UNIX, sun_path=(@?\"[^\"]*\")\}")
UNSPECIFIED = re.compile(r"\{sa_family=AF_UNSPEC[^}]*\}")
FLAGS = re.compile(r"\|(?:SOCK_CLOEXEC|SOCK_NONBLOCK|MSG_NOSIGNAL|MSG_DONTWAIT)")
PROTOCOLS = ("IPPROTO_IP", "IPPROTO_TCP", "IPPROTO_UDP", "0")
FIRST = 3  # the first descriptor that is free in most programs
TAKES_ADDRESS = ("bind", "connect")
GIVES_ADDRESS = ("accept", "accept4", "getsockname", "getpeername")
DATA = ("send", "recv")  # what is sent is left out
NAMED = re.compile("|".join(p.pattern for p in (INTERNET, INTERNET_6, UNIX)))


def address(text: str) -> str:
    """Addresses of strace in a text, as people write them.

    >>> address('{sa_family=AF_INET, sin_port=htons(80), sin_addr=inet_addr("0.0.0.0")}')
    '0.0.0.0:80'
    """
    text = INTERNET.sub(r"\2:\1", text)
    text = INTERNET_6.sub(r"[\2]:\1", text)
    text = UNIX.sub(r"\1", text)
    return UNSPECIFIED.sub("AF_UNSPEC", text)


def story(calls: list[Call], about: str) -> list[Call]:
    """The calls on each socket that was once about something, in their order.

    about: a pattern, which one call on the socket has to match, written for people:
    `0.0.0.0:80`. A socket begins where it is made or accepted and ends where it is
    closed. A descriptor that came from another process is a socket of its own.
    """
    life: dict[tuple[int, int], int] = {}
    of_socket: list[list[int]] = []
    latest: dict[int, int] = {}
    for at, call in enumerate(calls):
        made = call.result if call.name == "socket" and call.ok else None
        number = made if made is not None else call.fd
        if number is None:
            continue
        key = (call.pid, number)
        if made is not None or (key not in life and number not in latest):
            life[key] = latest[number] = len(of_socket)
            of_socket.append([])
        of_socket[life.get(key, latest.get(number, 0))].append(at)
        if call.name == "close":
            life.pop(key, None)
            if latest.get(number) is not None:
                latest.pop(number)
    pattern = re.compile(about)
    told = [
        at
        for one in of_socket
        if any(pattern.search(address(calls[at].text)) for at in one)
        for at in one
    ]
    return [calls[at] for at in sorted(told)]


def is_result(call: Call) -> bool:
    """Whether it asks how a connect() has ended that was under way."""
    return call.name == "getsockopt" and "SO_ERROR" in call.args and call.ok


def failed(call: Call) -> bool:
    """Whether a call failed, or told that an earlier one did."""
    return call.errno is not None or (is_result(call) and call.args[3] != "[0]")


class Writer:
    """Writes calls; it remembers which number a descriptor was given."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.numbers: dict[tuple[str, int], int] = {}

    def number(self, who: str, descriptor: int) -> int:
        """The number under which a descriptor of a program is shown."""
        key = who, descriptor
        if key not in self.numbers:
            taken = [n for (owner, _), n in self.numbers.items() if owner == who]
            self.numbers[key] = max(taken, default=FIRST - 1) + 1
        return self.numbers[key]

    def write(self, who: str, call: Call) -> tuple[str, str]:
        """A call and what it gave: ("bind(3, 0.0.0.0:80)", "EADDRINUSE")."""
        name, args = call.name, list(call.args)
        if name == "socket":
            self.numbers.pop((who, call.result or 0), None)
        if call.fd is not None and args:
            args[0] = str(self.number(who, call.fd))
        given = ""
        if name in TAKES_ADDRESS:
            args = args[:2]
        elif name in GIVES_ADDRESS:
            given = address(args[1]) if len(args) > 1 and call.ok else ""
            args = args[:1]
        elif name.startswith(DATA):
            given = next((found[0] for a in args if (found := NAMED.search(a))), "")
            given = address(given)
            args = [args[0], given] if given and name.startswith("send") else args[:1]
        elif is_result(call):
            args = [args[0], "SO_ERROR"]
        elif name in ("setsockopt", "getsockopt") and len(args) > 3:
            value = re.sub(r"^\[(.*)\]$", r"\1", args[3])
            args = [args[0], args[2], value]
        elif name == "socket":
            args = [args[0], FLAGS.sub("", args[1])]
            args += [] if call.args[2] in PROTOCOLS else [call.args[2]]
        text = FLAGS.sub("", address(f"{name}({', '.join(args)})"))
        return text.replace(self.folder + "/", ""), self.outcome(who, call, given)

    def outcome(self, who: str, call: Call, given: str) -> str:
        """What a call gave, in a word; the port of a client says nothing."""
        if call.errno:
            return call.errno
        if call.name.startswith(DATA):
            unit = "message" if "mmsg" in call.name else "bytes"
            size = f"{call.result} {unit}" if call.result else "end of file"
            sent = call.name.startswith("send")
            return size if sent or not given else f"from {given}"
        if is_result(call):
            return call.args[3].strip("[]")
        if call.result is None:
            return "has not returned"
        if call.name == "socket":
            return str(self.number(who, call.result))
        if call.name.startswith("accept"):
            number = self.number(who, call.result)
            return (
                f"{number}, from {given.rpartition(':')[0]}" if given else str(number)
            )
        return given or str(call.result)
