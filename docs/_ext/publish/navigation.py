"""Says where a page stands: the pages above it, and those on the same subject.

A page names its subject in its front matter: `subject: UDP`.
"""


def in_reading_order(env, page: str = "index") -> list[str]:
    """A page and all pages below it, as the sidebar lists them."""
    below = env.toctree_includes.get(page, [])
    return [page, *(p for child in below for p in in_reading_order(env, child))]


def subjects(env) -> dict[str, list[str]]:
    """{subject: its pages, in reading order}."""
    found: dict[str, list[str]] = {}
    for page in in_reading_order(env):
        if subject := env.metadata[page].get("subject"):
            found.setdefault(subject, []).append(page)
    return found


def sidebar(env) -> list:
    """What stands on every page: which is below which, their titles and subjects."""
    titles = {page: title.astext() for page, title in env.titles.items()}
    return [
        sorted(env.toctree_includes.items()),
        sorted(titles.items()),
        subjects(env),
    ]


def pages_to_write(app, env) -> list[str]:
    """All pages if the sidebar is not the one they were written with, else none."""
    before, now = getattr(env, "sidebar", None), sidebar(env)
    env.sidebar = now
    return [] if before == now else sorted(env.found_docs)


def add_subject(app, pagename, templatename, context, doctree) -> None:
    """Tell the template the subject, and each of its pages: (title, link or None)."""
    env = app.env
    subject = env.metadata.get(pagename, {}).get("subject")
    if subject:
        context["subject"] = subject
        context["same_subject"] = [
            (
                env.titles[page].astext(),
                None if page == pagename else context["pathto"](page),
            )
            for page in subjects(env)[subject]
        ]


def setup(app):
    app.connect("env-updated", pages_to_write)
    app.connect("html-page-context", add_subject)
