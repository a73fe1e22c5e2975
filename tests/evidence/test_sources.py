"""A digest changes with everything that a result rests on, and with nothing else."""

import os

import pytest

from evidence import sources, store

START = ("tests.claims.udp.test_it", "test_it")
HELPERS = "tests/claims/helpers.py"
PROOF = "tests/claims/udp/test_it.py"
SNIPPET = "snippets/udp/fact.py"


class Files:
    """A project of a few files, each written at a time of its own."""

    def __init__(self, folder, start=START) -> None:
        self.folder, self.now, self.start = folder, 0, start

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        self.now += 1
        os.utime(path, ns=(self.now, self.now))

    def digest(self) -> str:
        return sources.digest(self.start)

    def changes(self, name: str, old: str, new: str) -> bool:
        """Whether the digest changes when a file has another text here; it stays so."""
        before = self.digest()
        text = (self.folder / name).read_text()
        assert text.count(old) == 1, text
        self.write(name, text.replace(old, new))
        return self.digest() != before


@pytest.fixture
def files(tmp_path, monkeypatch):
    """An empty project."""
    monkeypatch.setattr(store, "ROOT", tmp_path)
    monkeypatch.setattr(sources, "CODE", tmp_path)
    return Files(tmp_path)


# What counts


def test_text_of_a_proof_and_its_docstring(files):
    files.write(PROOF, 'def test_it():\n    """It is so."""\n    assert 1\n')
    assert files.changes(PROOF, "assert 1", "assert 2")
    assert files.changes(PROOF, "It is so", "It is otherwise")


@pytest.mark.parametrize(
    ("imports", "call"),
    [
        ("from tests.claims.helpers import failure", "failure()"),
        ("from tests.claims.helpers import failure as code", "code()"),
        ("from tests.claims import helpers", "helpers.failure()"),
        ("import tests.claims.helpers", "tests.claims.helpers.failure()"),
        ("import tests.claims.helpers as h", "h.failure()"),
        ("from ..helpers import failure", "failure()"),
        ("from .. import helpers as h", "h.failure()"),
        ("from tests.claims.helpers import *", "failure()"),
        ("", "__import__('x')\n    from tests.claims.helpers import failure as f; f()"),
        ("", "import tests.claims.helpers as h; h.failure()"),
        ("", "import tests.claims.helpers\n    tests.claims.helpers.failure()"),
        (
            "try:\n    from tests.claims.helpers import failure\nfinally:\n    pass",
            "failure()",
        ),
        ("import tests.claims.helpers as h", "call(h)"),
        ("import tests.claims.helpers as h", "getattr(h, 'fail' + 'ure')()"),
        ("import tests.claims.helpers as h", "h.failure = None"),
        ("from unittest import mock", "mock.patch('tests.claims.helpers.failure')"),
        (
            "import subprocess",
            "subprocess.run(['python', '-m', 'tests.claims.helpers'])",
        ),
        ("import subprocess", "subprocess.run('python -m tests.claims.helpers')"),
        ("import subprocess", "subprocess.run('tests/claims/helpers.py')"),
        ("from pathlib import Path", "Path('claims', 'helpers.py').read_text()"),
    ],
)
def test_helper(files, imports, call):
    files.write(HELPERS, "def failure():\n    return 1\n")
    files.write(PROOF, f"{imports}\n\n\ndef test_it():\n    {call}\n")
    assert files.changes(HELPERS, "return 1", "return 2")


def test_program_beside_a_module(files):
    files.write("lab/runs/tracer.py", "if __name__ == '__main__':\n    print(1)\n")
    files.write("lab/other/tracer.py", "print(1)\n")
    text = "from pathlib import Path\nTRACER = Path(__file__).with_name('tracer.py')\n"
    files.write("lab/runs/stage.py", f"{text}def run():\n    return TRACER\n")
    files.start = ("lab.runs.stage", "run")
    assert files.changes("lab/runs/tracer.py", "print(1)", "print(2)")
    assert not files.changes("lab/other/tracer.py", "print(1)", "print(2)")


def test_snippet_and_what_it_calls(files):
    files.write(SNIPPET, "SIZE = 1\n\n\ndef inner():\n    return SIZE\n")
    files.write(
        PROOF, "from snippets.udp import fact\ndef test_it():\n    fact.inner()\n"
    )
    assert files.changes(SNIPPET, "return SIZE", "return SIZE + 1")
    assert files.changes(SNIPPET, "SIZE = 1", "SIZE = 2")


@pytest.mark.parametrize(
    "call", ["runs.snippet_path('udp.fact')", "record('udp.fact')", "fact.__file__"]
)
def test_snippet_run_as_a_program(files, call):
    main = "def main():\n    print(1)\n\n\nif __name__ == '__main__':\n    main()\n"
    files.write(SNIPPET, main)
    files.write(PROOF, f"from snippets.udp import fact\ndef test_it():\n    {call}\n")
    assert files.changes(SNIPPET, "print(1)", "print(2)")
    assert files.changes(SNIPPET, "    main()\n", "    main() or main()\n")


