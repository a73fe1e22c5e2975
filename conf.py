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
html_title = "bind() and connect()"
html_static_path = ["docs/_static"]
html_css_files = ["site.css"]
html_js_files = [("copy.js", {"defer": "defer"})]
html_search_scorer = "docs/_ext/publish/search-scorer.js"
html_favicon = "docs/_static/favicon.svg"
html_copy_source = False
html_show_sourcelink = False
html_theme_options = {
    # Local names are blue, peer names orange, everywhere. All pairs pass WCAG AA.
    "light_css_variables": {
        "color-brand-primary": "#1f4e79",
        "color-brand-content": "#0b5aa2",
        "color-local": "#0b5aa2",
        "color-local-fill": "#e8f1fb",
        "color-peer": "#9a4300",
        "color-peer-fill": "#fdf0e3",
        "color-failed": "#b3142d",
        "color-proved": "#1a6b3c",
    },
    "dark_css_variables": {
        "color-brand-primary": "#9cc9f5",
        "color-brand-content": "#7dbcf7",
        "color-local": "#7dbcf7",
        "color-local-fill": "#11263a",
        "color-peer": "#f3ae6d",
        "color-peer-fill": "#33220f",
        "color-failed": "#ff8d9b",
        "color-proved": "#73d09a",
    },
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
