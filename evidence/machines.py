"""Machines: what each call on a socket does in each state, as the lab learned it."""

from functools import cache
from pathlib import Path

from evidence import store

KINDS = {
    "tcp": ("TCP over IPv4", "socket(AF_INET, SOCK_STREAM)"),
    "tcp6": ("TCP over IPv6", "socket(AF_INET6, SOCK_STREAM)"),
    "udp": ("UDP over IPv4", "socket(AF_INET, SOCK_DGRAM)"),
    "unix-stream": ("Unix stream", "socket(AF_UNIX, SOCK_STREAM)"),
    "unix-datagram": ("Unix datagram", "socket(AF_UNIX, SOCK_DGRAM)"),
}
NAMES = tuple(f"{kind}-{size}" for size in ("core", "full") for kind in KINDS)
KEPT = ("platform", "date", "digest")  # what a new machine does not have to repeat


def path_of(name: str) -> Path:
    """Where a machine is kept."""
    return store.measured() / "machines" / f"{name}.json"


@cache
def load(name: str) -> dict:
    """A machine of evidence/machines/ by name, for instance `tcp-core`.

    Raises EvidenceError where there is none, or it is damaged.
    """
    if name not in NAMES:
        raise store.EvidenceError(f"no machine {name!r}; there are {', '.join(NAMES)}")
    found = store.load_dict(f"machines/{name}.json")
    body = {key: value for key, value in found.items() if key != "digest"}
    if found.get("digest") != store.digest(store.dump(body)):
        raise store.EvidenceError(f"the machine {name} is damaged: run `make evidence`")
    return unfolded(found)


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
