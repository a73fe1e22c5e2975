"""Names that a person would give to the states of a learned machine."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

from lab.machines.found import Found
from lab.machines.scenes.base import Facts

BOUND = {  # by what was bound
    "asked": "bound",
    "shared": "bound to shared",
    "@chosen": "bound to a chosen name",
}
NOTHING = frozenset[str]()


def name_states(found: Found) -> list[str]:
    """A name for each state, from what the kernel says and what the calls do there.

    Where two states would share a name, they are numbered by their shortest words.
    """
    seen: Counter[str] = Counter()
    names = []
    for name in map(Naming(found).name, range(len(found.states))):
        seen[name] += 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return names


@dataclass
class Naming:
    """What a machine is asked about one of its states, by number."""

    found: Found

    def outcome(self, number: int, given: str) -> str:
        """What an input gives in a state; "" if the machine does not know it."""
        end = self.found.ends[number].get(given)
        return end.output.outcome if end else ""

    def after(self, number: int, given: str) -> int:
        """The state that follows; this one if the machine does not know the input."""
        end = self.found.ends[number].get(given)
        return end.after if end else number

    def calm(self, number: int) -> int:
        """The state, after reading a pending error, which hides what calls would do."""
        pending = self.found.states[number].facts.pending
        return self.after(number, "read_error") if pending else number

    def undone(self, number: int) -> int:
        """The state after connect() has been undone, if it can be."""
        undoes = self.outcome(number, "disconnect") == "ok"
        return self.after(number, "disconnect") if undoes else number

    def held(self, number: int) -> bool:
        """Whether something else on its port keeps the socket from listening."""
        states = (number, self.undone(number))
        return any(self.outcome(n, "listen") == "EADDRINUSE" for n in states)

    def holder(self, number: int) -> str:
        """Who keeps the socket from listening; a new connection ends a TIME_WAIT."""
        if not self.held(number):
            return ""
        if self.outcome(number, "owner_listens") == "nothing: it listens already":
            return ", the owner listens"
        free = self.undone(number)
        gone = self.outcome(free, "connect") == "ok" and not self.held(
            self.undone(self.after(free, "connect"))
        )
        return f", its {'TIME_WAIT' if gone else 'client'} holds the port"

    def reuse(self, number: int, name: str) -> str:
        """Whether SO_REUSEADDR is set, where the name does not say so already."""
        if not self.found.states[number].facts.reuse or "shared" in name:
            return ""
        late = "a client waits" in name and self.held(self.after(number, "accept"))
        return ", SO_REUSEADDR since it came" if late else ", SO_REUSEADDR"

    def view(self, number: int) -> "View":
        """The state, as a person looks at it."""
        state, ends = self.found.states[number], self.found.ends[number]
        outcome = {given: end.output.outcome for given, end in ends.items()}
        for given in {"recv", "send"} & ends.keys():
            outcome[given] = self.outcome(self.calm(number), given)
        return View(
            facts=state.facts,
            local=state.local,
            peer=state.peer,
            bound_to=self.found.states[self.undone(number)].local,
            outcome=outcome,
            stays=frozenset(
                given for given, end in ends.items() if end.after == number
            ),
        )

    def name(self, number: int) -> str:
        """The name of one state."""
        view = self.view(number)
        name = view.name()
        if "connected" not in name and view.gives("connect") == "ok":
            name += self.ahead(name, self.calm(self.after(number, "connect")))
        name += self.holder(number)
        return name + self.reuse(number, name)

    def ahead(self, name: str, connected: int) -> str:
        """What a state hides until connect() has been called: an end of a connection
        that shutdown() has closed before there was one.

        connected: the state that connect() leads to.
        """
        hidden = {"send": ("EPIPE", "sending"), "recv": ("end of file", "reading")}
        return "".join(
            f", {what} shut down"
            for call, (told, what) in hidden.items()
            if self.outcome(connected, call) == told and f"{what} shut" not in name
        )


@dataclass(frozen=True)
class View:
    """One state: what the kernel says, and what each input gives there.

    bound_to: the local name without the connection. stays: the inputs that change
    nothing. What a pending error would hide is told as it is without the error.

    >>> facts = Facts(listening=True, waiting=False, pending="")
    >>> View(facts, "*:chosen", "—", "*:chosen", {}).name()
    'listening'
    """

    facts: Facts
    local: str
    peer: str
    bound_to: str
    outcome: dict[str, str]
    stays: frozenset[str] = NOTHING

    def gives(self, given: str) -> str:
        """What an input gives; "" if the machine does not know it."""
        return self.outcome.get(given, "")

    def name(self) -> str:
        """What was bound, what the socket is, what waits, what is shut or pending."""
        parts = (
            self.identity(),
            self.untold(),
            self.waiting(),
            self.reading(),
            self.sending(),
            self.troubles(),
        )
        return ", ".join(words for part in parts for words in part)

    @cached_property
    def condition(self) -> str:
        """What the socket is, beyond bound or unbound; "" if it is no more."""
        if self.facts.listening:
            return "listening"
        return self.tcp_condition() if self.facts.tcp else self.other_condition()

    def tcp_condition(self) -> str:
        """What a TCP socket is that does not listen."""
        again = self.outcome.get("connect", "ok")
        if self.facts.tcp == "CLOSE" and again != "ok":
            told = {"EISCONN": "ended", "ECONNREFUSED": "refused"}
            return told.get(again, f"connect() will give {again}")
        return {
            "CLOSE": "",
            "ESTABLISHED": "connected",
            "CLOSE_WAIT": "connected, peer has closed",
            "FIN_WAIT2": "connected, sending shut down",
        }.get(self.facts.tcp, self.facts.tcp)

    def other_condition(self) -> str:
        """What a socket is that is not of TCP and does not listen."""
        if self.peer == "server" and self.gives("peer_closes") == "nothing: no peer":
            return "connected, peer has closed"
        named = {"—": "", "server": "connected", "EINVAL": ""}
        return named.get(self.peer, f"connected to {self.peer}")

    @property
    def connected(self) -> bool:
        """Whether it has a connection, or a peer."""
        return "connected" in self.condition

    @property
    def left(self) -> bool:
        """Whether the peer has closed."""
        return "has closed" in self.condition

    def identity(self) -> Iterator[str]:
        """What was bound, and what the socket is; one of the two at least."""
        home = BOUND.get(self.bound_to.rpartition(":")[2])
        if home:
            yield "bound to any" if self.bound_to.startswith("*") else home
        if self.condition:
            yield self.condition
        elif not home and self.gives("bind") != "ok":
            yield "bound by the kernel"
        elif not home:
            yield "unbound"
            if self.local != "—":
                old = "port" if self.local.startswith("*") else "name"
                yield f"an old {old} shown"

    def untold(self) -> Iterator[str]:
        """A connection that the program has not heard of."""
        if self.connected and self.facts.tcp and self.gives("connect") == "ok":
            yield "connect() not yet told"

    def waiting(self) -> Iterator[str]:
        """What waits to be taken."""
        if not self.facts.waiting and self.gives("accept") != "a client":
            return
        if self.facts.listening:
            yield "a client waits"
        elif self.gives("recv").startswith("from "):
            yield f"a datagram {self.gives('recv')} waits"
        else:
            yield "a byte waits"

    def reading(self) -> Iterator[str]:
        """An end of what can be read, where the peer has not closed."""
        if self.left:
            return
        if "shutdown_read" in self.stays and self.gives("shutdown_read") == "ok":
            yield "reading shut down"
        elif self.gives("recv") == "end of file":
            yield "end of file"

    def sending(self) -> Iterator[str]:
        """An end of what can be sent."""
        tcp = bool(self.facts.tcp)
        if self.gives("send") != "EPIPE" or "shut" in self.condition:
            return
        if self.left and not tcp:
            return
        if self.connected and tcp:
            yield "sending shut down, peer not told"
        elif self.connected or not tcp:
            yield "sending shut down"

    def troubles(self) -> Iterator[str]:
        """Errors that are to come, and names that are gone."""
        tcp = bool(self.facts.tcp)
        if not tcp and self.gives("connect") == "ECONNREFUSED":
            yield "server closed"
        if self.facts.pending and self.condition != "refused":
            yield f"{self.facts.pending} pending"
        gone = self.local.startswith("*") and not self.facts.listening
        if tcp and self.condition and gone:
            yield "its address forgotten"
