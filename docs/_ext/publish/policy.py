"""Puts the Content-Security-Policy of conf.py on every page."""

import re
from base64 import b64encode
from functools import cache
from hashlib import sha256
from html import escape
from pathlib import Path
from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.html import StandaloneHTMLBuilder

INLINE = re.compile(r"<script>(.*?)</script>", re.DOTALL)


@cache
def hashes(template: Path) -> str:
    """What allows the inline scripts that stand in a template of the theme.

    Furo has one: it sets light or dark before the first paint.
    """
    if not template.is_file():
        return ""
    scripts = INLINE.findall(template.read_text(encoding="utf-8"))
    digests = (sha256(script.encode()).digest() for script in scripts)
    return " ".join(f"'sha256-{b64encode(digest).decode()}'" for digest in digests)


def add_policy(
    app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """Add the meta tag to one page, with the hashes of inline scripts filled in."""
    builder = app.builder
    if not isinstance(builder, StandaloneHTMLBuilder) or builder.theme is None:
        return
    base = Path(builder.theme.get_theme_dirs()[0], "base.html")
    policy = app.config.content_security_policy.format(inline=hashes(base))
    tag = (
        f'<meta http-equiv="Content-Security-Policy" content="{escape(policy, False)}">'
    )
    context["metatags"] = tag + context.get("metatags", "")


def setup(app: Sphinx) -> None:
    app.add_config_value("content_security_policy", "", "html", [str])
    app.connect("html-page-context", add_policy)
