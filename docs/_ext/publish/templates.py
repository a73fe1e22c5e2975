"""Keeps compiled templates from build to build: each build uses the same two dozen.

They lie beside the pages that Sphinx keeps parsed. One whose text has changed is
compiled anew: Jinja keeps a digest of the text with it.
"""

from pathlib import Path

from jinja2 import FileSystemBytecodeCache
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder
from sphinx.jinja2glue import BuiltinTemplateLoader


def keep_compiled(app: Sphinx) -> None:
    """Give the templates of this build a folder for what they are compiled to."""
    builder = app.builder
    if not isinstance(builder, StandaloneHTMLBuilder):
        return
    if isinstance(builder.templates, BuiltinTemplateLoader):
        folder = Path(app.doctreedir, "templates")
        folder.mkdir(parents=True, exist_ok=True)
        builder.templates.environment.bytecode_cache = FileSystemBytecodeCache(
            str(folder)
        )


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", keep_compiled)
