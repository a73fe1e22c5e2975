"""Writes every page again when the sidebar has changed, for it stands on every page."""

from docs._ext import metadata


def sidebar(env) -> list:
    """What the sidebar shows: which page is below which, and each page's title."""
    titles = {page: title.astext() for page, title in env.titles.items()}
    return [sorted(env.toctree_includes.items()), sorted(titles.items())]


def pages_to_write(app, env) -> list[str]:
    """All pages if the sidebar is not the one they were written with, else none."""
    before, now = getattr(env, "sidebar", None), sidebar(env)
    env.sidebar = now
    return [] if before == now else sorted(env.found_docs)


def setup(app):
    app.connect("env-updated", pages_to_write)
    return metadata()
