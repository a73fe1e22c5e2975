"""The file that compares a reader's system with home."""

import json
import subprocess
import sys

import msgspec
import pytest

from docs._ext.systems import socketcheck
from evidence import errors, systems


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """What it prints and writes here."""
    folder = tmp_path_factory.mktemp("check")
    (folder / "socketcheck.py").write_text(socketcheck.text(errors.load()))
    command = [sys.executable, "-I", "socketcheck.py"]
    done = subprocess.run(
        command, cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout, json.loads((folder / "socketcheck.json").read_text())


def test_it_finds_at_home_what_was_found_at_home(ran):
    printed, told = ran
    lines = printed.splitlines()
    assert len(told["results"]) == len(socketcheck.chosen(errors.load().rows))
    if systems.here() == errors.load().platform:
        assert [line for line in lines if line.startswith("  ")] == []
        count = len(told["results"])
        assert lines[1].startswith(f"{count} of {count} as on Linux")


def test_its_programs_need_neither_rights_nor_another_network():
    ways = socketcheck.chosen(errors.load().rows)
    assert len(ways) > 100
    for way in ways:
        assert "subprocess" not in way.program
        assert "ip link" not in way.program


def test_quotes_in_a_program_stay_text():
    way = errors.load().rows[0]
    program = 'print("""a\\n""")\n'
    entry = socketcheck.entry(msgspec.structs.replace(way, program=program))
    [found] = eval(f"[{entry}]")
    assert found[3] == program
