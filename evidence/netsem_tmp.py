"""The rules of the Netsem project, in our words, held against what we measured.

evidence/netsem.json is written by hand: see `about` there. Opens no socket.
"""

import re

from evidence import claims, machines, store

FILE = "netsem.json"
VERDICTS = ("agrees", "changed since", "cannot be seen")


def load() -> dict[str, dict]:
    """{rule: what is said of it}, in the order of the file."""
    return store.load_dict(FILE)["rules"]


def call_of(rule: str) -> str:
    """The call that a rule is about.

    >>> call_of("connect_5a")
    'connect'
    """
    return rule.partition("_")[0]


def walk(seen: str) -> tuple[str, list[str], list[str]]:
    """What was seen: the machine, the inputs, and what the last one gives.

    >>> walk("udp-full: bind, connect -> ok | 127.0.0.1:asked | server")
    ('udp-full', ['bind', 'connect'], ['ok', '127.0.0.1:asked', 'server'])
    """
    machine, word, ends = re.fullmatch(r"([\w-]+): (.+) -> (.+)", seen).groups()
    return machine, word.split(", "), ends.split(" | ")


def complaints(rules: dict[str, dict]) -> list[str]:
    """What the machines and the proofs do not bear out."""
    found = []
    for rule, told in rules.items():
        seen, cited_claims = told.get("seen", []), told.get("claims", [])
        if told["verdict"] not in VERDICTS:
            found.append(f"{rule}: the verdict is none of {', '.join(VERDICTS)}")
        if (told["verdict"] == "cannot be seen") == bool(seen or cited_claims):
            found.append(
                f"{rule}: {told['verdict']!r}, and decided by {seen + cited_claims}"
            )
        for text in seen:
            name, word, expected = walk(text)
            gives = machines.follow(machines.load(name), [word])[0][-1]
            if list(gives[: len(expected)]) != expected:
                found.append(f"{rule}: {text}, but it gives {' | '.join(gives)}")
        found += [
            f"{rule}: no claim {claim}"
            for claim in cited_claims
            if claim not in claims.read()
        ]
    return found
