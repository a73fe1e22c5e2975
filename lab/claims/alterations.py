"""Makes sockets lie, to see whether a proof would notice.

Each alteration changes what a program is told and leaves what happens as it is: an
altered address that is given back to a socket call means the true one again. So a
proof goes red because of what it asserts, not because its set-up broke.
"""

import errno
import socket
from collections.abc import Callable

real_socket = socket.socket
NAMES = ("getsockname", "getpeername")
TALKS = ("accept", "recvfrom")
CALLS = ("bind", "connect", "listen", "send", "sendto", "sendall", "recv", "shutdown")
# What a call that failed returns when it is made to succeed.
SUCCESS = {"send": 0, "sendto": 0, "recv": b"", "recvfrom": (b"", ("0.0.0.0", 0))}
SUCCESS |= {"getpeername": ("0.0.0.0", 0), "getsockname": ("0.0.0.0", 0)}


class Port(int):
    """A port number that is told as the next one."""

    true: int

    def __new__(cls, true: int) -> "Port":
        made = super().__new__(cls, true + 1)
        made.true = true
        return made


class Host(str):
    """An address that is told as another one of the loopback network."""

    true: str

    def __new__(cls, true: str) -> "Host":
        made = super().__new__(cls, "127.9.9.9")
        made.true = true
        return made


def true(value):
    """The truth behind an altered value, inside tuples too."""
    if isinstance(value, tuple):
        return tuple(true(item) for item in value)
    return value.true if isinstance(value, (Port, Host)) else value


def address(names: tuple[str, ...], change: Callable) -> Callable:
    """An alteration of the address that some calls return; the others tell the truth.

    Only one side's at a time: if both ends lied alike, they would still agree.
    """

    def alter(name: str, value):
        if name not in names or not value:
            return value
        if name in TALKS:
            told = isinstance(value[1], tuple)
            return (value[0], change(value[1])) if told else value
        if isinstance(value, tuple):
            return change(value)
        return value + ("x" if isinstance(value, str) else b"x")  # a Unix path

    return alter


def another_port(told: tuple) -> tuple:
    """(host, port, …) with another port."""
    return (told[0], Port(told[1]), *told[2:])


def another_host(told: tuple) -> tuple:
    """(host, port, …) with another host."""
    return (Host(told[0]), *told[1:])


def other_data(name, value):
    """Received data with a byte more; other counts and option values."""
    if name == "recv":
        return value + b"x"
    if name == "recvfrom":
        return value[0] + b"x", value[1]
    if name in ("getsockopt", "send", "sendto"):
        return value + 1 if isinstance(value, int) else value
    return value


def other_errno(name, error):
    """Every failure with another errno."""
    raise OSError(errno.EIO, "altered") from error


def success(name, error):
    """Every failure as a success."""
    if name == "accept":
        raise error
    return SUCCESS.get(name)


# name -> (what is done to results, to errors, to captured packets)
ALTERATIONS: dict[str, dict[str, Callable]] = {
    "another local port": {"result": address(NAMES[:1], another_port)},
    "another peer port": {"result": address(NAMES[1:] + TALKS, another_port)},
    "another local address": {"result": address(NAMES[:1], another_host)},
    "another peer address": {"result": address(NAMES[1:] + TALKS, another_host)},
    "another errno": {"error": other_errno},
    "success for errno": {"error": success},
    "one packet less": {"packets": lambda packets: packets[1:]},
    "one packet more": {"packets": lambda packets: [*packets, *packets[-1:]] or EXTRA},
    "other data": {"result": other_data},
    "errno for success": {},  # each call in turn fails
}
LAST_RESORT = "errno for success"  # it also catches proofs that assert nothing
EXTRA = [
    {
        "protocol": "UDP",
        "source": ["127.0.0.1", 1],
        "destination": ["127.0.0.1", 2],
        "payload": 1,
    }
]


def altered_socket(alteration: str, failing: int = 0) -> type[socket.socket]:
    """A socket class that tells things otherwise.

    failing: with "errno for success", which call fails, counted from 1.
    """
    change = ALTERATIONS[alteration]
    count = [0]

    def method(name: str):
        real = getattr(real_socket, name)

        def call(self, *args, **kwargs):
            count[0] += 1
            if failing and count[0] == failing:
                raise OSError(errno.EIO, "altered")
            try:
                value = real(self, *map(true, args), **kwargs)
            except OSError as error:
                if "error" in change:
                    return change["error"](name, error)
                raise
            return change["result"](name, value) if "result" in change else value

        return call

    methods = {name: method(name) for name in (*NAMES, *TALKS, *CALLS, "getsockopt")}
    return type("AlteredSocket", (real_socket,), methods)
