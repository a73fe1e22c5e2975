"""Writes socketcheck.py: one file with which a reader compares a system with home.

It has the program of every way to an error that needs no network and no rights. The
text around them is socketcheck.txt.
"""

import re
from pathlib import Path

from sphinx.application import Sphinx

from evidence import errors, store, systems
from evidence.errors import Errors, Way

FILE = "socketcheck.py"
FRAME = Path(__file__).with_name("socketcheck.txt")
# Programs with these make a network, or are about rights and settings.
NOT_ALONE = re.compile(
    r"subprocess|setuid|/proc/sys|libc\.|ctypes|unshare|AF_PACKET|SO_MARK"
)


def chosen(ways: list[Way]) -> list[Way]:
    """Those that run anywhere, one for each program."""
    return [way for way in ways if way.program and not NOT_ALONE.search(way.program)]


def expected(way: Way) -> str:
    """How a program ends at home: its error, and whether it was cured."""
    return f"{way.errno}, {'not cured' if way.unshown else 'cured'}"


def name(way: Way) -> str:
    """A way by its name and its error: one that gives several has several rows."""
    return f"{way.id} {way.errno}"


def entry(way: Way) -> str:
    """A way as the file has it. Its program is text between quotes."""
    text = way.program.replace("\\", "\\\\").replace('"""', '\\"\\"\\"')
    head = ", ".join(repr(one) for one in (name(way), way.sockets[0], expected(way)))
    return f'    ({head}, """\\\n{text}"""),'


def text(known: Errors) -> str:
    """The file. Raises EvidenceError for a platform that nobody has noted."""
    ways = chosen(known.rows)
    values = {
        "HOME": systems.kernel(known.platform),
        "COUNT": str(len(ways)),
        "WAYS": "\n".join(map(entry, ways)),
    }
    frame = FRAME.read_text(encoding="utf-8")
    return re.sub(r"@([A-Z]+)@", lambda found: values[found[1]], frame)


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the file beside the pages; without evidence of errors there is none."""
    if exception or app.builder.name != "html":
        return
    path = Path(app.outdir, FILE)
    known = store.kept(store.measured(errors.FILE), Errors)  # pages say what is wrong
    if known is None or known.platform not in systems.load():
        path.unlink(missing_ok=True)
        return
    made = text(known)
    if not path.exists() or path.read_text(encoding="utf-8") != made:
        path.write_text(made, encoding="utf-8")


def setup(app: Sphinx) -> None:
    """Called by Sphinx."""
    app.connect("build-finished", write)
