"""Says where a page stands: the pages above it, and those on the same subject.

A page names its subject in its front matter: `subject: UDP`.
"""

from typing import Any

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment


def in_reading_order(env: BuildEnvironment, page: str = "index") -> list[str]:
    """A page and all pages below it, as the sidebar lists them."""
    below = env.toctree_includes.get(page, [])
    return [page, *(p for child in below for p in in_reading_order(env, child))]


def subjects(env: BuildEnvironment) -> dict[str, list[str]]:
    """{subject: its pages, in reading order}."""
    found: dict[str, list[str]] = {}
    for page in in_reading_order(env):
        if subject := env.metadata[page].get("subject"):
            found.setdefault(subject, []).append(page)
    return found


def on_every_page(env: BuildEnvironment) -> list[Any]:
    """Which page is below which, their titles and subjects."""
    titles = {page: title.astext() for page, title in env.titles.items()}
    return [
        sorted(env.toctree_includes.items()),
        sorted(titles.items()),
        subjects(env),
    ]


class Navigation:
    """What one build knows of its pages' places."""

    def __init__(self) -> None:
        self.subjects: dict[str, list[str]] = {}

    def pages_to_write(self, _app: Sphinx, env: BuildEnvironment) -> list[str]:
        """All pages if the sidebar is not the one they were written with, else none."""
        self.subjects = subjects(env)
        before, now = getattr(env, "sidebar", None), on_every_page(env)
        env.sidebar = now  # type: ignore[attr-defined]  # kept from build to build
        return [] if before == now else sorted(env.found_docs)

    def add_subject(
        self,
        app: Sphinx,
        page: str,
        _template: str,
        context: dict[str, Any],
        _tree: nodes.document | None,
    ) -> None:
        """Tell the template the subject, and its pages: (title, link or None)."""
        env = app.env
        subject = env.metadata.get(page, {}).get("subject")
        if subject:
            context["subject"] = subject
            context["same_subject"] = [
                (
                    env.titles[other].astext(),
                    None if other == page else context["pathto"](other),
                )
                for other in self.subjects[subject]
            ]


def setup(app: Sphinx) -> None:
    navigation = Navigation()
    app.connect("env-updated", navigation.pages_to_write)
    app.connect("html-page-context", navigation.add_subject)
