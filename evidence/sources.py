"""What a result was made by: a digest of every definition that its code reaches.

A proof, a recording, a machine rests on more than one function: on the snippet that it
runs, on helpers, on the lab. From one definition the names that it uses lead to others,
in its own module and, by the imports, in every module of the project. The digest of all
of them together changes when one of them does. What counts:

* the text of each definition (function, class, variable), with its decorators; comments
  and docstrings do not, unless something that is reached reads `__doc__`;
* what the names in it stand for: an import that is turned to another function counts;
* the loose statements of every module that is imported on the way, for they run too;
* what a decorator of ours adds to a table, for those who reach the table;
* a module that is handed on as a whole, or run as a program: all of it. A program is
  known by its name in a text, "lab.isolation.networks", "tracer.py", or by the id of a
  snippet, "udp.connect_sends_nothing". Of one whose `__file__` is asked for, every
  letter counts;
* for a test, the fixtures that it asks for.

What is computed at run time, such as a module's name put together of two texts, is not
seen. An attribute of an object stands for nothing; its class counts as a whole.
The digests are the same on every Python that runs the project.
"""

import os
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

from evidence import store
from evidence.definitions import LOOSE, Facts, Imports, Module, Names, parse

Key = tuple[str, str]  # a module and a name at its top; "" for all that it holds
Stamps = tuple[tuple[str, str, int], ...]  # module, file, time in nanoseconds

# The lab and this package themselves, where a test has another project's folder.
CODE = Path(__file__).resolve().parent.parent
FOLDERS = ("snippets", "lab", "evidence", "tests/claims")
BESIDE = "tests/conftest.py"
TOPS = tuple(folder.partition("/")[0] for folder in FOLDERS)
# They tell what made a result, and make none themselves.
NOT_FOLLOWED = ("evidence.definitions", "evidence.sources")
FIXTURES = "lab.claims.plugin"  # what it has, every proof can ask for
TEXT = "__file__"  # stands for the text of a module, letter by letter
XUNIT = ("pytestmark", "setup_module", "setup_function", "teardown_function")
DOCUMENTED = frozenset(("__doc__", "getdoc", "get_docstring", "getsource"))


def accumulated(name: str) -> list[str]:
    """`a.b.c` as ["a", "a.b", "a.b.c"]."""
    pieces = name.split(".")
    return [".".join(pieces[:count]) for count in range(1, len(pieces) + 1)]


