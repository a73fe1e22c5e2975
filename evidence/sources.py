"""What a result was made by: a digest of every definition that its code reaches.

A proof, a recording, a machine rests on more than one function: on the snippet that it
runs, on helpers, on the lab. From one definition the names that it uses lead to others,
in its own module and, by the imports, in every module of the project. The digest of all
of them together changes when one of them does. Comments do not count, docstrings only
where something that is reached reads `__doc__`.

Files are read as text and parsed; nothing is imported or run.
"""

import ast
import io
import tokenize
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from pathlib import Path

from evidence import store

OURS = ("snippets", "lab", "evidence", "docs", "tests")
# The lab and this package themselves, where a test has another project's folder.
CODE = Path(__file__).resolve().parent.parent
LOOSE = "*"  # the name under which a module's other statements are kept
Key = tuple[str, str]  # a module and a name at its top
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


@dataclass
class Module:
    """One file: its top-level names, what they are and where imported ones are from."""

    name: str
    path: Path
    lines: list[str]
    tops: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: dict[str, Key] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        return (
            self.name if self.path.stem == "__init__" else self.name.rpartition(".")[0]
        )


def file_of(module: str) -> Path | None:
    """The file of one of our modules, or None."""
    if module.partition(".")[0] not in OURS:
        return None
    roots = dict.fromkeys((store.ROOT, CODE))
    for root in roots:
        path = root.joinpath(*module.split("."))
        for file in (path.with_suffix(".py"), path / "__init__.py"):
            if file.is_file():
                return file
    return None


def read(module: str) -> Module | None:
    """One of our modules, parsed, or None for what is none."""
    path = file_of(module)
    return parse(module, path, path.stat().st_mtime_ns) if path else None


@lru_cache(maxsize=2000)
def parse(name: str, path: Path, _stamp: int) -> Module:
    """A module as it was at some time. Raises SyntaxError."""
    text = path.read_text(encoding="utf-8")
    made = Module(name, path, without_comments(text).splitlines())
    for node in ast.parse(text).body:
        enter(made, node)
    return made


def without_comments(text: str) -> str:
    """A source text whose comments are gone; every line stays where it was."""
    if "#" not in text:
        return text
    lines = text.splitlines(keepends=True)
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            lines[row - 1] = lines[row - 1][:column].rstrip() + "\n"
    return "".join(lines)


def enter(module: Module, node: ast.stmt) -> None:
    """Enter one top-level statement under the names that it defines."""
    if isinstance(node, ast.Import | ast.ImportFrom):
        module.imports |= bindings(node, module.package)
    elif isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant):
        return  # a docstring
    elif isinstance(node, DEFINITIONS):
        module.tops.setdefault(node.name, []).append(node)
    elif names := assigned(node):
        for name in names:
            module.tops.setdefault(name, []).append(node)
    else:
        module.tops.setdefault(LOOSE, []).append(node)


def assigned(node: ast.stmt) -> set[str]:
    """The names that an assignment gives; none for any other statement."""
    if isinstance(node, ast.Assign):
        targets = node.targets
    elif isinstance(node, ast.AnnAssign | ast.AugAssign):
        targets = [node.target]
    else:
        return set()
    return {
        part.id
        for target in targets
        for part in ast.walk(target)
        if isinstance(part, ast.Name) and isinstance(part.ctx, ast.Store)
    }


def bindings(node: ast.Import | ast.ImportFrom, package: str) -> dict[str, Key]:
    """{local name: (module, name in it or "" for the module itself)}, ours alone."""
    if isinstance(node, ast.Import):
        return {
            (a.asname or a.name.partition(".")[0]): (
                a.name if a.asname else a.name.partition(".")[0],
                "",
            )
            for a in node.names
            if file_of(a.name)
        }
    base = node.module or ""
    if node.level:
        parts = package.split(".")
        base = ".".join([*parts[: len(parts) - node.level + 1], *base.split(".")])
        base = base.rstrip(".")
    found = {}
    for alias in node.names:
        whole = f"{base}.{alias.name}"
        if file_of(whole):
            found[alias.asname or alias.name] = (whole, "")
        elif file_of(base):
            found[alias.asname or alias.name] = (base, alias.name)
    return found


def chain(node: ast.Attribute) -> tuple[str, ...]:
    """`a.b.c` as ("a", "b", "c"); () where it does not begin with a name."""
    names: list[str] = []
    part: ast.expr = node
    while isinstance(part, ast.Attribute):
        names.append(part.attr)
        part = part.value
    return (part.id, *reversed(names)) if isinstance(part, ast.Name) else ()


def used(nodes: Iterable[ast.AST]) -> Iterator[tuple[str, ...]]:
    """The names and dotted names in some code, the longest form of each."""
    for top in nodes:
        inner: set[int] = set()
        for node in ast.walk(top):
            if isinstance(node, ast.Attribute):
                if id(node) not in inner and (names := chain(node)):
                    yield names
                inner |= {id(node.value)}
            elif isinstance(node, ast.Name) and id(node) not in inner:
                yield (node.id,)
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield ("'", node.value)


def edges(key: Key) -> frozenset[Key]:
    """The definitions of ours that one definition names."""
    module = read(key[0])
    if module is None:
        return frozenset()
    return edges_unchanged(key, module.path.stat().st_mtime_ns, store.ROOT)


