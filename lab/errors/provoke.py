"""Provokes every error of `lab.errors.provocations` and keeps what came of it.

`python -m lab errors` writes evidence/errors.json. Each provocation has a process, a
network (`lab.isolation.namespace`) and an empty folder of its own, for each kind of socket.
"""

import errno
import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
from datetime import date

from evidence import store, systems
from lab.errors.provocations import KINDS, NOT_PROVOKED, PROVOCATIONS, Kit, Provocation
from lab.isolation import namespace

FILE = "errors.json"
TIME_LIMIT = 20  # seconds, for one provocation on one kind of socket
AT_ONCE = 16  # most of them wait for the kernel to make and remove networks


class Unexpected(Exception):
    """A provocation that does not give its error, or gives it at another line."""


def name_of(error: BaseException) -> str:
    """The symbolic name of an error, or the class of one that has no number."""
    number = getattr(error, "errno", None)
    if isinstance(error, socket.gaierror):
        names = (name for name in dir(socket) if name.startswith("EAI_"))
        return next(name for name in names if getattr(socket, name) == number)
    if number == errno.EOPNOTSUPP:  # Python's errorcode says ENOTSUP, its other name
        return "EOPNOTSUPP"
    return errno.errorcode.get(number, type(error).__name__)


def provoke(provocation: Provocation, kind: str) -> dict:
    """Run one provocation in this process, which must be in a private network.

    Returns what came of it. Raises Unexpected if another line fails, or none.
    """
    kit = Kit(kind)
    descriptors = resource.getrlimit(resource.RLIMIT_NOFILE)
    where = f"{provocation.id} on {kind}"
    try:
        provocation.function(kit)
    except Exception as error:
        resource.setrlimit(resource.RLIMIT_NOFILE, descriptors)
        trace = error.__traceback__.tb_next
        first = provocation.function.__code__.co_firstlineno
        if trace is None or trace.tb_lineno < first + provocation.last.lineno - 1:
            raise Unexpected(f"{where}: an earlier line failed: {error!r}") from error
        return {
            "errno": name_of(error),
            "number": getattr(error, "errno", None),
            "exception": type(error).__name__,
            "message": str(error),
        }
    raise Unexpected(f"{where}: nothing failed")


def provoke_apart(provocation: Provocation, kind: str) -> int:
    """Run one in a child process of its own; returns a pipe with the outcome as JSON.

    Where the machine lacks what it needs, the outcome says what is missing.
    """
    reading, writing = os.pipe()
    if os.fork() == 0:
        signal.alarm(TIME_LIMIT)
        outcome = {"failed": f"{provocation.id} on {kind}: no answer"}
        try:
            with tempfile.TemporaryDirectory() as folder:
                os.chdir(folder)
                namespace.enter()
                outcome = provoke(provocation, kind)
        except namespace.Missing as missing:
            outcome = {"missing": missing.step, "why": str(missing)}
        except Unexpected as error:
            outcome = {"failed": str(error)}
        finally:
            with open(writing, "w") as answer:
                json.dump(outcome, answer)
            os._exit(0)
    os.close(writing)
    return reading


def main() -> None:
    """Provoke all, several at a time; print {id: {kind: outcome}} as JSON."""
    jobs = [
        (provocation, kind)
        for provocation in PROVOCATIONS.values()
        for kinds in provocation.expected.values()
        for kind in kinds
    ]
    outcomes: dict[str, dict] = {}
    for start in range(0, len(jobs), AT_ONCE):
        batch = [
            (p.id, kind, provoke_apart(p, kind)) for p, kind in jobs[start:][:AT_ONCE]
        ]
        for name, kind, pipe in batch:
            with open(pipe) as answer:
                text = answer.read() or '{"failed": "killed: no answer in time"}'
            outcomes.setdefault(name, {})[kind] = json.loads(text)
            os.wait()
    json.dump(outcomes, sys.stdout)


def measure() -> dict[str, dict]:
    """Provoke all in a process of its own: {id: {kind: outcome}}."""
    ran = subprocess.run(
        [sys.executable, "-m", "lab.errors.provoke"],
        capture_output=True,
        text=True,
        cwd=store.ROOT,
    )
    if ran.returncode != 0:
        raise Unexpected(ran.stderr)
    return json.loads(ran.stdout)


def rows(outcomes: dict[str, dict]) -> list[dict]:
    """What the evidence keeps: one row for each provocation and result, in file order.

    Kinds of sockets with the same result share a row. What failed or was missing here
    is left out.
    """
    made = []
    for provocation in PROVOCATIONS.values():
        found: dict[str, dict] = {}
        for kind in KINDS:
            outcome = outcomes.get(provocation.id, {}).get(kind)
            if outcome and "errno" in outcome:
                key = json.dumps(outcome)
                found.setdefault(key, outcome | {"sockets": []})["sockets"].append(kind)
        for outcome in found.values():
            row = {"id": provocation.id, "call": provocation.call} | outcome
            row |= {"cause": provocation.cause, "cure": provocation.cure}
            made.append(row | {"see": list(provocation.see)})
    return made


def page_of(call: str) -> str:
    """The man page of a call."""
    return "send(2)" if call == "sendto" else f"{call}(2)"


def not_provoked() -> list[dict]:
    """The errnos of the man pages that are not provoked, each with the reason."""
    return [
        {"page": page, "errno": name, "reason": reason}
        for reason, by_page in NOT_PROVOKED.items()
        for page, names in by_page.items()
        for name in names.split()
    ]


def complaints(outcomes: dict[str, dict]) -> list[str]:
    """Where the outcome is not the one that the table expects, in words."""
    found = []
    for name, by_kind in outcomes.items():
        for expected, kinds in PROVOCATIONS[name].expected.items():
            for kind in kinds:
                got = by_kind[kind]
                text = got.get("failed") or got.get("errno", expected)
                if text != expected:
                    found.append(f"{name} on {kind}: expected {expected}, got {text}")
    return found


def write() -> str:
    """Measure and write evidence/errors.json; returns a line that says what was done.

    Raises Unexpected, and writes nothing, if any outcome is not the expected one or
    this machine lacks something.
    """
    outcomes = measure()
    wrong = complaints(outcomes)
    wrong += [
        f"{name} on {kind}: {outcome['why']}"
        for name, by_kind in outcomes.items()
        for kind, outcome in by_kind.items()
        if "missing" in outcome
    ]
    if wrong:
        raise Unexpected("\n".join(wrong))
    path = store.measured() / FILE
    body = {"rows": rows(outcomes), "not_provoked": not_provoked()}
    old = store.load_dict(FILE) if path.exists() else {}
    head = {"platform": systems.note(), "date": date.today().isoformat()}
    if all(old.get(key) == value for key, value in body.items()):
        head = {key: old[key] for key in head}
    changed = store.save(path, head | body)
    return f"errors: {len(body['rows'])} rows, {'written' if changed else 'unchanged'}"


if __name__ == "__main__":
    main()
