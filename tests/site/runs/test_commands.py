"""Every command that a page tells the reader to type is run, or says why not."""

import subprocess
import sys
from pathlib import Path

import pytest

from evidence.store import ROOT
from lab.isolation.namespace import abilities
from tests.site import pages

COMMANDS = [
    (fence.page, line)
    for fence in pages.all_fences()
    if fence.kind == "{shell}"
    for line in fence.body.splitlines()
    if line.strip()
]
NOT_RUN = [fence for fence in pages.all_fences() if fence.kind == "{not-run}"]


def test_commands_are_counted():
    assert len(COMMANDS) >= 1
    assert len(NOT_RUN) <= 5, "too much is not run"


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_command_runs(page, command):
    """In the project's folder, with the Python that runs these tests."""
    if "lab.isolation.networks" in command and (reason := abilities()["private_net"]):
        pytest.skip(f"needs private_net: {reason}")
    python = Path(sys.executable).parent
    ended = subprocess.run(
        ["sh", "-c", f'PATH="{python}:$PATH"; {command}'],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert ended.returncode == 0, f"{page}: {command}\n{ended.stderr}"
