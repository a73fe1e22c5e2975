"""Machines: what each call on a socket does in each state, in evidence/machines/.

`lab.learner` learns them from the kernel. Here they get the names a person would
use, are written, loaded, compared, and tried against words that were not used to
learn them. Opens no socket: the build uses it.
"""

import json
import subprocess
import sys
from datetime import date
from functools import cache
from pathlib import Path

from lab import evidence

KINDS = {
    "tcp": ("TCP over IPv4", "socket(AF_INET, SOCK_STREAM)"),
    "tcp6": ("TCP over IPv6", "socket(AF_INET6, SOCK_STREAM)"),
    "udp": ("UDP over IPv4", "socket(AF_INET, SOCK_DGRAM)"),
    "unix-stream": ("Unix stream", "socket(AF_UNIX, SOCK_STREAM)"),
    "unix-datagram": ("Unix datagram", "socket(AF_UNIX, SOCK_DGRAM)"),
}
NAMES = tuple(f"{kind}-{size}" for size in ("core", "full") for kind in KINDS)
KEPT = ("platform", "date", "digest")  # what a new machine does not have to repeat
CHECKED_WITH = 10_000  # random words that were not used in learning
BOUND = {  # by what was bound
    "asked": "bound",
    "shared": "bound to shared",
    "@chosen": "bound to a chosen name",
}
TOLD = 12  # differences that are spelled out; the rest are counted
RULES = {
    "outcome": "`ok`, an errno, what a call returned in words, or `nothing: ` and the "
    "reason why the input was not done",
    "caps": "one byte, one datagram, one client may wait; what would add another one "
    "does nothing",
    "asked": "the port or file that bind() asked for",
    "chosen": "a port or name that the kernel chose; which one is not told",
    "*": "every address of the machine, 0.0.0.0 or ::",
    "—": "no name",
    "server, other, closed": "a peer by its role; nobody is at `closed`",
    "blocking": "the socket does not block, except where an input says that it waits",
}


class Failed(Exception):
    """The learner stopped; the text is its last words."""


def path_of(name: str) -> Path:
    """Where a machine is kept."""
    return evidence.EVIDENCE / "machines" / f"{name}.json"


@cache
def load(name: str) -> dict:
    """A machine of evidence/machines/ by name, for instance `tcp-core`.

    Raises EvidenceError where there is none, or it is damaged.
    """
    if name not in NAMES:
        raise evidence.EvidenceError(
            f"no machine {name!r}; there are {', '.join(NAMES)}"
        )
    found = evidence.load(f"machines/{name}.json")
    body = {key: value for key, value in found.items() if key != "digest"}
    if found.get("digest") != evidence.digest(evidence.dump(body)):
        raise evidence.EvidenceError(
            f"the machine {name} is damaged: run `make evidence`"
        )
    return unfolded(found)


def folded(body: dict) -> dict:
    """A machine as its file has it: a line for each state.

    In it is [inputs, outcome, next state] for all that end alike, without the last
    where the state stays. Names are those of the next state, which has them once.
    """
    names = {s["name"]: [s["local"], s["peer"]] for s in body["states"]}
    lines: dict[str, dict[tuple, list[str]]] = {name: {} for name in names}
    for state, given, outcome, *shown, after in body["transitions"]:
        if shown != names[after]:
            raise Failed(f"{state}, {given}: shows {shown}, and {after} {names[after]}")
        end = (outcome,) if after == state else (outcome, after)
        lines[state].setdefault(end, []).append(given)
    told = {
        state: [[" ".join(given), *end] for end, given in ends.items()]
        for state, ends in lines.items()
    }
    return body | {"transitions": told}


def unfolded(found: dict) -> dict:
    """A machine with a transition for each input of each state:
    [state, input, outcome, local name, peer name, next state].
    """
    names = {
        state["name"]: (state["local"], state["peer"]) for state in found["states"]
    }
    rows = []
    for state, lines in found["transitions"].items():
        ends = {given: end for inputs, *end in lines for given in inputs.split()}
        for given in found["inputs"]:
            outcome, after = (*ends[given], state)[:2]
            rows.append([state, given, outcome, *names[after], after])
    return found | {"transitions": rows}


