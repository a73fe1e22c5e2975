"""Directive `page-cards`: a list of pages as cards, with a picture and the minutes.

    ```{page-cards}
    * [](names.md): what a name is, and which call fills it in.
    ```

A numbered list is a path, and its cards have numbers. The picture is named in the
front matter of the page it leads to (`picture: queue`, one of glyphs.py), the minutes
are counted from its words; only pages of Learn show them.
"""

from math import ceil

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment
from sphinx.transforms.post_transforms import SphinxPostTransform

from docs._ext.publish.glyphs import GLYPHS, glyph
from docs._ext.shared import Directive, Refused, html, logger

WORDS_A_MINUTE = 180  # of text that explains; lines of code are counted as ten words
FOLDED = (nodes.table, nodes.literal_block, nodes.raw)
CARDS = "page-cards"


class PageCards(Directive):
    """The list stays a list in the book and as Markdown."""

    has_content = True

    def show(self) -> list[nodes.Node]:
        box = nodes.container(classes=[CARDS])
        self.state.nested_parse(self.content, self.content_offset, box)
        if not any(
            isinstance(one, nodes.bullet_list | nodes.enumerated_list) for one in box
        ):
            raise Refused("it needs a list of pages, `* [](page.md): why`")
        return [box]


def minutes(tree: nodes.document) -> int:
    """How long a page takes to read, at least one; tables are looked up, not read."""
    read = 0
    for text in tree.findall(nodes.Text):
        if not any(isinstance(box, FOLDED) for box in around(text)):
            read += len(text.split())
    lines = sum(
        block.astext().count("\n") + 1 for block in tree.findall(nodes.literal_block)
    )
    return max(1, ceil((read + 10 * lines) / WORDS_A_MINUTE))


def around(node: nodes.Node) -> list[nodes.Node]:
    """The nodes around one, from the inside."""
    found = []
    while node.parent:
        node = node.parent
        found.append(node)
    return found


def count(app: Sphinx, tree: nodes.document) -> None:
    """Note the minutes of the page that has been read."""
    app.env.metadata[app.env.docname]["minutes"] = minutes(tree)


def head_of(env: BuildEnvironment, page: str) -> str:
    """HTML of a card's picture and minutes."""
    about = env.metadata[page]
    if not page.startswith("learn/"):  # looked up or pasted, not read
        return glyph(about["picture"])
    time = f'<span class="minutes">{about["minutes"]} min</span>'
    return glyph(about["picture"]) + time


class Pictures(SphinxPostTransform):
    """Puts the picture and the minutes into each card, once all pages are read."""

    default_priority = 5  # before links are resolved: they still name their pages
    builders = ("html",)

    def run(self, **_: object) -> None:
        for box in self.document.findall(nodes.container):
            if CARDS in box["classes"]:
                for item in list(box.findall(nodes.list_item)):
                    self.draw(item)

    def draw(self, item: nodes.list_item) -> None:
        link = next(iter(item.findall(addnodes.pending_xref)), None)
        page = str(link["reftarget"]) if link is not None else ""
        if link is None or page not in self.env.metadata:
            return
        picture = self.env.metadata[page].get("picture")
        if picture not in GLYPHS:
            logger.warning(
                "page-cards: %s needs a picture in its front matter, one of: %s",
                page,
                ", ".join(GLYPHS),
                location=item,
                type="evidence",
            )
            return
        said = link.next_node(nodes.Text, descend=False, siblings=True)
        if said is not None and said.startswith(": "):
            text = said[2:]
            said.parent.replace(said, nodes.Text(text[:1].upper() + text[1:]))
        item.insert(0, html(head_of(self.env, page)))


class NoneInTheBook(SphinxPostTransform):
    """Takes the small pictures out of the book, which has no cards."""

    default_priority = 5
    builders = ("epub",)

    def run(self, **_: object) -> None:
        for raw in list(self.document.findall(nodes.raw)):
            if raw.astext().startswith('<svg class="glyph"'):
                raw.parent.remove(raw)


def setup(app: Sphinx) -> None:
    app.add_directive(CARDS, PageCards)
    app.connect("doctree-read", count)
    app.add_post_transform(Pictures)
    app.add_post_transform(NoneInTheBook)
