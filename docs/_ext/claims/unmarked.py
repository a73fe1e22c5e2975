"""A gate: a sentence that names a call, an errno or an option cites a claim.

Or somebody has read it and entered it in unmarked.txt: a definition, advice, what a
document says. The pages of a project that has no such list are not looked at.
"""

import re
from collections.abc import Iterator

from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger

from docs._ext.claims import domain

logger = getLogger(__name__)
FILE = "_ext/claims/unmarked.txt"  # of `page: line`; in the folder of the pages
# A sentence that names one of these says, or seems to say, how sockets behave.
TELLING = re.compile(
    r"\b(?:bind|connect|listen|accept|send|sendto|sendall|recv|recvfrom|getsockname|"
    r"getpeername|shutdown|setsockopt)\(\)"
    r"|\bE[A-Z]{4,}\b|\b(?:SO|IP|IPV6|TCP|MSG)_[A-Z_]+\b"
)
CITED = re.compile(r"\{(?:claim|proved)\}")
FENCE = re.compile(r"\s*(`{3,}|:{3,})")


def unmarked(source: str) -> Iterator[tuple[int, str]]:
    """The lines of a page that name something of the kind and carry no mark.

    >>> list(unmarked("`bind()` fails.\\n\\n# The call bind()\\n\\nSockets are files."))
    [(1, '`bind()` fails.')]
    """
    ticks = None
    for number, line in enumerate(source.splitlines(), 1):
        if fence := FENCE.match(line):
            if ticks is None:  # a colon fence holds prose
                ticks = fence[1] if fence[1].startswith("`") else None
            elif fence[1] == ticks:
                ticks = None
        elif (
            ticks is None
            and not line.startswith("#")
            and TELLING.search(line)
            and not CITED.search(line)
        ):
            yield number, line.strip()


def reviewed(text: str) -> dict[str, int]:
    """{`page: line`: number of its line} of unmarked.txt."""
    return {
        line: number
        for number, line in enumerate(text.splitlines(), 1)
        if line and not line.startswith("#")
    }


def note(app: Sphinx, page: str, content: list[str]) -> None:
    """Remember the unmarked lines of a page that is read."""
    domain.of(app.env).data["unmarked"][page] = list(unmarked(content[0]))


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Complain of lines that nobody has read, and of entries whose line is gone."""
    path = app.srcdir / FILE
    if not path.exists():
        return
    left = reviewed(path.read_text(encoding="utf-8"))
    for page, lines in sorted(domain.of(env).data["unmarked"].items()):
        for number, line in lines:
            if f"{page}: {line}" not in left:
                found = TELLING.search(line)
                domain.complain(
                    page,
                    number,
                    f"this line names {found[0] if found else line} and cites no "
                    f"claim: cite one with {{proved}}, or add it to docs/{FILE} if it "
                    f"states no behaviour:\n{page}: {line}",
                )
    now = {
        f"{page}: {line}"
        for page, lines in domain.of(env).data["unmarked"].items()
        for _, line in lines
    }
    for entry, number in left.items():
        if entry not in now:
            logger.warning(
                "docs/%s, line %s: no such unmarked line any more, remove it: %s",
                FILE,
                number,
                entry,
                type="evidence",
            )


def setup(app: Sphinx) -> None:
    app.connect("source-read", note)
    app.connect("env-updated", check)
