"""How a recording calls sockets and ports: by variable, and by order of appearance."""

import re
from dataclasses import dataclass, field

from evidence.runs import Name
from lab.runs.events import Call, Run, Value, sockets_in
from lab.runs.values import text

FIRST_PORT = 50001  # stands for the first port that the kernel chose
UNNAMED = "socket"  # what no variable holds
# A number of four or five digits that is part of no word and no other number, or the
# last part of an address with a port, as in 127.0.0.1.50001.
NUMBER = re.compile(r"(?<![\w.])\d{4,5}(?![\w.])|(?<=\D\.)\d{4,5}(?!\w)")


def name_sockets(run: Run) -> None:
    """Name each socket after its variable, and tell two of the same name apart."""
    order = dict.fromkeys(call.socket for call in run.calls)
    for call in run.calls:
        order |= dict.fromkeys(sockets_in(call.returned.result))
    taken: set[str] = set()
    for number in order:
        wanted = run.sockets[number].label or UNNAMED
        name, count = wanted, 1
        while name in taken:
            count += 1
            name = f"{wanted} {count}"
        taken.add(name)
        run.sockets[number].name = name


@dataclass
class Ports:
    """Puts another number in the place of each port that the kernel chose."""

    numbers: dict[int, int] = field(default_factory=dict)

    @classmethod
    def chosen(cls, calls: list[Call]) -> "Ports":
        """The ports that no call asked for, numbered in the order of appearance."""
        made = cls()
        for call in calls:
            given = text(Value(brackets="()", items=call.returned.args), {})
            asked = re.findall(r"\d+", given)
            for local, _ in call.names.values():
                if isinstance(local, list) and local[1] and str(local[1]) not in asked:
                    made.numbers.setdefault(
                        int(local[1]), FIRST_PORT + len(made.numbers)
                    )
        return made

    def in_text(self, line: str) -> str:
        """A line in which the ports have their other numbers.

        >>> Ports({41000: 50001}).in_text("at 127.0.0.1:41000, not 410001")
        'at 127.0.0.1:50001, not 410001'
        """
        return NUMBER.sub(lambda found: str(self.port(int(found[0]), found[0])), line)

    def port(self, number: int, otherwise: str = "") -> int | str:
        """The number in the place of a port; otherwise, or the port itself, if none."""
        return self.numbers.get(number, otherwise or number)

    def in_name(self, name: Name) -> Name:
        """A name of a socket, its port and what else is a number in it renumbered."""
        if isinstance(name, str):
            return self.in_text(name)
        if isinstance(name, list):
            return [
                self.in_text(part) if isinstance(part, str) else self.port(part)
                for part in name
            ]
        return None
