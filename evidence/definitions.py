"""A source file read as text: its top-level definitions, and the names in each.

Nothing is imported or run. What is found here holds for one file alone; where a name
leads in the rest of the project, `evidence.sources` says.
"""

import ast
import io
import tokenize
from collections.abc import Iterable
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from evidence import store

Target = tuple[str, str]  # a module, and a name in it or ""
Imports = dict[str, set[Target]]  # what a local name may stand for
Names = tuple[str, ...]  # `a.b` is ("a", "b")

LOOSE = "*"  # stands for the statements of a module that define nothing: they run
MAIN = "__main__"  # for those that run only when the module is a program
CHANGES = frozenset(("append", "add", "update", "setdefault", "extend", "insert"))
Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)


@dataclass
class Facts:
    """What one definition says, and the names in it."""

    text: str  # without comments, docstrings and empty lines
    names: set[Names] = field(default_factory=set)
    pieces: set[str] = field(default_factory=set)  # of names, of local ones too
    texts: set[str] = field(default_factory=set)  # other than docstrings
    imports: Imports = field(default_factory=dict)  # made inside it
    changed: set[str] = field(default_factory=set)  # tables to which it adds
    arguments: set[str] = field(default_factory=set)  # of a function
    in_decorators: set[str] = field(default_factory=set)  # texts


@dataclass
class Module:
    """One file: its top-level names, and what they are."""

    name: str
    path: Path
    lines: list[str]
    tops: dict[str, list[ast.stmt]] = field(default_factory=dict)
    imports: Imports = field(default_factory=dict)
    decorated: dict[str, set[Names]] = field(default_factory=dict)  # by what
    known: dict[str, Facts] = field(default_factory=dict)

    @property
    def package(self) -> str:
        """The package that relative imports start from."""
        whole = self.path.stem == "__init__"
        return self.name if whole else self.name.rpartition(".")[0]

    def facts(self, top: str) -> Facts:
        """What is known of one of its definitions. Raises KeyError."""
        if top not in self.known:
            self.known[top] = facts(self, self.tops[top])
        return self.known[top]

    def text(self, top: str) -> str:
        """A definition with its docstrings, without comments. Raises KeyError."""
        return "\n".join(shown(self, node, set()) for node in self.tops[top])


@lru_cache(maxsize=1000)
def parse(name: str, file: str, _stamp: int) -> Module:
    """A module as it was at some time. Raises EvidenceError where it is no Python."""
    try:
        text = Path(file).read_text(encoding="utf-8")
        statements = ast.parse(text, file).body
    except (SyntaxError, ValueError) as error:
        where = store.shown(Path(file))
        raise store.EvidenceError(f"{where} cannot be read, correct it: {error}") from (
            None
        )
    made = Module(name, Path(file), text.splitlines())
    for number, node in enumerate(statements):
        if number == 0 and is_text(node):
            continue  # the docstring
        names = {MAIN} if is_main(node) else bound([node])
        if isinstance(node, ast.Import | ast.ImportFrom):
            note_import(made.imports, node, made.package)
            continue
        if isinstance(node, DEFINITIONS):
            if node.decorator_list:
                made.decorated[node.name] = decorators(node)
        elif MAIN not in names:
            for part in ast.walk(node):
                if isinstance(part, ast.Import | ast.ImportFrom):
                    note_import(made.imports, part, made.package)
        for each in names or {LOOSE}:
            made.tops.setdefault(each, []).append(node)
    return made


def is_text(node: ast.stmt) -> bool:
    """Whether a statement is nothing but a text: a docstring, where it is the first."""
    return (
        isinstance(node, ast.Expr)
        and isinstance(node.value, ast.Constant)
        and isinstance(node.value.value, str)
    )


def is_main(node: ast.stmt) -> bool:
    """Whether a statement is `if __name__ == "__main__":`."""
    return (
        isinstance(node, ast.If)
        and not node.orelse
        and any(
            isinstance(part, ast.Name) and part.id == "__name__"
            for part in ast.walk(node.test)
        )
    )


def bound(nodes: Iterable[ast.AST]) -> set[str]:
    """The names that statements give in their own scope, imports aside."""
    found: set[str] = set()
    of_the_module: set[str] = set()
    queue = list(nodes)
    while queue:
        node = queue.pop()
        if isinstance(node, DEFINITIONS):
            found.add(node.name)
        elif isinstance(node, ast.Name):
            found |= {node.id} if isinstance(node.ctx, ast.Store) else set()
        elif isinstance(node, ast.comprehension):
            queue += [node.iter, *node.ifs]  # its target is known only inside
        elif isinstance(node, ast.Global):
            of_the_module |= set(node.names)
        elif isinstance(node, ast.ExceptHandler | ast.MatchAs | ast.MatchStar):
            found |= {node.name} if node.name else set()
            queue += ast.iter_child_nodes(node)
        elif not isinstance(node, ast.Lambda):
            queue += ast.iter_child_nodes(node)
    return found - of_the_module


