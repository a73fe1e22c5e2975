"""`make live`: sphinx-autobuild, whose builds find all that they need imported already.

sphinx-autobuild starts a new Python for each build; until that has imported Sphinx, the
theme and the parser, half of the time passes from saving a page to seeing it. So the
server imports what others wrote, once, and a process forked from it builds. What is
ours, the extension, conf.py and evidence, is not imported here: each build reads it as
it is then, and what it keeps in memory ends with it. Programs are run again only when
something else than a page was saved.
"""

import gc
import multiprocessing
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path

from sphinx_autobuild import __main__ as autobuild

# What a build imports beside Sphinx itself; one that is not listed only costs time.
USED = (
    "babel.dates",
    "bs4",
    "docutils.parsers.rst.directives.tables",
    "furo",
    "markdownify",
    "msgspec",
    "myst_parser.sphinx_ext.main",
    "notfound.extension",
    "pygments.formatters.html",
    "pygments.lexers.python",
    "requests",
    "sphinx.application",
    "sphinx.builders.html",
    "sphinx.environment.collectors.toctree",
    "sphinx.ext.doctest",
    "sphinx.ext.intersphinx",
    "sphinx.search.en",
    "sphinx_last_updated_by_git",
    "tinycss2",
)
PAGE = ".md"


class WarmBuilder(autobuild.Builder):  # type: ignore[misc]  # it has no types
    """Builds in a process forked from the server, in which everything is imported."""

    def __call__(self, *, changed_paths: Sequence[Path]) -> None:
        if not changed_paths:  # the first build, by the server: it must stay as it is
            super().__call__(changed_paths=changed_paths)
            warm_up()
            return
        names = ", ".join(sorted({path.name for path in changed_paths})[:5])
        autobuild.show_message(f"{names} changed")
        if any(path.suffix != PAGE for path in changed_paths):
            self._run_commands(self.pre_build_commands, "pre-build")
        building = multiprocessing.Process(target=build, args=(self.sphinx_args,))
        building.start()
        building.join()
        if building.exitcode:
            print("The site shows what was built before: see the complaint above.")
        autobuild.show_message(f"Serving on {self.uri}")


def build(arguments: list[str]) -> None:
    """Build as `python -m sphinx` would, and end with its exit status."""
    sys.exit(import_module("sphinx.cmd.build").main(arguments))


def warm_up() -> None:
    """Import what builds will need."""
    for name in (*import_module("sphinx.application").builtin_extensions, *USED):
        import_module(name)
    gc.collect()
    gc.freeze()  # so that a forked process shares the memory


if __name__ == "__main__":
    multiprocessing.set_start_method(
        "fork"
    )  # from Python 3.14 on it is not the default
    autobuild.Builder = WarmBuilder
    sys.exit(autobuild.main())