class Project:
    """All modules at some time: which definition leads to which others."""

    def __init__(self, stamps: Stamps) -> None:
        self.files = {name: (file, stamp) for name, file, stamp in stamps}
        self.ours = {part for name in self.files for part in accumulated(name)}
        self.known_modules: dict[str, Module | None] = {}
        self.known_edges: dict[Key, frozenset[Key]] = {}
        self.known_loads: dict[str | Key, frozenset[str]] = {}
        self.known_entries: dict[str, frozenset[tuple[Key, Key]]] = {}
        self.known_digests: dict[tuple[Key, bool], str] = {}
        self.known_readers: dict[Key, bool] = {}

    def module(self, name: str) -> Module | None:
        """One of our modules, or None for what is none."""
        if name not in self.known_modules:
            found = self.files.get(name)
            self.known_modules[name] = parse(name, *found) if found else None
        return self.known_modules[name]

    # What a name leads to

    def follow(
        self, name: str, rest: Names, seen: frozenset[tuple[str, Names]] = frozenset()
    ) -> set[Key]:
        """The definitions that `rest`, taken from a module by its name, stands for.

        Nothing for what is not ours; a module as a whole where nothing is taken from
        it, or something that it is not seen to define.
        """
        found: set[Key] = set()
        if (name, rest) in seen:
            return found
        seen |= {(name, rest)}
        if rest and (inner := f"{name}.{rest[0]}") in self.ours:
            found |= self.follow(inner, rest[1:], seen)
        module = self.module(name)
        if module is None or name in NOT_FOLLOWED:
            return found
        if not rest:
            return {(name, "")}
        top, *more = rest
        if top in module.tops:
            found.add((name, top))
        for base, attribute in self.imported(module.imports, top):
            taken = (attribute, *more) if attribute else tuple(more)
            found |= self.follow(base, taken, seen)
            if base not in self.ours:
                return found  # of another's library
        return found or {(name, "")}

    def imported(self, imports: Imports, name: str) -> Iterator[Key]:
        """What imports say about a name: a module and a name in it, or ""."""
        yield from imports.get(name, ())
        for base, _ in imports.get("*", ()):  # from base import *
            there = self.module(base)
            if there and (name in there.tops or name in there.imports):
                yield base, name

    def programs(self, text: str, module: Module) -> Iterator[Key]:
        """The modules, run as programs, that a text in a definition may mean."""
        for word in text.split() if " -m " in text else [text]:
            first, _, rest = word.partition(".")
            if word.endswith(".py"):
                yield from ((name, "") for name in self.at(word, module))
            elif not rest or not word.replace(".", "").isidentifier():
                continue
            elif first in TOPS:  # also what mock.patch() is given
                yield from self.follow(first, tuple(rest.split(".")))
            elif f"snippets.{word}" in self.files:
                yield f"snippets.{word}", ""

    def at(self, path: str, module: Module) -> set[str]:
        """The modules that a path may mean: one beside this module, or any other."""
        beside = module.path.with_name(Path(path).name).as_posix()
        names = [name for name in self.files if not name.endswith("__init__")]
        close = {name for name in names if self.files[name][0] == beside}
        end = f"/{path.lstrip('./')}"
        return close or {name for name in names if self.files[name][0].endswith(end)}

    # What one definition leads to

    def edges(self, key: Key) -> frozenset[Key]:
        """The definitions of ours that one definition, or a whole module, leads to."""
        if key not in self.known_edges:
            self.known_edges[key] = frozenset(self.look(*key))
        return self.known_edges[key]

    def look(self, name: str, top: str) -> set[Key]:
        """edges() of a definition that nobody has asked for yet."""
        module = self.module(name)
        if module is None or top == TEXT or (top and top not in module.tops):
            return set()
        if not top:
            return {(name, each) for each in module.tops}
        facts = module.facts(top)
        found: set[Key] = set()
        for first, *rest in facts.names:
            if first in module.tops:
                found.add((name, first))
            for base, attribute in {
                *self.imported(module.imports, first),
                *self.imported(facts.imports, first),
            }:
                taken = (attribute, *rest) if attribute else tuple(rest)
                found |= self.follow(base, taken)
        for text in facts.texts:
            found |= set(self.programs(text, module))
        if TEXT in facts.pieces:
            found |= {(other, TEXT) for other, part in found if not part}
        return found | set(self.fixtures(top, facts, module))

    def fixtures(self, top: str, facts: Facts, module: Module) -> Iterator[Key]:
        """The fixtures that a test asks for, or another fixture."""
        is_test = top.startswith("test_") and module.name.startswith("tests.")
        decorators = module.decorated.get(top, ())
        if not is_test and not any("fixture" in names for names in decorators):
            return
        homes = self.homes_of_fixtures(module)
        for asked in facts.arguments | facts.in_decorators:
            for home in homes:
                if asked in home.tops or asked in home.imports:
                    yield from self.follow(home.name, (asked,))
                    break
        if is_test:
            yield from ((module.name, name) for name in XUNIT if name in module.tops)
            for home in homes:
                for name in home.decorated:
                    if "autouse=True" in home.facts(name).text:
                        yield home.name, name

    def homes_of_fixtures(self, module: Module) -> list[Module]:
        """Where pytest looks for a fixture, the closest first."""
        above = [f"{name}.conftest" for name in accumulated(module.name)[-2::-1]]
        return [*filter(None, map(self.module, (module.name, *above, FIXTURES)))]

    # What runs because a module is imported

    def loads(self, name: str) -> frozenset[str]:
        """The modules that the import of one runs, itself among them."""
        if name not in self.known_loads:
            seen: set[str] = set()
            queue = [name]
            while queue:
                each = queue.pop()
                if each in seen or each in NOT_FOLLOWED:
                    continue
                if module := self.module(each):
                    seen.add(each)
                    queue += accumulated(each)[:-1]
                    queue += self.targets(module.imports)
            self.known_loads[name] = frozenset(seen)
        return self.known_loads[name]

    def targets(self, imports: Imports) -> Iterator[str]:
        """The modules of ours that imports name."""
        for base, attribute in (each for found in imports.values() for each in found):
            yield from (n for n in (base, f"{base}.{attribute}") if n in self.files)

    def entries(self, name: str) -> frozenset[tuple[Key, Key]]:
        """(table, definition) for what decorators of ours add to tables of ours."""
        if name not in self.known_entries:
            module = self.module(name)
            self.known_entries[name] = frozenset(self.enter(module) if module else ())
        return self.known_entries[name]

    def enter(self, module: Module) -> Iterator[tuple[Key, Key]]:
        """entries() of a module that nobody has asked for yet."""
        for top, decorators in module.decorated.items():
            for first, *rest in decorators:
                made = {(module.name, first)} if first in module.tops else set()
                for base, attribute in self.imported(module.imports, first):
                    made |= self.follow(base, (attribute, *rest))
                for home, decorator in made:
                    there = self.module(home)
                    if there and decorator in there.tops:
                        for table in there.facts(decorator).changed:
                            yield (home, table), (module.name, top)

    # All of it

    def reached(self, *starts: Key) -> set[Key]:
        """Every definition that the starts lead to, themselves among them.

        Raises KeyError for a start that does not exist.
        """
        for name, top in starts:
            module = self.module(name)
            if module is None or (top and top not in module.tops):
                raise KeyError(f"{name}:{top}")
        seen: set[Key] = set()
        loaded: set[str] = set()
        queue = list(starts)
        while queue:
            self.spread(queue, seen, loaded)
            queue = [
                definition
                for name in loaded
                for table, definition in self.entries(name)
                if table in seen and definition not in seen
            ]
        return {key for key in seen if self.is_there(key)}

    def spread(self, queue: list[Key], seen: set[Key], loaded: set[str]) -> None:
        """Add all that a queue leads to, and the modules that must be loaded for it."""
        while queue:
            key = queue.pop()
            if key in seen:
                continue
            seen.add(key)
            queue += self.edges(key)
            for name in self.loaded_by(key) - loaded:
                loaded.add(name)
                queue.append((name, LOOSE))

    def loaded_by(self, key: Key) -> frozenset[str]:
        """The modules that run before a definition can: what imports in it name too."""
        if key not in self.known_loads:
            name, top = key
            module = self.module(name)
            found = self.loads(name)
            if module and top in module.tops:
                for each in self.targets(module.facts(top).imports):
                    found |= self.loads(each)
            self.known_loads[key] = found
        return self.known_loads[key]

    def is_there(self, key: Key) -> bool:
        """Whether there is a text behind a key."""
        module = self.module(key[0])
        return module is not None and (key[1] == TEXT or key[1] in module.tops)

    def digest_of(self, key: Key, documented: bool) -> str:
        """The digest of one definition: its text, and what its names stand for."""
        if (key, documented) not in self.known_digests:
            module = self.module(key[0])
            assert module is not None
            if key[1] == TEXT:
                told = ["\n".join(module.lines)]
            else:
                facts = module.facts(key[1])
                told = [module.text(key[1]) if documented else facts.text]
                firsts = {names[0] for names in facts.names}
                told += sorted(
                    f"{local} = {base}.{attribute}"
                    for imports in (module.imports, facts.imports)
                    for local in firsts & imports.keys()
                    for base, attribute in imports[local]
                )
            self.known_digests[key, documented] = store.digest("\n".join(told))
        return self.known_digests[key, documented]

    def digests(self, *starts: Key) -> dict[str, str]:
        """{`snippets/udp/x.py:function`: digest} of all that the starts reach."""
        keys = self.reached(*starts)
        every = any(self.reads_docstrings(key) for key in keys)
        return {
            self.shown(key): self.digest_of(key, every or key in starts)
            for key in sorted(keys)
        }

    def shown(self, key: Key) -> str:
        """`snippets/udp/x.py:function` of a key."""
        module = self.module(key[0])
        whole = module is not None and module.path.stem == "__init__"
        end = "/__init__.py" if whole else ".py"
        return f"{key[0].replace('.', '/')}{end}:{key[1]}"

    def reads_docstrings(self, key: Key) -> bool:
        """Whether a definition reads what is written for readers."""
        if key not in self.known_readers:
            module = self.module(key[0])
            assert module is not None
            pieces = module.facts(key[1]).pieces if key[1] != TEXT else set()
            self.known_readers[key] = bool(DOCUMENTED & pieces)
        return self.known_readers[key]

    def digest(self, *starts: Key) -> str:
        """One digest for all that the starts reach; their own docstrings count.

        Raises KeyError for a start that does not exist.
        """
        told = self.digests(*starts).items()
        return store.digest("\n".join(f"{name} {digest}" for name, digest in told))