def test_text_of_a_file_that_is_read(files):
    files.write(SNIPPET, "def main():\n    print(1)  # one\n")
    call = "[m.__file__ for m in (fact,)]"
    files.write(PROOF, f"from snippets.udp import fact\ndef test_it():\n    {call}\n")
    assert files.changes(SNIPPET, "# one", "# two")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("LIMIT = 1", "LIMIT = 2"),
        ("LIMIT += 1", "LIMIT += 2"),
        ("return 'base'", "return 'other'"),
        ("return 'decorated'", "return 'other'"),
        ("class Sub(Base)", "class Sub(Other)"),
        ("print('runs')", "print('runs too')"),
        ("def low", "def very_low"),
        ("default=one", "default=two"),
    ],
)
def test_what_a_function_of_the_lab_rests_on(files, old, new):
    files.write(
        "lab/thing.py",
        "import sys\n\n"
        "LIMIT = 1\nLIMIT += 1\nprint('runs')\n"
        "class Base:\n    def f(self):\n        return 'base'\n"
        "class Other: pass\n"
        "class Sub(Base): pass\n"
        "def deco(function):\n    return 'decorated'\n"
        "def one(): pass\ndef two(): pass\n"
        "if sys.platform == 'linux':\n    def low(): return 1\n"
        "else:\n    low = None\n"
        "@deco\ndef measure(default=one):\n    return Sub().f() + LIMIT + low()\n",
    )
    files.start = ("lab.thing", "measure")
    assert files.changes("lab/thing.py", old, new)


def test_function_reached_through_two_imports(files):
    files.write("lab/deep.py", "def f():\n    return 1\n")
    files.write("lab/middle.py", "from lab.deep import f as g\n")
    files.write("lab/__init__.py", "from lab.middle import g\n")
    files.write(PROOF, "import lab\ndef test_it():\n    lab.g()\n")
    assert files.changes("lab/deep.py", "return 1", "return 2")


def test_import_that_is_turned_to_another_function(files):
    """Both are reached before and after; which of them is called counts."""
    files.write("lab/a.py", "def f(): return 1\ndef g(): return 2\ndef h(): f(), g()\n")
    text = "from lab.a import f as wanted\nfrom lab.a import h\n"
    files.write(PROOF, f"{text}def test_it():\n    wanted(), h()\n")
    assert files.changes(PROOF, "import f as", "import g as")


def test_import_of_the_library_that_is_turned(files):
    files.write(PROOF, "from time import sleep as f\ndef test_it():\n    f()\n")
    assert files.changes(PROOF, "time import sleep", "time import time")


def test_loose_statements_of_what_is_imported(files):
    files.write("lab/deep.py", "import socket\nsocket.setdefaulttimeout(1)\n")
    files.write("lab/middle.py", "import lab.deep\ndef f(): pass\ndef g(): pass\n")
    files.write(PROOF, "from lab.middle import f\ndef test_it():\n    f()\n")
    assert files.changes("lab/deep.py", "timeout(1)", "timeout(2)")
    files.write(PROOF, "def test_it():\n    from lab.middle import f\n    f()\n")
    assert files.changes("lab/deep.py", "timeout(2)", "timeout(3)")


def test_what_a_decorator_enters_into_a_table(files):
    kit = "TABLE = {}\ndef way(name):\n    def enter(f):\n        TABLE[name] = f\n"
    files.write("lab/kit.py", f"{kit}        return f\n    return enter\n")
    files.write(
        "lab/ways.py", "from lab.kit import way\n@way('a')\ndef a(): return 1\n"
    )
    call = "from lab.kit import TABLE\nfrom lab import ways\ndef run(): TABLE['a']()\n"
    files.write("lab/run.py", call)
    files.start = ("lab.run", "run")
    assert files.changes("lab/ways.py", "return 1", "return 2")


@pytest.mark.parametrize(
    ("home", "name"),
    [
        (PROOF, "thing"),
        ("tests/claims/udp/conftest.py", "thing"),
        ("tests/claims/conftest.py", "thing"),
        ("tests/conftest.py", "thing"),
        ("lab/claims/plugin.py", "thing"),
    ],
)
def test_fixture_and_what_it_asks_for(files, home, name):
    asks = f"def test_it({name}):\n    assert {name}\n"
    fixture = "import pytest\n@pytest.fixture\ndef inner():\n    return 1\n"
    fixture += f"@pytest.fixture()\ndef {name}(inner):\n    return inner\n"
    files.write(PROOF, asks)
    files.write(home, fixture + (asks if home == PROOF else ""))
    assert files.changes(home, "return 1", "return 2")


