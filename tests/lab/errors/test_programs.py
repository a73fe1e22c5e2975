"""Every program of the error reference is pasted: it gives its error, and cures it."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from docs._ext.errors import in_words
from evidence import errors
from evidence.errors import Way
from lab.errors import programs

ROWS = errors.load().rows


def needs(program: str) -> list[str]:
    """What a program must find where it is pasted."""
    found = ["private_net", "ip"] if "unshare(0x" in program else []
    found += ["sysctl"] if "/proc/sys/" in program else []
    return found + (["nft"] if "nft " in program else [])


def pasted(program: str, folder: Path) -> subprocess.CompletedProcess[str]:
    """Give a program to Python as a reader does, who has nothing but Python."""
    told = [sys.executable, "-I", "-"]
    return subprocess.run(
        told, input=program, text=True, capture_output=True, cwd=folder, timeout=60
    )


@pytest.mark.parametrize(
    "way",
    [
        pytest.param(
            row,
            marks=pytest.mark.needs(*needs(row.program)),
            id=f"{row.id}-{row.errno}",
        )
        for row in ROWS
    ],
)
def test_pasted_program_gives_its_error_and_cures_it(way: Way, tmp_path):
    done = pasted(way.program, tmp_path)
    told = [in_words.in_python(way), *([] if way.unshown else ["cured"])]
    assert (done.stdout.splitlines(), done.stderr) == (told, "")
    assert not list(tmp_path.iterdir()), "it leaves files where it is pasted"


@pytest.mark.parametrize("way", ROWS, ids=lambda way: f"{way.id}-{way.errno}")
def test_pasted_program_has_nothing_of_ours(way: Way):
    tree = ast.parse(way.program)
    named = {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)}
    assert not named & {"kit", "self", "networks", "namespace"}
    modules = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
    }
    assert modules <= sys.stdlib_module_names
    assert max(map(len, way.program.splitlines())) <= 100


@pytest.mark.parametrize("way", ROWS, ids=lambda way: f"{way.id}-{way.errno}")
def test_network_is_changed_in_one_of_its_own(way: Way):
    """Before the first command stands what leaves the reader's network alone."""
    for change in ('run("', '"/proc/sys/'):
        if change in way.program:
            assert way.program.index("unshare(0x") < way.program.index(change)
    if "libc.mount" in way.program:
        assert way.program.index("unshare(131072)") < way.program.index("libc.mount")


def written(text: str, kind: errors.Kind = "TCP/IPv4") -> str:
    return programs.text(ast.parse(text).body, kind, "OSError")


def test_kit_is_written_out_for_one_kind():
    way = "client, server = kit.pair()\nwith kit.fails():\n    client.listen()\n"
    stream, datagram = written(way), written(way, "UDP/IPv6")
    assert 'listener.bind(("127.0.0.1", 0))' in stream
    assert "server = listener.accept()[0]" in stream
    assert 'server.bind(("::1", 0))' in datagram and "listener" not in datagram
    assert "cured" not in stream


def test_names_of_the_way_stay_free():
    """A helper's own name gives way to the one that the way uses."""
    text = "listener, other = kit.new(), kit.closed()\nclient, _ = kit.pair()\n"
    made = written(text + "with kit.fails():\n    client.connect(other)\n")
    assert "listener2 = socket.socket" in made and "server = listener2" in made
    assert "other = gone.getsockname()" in made


def test_what_cannot_be_written_out_is_named():
    with pytest.raises(TypeError, match=r"no rule for 'del x': lab/errors/programs.py"):
        written("del x\nwith kit.fails():\n    x.bind()\n")