_held: dict[Path, Stamps] = {}  # of the project in a folder


def hold() -> None:
    """Take all files as they are now, until release().

    A build asks for digests a thousand times, and each time all files would be looked
    at. Whoever begins a build calls this; it is of use to nobody else.
    """
    _held.clear()
    _held[store.ROOT] = stamps()


def release() -> None:
    """Look at the files again whenever a digest is asked for."""
    _held.clear()


def stamps() -> Stamps:
    """Every source file and its time: while they stay, every digest does."""
    if store.ROOT in _held:
        return _held[store.ROOT]
    found: dict[str, tuple[str, int]] = {}
    for root in dict.fromkeys((store.ROOT, CODE)):
        beside = root / BESIDE
        if beside.is_file():
            found.setdefault("tests.conftest", (str(beside), beside.stat().st_mtime_ns))
        for folder in FOLDERS:
            for file, stamp in python_files(str(root / folder)):
                name = file[len(str(root)) + 1 : -3].replace(os.sep, ".")
                found.setdefault(name.removesuffix(".__init__"), (file, stamp))
    return tuple((name, *found[name]) for name in sorted(found))


def python_files(folder: str) -> Iterator[tuple[str, int]]:
    """The Python files below a folder, with their times."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        if entry.name.endswith(".py"):
            yield entry.path, entry.stat().st_mtime_ns
        elif entry.is_dir() and not entry.name.startswith(("_", ".")):
            yield from python_files(entry.path)


@lru_cache(maxsize=4)
def project_at(stamps_: Stamps) -> Project:
    """The project as it was at some time."""
    return Project(stamps_)


def project() -> Project:
    """The project as it is now: for those who ask for many digests."""
    return project_at(stamps())


def digest(*starts: Key) -> str:
    """One digest for all that the starts reach: (module, name), or (module, "").

    Raises KeyError for a start that does not exist.
    """
    return project().digest(*starts)


def reached(*starts: Key) -> set[Key]:
    """Every definition that the starts reach. Raises KeyError."""
    return project().reached(*starts)


def files(*starts: Key) -> list[Path]:
    """The files that hold all that the starts reach: where one changes, digest() may.

    Raises KeyError for a start that does not exist.
    """
    return files_at(stamps(), starts)


@lru_cache(maxsize=64)  # many pages depend on the same code
def files_at(stamps_: Stamps, starts: tuple[Key, ...]) -> list[Path]:
    """The files as they were at some time."""
    found = project_at(stamps_)
    modules = sorted({module for module, _ in found.reached(*starts)})
    return [Path(found.files[module][0]) for module in modules]