def table(machine: dict) -> dict[tuple[str, str], tuple[str, str, str, str]]:
    """(state, input) -> (outcome, local name, peer name, next state)."""
    return {
        (state, given): tuple(rest) for state, given, *rest in machine["transitions"]
    }


def follow(machine: dict, words: list) -> list[list[tuple[str, str, str]]]:
    """What the machine says of words: (outcome, local, peer) for each input of each."""
    steps, told = table(machine), []
    for word in words:
        state, outputs = machine["start"], []
        for given in word:
            *output, state = steps[state, given]
            outputs.append(tuple(output))
        told.append(outputs)
    return told


def job(name: str, learn: bool, words: int, seed: int) -> dict:
    """Something to do for `lab.learner`: learn a machine, walk words, or both."""
    return {"machine": name, "learn": learn, "words": words, "seed": seed}


def ask(jobs: list[dict]) -> list[dict]:
    """What `lab.learner` finds, each job in a network of its own. Raises Failed."""
    done = subprocess.run(
        [sys.executable, "-m", "lab.learner"],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        cwd=evidence.ROOT,
    )
    if done.returncode != 0:
        raise Failed(f"the learner failed:\n{done.stderr.rstrip()}")
    return json.loads(done.stdout)


def finished(name: str, learned: dict) -> dict:
    """What the learner found, with names for its states: a file's body."""
    kind, _, size = name.rpartition("-")
    names = name_states(learned)
    title, call = KINDS[kind]
    return {
        "machine": name,
        "socket": title,
        "made_by": call,
        "size": size,
        "inputs": learned["meanings"],
        "rules": RULES,
        "notes": {str(n): note for n, note in enumerate(learned["notes"], 1)},
        "start": names[0],
        "states": [
            {
                "name": state_name,
                "local": state["names"][0],
                "peer": state["names"][1],
                "word": state["word"],
            }
            for state_name, state in zip(names, learned["states"], strict=True)
        ],
        "transitions": [
            [names[state], *middle, names[target]]
            for state, *middle, target in learned["transitions"]
        ],
        "learned": {
            "states": len(names),
            "inputs": len(learned["inputs"]),
            "queries": learned["figures"]["queries"],
        },
    }


def name_states(learned: dict) -> list[str]:
    """A name for each state, from what the kernel says and what the calls do there.

    Where two states would share a name, they are numbered by their shortest words.
    """
    does: list[dict[str, list]] = [{} for _ in learned["states"]]
    for state, given, *output, after in learned["transitions"]:
        does[state][given] = [*output, after]

    def calm(number: int) -> int:
        """The state, after reading a pending error, which hides what calls would do."""
        pending = learned["states"][number]["facts"]["pending"]
        if pending and "read_error" in does[number]:
            return does[number]["read_error"][3]
        return number

    def undone(number: int) -> int:
        """The state after connect() has been undone, if it can be."""
        undo = does[number].get("disconnect", [""])
        return undo[3] if undo[0] == "ok" else number

    def held(number: int) -> bool:
        """Whether something else on its port keeps the socket from listening."""
        calls = (does[state].get("listen", [""]) for state in (number, undone(number)))
        return any(told[0] == "EADDRINUSE" for told in calls)

    def holder(number: int) -> str:
        """Who keeps the socket from listening; a new connection ends a TIME_WAIT."""
        if not held(number):
            return ""
        if does[number].get("owner_listens", [""])[0] == "nothing: it listens already":
            return "the owner listens"
        again = does[undone(number)]["connect"]
        gone = again[0] == "ok" and not held(undone(again[3]))
        return f"its {'TIME_WAIT' if gone else 'client'} holds the port"

    seen: dict[str, int] = {}
    names = []
    for number, state in enumerate(learned["states"]):
        calls = does[number]
        outcome = {given: output[0] for given, output in calls.items()}
        for given in {"recv", "send"} & calls.keys():
            outcome[given] = does[calm(number)][given][0]
        stays = {given for given, output in calls.items() if output[3] == number}
        local = learned["states"][undone(number)]["names"][0]
        name = name_state(state, outcome, local, stays)
        name += ahead(name, outcome, does[calm(calls["connect"][3])])
        who = holder(number)
        name += f", {who}" if who else ""
        if state["facts"].get("reuse") and "shared" not in name:
            late = "a client waits" in name and held(calls["accept"][3])
            name += ", SO_REUSEADDR since it came" if late else ", SO_REUSEADDR"
        seen[name] = seen.get(name, 0) + 1
        names.append(f"{name} ({seen[name]})" if seen[name] > 1 else name)
    return names


