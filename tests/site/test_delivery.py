"""What runs elsewhere: the workflow, Read the Docs, make on another machine."""

import re
import socket
import subprocess
import sys

import pytest
from ruamel.yaml import YAML

from evidence.store import ROOT


def load(path: str) -> dict:
    return YAML(typ="safe").load(ROOT / path)


@pytest.mark.parametrize(
    ("schema", "file"),
    [
        ("vendor.readthedocs", ".readthedocs.yaml"),
        ("vendor.github-workflows", ".github/workflows/site.yml"),
    ],
)
def test_configuration_is_valid(schema, file):
    checked = subprocess.run(
        [sys.executable, "-m", "check_jsonschema", "--builtin-schema", schema, file],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert checked.returncode == 0, checked.stdout


def test_workflow_tests_every_supported_python():
    matrix = load(".github/workflows/site.yml")["jobs"]["test"]["strategy"]["matrix"]
    assert matrix["python"] == ["3.11", "3.12", "3.13", "3.14"]


def test_lock_has_hashes_and_no_address():
    lock = (ROOT / "requirements.txt").read_text()
    pins = re.findall(r"^[a-z0-9-]+==", lock, re.MULTILINE)
    assert len(pins) >= 40
    for entry in re.split(r"\n(?=[a-z0-9])", lock):
        assert "--hash=sha256:" in entry, entry[:60]
    assert "://" not in lock


def test_makefile_help_lists_every_target():
    shown = subprocess.run(
        ["make"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout
    targets = re.findall(r"^(\w+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert len(targets) >= 8
    for target in set(targets):
        assert f"make {target}" in shown, f"{target} has no `## comment`"


@pytest.mark.parametrize(
    ("script", "cure"),
    [
        ('echo "Python 3.9.18"; exit 1', "Python 3.11 or newer is needed"),
        ('case "$*" in *ensurepip*) exit 1;; esac', "apt install python3-venv"),
    ],
)
def test_unfit_python_gets_one_line_with_the_cure(script, cure, tmp_path):
    fake = tmp_path / "python"
    fake.write_text(f"#!/bin/sh\n{script}\n")
    fake.chmod(0o755)
    ended = subprocess.run(
        ["make", "html", f"PYTHON={fake}", f"VENV={tmp_path / 'venv'}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert ended.returncode != 0
    assert cure in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr


def test_taken_port_gets_one_line_with_the_cure(tmp_path):
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "python").symlink_to(sys.executable)
    (tmp_path / "ready").touch()  # an environment that make has nothing to do for
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        ended = subprocess.run(
            ["make", "live", f"PORT={port}", f"VENV={tmp_path}"],
            cwd=ROOT,
            capture_output=True,
            text=True,
        )
    assert ended.returncode != 0
    assert f"port {port} is taken" in ended.stdout
