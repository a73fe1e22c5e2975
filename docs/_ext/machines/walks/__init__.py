"""Programs that the explorer cuts to size: one for each kind of socket.

Each is one scene of `lab.machines.scenes` as a reader can run it: a socket, whom it can
meet, and a function for each input of the full machine, by the same name. The explorer
keeps the parts of it that a walk needs, `uses()`, and adds a line for each input. What
it shows must run when it is pasted, so each program is whole, and shares nothing with
the others. Standard library only; Linux only.
"""

import ast
import re
from functools import cache
from pathlib import Path
from typing import NamedTuple

from docs._ext.shared import Refused

FILES = {"tcp6": "tcp", "unix-stream": "unix_stream", "unix-datagram": "unix_datagram"}
SIX = {  # what makes the program for IPv4 one for IPv6
    'socket.AF_INET, "127.0.0.1"': 'socket.AF_INET6, "::1"',
    'host == "0.0.0.0" else host': 'host == "::" else f"[{host}]"',
}


class Part(NamedTuple):
    """Some lines of a program: the names that they give to it, and those they need."""

    text: str
    defines: frozenset[str]
    needs: frozenset[str]


def path_of(kind: str) -> Path:
    """The file of the program for a kind of socket."""
    return Path(__file__).with_name(f"{FILES.get(kind, kind)}.py")


@cache
def source(kind: str) -> str:
    """The whole program for a kind of socket, for instance `tcp6`. Raises Refused."""
    text = path_of(kind).read_text(encoding="utf-8")
    if kind == "tcp6":
        for four, six in SIX.items():
            if text.count(four) != 1:
                raise Refused(
                    f"{path_of(kind).name} does not have {four!r} once, of which "
                    f"{__name__} makes {six!r}"
                )
            text = text.replace(four, six)
    return text


@cache
def parts(kind: str) -> list[Part]:
    """The program in parts. Raises Refused.

    A part is what stands between blank lines; an import is one by itself. The
    docstring at the top is left out.
    """
    found = []
    for text in re.split(r"\n\n+(?=\S)", source(kind).rstrip())[1:]:
        lines = text.splitlines() if re.match("import|from", text) else [text]
        for part in lines:
            tree = ast.parse(part)
            mine = defined(tree)
            found.append(Part(part, frozenset(mine), frozenset(needed(tree) - mine)))
    return found


def defined(tree: ast.Module) -> set[str]:
    """The names that a part gives to the program."""
    names: set[str] = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            names |= {
                name.id
                for target in node.targets
                for name in ast.walk(target)
                if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)
            }
    return names


def needed(tree: ast.Module) -> set[str]:
    """The names that a part uses, local ones among them."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            names |= set(node.names)
    return names


def uses(kind: str, function: str) -> list[int]:
    """Which parts a function needs, its own among them, in their order.

    Raises Refused where the program does not have the function.
    """
    home = {name: n for n, part in enumerate(parts(kind)) for name in part.defines}
    if function not in home:
        raise Refused(f"{path_of(kind).name} has no {function}(): write it there")
    found: set[int] = set()
    queue = [home[function]]
    while queue:
        number = queue.pop()
        if number not in found:
            found.add(number)
            queue += [home[name] for name in parts(kind)[number].needs if name in home]
    return sorted(found)
