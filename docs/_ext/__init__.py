"""The Sphinx extension of this site: a package for each noun, and one to publish.

Each package holds its directives, what they draw, and the css and js that this needs.
Parsing and drawing are plain functions that know no Sphinx; directives are thin. They
read `evidence` and never import the lab: a build opens no socket.
"""

from importlib import import_module
from pathlib import Path
from typing import Any
from zlib import crc32

from sphinx.application import Sphinx

from evidence import sources

PARTS = (
    "claims.domain",
    "claims.roles",
    "claims.placement",
    "claims.panel",
    "claims.proofs",
    "claims.byline",
    "claims.unmarked",
    "claims.wording",
    "claims.decision",
    "runs.sequence",
    "runs.scenes",
    "runs.live_card",
    "runs.snippet",
    "runs.api_calls",
    "runs.commands",
    "errors.directives",
    "errors.field",
    "errors.explain",
    "incidents.directives",
    "runtimes.directives",
    "sharing.directives",
    "machines.directives",
    "machines.explorer",
    "cited.netsem",
    "cited.suites",
    "cited.verdicts",
    "systems.measured",
    "systems.differences",
    "systems.socketcheck",
    "publish.code_colours",
    "publish.downloads",
    "publish.filter",
    "publish.first_paint",
    "publish.hosting",
    "publish.navigation",
    "publish.page_cards",
    "publish.policy",
    "publish.schemas",
    "search.sections",
    "publish.sidebar",
    "publish.templates",
    "publish.as_markdown",
    "publish.epub",
    "publish.assets",
)


def metadata() -> dict[str, Any]:
    """What Sphinx is told of the extension.

    The number stands for the text of the extension, so that pages read by an earlier
    version of it are read again.
    """
    here = Path(__file__).parent
    files = sorted([*here.rglob("*.py"), *here.parents[1].glob("evidence/*.py")])
    return {
        "parallel_read_safe": True,
        "parallel_write_safe": True,
        "env_version": crc32(b"".join(file.read_bytes() for file in files)),
    }


def setup(app: Sphinx) -> dict[str, Any]:
    """Set up every part."""
    # Before all that asks for the sources, and after it.
    app.connect("builder-inited", lambda _: sources.hold(), priority=1)
    app.connect("build-finished", lambda *_: sources.release(), priority=999)
    for part in PARTS:
        import_module(f"docs._ext.{part}").setup(app)
    return metadata()
