"""Settings of the site. docs/ is the source folder: `python -m sphinx -c . docs …`."""

import doctest
import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

sys.path.insert(0, str(Path(__file__).parent))  # for docs._ext and evidence

project = "bind() and connect()"
author = "the bind-and-connect authors"
copyright = f"2026, {author}. Text CC BY 4.0, code MIT"
language = "en"

extensions = [
    "myst_parser",
    "notfound.extension",
    "sphinx.ext.doctest",
    "sphinx.ext.intersphinx",
    "sphinx_last_updated_by_git",
    "docs._ext",
]
if tags.has("spelling"):  # noqa: F821  # `make check` looks every word up
    extensions.append("sphinxcontrib.spelling")
    spelling_lang = "en_GB"
    spelling_word_list_filename = str(Path(__file__).parent / "tests/checks/words.txt")
    spelling_show_suggestions = True

myst_enable_extensions = ["colon_fence", "deflist"]
myst_heading_anchors = 3
exclude_patterns = ["_ext", "_static"]

# Names of Python link to its documentation, manual pages to man7.org. The inventory is
# a file, so that the build asks nobody; docs/_inventories/renew.py makes it anew.
intersphinx_mapping = {
    "python": (
        "https://docs.python.org/3/",
        str(Path(__file__).with_name("docs") / "_inventories" / "python.inv"),
    )
}
manpages_url = "https://man7.org/linux/man-pages/man{section}/{page}.{section}.html"
nitpicky = True  # a name that leads nowhere is an error

# Sphinx ignores the text of an exception by default; a wrong errno must not pass.
doctest_default_flags = doctest.DONT_ACCEPT_TRUE_FOR_1

# Where the site will be, for canonical links, the sitemap and previews of links. The
# build invents no address: without one these are left out.
html_baseurl = os.environ.get("SITE_URL") or os.environ.get(
    "READTHEDOCS_CANONICAL_URL", ""
)
html_baseurl = html_baseurl and html_baseurl.rstrip("/") + "/"
notfound_template = "404.html"
notfound_urls_prefix = urlsplit(html_baseurl).path or "/"

# The day of a page is that of its last commit; evidence and programs show their own.
# Where there is no git, or not the whole history, pages have no day.
html_last_updated_fmt = "%d %B %Y"
git_last_updated_timezone = "UTC"
git_exclude_patterns = ["/**"]  # what a page depends on has an absolute path
git_untracked_show_sourcelink = True
suppress_warnings = [
    "git.command_not_found",
    "git.subprocess_error",
    "git.dependency_not_found",  # a directive says so itself, with the cure
    "git.too_shallow",
]

html_theme = "furo"
pygments_dark_style = "github-dark"
html_title = "bind() and connect()"
html_static_path = ["docs/_static"]
html_css_files = ["site.css"]
html_js_files = [
    (name, {"defer": "defer"}) for name in ("copy.js", "marks.js", "search-field.js")
]
html_favicon = "docs/_static/favicon.svg"
html_copy_source = False
html_show_sourcelink = False
# The tokens: every colour of the site, light and dark; a test computes the contrast of
# each pair. Local names are blue and peer names orange, everywhere, and links are
# neither. Red is for a call that failed, amber for one that is under way.
TOKENS = {
    "light": {
        "foreground-primary": "#16181d",
        "foreground-secondary": "#565d6b",
        "foreground-muted": "#5f6673",
        "foreground-border": "#868e9c",
        "background-primary": "#ffffff",
        "background-secondary": "#f6f7f9",
        "background-hover": "#eceef2",
        "background-border": "#dfe3ea",
        "brand-primary": "#16181d",
        "brand-content": "#4b3fa8",
        "link": "#4b3fa8",
        "link--hover": "#342a85",
        "link--visited": "#4b3fa8",
        "link--visited--hover": "#342a85",
        "link-underline": "#b9b3e6",
        "link-underline--hover": "#4b3fa8",
        "link-underline--visited": "#b9b3e6",
        "link-underline--visited--hover": "#4b3fa8",
        "local": "#0b5aa2",
        "local-fill": "#e8f0fb",
        "peer": "#9a4300",
        "peer-fill": "#fdeee0",
        "failed": "#b3142d",
        "pending": "#8a6100",
        "proved": "#1a6b3c",
    },
    "dark": {
        "foreground-primary": "#e6e8ec",
        "foreground-secondary": "#a9b0bd",
        "foreground-muted": "#9aa2b0",
        "foreground-border": "#6d7583",
        "background-primary": "#0f1216",
        "background-secondary": "#171b21",
        "background-hover": "#222831",
        "background-border": "#2a303a",
        "brand-primary": "#e6e8ec",
        "brand-content": "#b3a9ff",
        "link": "#b3a9ff",
        "link--hover": "#d3cdff",
        "link--visited": "#b3a9ff",
        "link--visited--hover": "#d3cdff",
        "link-underline": "#544a96",
        "link-underline--hover": "#b3a9ff",
        "link-underline--visited": "#544a96",
        "link-underline--visited--hover": "#b3a9ff",
        "local": "#7dbcf7",
        "local-fill": "#11263a",
        "peer": "#f3ae6d",
        "peer-fill": "#33220f",
        "failed": "#ff8d9b",
        "pending": "#e6b450",
        "proved": "#73d09a",
    },
}
html_theme_options = {
    f"{scheme}_css_variables": {f"color-{name}": value for name, value in names.items()}
    for scheme, names in TOKENS.items()
}
# The bar above every page has the name of the site and the search.
html_sidebars = {
    "**": [
        "sidebar/scroll-start.html",
        "sidebar/navigation.html",
        "sidebar/scroll-end.html",
    ]
}
html_context = {
    "sections": [
        ("Learn", "learn/index"),
        ("Fix an error", "errors/index"),
        ("Recipes", "recipes/index"),
        ("Look it up", "reference/index"),
        ("Proofs", "proofs/index"),
    ]
}
# Where the sources are: without it, no page has a link to edit it.
source_repository = os.environ.get("SITE_REPOSITORY") or "/".join(
    os.environ.get(part, "") for part in ("GITHUB_SERVER_URL", "GITHUB_REPOSITORY")
).strip("/")
if source_repository:
    html_theme_options["source_edit_link"] = (
        f"{source_repository}/edit/main/docs/{{filename}}"
    )
templates_path = ["docs/_templates"]

# The book: `make epub`. The site offers it if it is there.
version = "1.0.0"
epub_basename = "bind-and-connect"
epub_title = html_title
epub_description = "An executable reference on bind() and connect()"
epub_uid = "book"
epub_identifier = "urn:uuid:8c1b0f5e-6d0c-5a55-9f0e-2b7f2e1f6c3a"
epub_show_urls = "no"
epub_css_files = []
epub_tocscope = "includehidden"
epub_tocdepth = 2
epub_tocdup = False
book = Path(__file__).parent / "build" / "epub" / f"{epub_basename}.epub"
book = str(book) if book.exists() else ""

# No page may load anything from elsewhere. The hash is that of the theme's one inline
# script; a test compares it with the built pages.
content_security_policy = (
    "default-src 'none'; script-src 'self' {inline}; style-src 'self' 'unsafe-inline'; "
    "img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'"
)
