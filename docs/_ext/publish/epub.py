"""The book: the same pages in one EPUB file, for readers that run no script.

A finished page is made strict XHTML. What needs a script is taken out.
"""

import filecmp
import re
import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup, Tag
from docutils import nodes
from sphinx.application import Sphinx
from sphinx.builders.epub3 import Epub3Builder

from docs._ext.publish import assets

if TYPE_CHECKING:  # a build of the site does without the parser of style sheets
    from docs._ext.publish.book_style import Style

BOOK_STYLE = Path(__file__).with_name(assets.BOOK)
UNFOLDED = {"details": "div", "summary": "p"}


def classes(part: Tag | None) -> list[str]:
    """The classes of an element."""
    found = part.get("class") if part else None
    return list(found) if isinstance(found, list) else []


def fit(svg: Tag) -> None:
    """Give a picture a size and the namespace; XML minds the case of viewBox."""
    box = svg["viewBox"] = str(svg.attrs.pop("viewbox"))
    *_, width, height = box.split()
    svg["xmlns"] = "http://www.w3.org/2000/svg"
    svg["width"], svg["height"] = width, height
    svg["style"] = f"width:100%;max-width:{width}px;height:auto;background:#fff"


def needs_a_script(part: Tag) -> bool:
    """Whether a part of a page does nothing in a book."""
    if part.name in ("button", "script", "template") or part.get("id") in (
        "explorer",
        "explain",
    ):
        return True
    if "player-head" in classes(part):
        return True
    return part.name == "span" and "snippet-head" in classes(part.parent)


def lead(link: Tag, site: str, page: str) -> None:
    """Let a link to what is not in the book lead to the site, or be no link."""
    target = str(link["href"])
    parts = urlsplit(target)
    in_book = not parts.path or parts.path.endswith(".xhtml")
    if parts.scheme or (in_book and "walk" not in classes(link)):
        return
    if site:
        address = urljoin(f"{site}{page}.html", target)
        link["href"] = address.replace(".xhtml", ".html")
    elif classes(link.parent) == ["call-flow"]:
        link.decompose()
    else:
        link.unwrap()


def strict(body: str, site: str, page: str, pictures: "list[tuple[str, Style]]") -> str:
    """The XHTML of a page's body.

    site: the address of the site, or nothing; page: the path of the page there;
    pictures: selectors and what they set in a picture.

    >>> strict("<br><button>Copy</button><a href='../x.zip'>x</a>", "", "a/b", [])
    '<br/>x'
    >>> strict("<a href='../x.zip'>x</a>", "https://example.org/", "a/b", [])
    '<a href="https://example.org/x.zip">x</a>'
    """
    from docs._ext.publish.book_style import colour

    soup = BeautifulSoup(body, "html.parser")
    for part in soup.find_all(True):
        if part.decomposed:
            continue
        if needs_a_script(part):
            part.decompose()
        elif part.name == "form":
            note = soup.new_tag("p", attrs={"class": "only-on-the-site"})
            note.string = "Only on the site: a form that answers for any pair."
            part.insert_before(note)
            part.decompose()
        elif part.name in UNFOLDED:
            part["class"] = " ".join([*classes(part), f"was-{part.name}"])
            part.name = UNFOLDED[part.name]
        elif part.name == "svg":
            for link in part.find_all("a"):  # some readers leave out what is linked;
                link.unwrap()  # the same in words, below, has the links too
            colour(part, pictures)
            fit(part)
        elif part.name == "a" and "href" in part.attrs:
            lead(part, site, page)
        elif part.name in ("td", "th") and len(part.contents) == 1:
            (only,) = part.contents
            if isinstance(only, Tag) and only.name == "p":
                only.unwrap()  # some readers lay paragraphs over each other
        if not part.decomposed:
            part.attrs.pop("hidden", None)
            part.attrs.pop("tabindex", None)
            part.attrs.pop("data-steps", None)
    return soup.decode(formatter="minimal")


class Book(Epub3Builder):
    """Sphinx's EPUB builder, with one style sheet, no script, and declared pictures."""

    def init(self) -> None:
        from docs._ext.publish import book_style

        super().init()
        light = self.config.html_theme_options.get("light_css_variables", {})
        css = f"{assets.style()}\n{BOOK_STYLE.read_text()}"
        self.rules = book_style.filled_in(css, light)
        self.pictures = book_style.of_pictures(self.rules)

    def copy_static_files(self) -> None:
        """Write what a page loads: the names are those of the theme."""
        static = Path(self.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        self.create_pygments_style_file()
        (static / "epub.css").write_text(
            "\n".join(map(str, self.rules)) + "\n", encoding="utf-8"
        )

    def fix_fragment(self, prefix: str, fragment: str) -> str:
        """Keep colons: no place in the book has one, but the explorer's walks do."""
        return prefix + fragment

    def toc_metadata(self, level: int, navpoints: list[Any]) -> dict[str, Any]:
        """Name the book in toc.ncx as in content.opf, which Sphinx does not."""
        found: dict[str, Any] = super().toc_metadata(level, navpoints)
        return found | {"uid": self.config.epub_identifier}

    def handle_page(
        self, pagename: str, addctx: dict[str, Any], *args: Any, **kwargs: Any
    ) -> None:
        if pagename in self.env.found_docs or pagename == "genindex":  # no 404
            super().handle_page(pagename, addctx, *args, **kwargs)

    def build_content(self) -> None:
        """Say in the list of files which pages have pictures inside."""
        super().build_content()
        path = Path(self.outdir, "content.opf")

        def declared(item: re.Match[str]) -> str:
            page = Path(self.outdir, item[1])
            drawn = page.suffix == self.out_suffix and "<svg" in page.read_text()
            return item[0].replace(" />", ' properties="svg" />') if drawn else item[0]

        listed = re.sub(
            r'<item [^>]*href="([^"]+)"[^>]* />', declared, path.read_text()
        )
        path.write_text(listed, encoding="utf-8")


def make_strict(
    app: Sphinx,
    page: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """Make a page of the book out of a page of the site."""
    if not isinstance(app.builder, Book):
        return
    for key in ("metatags", "pageurl", "parents"):  # for machines, or for a screen
        context.pop(key, None)
    if "body" in context:
        context["body"] = strict(
            context["body"], app.config.html_baseurl, page, app.builder.pictures
        )


def offer(
    app: Sphinx,
    _page: str,
    _template: str,
    context: dict[str, Any],
    _tree: nodes.document | None,
) -> None:
    """Link the book from a page of the site, if it has been built."""
    if app.builder.name == "html" and app.config.book:
        context["book"] = context["pathto"](Path(app.config.book).name, resource=True)


def put_on_site(app: Sphinx, exception: Exception | None) -> None:
    """Copy the book that the pages link."""
    if exception or app.builder.name != "html" or not app.config.book:
        return
    copied = Path(app.outdir, Path(app.config.book).name)
    if not copied.exists() or not filecmp.cmp(app.config.book, copied):
        shutil.copy2(app.config.book, copied)


def setup(app: Sphinx) -> None:
    app.add_config_value("book", "", "html", [str])
    app.add_builder(Book, override=True)
    app.connect("html-page-context", make_strict, priority=900)
    app.connect("html-page-context", offer)
    app.connect("build-finished", put_on_site)
