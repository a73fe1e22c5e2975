"""One proof, run in a network of its own, and the packets that it saw."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from lab.isolation import namespace
from lab.isolation.capture import Capture, Decoded, decode

FIRST_CHOSEN = 32768  # net.ipv4.ip_local_port_range begins here
FIRST_SHOWN = 50001  # and is shown so, as in the recordings


@dataclass(frozen=True)
class Ending:
    """How a proof ended: with what pytest would print, or why it was skipped."""

    complaint: str = ""
    skipped: str = ""
    packets: list[str] = field(default_factory=list)  # in words
    kinds: list[str] = field(default_factory=list)  # of socket, such as `TCP IPv4`


class Wire:
    """The packets on this proof's loopback; each call returns the new ones."""

    def __init__(self) -> None:
        self.seen: list[Decoded] = []
        self.alter: Callable[[list[Decoded]], list[Decoded]] | None = None
        self._capture: Capture | None = None

    def open(self) -> None:
        """Start to capture; done once the proof is in its own network."""
        self._capture = Capture()

    def __call__(self) -> list[Decoded]:
        """New packets in the order in which they were sent."""
        assert self._capture is not None, "the proof lacks @needs('packets')"
        fresh = [decode(raw) for _, raw in self._capture.drain()]
        self.seen += fresh
        return self.alter(fresh) if self.alter else fresh


def run_proof(
    function: Callable[..., object],
    arguments: dict[str, Any],
    prepare: Callable[[Wire | None], object] | None = None,
) -> Ending:
    """Call a proof in a new network, for good: do it in a process of its own.

    prepare: called before it, in that network.
    """
    marks = getattr(function, "pytestmark", [])
    needs = [need for mark in marks for need in mark.args if mark.name == "needs"]
    wire = arguments.get("wire")
    try:
        namespace.enter("second_user" in needs)
        if wire is not None:
            wire.open()
        if prepare:
            prepare(wire)
        function(**arguments)
    except (pytest.skip.Exception, namespace.Missing) as why:
        return Ending(skipped=str(why))
    except BaseException:
        told = pytest.ExceptionInfo.from_current().getrepr(style="short")
        return Ending(complaint=str(told))
    return Ending(packets=in_words(wire.seen) if wire else [])


def in_words(packets: list[Decoded]) -> list[str]:
    """Packets in words, chosen ports renumbered as in the recordings."""
    numbers: dict[int, int] = {}

    def end(address: list[str | int | None]) -> str:
        host, port = str(address[0]), address[1]
        host = f"[{host}]" if ":" in host else host
        if not isinstance(port, int):
            return host
        if port >= FIRST_CHOSEN:
            port = numbers.setdefault(port, FIRST_SHOWN + len(numbers))
        return f"{host}:{port}"

    return [
        f"{p['protocol']} {end(p['source'])} → {end(p['destination'])}, "
        + (" ".join(p["flags"]) + ", " if "flags" in p else "")
        + (f"{p['kind']}, " if "kind" in p else "")
        + f"{p['payload']} bytes"
        for p in packets
    ]