def local_names(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> set[str]:
    """The names that a function has of its own, which hide those of the module."""
    every = node.args
    found = {a.arg for a in (*every.posonlyargs, *every.args, *every.kwonlyargs)}
    found |= {a.arg for a in (every.vararg, every.kwarg) if a}
    if isinstance(node, ast.Lambda):
        return found
    return found | bound(node.body)


def note_import(
    imports: Imports, node: ast.Import | ast.ImportFrom, package: str
) -> None:
    """Add what an import's names stand for."""
    if isinstance(node, ast.Import):
        for alias in node.names:
            first = alias.name.partition(".")[0]
            whole = alias.name if alias.asname else first
            imports.setdefault(alias.asname or first, set()).add((whole, ""))
            imports.setdefault(alias.name, set()).add((alias.name, ""))
        return
    base = node.module or ""
    if node.level:
        above = package.split(".")
        above = above[: len(above) - node.level + 1]
        base = ".".join([*above, *([base] if base else [])])
    for alias in node.names:
        imports.setdefault(alias.asname or alias.name, set()).add((base, alias.name))


def facts(module: Module, nodes: list[ast.stmt]) -> Facts:
    """What there is to know of a definition without a look at other files."""
    said = [docstrings(node) for node in nodes]
    made = Facts(
        "\n".join(
            shown(module, node, {line for lines in found.values() for line in lines})
            for node, found in zip(nodes, said, strict=True)
        )
    )
    for node, found in zip(nodes, said, strict=True):
        Reader(made, module.package, set(found)).read(node, frozenset())
        if isinstance(node, DEFINITIONS):
            note_signature(made, node)
    return made


@dataclass
class Reader:
    """Goes through some code and notes the names and texts in it."""

    made: Facts
    package: str
    left_out: set[int]  # ids of the docstrings

    def read(self, node: ast.AST, hidden: frozenset[str]) -> None:
        """Note what a node holds; hidden: names that mean something local there."""
        if isinstance(node, ast.Name | ast.Attribute):
            self.read_name(node, hidden)
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and id(node) not in self.left_out:
                self.made.texts.add(node.value)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            note_import(self.made.imports, node, self.package)
        elif isinstance(node, FUNCTIONS):
            self.read_function(node, hidden)
        else:
            if isinstance(node, COMPREHENSIONS):
                hidden |= bound(each.target for each in node.generators)
            elif isinstance(node, ast.Subscript):
                self.read_subscript(node)
            for child in ast.iter_child_nodes(node):
                self.read(child, hidden)

    def read_function(
        self,
        node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda,
        hidden: frozenset[str],
    ) -> None:
        """Note what a function holds; its own names are known in its body alone."""
        inner = hidden | local_names(node)
        body = node.body if isinstance(node.body, list) else [node.body]
        for child in ast.iter_child_nodes(node):
            self.read(child, inner if child in body else hidden)

    def read_subscript(self, node: ast.Subscript) -> None:
        """Note `table[key] = …`."""
        if isinstance(node.ctx, ast.Store) and isinstance(node.value, ast.Name):
            self.made.changed.add(node.value.id)

    def read_name(self, node: ast.Name | ast.Attribute, hidden: frozenset[str]) -> None:
        """Note a dotted name, the longest form of it, and what it is taken from."""
        names = dotted(node)
        self.made.pieces.update(names)
        if names[0] not in hidden:
            self.made.names.add(names)
            if len(names) == 2 and names[1] in CHANGES:
                self.made.changed.add(names[0])
        first: ast.expr = node
        while isinstance(first, ast.Attribute):
            first = first.value
        if not isinstance(first, ast.Name):
            self.read(first, hidden)


def decorators(node: Definition) -> set[Names]:
    """The names of a definition's decorators."""
    found = set()
    for decorator in node.decorator_list:
        call = decorator.func if isinstance(decorator, ast.Call) else decorator
        if isinstance(call, ast.Name | ast.Attribute):
            found.add(dotted(call))
    return found


def note_signature(made: Facts, node: Definition) -> None:
    """Note the arguments of a definition, and the texts in its decorators."""
    made.in_decorators |= {
        part.value
        for decorator in node.decorator_list
        for part in ast.walk(decorator)
        if isinstance(part, ast.Constant) and isinstance(part.value, str)
    }
    if not isinstance(node, ast.ClassDef):
        every = (*node.args.posonlyargs, *node.args.args, *node.args.kwonlyargs)
        made.arguments |= {argument.arg for argument in every}


def dotted(node: ast.Name | ast.Attribute) -> Names:
    """`a.b.c` as ("a", "b", "c"); what does not begin with a name, begins with ""."""
    names: list[str] = []
    part: ast.expr = node
    while isinstance(part, ast.Attribute):
        names.append(part.attr)
        part = part.value
    return (part.id if isinstance(part, ast.Name) else "", *reversed(names))


def docstrings(top: ast.AST) -> dict[int, range]:
    """The docstrings in a definition: {id of the text's node: its lines}."""
    found = {}
    queue = [top]
    while queue:
        node = queue.pop()
        if isinstance(node, DEFINITIONS):
            first = node.body[0]
            if isinstance(first, ast.Expr) and is_text(first):
                last = first.end_lineno or first.lineno
                found[id(first.value)] = range(first.lineno, last + 1)
        queue += [n for n in ast.iter_child_nodes(node) if isinstance(n, ast.stmt)]
    return found


def span(node: ast.stmt) -> tuple[int, int]:
    """The first and the last line of a statement, its decorators among them."""
    above = node.decorator_list if isinstance(node, DEFINITIONS) else []
    return min([node.lineno, *(d.lineno for d in above)]), node.end_lineno or 0


def shown(module: Module, node: ast.stmt, left_out: set[int]) -> str:
    """The lines of a statement without comments, empty lines and those left out."""
    first, last = span(node)
    lines = module.lines[first - 1 : last]
    if any("#" in line for line in lines):
        lines = without_comments(lines)
    return "\n".join(
        line.rstrip()
        for number, line in enumerate(lines, first)
        if number not in left_out and line.strip()
    )


def without_comments(lines: list[str]) -> list[str]:
    """The lines of a statement without its comments; each stays where it was."""
    cut = list(lines)
    text = "\n".join(lines) + "\n"
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        if token.type == tokenize.COMMENT:
            row, column = token.start
            cut[row - 1] = cut[row - 1][:column]
    return cut
