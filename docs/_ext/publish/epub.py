"""The book: the same pages in one EPUB file, for readers that run no script.

A finished page is made strict XHTML. What needs a script is taken out. Pictures carry
their own colours, because readers differ in how much of a style sheet they obey.
"""

import copy
import filecmp
import re
import shutil
from pathlib import Path
from urllib.parse import urljoin, urlsplit

from bs4 import BeautifulSoup
from sphinx.builders.epub3 import Epub3Builder

from docs._ext.publish import assets

BOOK_STYLE = Path(__file__).with_name(assets.BOOK)
UNFOLDED = {"details": "div", "summary": "p"}
OF_A_PICTURE = {
    "color",
    "fill",
    "font-family",
    "font-size",
    "font-weight",
    "paint-order",
    "stroke",
    "stroke-dasharray",
    "stroke-linejoin",
    "stroke-width",
}


def filled_in(css: str, given: dict[str, str]) -> str:
    """CSS in which every variable is replaced by its value.

    Rules at which some readers stumble, and lose all that follow, are left out; and
    the reader, not the root of the page, has the size of the letters.

    >>> filled_in(":root { --a: red; } p { color: var(--a); fill: var(--b); }",
    ...           {"b": "#fff"})
    'p { color: red; fill: #fff; }'
    """
    css = re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)
    known = dict(re.findall(r"--([\w-]+):\s*([^;]+);", css)) | given
    css = re.sub(r"(?<=\d)rem\b", "em", css)
    css = re.sub(r"[^{}]*(?::root|\^=|:has\()[^{}]*\{[^}]*\}", "", css)
    return re.sub(r"var\(--([\w-]+)\)", lambda name: known[name[1]], css).strip()


def rules(css: str) -> list[tuple[str, dict[str, str]]]:
    """Selectors and what they set in a picture, the strongest last.

    >>> rules("svg .a, p:hover { font: 600 12px serif } text { fill: red; top: 0 }")
    ... # doctest: +NORMALIZE_WHITESPACE
    [('text', {'fill': 'red'}),
     ('svg .a', {'font-weight': '600', 'font-size': '12px', 'font-family': 'serif'})]
    """
    css = re.sub(r"@media[^{]*\{(?:[^{}]*\{[^{}]*\})*[^{}]*\}", "", css)
    found = []
    for selectors, body in re.findall(r"([^{}]+)\{([^{}]*)\}", css):
        said: dict[str, str] = {}
        for line in filter(str.strip, body.split(";")):
            name, value = (part.strip() for part in line.split(":", 1))
            if name == "font" and (
                font := re.fullmatch(r"(?:(\d+) )?(\S+) (.+)", value)
            ):
                weight, size, family = font.groups(default="400")
                said |= {"font-weight": weight, "font-size": size}
                said["font-family"] = family
            elif name in OF_A_PICTURE:
                said[name] = in_pixels(value) if name == "font-size" else value
        for selector in map(str.strip, selectors.split(",")):
            if said and not re.search(r"[:>\[]", selector):
                found.append((selector, said))
    return sorted(found, key=lambda rule: strength(rule[0]))


def in_pixels(size: str) -> str:
    """A size of letters that does not depend on the reader: boxes are drawn for it.

    >>> in_pixels("0.75em"), in_pixels("12px")
    ('12px', '12px')
    """
    return f"{float(size[:-2]) * 16:g}px" if size.endswith("em") else size


def strength(selector: str) -> tuple[int, int]:
    """How many classes and how many elements a selector names.

    >>> strength("svg.sequence .slot.local rect")
    (3, 2)
    """
    return selector.count("."), len(re.findall(r"(?:^|\s)[a-z]", selector))


def colour(svg, of_a_picture: list[tuple[str, dict[str, str]]]) -> None:
    """Write into each part of a picture what the style sheet says of it."""
    styles: dict[int, dict[str, str]] = {}
    for selector, said in of_a_picture:
        for part in svg.select(selector):
            styles.setdefault(id(part), {}).update(said)
    for part in svg.find_all(True):
        style = styles.get(id(part), {})
        for name in ("fill", "stroke"):
            if style.get(name) == "currentColor":
                above = (styles.get(id(box), {}) for box in [part, *part.parents])
                style[name] = next(s["color"] for s in above if "color" in s)
    for part in svg.find_all(True):
        style = dict(styles.get(id(part), {}))
        style.pop("color", None)
        if style.pop("paint-order", None):  # many readers would paint over the letters
            behind = copy.copy(part)
            behind["style"] = written(style)
            behind["aria-hidden"] = "true"
            part.insert_before(behind)
            style = {k: v for k, v in style.items() if not k.startswith("stroke")}
        if style:
            part["style"] = written(style)


def written(style: dict[str, str]) -> str:
    """{"fill": "red"} -> fill:red."""
    return ";".join(f"{name}:{value}" for name, value in style.items())


def fit(svg) -> None:
    """Give a picture a size and the namespace; XML minds the case of viewBox."""
    box = svg["viewBox"] = svg.attrs.pop("viewbox")
    *_, width, height = box.split()
    svg["xmlns"] = "http://www.w3.org/2000/svg"
    svg["width"], svg["height"] = width, height
    svg["style"] = f"width:100%;max-width:{width}px;height:auto;background:#fff"


