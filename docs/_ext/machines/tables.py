"""Machines as tables: HTML, each from plain data."""

from collections.abc import Iterable, Sequence
from html import escape

from docs._ext.shared import html_table, outcome_class
from evidence import systems
from evidence.calls import is_errno
from evidence.machines import Machine, Transition, follow

WRAPPER = "machine-outcomes"


def steps_of(machine: Machine, states: Iterable[str]) -> list[list[Transition]]:
    """For each input of a machine, what it does in some of its states."""
    columns = list(states)
    return [
        [machine.steps[state, given] for state in columns] for given in machine.inputs
    ]


def core_table(machine: Machine) -> str:
    """The picture's facts as a table: states across, calls down."""
    columns = [state.name for state in machine.states]
    return outcome_table(machine, columns, steps_of(machine, columns))


def full_table(core: Machine, full: Machine) -> str:
    """What each input of the full machine gives in the states of the core."""
    there = [reached(full, state.word) for state in core.states]
    columns = [state.name for state in core.states]
    return outcome_table(full, columns, steps_of(full, there))


def reached(machine: Machine, word: Sequence[str]) -> str:
    """The state that a word leads to."""
    return follow(machine, word)[-1].after if word else machine.start


def outcome_table(
    machine: Machine, columns: Sequence[str], rows: Iterable[Sequence[Transition]]
) -> str:
    """HTML: a row for each input, a column for each state."""
    calls = (told.call for told in machine.inputs.values())
    return html_table(
        ["call", *map(escape, columns)],
        [
            [f"<code>{escape(call)}</code>", *map(cell, steps)]
            for call, steps in zip(calls, rows, strict=True)
        ],
        wrapper=WRAPPER,
    )


def cell(step: Transition) -> str:
    """One outcome, and where it leads; a dash for what cannot happen there."""
    if step.outcome.startswith("nothing: "):
        return "—"
    kind = outcome_class(step.outcome, is_errno(step.outcome))
    after = "" if step.after == step.state else step.after
    leads = f'<br><span class="leads">→ {escape(after)}</span>' if after else ""
    told = f'<span class="{kind}">{escape(step.outcome)}</span>{leads}'
    return f'<td class="moves">{told}</td>' if after else told


def figures(learned: Iterable[Machine]) -> str:
    """How much was asked to learn each machine, and to try it afterwards."""
    return html_table(
        ["machine", "inputs", "states", "questions", "tried afterwards"],
        [
            [
                f"{escape(machine.socket)}, {machine.size}",
                f"{machine.learned.inputs:,}",
                f"{machine.learned.states:,}",
                f"{machine.learned.queries:,}",
                f"{machine.learned.checked_words:,}",
            ]
            for machine in learned
        ],
        wrapper=WRAPPER,
    )


def where(machine: Machine) -> str:
    """How and on what a machine was learned. Raises EvidenceError."""
    made_on = systems.describe(machine.platform)
    learned = machine.learned
    return (
        f'<span class="where">Learned from {made_on.system} {made_on.kernel} on '
        f"{machine.date}: {learned.states} states, {learned.inputs} inputs, "
        f"{learned.queries:,} questions. It then predicted the kernel's answers to "
        f"{learned.checked_words:,} other sequences of calls.</span>"
    )
