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


@pytest.mark.parametrize(
    ("block", "complaint"),
    [
        ("```{not-run}\nrm x\n```", "needs a :reason:, or use {shell}"),
        (
            "```{not-run}\n:reasn: x\n\nrm x\n```",
            "Unknown option key: 'reasn' (allowed:",
        ),
        ("```{shell}\n```", "has no command; write one a line"),
    ],
)
def test_complaint_has_page_and_line(small_site, block, complaint):
    small_site.without_claims()
    small_site.write("docs/index.md", f"# Front\n\n{block}\n")
    warnings = small_site.build()
    assert complaint in warnings
    assert "index.md:3" in warnings


def test_reason_stands_below_what_is_not_run(small_site):
    small_site.without_claims()
    block = "```{not-run}\n:reason: it needs root\n\nreboot\n```"
    small_site.write("docs/index.md", f"# Front\n\n{block}\n")
    assert small_site.build() == ""
    page = small_site.page()
    assert page.index("reboot") < page.index("Not run by our tests: it needs root")


def test_commands_are_counted():
    assert len(COMMANDS) >= 1
    assert len(NOT_RUN) <= 5, "too much is not run"


@pytest.mark.parametrize(("page", "command"), COMMANDS)
def test_command_runs(page, command):
    """In the project's folder, with the Python that runs these tests."""
    if " -m lab network " in command and (reason := abilities()["private_net"]):
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
