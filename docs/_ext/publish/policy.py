"""Puts the Content-Security-Policy of conf.py on every page."""

from base64 import b64encode
from hashlib import sha256
from html import escape

# The one inline script of the theme, which sets light or dark before the first paint.
THEME_SCRIPT = """
      document.body.dataset.theme = localStorage.getItem("theme") || "auto";
    """


def policy(template: str) -> str:
    """The policy, with the hash of the theme's inline script filled in."""
    digest = b64encode(sha256(THEME_SCRIPT.encode()).digest()).decode()
    return template.format(inline=f"'sha256-{digest}'")


def add_policy(app, pagename, templatename, context, doctree) -> None:
    """Add the meta tag to one page."""
    content = escape(policy(app.config.content_security_policy), quote=False)
    tag = f'<meta http-equiv="Content-Security-Policy" content="{content}">'
    context["metatags"] = tag + context.get("metatags", "")


def setup(app):
    app.add_config_value("content_security_policy", "", "html", [str])
    app.connect("html-page-context", add_policy)