def needs_a_script(part) -> bool:
    """Whether a part of a page does nothing in a book."""
    if part.name in ("button", "script", "template") or part.get("id") == "explorer":
        return True
    return part.name == "span" and "snippet-head" in part.parent.get("class", ())


def lead(link, site: str, page: str) -> None:
    """Let a link to what is not in the book lead to the site, or be no link."""
    parts = urlsplit(link["href"])
    in_book = not parts.path or parts.path.endswith(".xhtml")
    if parts.scheme or (in_book and "walk" not in link.get("class", ())):
        return
    if site:
        address = urljoin(f"{site}{page}.html", link["href"])
        link["href"] = address.replace(".xhtml", ".html")
    elif link.parent.get("class") == ["call-flow"]:
        link.decompose()
    else:
        link.unwrap()


def strict(body: str, site: str, page: str, of_a_picture: list) -> str:
    """The XHTML of a page's body.

    site: the address of the site, or nothing; page: the path of the page there.

    >>> strict("<br><button>Copy</button><a href='../x.zip'>x</a>", "", "a/b", [])
    '<br/>x'
    >>> strict("<a href='../x.zip'>x</a>", "https://example.org/", "a/b", [])
    '<a href="https://example.org/x.zip">x</a>'
    """
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
            part["class"] = [*part.get("class", ()), f"was-{part.name}"]
            part.name = UNFOLDED[part.name]
        elif part.name == "svg":
            for link in part.find_all("a"):  # some readers leave out what is linked;
                link.unwrap()  # the same in words, below, has the links too
            colour(part, of_a_picture)
            fit(part)
        elif part.name == "a" and "href" in part.attrs:
            lead(part, site, page)
        elif part.name in ("td", "th") and [c.name for c in part.contents] == ["p"]:
            part.p.unwrap()  # some readers lay paragraphs over each other
        if not part.decomposed:
            part.attrs.pop("hidden", None)
            part.attrs.pop("tabindex", None)
    return soup.decode(formatter="minimal")


class Book(Epub3Builder):
    """Sphinx's EPUB builder, with one style sheet, no script, and declared pictures."""

    def init(self) -> None:
        super().init()
        light = self.config.html_theme_options.get("light_css_variables", {})
        css = f"{assets.style()}\n{BOOK_STYLE.read_text()}"
        self.css = filled_in(css, light)
        self.of_a_picture = rules(self.css)

    def copy_static_files(self) -> None:
        """Write what a page loads: the names are those of the theme."""
        static = Path(self.outdir, "_static")
        static.mkdir(parents=True, exist_ok=True)
        self.create_pygments_style_file()
        (static / "epub.css").write_text(self.css, encoding="utf-8")

    def fix_fragment(self, prefix: str, fragment: str) -> str:
        """Keep colons: no place in the book has one, but the explorer's walks do."""
        return prefix + fragment

    def toc_metadata(self, level, navpoints) -> dict:
        """Name the book in toc.ncx as in content.opf, which Sphinx does not."""
        found = super().toc_metadata(level, navpoints)
        return found | {"uid": self.config.epub_identifier}

    def handle_page(self, pagename, addctx, *args, **kwargs) -> None:
        if pagename in self.env.found_docs or pagename == "genindex":  # no 404
            super().handle_page(pagename, addctx, *args, **kwargs)

    def build_content(self) -> None:
        """Say in the list of files which pages have pictures inside."""
        super().build_content()
        path = Path(self.outdir, "content.opf")

        def declared(item: re.Match) -> str:
            page = Path(self.outdir, item[1])
            drawn = page.suffix == self.out_suffix and "<svg" in page.read_text()
            return item[0].replace(" />", ' properties="svg" />') if drawn else item[0]

        listed = re.sub(
            r'<item [^>]*href="([^"]+)"[^>]* />', declared, path.read_text()
        )
        path.write_text(listed, encoding="utf-8")


def make_strict(app, pagename, templatename, context, doctree) -> None:
    """Make a page of the book out of a page of the site."""
    if app.builder.name != "epub":
        return
    for key in ("metatags", "pageurl", "parents"):  # for machines, or for a screen
        context.pop(key, None)
    if "body" in context:
        context["body"] = strict(
            context["body"], app.config.html_baseurl, pagename, app.builder.of_a_picture
        )


def offer(app, pagename, templatename, context, doctree) -> None:
    """Link the book from a page of the site, if it has been built."""
    if app.builder.name == "html" and app.config.book:
        context["book"] = context["pathto"](Path(app.config.book).name, resource=True)


def put_on_site(app, exception) -> None:
    """Copy the book that the pages link."""
    if exception or app.builder.name != "html" or not app.config.book:
        return
    copied = Path(app.outdir, Path(app.config.book).name)
    if not copied.exists() or not filecmp.cmp(app.config.book, copied):
        shutil.copy2(app.config.book, copied)


def setup(app):
    app.add_config_value("book", "", "html", [str])
    app.add_builder(Book, override=True)
    app.connect("html-page-context", make_strict, priority=900)
    app.connect("html-page-context", offer)
    app.connect("build-finished", put_on_site)