@lru_cache(maxsize=20_000)
def edges_unchanged(key: Key, _stamp: int, _root: Path) -> frozenset[Key]:
    """edges() of a module as it was at some time."""
    name, top = key
    module = read(name)
    assert module is not None
    nodes = module.tops.get(top, [])
    imports = dict(module.imports)
    for node in nodes:
        for part in ast.walk(node):
            if isinstance(part, ast.Import | ast.ImportFrom):
                imports |= bindings(part, module.package)
    found: set[Key] = {(name, LOOSE)} if LOOSE in module.tops else set()
    for names in used(nodes):
        found |= resolve(names, module, imports)
    if top.startswith("test_"):
        found |= fixtures(nodes, module)
    return frozenset(found - {key})


def resolve(
    names: tuple[str, ...], module: Module, imports: dict[str, Key]
) -> set[Key]:
    """What a (dotted) name in a module stands for, as far as it is ours."""
    first, *rest = names
    if first == "'":  # a text that names a module, or a file beside this one
        text = rest[0]
        if text.endswith(".py") and "/" not in text:
            beside = module.path.with_name(text)
            if beside.is_file() and beside != module.path:
                return {(f"{module.package}.{text[:-3]}", "")}
        dotted = text.replace(".", "").isidentifier() and "." in text
        return {(text, "")} if dotted and file_of(text) else set()
    if first in imports:
        return target(imports[first], rest)
    return {(module.name, first)} if first in module.tops else set()


def target(key: Key, rest: list[str]) -> set[Key]:
    """Follow an imported name, and what is taken from it, to a definition."""
    name, top = key
    if not top:
        if not rest:
            return {(name, "")}
        if file_of(f"{name}.{rest[0]}"):
            return target((f"{name}.{rest[0]}", ""), rest[1:])
        top = rest[0]
    module = read(name)
    if module is None:
        return set()
    if top in module.imports:
        return target(module.imports[top], [])
    return {(name, top)} if top in module.tops else {(name, "")}


def fixtures(nodes: Iterable[ast.AST], module: Module) -> set[Key]:
    """The fixtures that a test asks for by the names of its arguments."""
    found = set()
    for node in nodes:
        if isinstance(node, DEFINITIONS) and not isinstance(node, ast.ClassDef):
            for argument in node.args.args:
                for name in (module.name, "tests.claims.conftest", "lab.claims.plugin"):
                    there = read(name)
                    if there and argument.arg in there.tops:
                        found.add((name, argument.arg))
                        break
    return found


def reached(*starts: Key) -> set[Key]:
    """Every definition that the starts reach, themselves among them.

    A start is (module, name), or (module, "") for all that a module holds. Raises
    KeyError for one that does not exist.
    """
    for name, top in starts:
        module = read(name)
        if module is None or (top and top not in module.tops):
            raise KeyError(f"{name}:{top}")
    seen: set[Key] = set()
    queue = list(starts)
    while queue:
        key = queue.pop()
        if key in seen:
            continue
        seen.add(key)
        name, top = key
        if top:
            queue += edges(key)
        elif module := read(name):
            queue += [(name, each) for each in module.tops]
    return {key for key in seen if key[1]}


def text_of(key: Key, with_docstrings: bool) -> str:
    """The source of one definition, without comments and empty lines."""
    module = read(key[0])
    assert module is not None
    return text_unchanged(
        key, with_docstrings, module.path.stat().st_mtime_ns, store.ROOT
    )


@lru_cache(maxsize=20_000)
def text_unchanged(key: Key, with_docstrings: bool, _stamp: int, _root: Path) -> str:
    """text_of() in a module as it was at some time."""
    module = read(key[0])
    assert module is not None
    told = []
    for node in module.tops[key[1]]:
        first = min([node.lineno, *(d.lineno for d in decorators(node))])
        left_out = set() if with_docstrings else docstring_lines(node)
        told += [
            module.lines[number - 1].rstrip()
            for number in range(first, (node.end_lineno or first) + 1)
            if number not in left_out and module.lines[number - 1].strip()
        ]
    return "\n".join(told)


def decorators(node: ast.AST) -> list[ast.expr]:
    """The decorators of a definition."""
    return list(node.decorator_list) if isinstance(node, DEFINITIONS) else []


def docstring_lines(top: ast.AST) -> set[int]:
    """The lines of all docstrings in a definition."""
    found: set[int] = set()
    for node in ast.walk(top):
        if isinstance(node, DEFINITIONS):
            first = node.body[0]
            if (
                isinstance(first, ast.Expr)
                and isinstance(first.value, ast.Constant)
                and isinstance(first.value.value, str)
                and len(node.body) > 1
            ):
                found |= set(range(first.lineno, (first.end_lineno or 0) + 1))
    return found


@cache
def _reads_docstrings(text: str) -> bool:
    return ".__doc__" in text


def digest(*starts: Key) -> str:
    """One digest for everything that the starts reach; their own docstrings count."""
    keys = reached(*starts)
    bare = {key: text_of(key, with_docstrings=key in starts) for key in keys}
    if any(map(_reads_docstrings, bare.values())):
        bare = {key: text_of(key, with_docstrings=True) for key in keys}
    return store.digest("\n\n".join(f"{k[1]}\n{bare[k]}" for k in sorted(keys)))


def stamps() -> tuple[tuple[str, int], ...]:
    """Every source file and its time: while they stay, every digest does."""
    files = (
        path
        for root in dict.fromkeys((store.ROOT, CODE))
        for folder in ("snippets", "lab", "evidence", "tests/claims")
        for path in sorted(root.joinpath(folder).rglob("*.py"))
    )
    return tuple((path.as_posix(), path.stat().st_mtime_ns) for path in files)
