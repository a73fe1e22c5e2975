"""Programs that the explorer cuts to size: one for each kind of socket.

Each holds one world of `lab.machines.scenes` as a reader can run it: a socket, whom it can meet,
and a function for each input of the full machine, by the same name. `cut()` keeps the
parts that a sequence of inputs needs. Standard library only; Linux only.
"""

import ast
import re
from functools import cache
from pathlib import Path

FILES = {"tcp6": "tcp", "unix-stream": "unix_stream", "unix-datagram": "unix_datagram"}
SIX = {  # what makes the program for IPv4 one for IPv6
    'socket.AF_INET, "127.0.0.1"': 'socket.AF_INET6, "::1"',
    'host == "0.0.0.0" else host': 'host == "::" else f"[{host}]"',
}


@cache
def source(kind: str) -> str:
    """The whole program for a kind of socket, for instance `tcp6`."""
    path = Path(__file__).with_name(f"{FILES.get(kind, kind)}.py")
    text = path.read_text()
    if kind == "tcp6":
        for four, six in SIX.items():
            assert text.count(four) == 1, four
            text = text.replace(four, six)
    return text


@cache
def parts(kind: str) -> list[tuple[str, set[str], set[str]]]:
    """The program in parts: (source, names it defines, names it needs).

    A part is what stands between blank lines; an import is one by itself. The
    docstring at the top is left out.
    """
    found = []
    for text in re.split(r"\n\n+(?=\S)", source(kind).rstrip())[1:]:
        lines = text.splitlines() if re.match("import|from", text) else [text]
        for part in lines:
            tree = ast.parse(part)
            found.append((part, defined(tree), needed(tree) - defined(tree)))
    return found


def defined(tree: ast.Module) -> set[str]:
    """The names that a part gives to the program."""
    names = set()
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            names |= {alias.asname or alias.name for alias in node.names}
        elif isinstance(node, ast.Assign):
            for target in node.targets:
                for name in ast.walk(target):
                    if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store):
                        names.add(name.id)
    return names


def needed(tree: ast.Module) -> set[str]:
    """The names that a part uses, local ones among them."""
    names = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Global):
            names |= set(node.names)
    return names


def uses(kind: str, function: str) -> list[int]:
    """Which parts a function needs, its own among them, in their order."""
    home = {name: n for n, (_, names, _) in enumerate(parts(kind)) for name in names}
    found, queue = set(), [home[function]]
    while queue:
        number = queue.pop()
        if number not in found:
            found.add(number)
            queue += [home[name] for name in parts(kind)[number][2] if name in home]
    return sorted(found)
