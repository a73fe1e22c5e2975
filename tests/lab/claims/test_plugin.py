"""The plugin in a project of a few proofs: how each is run, and which rows are kept."""

import json
import os
import sys
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

import pytest

from evidence import store, systems
from lab.claims import plugin
from lab.isolation import child

CODE = Path(store.__file__).parents[1]
CONFTEST = """import os
from pathlib import Path

import pytest

from evidence import store

store.ROOT = Path(__file__).parents[1]
"""
ODD = "tests/claims/odd/test_odd.py"
ONE = '''import os
import socket
from pathlib import Path

import pytest


def test_one():
    """It is one."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        assert sock.getsockname()[0] == "127.0.0.1"
'''
PACKETS = '''

@pytest.mark.needs("packets")
def test_packets(wire):
    """It sends."""
    with socket.socket(type=socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 40000))
        sock.sendto(b"x", ("127.0.0.1", 40000))
    assert len(wire()) == 1
'''
FILE = '''

def test_file():
    """It reads a file, if it may."""
    if os.environ.get("ABSENT"):
        pytest.skip("absent")
    assert Path(os.environ["GOOD"]).exists()
'''
EMPTY = '''

def test_empty():
    """It says nothing."""
    assert True


def test_call():
    """It asks nothing."""
    socket.socket().close()
'''


EDIT = '''

def edit():
    """Change this very file."""
    path = Path(__file__)
    path.write_text(path.read_text().replace("Change", "Edit").replace("good", "well"))
    path.write_text(path.read_text() + "\\n\\nNEW = 1\\n")
    text = path.read_text().replace("edit()\\n\\n\\n", "edit(), NEW\\n\\n\\n")
    path.write_text(text)
'''


def run_pytest(folder: Path, arguments: list[str], variables: dict[str, str]) -> str:
    """Run pytest in a process that nobody else needs; returns what it printed."""
    for name in [name for name in os.environ if name.startswith("PYTEST_")]:
        del os.environ[name]  # this is no worker of another pytest
    os.environ.update(variables)
    os.chdir(folder)
    for name in [name for name in sys.modules if name.partition(".")[0] == "tests"]:
        del sys.modules[name]  # the project has a conftest.py of its own
    printed = folder / "printed"
    with open(printed, "w") as file, redirect_stdout(file), redirect_stderr(file):
        pytest.main(arguments)
    return printed.read_text()


