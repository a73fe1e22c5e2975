"""How an incident is written down: a function with a decorator.

The function re-enacts it with real programs. It is called twice, each time in a network
of its own: with the lines that people have, and it has to fail as they see it; with the
lines of the cure, and it has to work. What a page shows as the cure is what was run.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from lab.incidents.bench import Bench

Source = Literal["apt", "pip", "npm"]
Act = Callable[["Bench", str], None]


@dataclass(frozen=True)
class Program:
    """A program that an incident runs.

    command: what is run, or for a library the module. package: who brings it, and by
    which of the package managers. name: as people write it.
    """

    name: str
    command: str
    package: str
    source: Source = "apt"


@dataclass(frozen=True)
class Incident:
    """One incident: what a reader is told of it, and how to re-enact it.

    message: what is printed while it fails, word for word; "" where nothing is.
    before, cure: lines of a file or a command, of which the act makes use.
    language: in which both are written, as Pygments names it. where: which file the
    lines belong into, or what else they are.
    """

    id: str
    title: str
    message: str
    before: str
    cure: str
    language: str
    where: str
    programs: tuple[Program, ...]
    act: Act = field(compare=False)


NOTED = "incident"  # the attribute of a function


class Malformed(Exception):
    """An incident that is not written as it has to be."""


def incident(
    title: str,
    *programs: Program,
    message: str,
    before: str,
    cure: str,
    language: str = "sh",
    where: str = "",
) -> Callable[[Act], Act]:
    """Note on a function what it re-enacts; its id is its name with dashes.

    No table is kept, for whatever knows the table would rest on every incident in it.
    Raises Malformed where the cure changes nothing.
    """

    def enter(act: Act) -> Act:
        name = act.__name__.replace("_", "-")
        if before == cure:
            raise Malformed(f"{name}: the cure is what people have already")
        noted = Incident(
            name, title, message, before, cure, language, where, programs, act
        )
        setattr(act, NOTED, noted)
        return act

    return enter
