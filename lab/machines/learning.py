"""Has machines learned, gives their states names, writes and compares them."""

import json
import subprocess
import sys
from datetime import date

from evidence import store, systems
from evidence.machines import KINDS, differences, disagreements, load, path_of
from lab.machines.state_names import name_states

CHECKED_WITH = 10_000  # random words that were not used in learning
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


def job(name: str, learn: bool, words: int, seed: int) -> dict:
    """Something to do for `lab.machines.learner`: learn a machine, walk words, or both."""
    return {"machine": name, "learn": learn, "words": words, "seed": seed}


def ask(jobs: list[dict]) -> list[dict]:
    """What `lab.machines.learner` finds, each job in a network of its own. Raises Failed."""
    done = subprocess.run(
        [sys.executable, "-m", "lab.machines.learner"],
        input=json.dumps(jobs),
        capture_output=True,
        text=True,
        cwd=store.ROOT,
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
    try:
        old = load(name)
    except store.EvidenceError:
        old = {}
    if all(old.get(key) == value for key, value in body.items()):
        return "unchanged"
    keep(body | {"platform": systems.note(), "date": date.today().isoformat()})
    return "recorded"


def keep(body: dict) -> None:
    """Write the file of a machine."""
    body = folded({key: value for key, value in body.items() if key != "digest"})
    body["digest"] = store.digest(store.dump(body))
    store.save(path_of(body["machine"]), body)
    load.cache_clear()


def told(name: str, found: list[str]) -> str:
    """Differences for a reader, the first ones spelled out."""
    ours = load(name)["platform"] == systems.here()
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
        except store.EvidenceError:
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
