"""Every way to an error: read from the files of the calls, and checked.

An entry is a provocation with what its text says: the cause, the call that fails, the
program that the site shows.
"""

import ast
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib import import_module

from evidence.calls import FAIL
from evidence.errors import FILES, KINDS, Kind
from lab.errors import programs
from lab.errors.kit import Kinds
from lab.errors.registry import Malformed, Provocation


@dataclass(frozen=True)
class Entry:
    """A way as it stands in its file, one of FILES."""

    file: str
    text: str  # of the file
    definition: ast.FunctionDef
    provocation: Provocation

    @property
    def id(self) -> str:
        """The name of the function is the name of the way."""
        return self.definition.name

    @property
    def kinds(self) -> Kinds:
        """The kinds of sockets on which it is tried, in the order of KINDS."""
        return tuple(kind for kind in KINDS if self.expected_on(kind))

    def expected_on(self, kind: str) -> list[str]:
        """The error that it shall give on a kind of socket; none where it is not tried.

        More than one is a mistake, see complaints().
        """
        every = self.provocation.expected.items()
        return [error for error, kinds in every for each in kinds if each == kind]

    @property
    def cause(self) -> str:
        """Why the call fails, in one line; "" where nobody has written it."""
        return " ".join((ast.get_docstring(self.definition) or "").split())

    @property
    def statements(self) -> list[ast.stmt]:
        """What the function does, without its docstring."""
        return self.definition.body[1:] if self.cause else self.definition.body

    @property
    def failing(self) -> list[ast.With]:
        """The statements `with kit.fails()`; more or less than one is a mistake."""
        blocks = (one for one in self.statements if isinstance(one, ast.With))
        return [one for one in blocks if programs.fails(one)]

    @property
    def cured(self) -> list[ast.stmt]:
        """The statements of the cure: all that follow the one that fails."""
        return self.statements[self.statements.index(self.failing[0]) + 1 :]

    @property
    def call(self) -> str | None:
        """The name of the call that fails; None if nothing names one."""
        match [one.body for one in self.failing]:
            case [[ast.Expr(ast.Call(ast.Attribute(attr=name)))]]:
                return name
        return None

    def program(self, kind: Kind, exception: str) -> str:
        """The way on one kind of socket, as readers paste it.

        exception: the class of Python that is caught, `OSError` for instance.
        """
        return programs.text(self.statements, kind, exception)


@cache
def every() -> dict[str, Entry]:
    """{id: way} of all of them, in the order of FILES. Raises Malformed."""
    found: list[Entry] = []
    wrong: list[str] = []
    for file in FILES:
        module = import_module(f"lab.errors.{file}")
        for entry in read(file, inspect.getsource(module), vars(module), wrong):
            if any(entry.id == other.id for other in found):
                advice = "choose one that says what differs"
                told = f"another way has this name: {advice}"
                wrong.append(complaint(file, entry.id, told))
            found.append(entry)
    if wrong:
        raise Malformed("\n".join(wrong))
    return {entry.id: entry for entry in found}


def read(
    file: str, text: str, made: Mapping[str, object], wrong: list[str]
) -> Iterator[Entry]:
    """The ways in a file; what is wrong with them is added to `wrong`.

    text: the file's; made: what its names stand for.
    """
    for definition in ast.parse(text).body:
        if not isinstance(definition, ast.FunctionDef):
            continue
        name = definition.name
        provocation = made[name]
        if not isinstance(provocation, Provocation):
            advice = "write @provokes(…), then @cure(…), above each function"
            wrong.append(complaint(file, name, f"is no way to an error: {advice}"))
            continue
        entry = Entry(file, text, definition, provocation)
        wrong += [complaint(file, name, each) for each in complaints(entry)]
        yield entry


def complaint(file: str, name: str, text: str) -> str:
    """What is wrong, with its place."""
    return f"lab/errors/{file}.py: {name}: {text}"


def complaints(way: Entry) -> Iterator[str]:
    """What is wrong with how a way is written, and what to do about it."""
    if not way.cause:
        yield "has no docstring: write the cause there, in one sentence"
    if not way.kinds:
        yield "expects no error: write @provokes(EADDRINUSE=TCP), for instance"
    for kind in way.kinds:
        if len(way.expected_on(kind)) > 1:
            yield f"expects two errors on {kind}: leave one out, a call gives one"
    if way.call is None:
        yield "has not one call that fails: write it, alone, in `with kit.fails():`"
        return
    if bool(way.cured) == bool(way.provocation.unshown):
        yield "has no cure below the call: write it there, or @cure(…, unshown=why)"
    if way.call not in FAIL:
        yield f"fails with {way.call}(): take one of {', '.join(FAIL)}"
    elif way.call not in FILES[way.file]:
        right = next(file for file, calls in FILES.items() if way.call in calls)
        yield f"fails with {way.call}(): move it to lab/errors/{right}.py"