def test_fixture_without_an_argument(files):
    fixture = "import pytest\n@pytest.fixture{}\ndef thing():\n    return 1\n"
    files.write("tests/claims/conftest.py", fixture.format("(autouse=True)"))
    files.write(PROOF, "def test_it():\n    pass\n")
    assert files.changes("tests/claims/conftest.py", "return 1", "return 2")
    files.write("tests/claims/conftest.py", fixture.format(""))
    assert not files.changes("tests/claims/conftest.py", "return 1", "return 2")
    used = "@pytest.mark.usefixtures('thing')\ndef test_it():\n    pass\n"
    files.write(PROOF, f"import pytest\n{used}")
    assert files.changes("tests/claims/conftest.py", "return 2", "return 1")


def test_docstring_that_is_read(files):
    files.write("lab/a.py", 'def f():\n    """One."""\n    return 1\n')
    files.write(PROOF, "from lab.a import f\ndef test_it():\n    f()\n")
    assert not files.changes("lab/a.py", "One.", "Two.")
    files.write(PROOF, "from lab.a import f\ndef test_it():\n    f().__doc__\n")
    assert files.changes("lab/a.py", "Two.", "Three.")


# What does not count


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("# why", "# because"),
        ("  # why", ""),
        ('"""The module."""', '"""Another text."""'),
        ('"""The class."""', '"""Another text."""'),
        ('"""The method."""', '"""Another text\n\n        of more lines."""'),
        ("return 'unused'", "return 'changed'"),
        ("\n\nclass Used", "\n\n\n\n\nclass Used"),
        ("UNUSED = 1", "UNUSED = 2"),
        ("print('main')", "print('another')"),
        ("import unused_library", "import another_library"),
        ("def same_name(): return 1", "def same_name(): return 2"),
        ("def argument(): return 1", "def argument(): return 2"),
        ("def each(): return 1", "def each(): return 2"),
    ],
)
def test_what_is_not_reached(files, old, new):
    files.write(
        "lab/thing.py",
        '"""The module."""\n\nimport unused_library\n\nUNUSED = 1\n\n\n'
        'class Used:\n    """The class."""\n\n'
        '    def f(self, argument):\n        """The method."""\n'
        '        same_name = "# no comment"  # why\n'
        "        return [same_name for each in argument for same_name in each]\n"
        "def unused():\n    return 'unused'\n"
        "def same_name(): return 1\ndef argument(): return 1\ndef each(): return 1\n"
        "def main():\n    print('main')\n"
        "if __name__ == '__main__':\n    main()\n",
    )
    files.write(PROOF, "from lab.thing import Used\ndef test_it():\n    Used().f()\n")
    assert not files.changes("lab/thing.py", old, new)


def test_number_sign_in_a_text_counts(files):
    files.write(PROOF, 'def test_it():\n    assert """\n  # one\n"""\n')
    assert files.changes(PROOF, "# one", "# two")


def test_code_that_tells_digests_is_not_followed(files):
    files.write("evidence/sources.py", "def digest(): return 1\n")
    text = "from evidence import sources\ndef test_it():\n    sources.digest()\n"
    files.write(PROOF, text)
    assert not files.changes("evidence/sources.py", "return 1", "return 2")


# The rest


def test_start_that_does_not_exist(files):
    files.write(PROOF, "")
    for start in (START, ("tests.claims.udp.test_none", ""), ("os", "path")):
        with pytest.raises(KeyError, match=start[0]):
            sources.digest(start)


def test_file_that_is_no_python(files):
    files.write(PROOF, "def test_it(:\n")
    with pytest.raises(store.EvidenceError, match=r"test_it\.py cannot be read"):
        files.digest()


def test_new_file_before_an_old_one(files, tmp_path_factory, monkeypatch):
    """A test's own project is looked at first, then the project that it stands for."""
    code = tmp_path_factory.mktemp("code")
    monkeypatch.setattr(sources, "CODE", code)
    Files(code).write("lab/a.py", "def f(): return 1\n")
    files.write(PROOF, "from lab.a import f\ndef test_it():\n    f()\n")
    before = files.digest()
    files.write("lab/a.py", "def f(): return 2\n")
    assert files.digest() != before


def test_digest_is_the_same_everywhere(files):
    """These values are asked of each Python in turn by `make check`."""
    files.write(
        PROOF,
        "import pytest\nfrom snippets.udp import fact\n\n\n@pytest.fixture\n"
        'def wire():\n    return f"{fact.f()!r:>{10}}" f"a{1}" "b"\n\n\n'
        'def test_it(wire):\n    """It is so."""\n    match wire:\n'
        "        case [x, *_]:\n            assert x  # so\n"
        "        case _ if (y := 1):\n            assert lambda: y\n",
    )
    files.write(SNIPPET, "async def f():\n    return [i async for i in g()]\n")
    assert files.digest() == "2d75693ce7b3f514"
    assert sources.project().digests(START).keys() == {
        f"{PROOF}:test_it",
        f"{PROOF}:wire",
        f"{SNIPPET}:f",
    }
