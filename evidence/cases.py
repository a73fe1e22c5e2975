"""What a sentence says of a call, as data, and where the machines say otherwise.

A sentence of the form "`listen()` on a connected TCP socket fails with `EINVAL`" is a
case: a call, kinds of socket, a state, an outcome. The machines of
evidence/measured/machines/ know what each call gives in each state that they reached,
so that a state which fits the words and ends otherwise can be looked up.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from evidence import errors, machines

# {a call as it is written: the inputs of machines that are it}
INPUTS = {
    "bind": ("bind",),
    "listen": ("listen",),
    "accept": ("accept",),
    "connect": ("connect", "connect_nowait"),
    "send": ("send",),
    "sendto": ("sendto",),
    "recv": ("recv",),
    "recvfrom": ("recv",),
    "shutdown": ("shutdown_write",),
}
# {a word of a sentence: the kinds of machine that it means}
KINDS = {
    "TCP": ("tcp", "tcp6"),
    "UDP": ("udp",),
    "Unix stream": ("unix-stream",),
    "Unix datagram": ("unix-datagram",),
    "stream": ("tcp", "tcp6", "unix-stream"),
    "datagram": ("udp", "unix-datagram"),
    "Unix": ("unix-stream", "unix-datagram"),
}
ERROR_KINDS: dict[str, errors.Kind] = {
    "tcp": "TCP/IPv4",
    "tcp6": "TCP/IPv6",
    "udp": "UDP/IPv4",
    "unix-stream": "Unix stream",
    "unix-datagram": "Unix datagram",
}
STATES = r"new|unbound|bound|unconnected|connected|listening"
# {what follows the word socket: the words of the state that it means}
CLAUSES = {
    " that has never begun to connect": ("unconnected",),
    " that neither listens nor has begun to connect": ("unconnected",),
    " that does not listen": ("not listening",),
    " that holds a port": ("bound",),
    " without a peer": ("unconnected",),
    " that has no peer": ("unconnected",),
    " that has no name yet": ("without a name",),
    ", bound or not,": (),
}
SOCKET = (
    rf"(?:a|an|the) (?P<state>(?:(?:{STATES})(?: but | and |, | )?)*)"
    r"(?P<kind>(?:(?:TCP|UDP|Unix stream|Unix datagram|stream|datagram|Unix|IPv4|IPv6)"
    rf"(?: or | and | )?)*)socket(?P<clause>{'|'.join(CLAUSES)})?"
)
# What comes after the outcome can make it depend on something else: no case, then.
OUTCOME = (
    r"(?: still| then| also)? (?:fails with (?P<errno>E\w+\b)|(?P<ok>succeeds))"
    r"(?!,? (?:only |but )?(?:if|where|when|unless|while|until|with|without)\b)"
)
FORMS = [
    re.compile(rf"(?:^|^A second |^On Linux )(?P<call>\w+)\(\) on {SOCKET}{OUTCOME}"),
    re.compile(rf"^On {SOCKET},? (?P<call>\w+)\(\){OUTCOME}"),
    re.compile(rf"^(?P<call>\w+)\(\) after (?P<after>\w+)\(\){OUTCOME}"),
    re.compile(rf"^(?P<call>\w+)\(\){OUTCOME} on {SOCKET}(?!,? (?:if|where|when))"),
]
AFTER = {"listen": "listening", "connect": "connected", "bind": "bound"}


@dataclass(frozen=True)
class Case:
    """What a call gives, by a sentence: for these machines, in a state of these words.

    outcome: an errno, or `ok`.
    """

    call: str
    kinds: tuple[str, ...]
    state: tuple[str, ...]
    outcome: str


@dataclass(frozen=True)
class Counter:
    """A state that fits a case and ends otherwise."""

    machine: str
    state: str
    walk: str  # that leads there, and the call
    outcome: str

    def __str__(self) -> str:
        return f"{self.walk} -> {self.outcome} (state {self.state!r} of {self.machine})"


def case_of(sentence: str, kinds: tuple[str, ...] = ()) -> Case | None:
    """The case that a sentence states, or None where it states none of a known form.

    kinds: of machines, where the sentence names no kind of socket.

    >>> case_of("`listen()` on a connected TCP socket fails with `EINVAL`.")
    Case(call='listen', kinds=('tcp', 'tcp6'), state=('connected',), outcome='EINVAL')
    """
    plain = sentence.replace("`", "").strip()
    found = next(filter(None, (form.search(plain) for form in FORMS)), None)
    if found is None or found["call"] not in INPUTS:
        return None
    words = found.groupdict()
    named = [KINDS[word] for word in KINDS if word in (words.get("kind") or "").split()]
    for two in ("Unix stream", "Unix datagram"):
        if two in (words.get("kind") or ""):
            named = [KINDS[two]]
    state = re.findall(rf"\b(?:{STATES})\b", words.get("state") or "")
    state += CLAUSES[words.get("clause") or ", bound or not,"]
    if words.get("after"):
        state = [AFTER[words["after"]]] if words["after"] in AFTER else []
        if not state:
            return None
    meant = tuple(kind for kinds_ in named for kind in kinds_) or kinds
    if words.get("clause") == " that holds a port":
        meant = tuple(kind for kind in meant if not kind.startswith("unix"))
    return Case(
        found["call"],
        tuple(dict.fromkeys(meant)),
        tuple(state),
        "ok" if found["ok"] else found["errno"],
    )


def fits(state: machines.State, words: tuple[str, ...]) -> bool:
    """Whether a state of a machine is what the words of a sentence say.

    A state that a call has left something behind in, such as an error that waits, is
    another one.
    """
    parts = state.name.split(", ")
    if len(parts) > len(set(parts) & {"bound", "listening", "connected", "unbound"}):
        return False
    is_so = {
        "new": parts == ["unbound"],
        "unbound": "unbound" in parts or state.local == "—",
        "bound": state.local != "—",
        "unconnected": "connected" not in parts and "listening" not in parts,
        "connected": "connected" in parts,
        "listening": "listening" in parts,
        "not listening": "listening" not in parts,
        "without a name": state.local == "—",
    }
    return all(is_so[word] for word in words)


def counters(case: Case) -> Iterator[Counter]:
    """Where the machines say otherwise than a case, or the error reference does.

    The reference is asked where a machine does not know the call: of all that it has
    seen of it on that kind of socket, nothing ended as the case says.
    """
    for name in machines.NAMES:
        kind = name.rpartition("-")[0]
        if kind not in case.kinds or not name.endswith("-full"):
            continue
        machine = machines.load(name)
        if not set(INPUTS[case.call]) & machine.inputs.keys():
            yield from of_errors(case, kind)
        known = {state.name: state for state in machine.states}
        for given in INPUTS[case.call]:
            if given not in machine.inputs:
                continue
            for line in machine.rows:
                state = known[line.state]
                if line.given != given:
                    continue
                if fits(state, case.state) and not agrees(line.outcome, case.outcome):
                    walk = ", ".join([*state.word, given])
                    yield Counter(name, line.state, f"{kind}: {walk}", line.outcome)


def of_errors(case: Case, kind: str) -> Iterator[Counter]:
    """What the error reference has of a call on a kind of socket, if all differs."""
    socket = ERROR_KINDS[kind]
    rows = [
        r for r in errors.load().rows if r.call == case.call and socket in r.sockets
    ]
    if rows and case.outcome not in {row.errno for row in rows}:
        way = rows[0]
        yield Counter("errors.json", way.id, f"{socket}: {way.call}()", way.errno)


def agrees(outcome: str, expected: str) -> bool:
    """Whether an outcome of a machine is what a sentence says.

    A call that does not wait has begun what it was asked, and what receives gets a byte
    or waits for one.
    """
    if expected == "ok":
        return not outcome.startswith("E") or outcome in ("EINPROGRESS", "EAGAIN")
    return outcome == expected