class Project:
    """A project with proofs in a folder, and pytest to run them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path = folder / "evidence/measured/claims" / f"{systems.here()}.json"
        self.write("tests/conftest.py", CONFTEST)
        (folder / "good").touch()

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def pytest(self, *arguments: str, **variables: str) -> str:
        """Run pytest as `make evidence` does; returns what it printed."""
        settings = ["-c", str(CODE / "pyproject.toml"), "--rootdir", str(self.folder)]
        good = {"GOOD": str(self.folder / "good"), "STRICT": ""}
        # A fork has all that pytest imports, which a new interpreter would read again.
        return child.run(
            run_pytest,
            self.folder,
            ["-q", *settings, *arguments],
            {"PYTHONPATH": str(CODE)} | good | variables,
        )

    def keep(self, *arguments: str, **variables: str) -> str:
        """The line that says what `--write-proofs` did."""
        printed = self.pytest("--write-proofs", *arguments, **variables)
        found = [n for n in printed.splitlines() if n.startswith("proofs")]
        assert len(found) == 1, printed
        return found[0].partition("; evidence/")[0]

    def rows(self) -> dict[str, dict]:
        """What is kept: {claim: row}."""
        return json.loads(self.path.read_text())["proofs"]

    def edit(self, old: str, new: str) -> None:
        text = (self.folder / ODD).read_text()
        assert text.count(old) == 1
        self.write(ODD, text.replace(old, new))


@pytest.fixture
def project(tmp_path):
    """Two proofs that pass; where packets can be captured, a third."""
    made = Project(tmp_path)
    made.write(ODD, ONE + FILE)
    return made


needs = pytest.mark.needs


@pytest.mark.parametrize(
    ("nodeid", "claim"),
    [
        ("tests/claims/udp/test_connect.py::test_x", "udp.x"),
        ("tests/claims/udp/test_connect.py::Test::test_x", None),
        ("tests/claims/udp/helpers.py::test_x", None),
        ("tests/site/claims/test_claims.py::test_x", None),
        ("tests/lab/claims/test_plugin.py::test_x", None),
        ("docs/_ext/claims/text.py::docs._ext.claims.text.anchor", None),
    ],
)
def test_proof_is_told_by_its_place(nodeid, claim):
    assert plugin.claim_of(nodeid) == claim


@needs("private_net")
def test_rows_are_kept_one_by_one(project):
    assert project.keep("tests") == "proofs: 2 passed; rows new or changed: 2"
    both = project.rows()
    assert {row["outcome"] for row in both.values()} == {"passed"}
    project.edit('127.0.0.1", 0', '127.0.0.2", 0')
    project.edit('== "127.0.0.1"', '== "127.0.0.2"')
    told = project.keep(f"{ODD}::test_one")
    assert told == "proofs: 1 passed; rows new or changed: 1"
    now = project.rows()
    assert now["odd.file"] == both["odd.file"]
    assert now["odd.one"]["source"] != both["odd.one"]["source"]
    assert now["odd.one"]["date"] == both["odd.one"]["date"]
    assert project.keep(f"{ODD}::test_one") == "proofs: 1 passed"


@needs("private_net")
def test_failed_proof_is_not_kept_as_passed(project):
    project.keep("tests")
    (project.folder / "good").unlink()
    told = project.keep(f"{ODD}::test_file")
    assert told == "proofs: 1 failed; rows new or changed: 1"
    assert {c: row["outcome"] for c, row in project.rows().items()} == {
        "odd.file": "failed",
        "odd.one": "passed",
    }


@needs("private_net")
def test_skipped_proof_keeps_its_pass_while_its_sources_stay(project):
    project.keep("tests")
    passed = project.rows()["odd.file"]
    assert project.keep("tests", ABSENT="1") == "proofs: 1 passed; 1 skipped"
    assert project.rows()["odd.file"] == passed
    project.edit("exists()", "is_file()")
    project.keep("tests", ABSENT="1")
    assert project.rows()["odd.file"]["outcome"] == "skipped"
    project.keep("tests")
    assert project.rows()["odd.file"]["outcome"] == "passed"


@needs("private_net")
def test_row_goes_with_its_proof(project):
    project.keep("tests")
    project.write(ODD, ONE)
    told = project.keep("tests")
    assert told == "proofs: 1 passed; rows removed, whose proofs are gone: 1"
    assert project.rows().keys() == {"odd.one"}


@needs("private_net")
def test_part_is_refused_where_rows_would_be_lost(project):
    project.keep("tests")
    damaged = project.path.read_text().replace("passed", "failed")
    project.path.write_text(damaged)
    assert "proofs not written: " in project.keep(f"{ODD}::test_one")
    assert project.path.read_text() == damaged
    assert project.keep("tests") == "proofs: 2 passed; rows new or changed: 2"


@needs("private_net")
def test_proof_that_is_edited_while_it_runs_is_not_kept(project):
    project.write(ODD, ONE + FILE.replace("exists()", "exists(); edit()") + EDIT)
    told = project.keep("tests")
    assert "edited while they ran, so not kept: odd.file" in told
    assert project.rows().keys() == {"odd.one"}


@needs("packets")
def test_packets_are_kept_and_workers_tell_them(project):
    project.write(ODD, ONE + FILE + PACKETS)
    for arguments in ((), ("-n", "2")):
        project.path.unlink(missing_ok=True)
        told = project.keep("tests", *arguments)
        assert told == "proofs: 3 passed; rows new or changed: 3"
        assert project.rows()["odd.packets"]["packets"] == [
            "UDP 127.0.0.1:50001 → 127.0.0.1:50001, 1 bytes"
        ]


@needs("private_net")
def test_each_proof_has_a_network_of_its_own(project):
    taken = ONE.replace('"127.0.0.1", 0', '"127.0.0.1", 40000')
    project.write(ODD, taken + taken.partition("\n\n\n")[2].join(["\n\n\n", ""]))
    project.edit("import pytest\n\n\ndef test_one", "import pytest\n\n\ndef test_two")
    assert "2 passed" in project.pytest("tests")


@needs("private_net")
def test_proof_that_fails_over_ipv6_must_say_why(project):
    any_of_many = ONE.replace('127.0.0.1", 0', '127.200.3.4", 0')
    any_of_many = any_of_many.replace('== "127.0.0.1"', '== "127.200.3.4"')
    project.write(ODD, any_of_many)
    printed = project.pytest("tests")
    assert "1 failed" in printed and 'scope("IPv4", because=' in printed
    why = '@pytest.mark.scope("IPv4", because="IPv6 has no such network")\ndef test_one'
    project.edit("def test_one", why)
    project.keep("tests")
    assert project.rows()["odd.one"]["kinds"] == ["TCP IPv4"]


@needs("private_net")
def test_proof_is_run_over_both_families(project):
    project.keep("tests")
    assert project.rows()["odd.one"]["kinds"] == ["TCP IPv4", "TCP IPv6"]


@needs("private_net")
def test_scope_that_is_not_used_is_refused(project):
    project.edit("def test_one", '@pytest.mark.scope("UDP")\ndef test_one')
    assert "@scope names UDP, and used none" in project.pytest("tests")


@needs("private_net", "sysctl")
def test_hunt_tells_where_a_proof_breaks(project):
    far = ONE.partition("    with")[0] + (
        "    with socket.socket() as sock, pytest.raises(OSError):\n"
        '        sock.bind(("192.0.2.1", 0))\n'
    )
    project.write(ODD, far)
    printed = project.pytest("--hunt", "tests")
    assert "odd.one\n    ip_nonlocal_bind: " in printed
    assert "1 passed" in printed


@needs("private_net")
def test_proof_that_asserts_nothing_is_caught(project):
    project.write(ODD, ONE + EMPTY)
    printed = project.pytest("--altered", "tests", "-n", "2")
    assert "no alteration of its sockets makes it fail" in printed
    assert "1 passed" in printed and "2 failed" in printed
    assert "1 caught by another local address" in printed


def test_proof_runs_where_it_is_without_a_network_of_its_own(project):
    """And its row tells that it passed, though no packet can be seen."""
    nowhere = f"{CONFTEST}\nfrom lab.isolation import namespace\n"
    nowhere += 'namespace.abilities = lambda: {"private_net": "not here"}\n'
    project.write("tests/conftest.py", nowhere)
    assert project.keep("tests") == "proofs: 2 passed; rows new or changed: 2"