def ahead(name: str, outcome: dict[str, str], connected: dict[str, list]) -> str:
    """What a state hides until connect() has been called: an end of a connection that
    shutdown() has closed before there was one.
    """
    if "connected" in name or outcome["connect"] != "ok":
        return ""
    hidden = {"send": ("EPIPE", "sending"), "recv": ("end of file", "reading")}
    return "".join(
        f", {what} shut down"
        for call, (told, what) in hidden.items()
        if connected.get(call, [""])[0] == told and f"{what} shut" not in name
    )


def name_state(
    state: dict, outcome: dict[str, str], bound_to: str, stays: set[str] = frozenset()
) -> str:
    """One name: what was bound, what the socket is, what waits, what is pending.

    outcome: what each input gives. bound_to: the local name without the connection.
    stays: the inputs that change nothing.

    >>> facts = {"listening": True, "waiting": False, "pending": None}
    >>> name_state({"names": ["*:chosen", "—"], "facts": facts}, {}, "*:chosen")
    'listening'
    """
    facts, (local, peer) = state["facts"], state["names"]
    words = []
    if home := BOUND.get(bound_to.rpartition(":")[2]):
        words.append("bound to any" if bound_to.startswith("*") else home)
    if what := condition(facts, peer, outcome):
        words.append(what)
    elif not words:
        free = outcome.get("bind") == "ok"
        words.append("unbound" if free else "bound by the kernel")
        if free and local != "—":
            old = "port" if local.startswith("*") else "name"
            words.append(f"an old {old} shown")
    connected = "connected" in what
    if connected and "tcp" in facts and outcome.get("connect") == "ok":
        words.append("connect() not yet told")
    if facts["waiting"] or outcome.get("accept") == "a client":
        words.append(waiting(facts, outcome.get("recv", "")))
    closed = "has closed" in what
    if not closed and "shutdown_read" in stays and outcome["shutdown_read"] == "ok":
        words.append("reading shut down")
    elif outcome.get("recv") == "end of file" and not closed:
        words.append("end of file")
    shut = outcome.get("send") == "EPIPE"
    if shut and "shut" not in what and not (closed and "tcp" not in facts):
        if connected and "tcp" in facts:
            words.append("sending shut down, peer not told")
        elif connected or "tcp" not in facts:
            words.append("sending shut down")
    if "tcp" not in facts and outcome.get("connect") == "ECONNREFUSED":
        words.append("server closed")
    if facts["pending"] and what != "refused":
        words.append(f"{facts['pending']} pending")
    if "tcp" in facts and what and local.startswith("*") and not facts["listening"]:
        words.append("its address forgotten")
    return ", ".join(words)


def condition(facts: dict, peer: str, outcome: dict[str, str]) -> str:
    """What the socket is, beyond bound or unbound; "" if it is no more than that."""
    if facts["listening"]:
        return "listening"
    if "tcp" not in facts:
        if peer == "server" and outcome.get("peer_closes") == "nothing: no peer":
            return "connected, peer has closed"
        named = {"—": "", "server": "connected", "EINVAL": ""}
        return named.get(peer, f"connected to {peer}")
    again = outcome.get("connect", "ok")
    if facts["tcp"] == "CLOSE" and again != "ok":
        told = {"EISCONN": "ended", "ECONNREFUSED": "refused"}
        return told.get(again, f"connect() will give {again}")
    return {
        "CLOSE": "",
        "ESTABLISHED": "connected",
        "CLOSE_WAIT": "connected, peer has closed",
        "FIN_WAIT2": "connected, sending shut down",
    }.get(facts["tcp"], facts["tcp"])


