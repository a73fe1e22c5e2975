"""Style sheets and scripts: each stands beside the directive that needs it.

All style sheets become one, `site.css`, in the order of their paths; scripts keep their
names. They are written before Sphinx takes the checksums that its pages name.
"""

from pathlib import Path

import sphinx
from sphinx.application import Sphinx

EXT = Path(__file__).parents[1]
BOOK = "epub.css"  # what only the book needs
STEMMERS = Path(sphinx.__file__).parent / "search" / "minified-js"


def style() -> str:
    """The text of site.css."""
    sheets = sorted(path for path in EXT.rglob("*.css") if path.name != BOOK)
    return "\n".join(sheet.read_text(encoding="utf-8") for sheet in sheets)


def files() -> dict[str, str]:
    """{name below _static/: text} of everything that this module writes."""
    scripts = {
        path.name: path.read_text(encoding="utf-8") for path in EXT.rglob("*.js")
    }
    stemmers = {
        name: (STEMMERS / name).read_text(encoding="utf-8")
        for name in ("base-stemmer.js", "english-stemmer.js")
    }
    return scripts | stemmers | {"site.css": style()}


def write(app: Sphinx) -> None:
    """Write what has changed."""
    if app.builder.name != "html":
        return
    folder = Path(app.outdir, "_static")
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in files().items():
        path = folder / name
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("builder-inited", write)
