"""A build that opens a socket is noticed; tests/checks looks at that of the site."""

import subprocess
import sys

import pytest

from evidence.store import ROOT

# An audit hook sees every socket that is made, whoever makes it, also in C and in child
# processes, and cannot be removed. What Sphinx imports tries at once whether there is
# IPv6; all else is written down and refused.
GUARD = """
import os, sys, traceback

found = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)

def refuse(event, arguments):
    if event.startswith("socket.") and event != "socket.gethostname":
        stack = traceback.extract_stack()[:-1]
        if any("urllib3" in frame.filename for frame in stack[-3:]):
            raise OSError("no sockets")
        os.write(found, "".join([event, "\\n", *traceback.format_list(stack)]).encode())
        raise RuntimeError(f"a build opens no socket: {event}")

sys.addaudithook(refuse)
from sphinx.cmd.build import main
sys.exit(main(sys.argv[2:]))
"""
CONF = """
import sys
sys.path.insert(0, {root!r})
extensions = ["myst_parser", "asking"]
sys.path.insert(0, {folder!r})
"""
ASKING = """
import socket
from docutils.parsers.rst import Directive

class Asking(Directive):
    def run(self):
        try:
            socket.create_connection(("127.0.0.1", 9), timeout=1)
        except Exception:
            pass
        return []

def setup(app):
    app.add_directive("asking", Asking)
"""


def sockets_of_a_build(folder, *arguments) -> tuple[int, str]:
    """The exit status of a build, and which sockets it asked for, and where."""
    log = folder / "sockets"
    ended = subprocess.run(
        [sys.executable, "-c", GUARD, str(log), "-q", *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    asked = log.read_text()
    return ended.returncode, asked or ended.stderr


@pytest.mark.parametrize("parallel", ["1", "2"])
def test_directive_that_opens_one_is_noticed(tmp_path, parallel):
    docs = tmp_path / "docs"
    docs.mkdir()
    (docs / "conf.py").write_text(CONF.format(root=str(ROOT), folder=str(docs)))
    (docs / "asking.py").write_text(ASKING)
    for name in ("index", *"abcdefgh"):
        (docs / f"{name}.md").write_text("# P\n\n```{asking}\n```\n")
    arguments = ("-j", parallel, str(docs), str(tmp_path / "html"))
    _, told = sockets_of_a_build(tmp_path, *arguments)
    assert "asking.py" in told and told.startswith("socket.")