def waiting(facts: dict, received: str) -> str:
    """What waits to be taken, in words."""
    if facts["listening"]:
        return "a client waits"
    if received.startswith("from "):
        return f"a datagram {received} waits"
    return "a byte waits"


def differences(ours: dict, theirs: dict) -> list[str]:
    """Where two machines differ, by words that show it; [] if they are the same.

    They are walked side by side from the start; names of states do not matter.
    """
    if ours["inputs"].keys() != theirs["inputs"].keys():
        only = ours["inputs"].keys() ^ theirs["inputs"].keys()
        return [f"inputs that one of them does not have: {', '.join(sorted(only))}"]
    mine, other = table(ours), table(theirs)
    queue: list[tuple[str, str, tuple]] = [(ours["start"], theirs["start"], ())]
    seen = {queue[0][:2]}
    found = []
    for left, right, word in queue:
        for given in ours["inputs"]:
            *output, after = mine[left, given]
            *their_output, their_after = other[right, given]
            if output != their_output:
                found.append(
                    f"after {', '.join(word) or 'the start'}: {given} gave "
                    f"{' | '.join(output)}, and gives {' | '.join(their_output)} here"
                )
            elif (after, their_after) not in seen:
                seen.add((after, their_after))
                queue.append((after, their_after, (*word, given)))
    return found


def disagreements(machine: dict, walks: list) -> list[str]:
    """Words on which the socket did not do what the machine says."""
    words = [word for word, _ in walks]
    return [
        f"{', '.join(word)}: {told} by the machine, {done} by the socket"
        for told, (word, done) in zip(follow(machine, words), walks, strict=True)
        if told != [tuple(output) for output in done]
    ]


def relearn(name: str) -> tuple[dict, dict]:
    """Learn a machine anew. Returns its body and the figures of the learning run."""
    (result,) = ask([job(name, learn=True, words=CHECKED_WITH, seed=2)])
    if "failed" in result:
        raise Failed(result["failed"])
    body = finished(name, result["learned"])
    if wrong := disagreements(body, result["walks"]):
        raise Failed(f"{name} is not learned well enough: {wrong[0]}")
    body["learned"]["checked"] = f"{len(result['walks'])} other random words"
    return body, result["learned"]["figures"]


def write(name: str, body: dict) -> str:
    """Keep a machine; if nothing changed the file stays. Returns what was done."""
    from lab.record import note_platform

    try:
        old = load(name)
    except evidence.EvidenceError:
        old = {}
    if all(old.get(key) == value for key, value in body.items()):
        return "unchanged"
    keep(body | {"platform": note_platform(), "date": date.today().isoformat()})
    return "recorded"


def keep(body: dict) -> None:
    """Write the file of a machine."""
    body = folded({key: value for key, value in body.items() if key != "digest"})
    body["digest"] = evidence.digest(evidence.dump(body))
    evidence.save(path_of(body["machine"]), body)
    load.cache_clear()


def told(name: str, found: list[str]) -> str:
    """Differences for a reader, the first ones spelled out."""
    from lab.record import platform_id

    ours = load(name)["platform"] == platform_id()
    what = "is not what was recorded" if ours else "your kernel differs from ours here"
    lines = [f"{name}: {what}", *(f"  {line}" for line in found[:TOLD])]
    if len(found) > TOLD:
        lines.append(f"  and {len(found) - TOLD} more")
    return "\n".join(lines)


def run(names: list[str], only_check: bool) -> int:
    """The command `python -m lab machines`; returns the exit status."""
    status = 0
    for name in names:
        try:
            body, figures = relearn(name)
        except Failed as failure:
            print(f"not learned: {name}: {failure}", file=sys.stderr)
            status = 1
            continue
        try:
            found = differences(load(name), body)
        except evidence.EvidenceError:
            found = []
        if found:
            print(told(name, found))
        if only_check:
            status = status or int(bool(found))
            done = "differs" if found else "the same"
        else:
            done = write(name, body)
        seconds = figures["seconds"]
        print(
            f"{name}: {done}; {body['learned']['states']} states in {seconds:.1f} s, "
            f"{figures['steps'] / seconds:,.0f} steps a second"
        )
    return status
