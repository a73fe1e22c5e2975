"""Makes sockets lie, to see whether a proof would notice.

Each alteration changes what a program is told and leaves what happens as it is: an
altered address that is given back to a socket call means the true one again. So a
proof goes red because of what it asserts, not because its set-up broke.
"""

import errno
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NoReturn

from evidence import calls
from lab.claims.proof import Wire
from lab.isolation.capture import Decoded

real_socket = socket.socket
LOCAL, PEER = calls.ASK
TALKS = ("accept", "recvfrom")  # they return an address beside something else
ALTERED = (*calls.FAIL, "recvfrom", "sendall", "getsockopt")
# What a call that failed returns when it is made to succeed.
SUCCESS: dict[str, Any] = {
    "send": 0,
    "sendto": 0,
    "recv": b"",
    "recvfrom": (b"", ("0.0.0.0", 0)),
    "getpeername": ("0.0.0.0", 0),
    "getsockname": ("0.0.0.0", 0),
}
# Told where a proof saw no packet at all.
EXTRA: list[Decoded] = [
    {
        "protocol": "UDP",
        "source": ["127.0.0.1", 1],
        "destination": ["127.0.0.1", 2],
        "payload": 1,
    }
]
Address = tuple[Any, ...]  # (host, port), or (host, port, flow, scope)


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


def true(value: Any) -> Any:
    """The truth behind an altered value, inside tuples too."""
    if isinstance(value, tuple):
        return tuple(true(item) for item in value)
    return value.true if isinstance(value, Port | Host) else value


@dataclass(frozen=True)
class Alteration:
    """What is done to the results of calls, to their errors, and to packets.

    result, error: given the name of the call and what it returned or raised, they
    return what the program is told, or raise. None: nothing is done.
    """

    result: Callable[[str, Any], Any] | None = None
    error: Callable[[str, OSError], Any] | None = None
    packets: Callable[[list[Decoded]], list[Decoded]] | None = None


def address(
    names: tuple[str, ...], change: Callable[[Address], Address]
) -> Callable[[str, Any], Any]:
    """An alteration of the address that some calls return; the others tell the truth.

    Only one side's at a time: if both ends lied alike, they would still agree.
    """

    def told(name: str, value: Any) -> Any:
        if name not in names or not value:
            return value
        if name in TALKS:
            named = isinstance(value[1], tuple)
            return (value[0], change(value[1])) if named else value
        if isinstance(value, tuple):
            return change(value)
        return value + ("x" if isinstance(value, str) else b"x")  # a Unix path

    return told


def another_port(told: Address) -> Address:
    """(host, port, …) with another port."""
    return (told[0], Port(told[1]), *told[2:])


def another_host(told: Address) -> Address:
    """(host, port, …) with another host."""
    return (Host(told[0]), *told[1:])


def other_data(name: str, value: Any) -> Any:
    """Received data with a byte more; other counts and option values."""
    if name == "recv":
        return value + b"x"
    if name == "recvfrom":
        return value[0] + b"x", value[1]
    if name in ("getsockopt", "send", "sendto"):
        return value + 1 if isinstance(value, int) else value
    return value


def other_errno(name: str, error: OSError) -> NoReturn:
    """Every failure with another errno."""
    raise OSError(errno.EIO, "altered") from error


def success(name: str, error: OSError) -> Any:
    """Every failure as a success."""
    if name == "accept":
        raise error
    return SUCCESS.get(name)


ALTERATIONS: dict[str, Alteration] = {
    "another local port": Alteration(result=address((LOCAL,), another_port)),
    "another peer port": Alteration(result=address((PEER, *TALKS), another_port)),
    "another local address": Alteration(result=address((LOCAL,), another_host)),
    "another peer address": Alteration(result=address((PEER, *TALKS), another_host)),
    "another errno": Alteration(error=other_errno),
    "success for errno": Alteration(error=success),
    "one packet less": Alteration(packets=lambda packets: packets[1:]),
    "one packet more": Alteration(
        packets=lambda packets: [*packets, *packets[-1:]] or EXTRA
    ),
    "other data": Alteration(result=other_data),
    "errno for success": Alteration(),  # each call in turn fails
}
LAST_RESORT = "errno for success"  # it also catches proofs that assert nothing


def alter(name: str, failing: int, wire: Wire | None) -> None:
    """Alter the sockets of this process, and the packets of a proof, for good.

    failing: with "errno for success", which call fails, counted from 1; else 0.
    """
    socket.socket = altered_socket(name, failing)  # type: ignore[misc]
    if wire is not None:
        wire.alter = ALTERATIONS[name].packets


def altered_socket(name: str, failing: int = 0) -> type[socket.socket]:
    """A socket class that tells things otherwise; see alter()."""
    change = ALTERATIONS[name]
    count = [0]

    def method(name: str) -> Callable[..., Any]:
        real = getattr(real_socket, name)

        def call(self: socket.socket, *args: Any, **kwargs: Any) -> Any:
            count[0] += 1
            if failing and count[0] == failing:
                raise OSError(errno.EIO, "altered")
            try:
                value = real(self, *map(true, args), **kwargs)
            except OSError as error:
                if change.error:
                    return change.error(name, error)
                raise
            return change.result(name, value) if change.result else value

        return call

    return type("AlteredSocket", (real_socket,), {n: method(n) for n in ALTERED})
