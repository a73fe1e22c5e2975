"""Claims on pages: stated once, cited anywhere.

{claim}`` `connect()` sends no packet. <udp.connect_sends_no_packet>``   states
```{claim} udp.connect_sends_no_packet                                   states
{proved}`udp.connect_sends_no_packet`              cites: the mark alone
{proved}`sends nothing <udp.connect_sends_no_packet>`   cites: words and mark
"""

from docutils import nodes
from sphinx.application import Sphinx
from sphinx.environment import BuildEnvironment

from docs._ext.claims import domain
from docs._ext.claims.text import ROLE, Malformed, anchor, checked_role, words
from docs._ext.shared import Directive, Refused, Role
from evidence import claims

Made = tuple[list[nodes.Node], list[nodes.system_message]]


def stated(env: BuildEnvironment, claim: str, sentence: str, line: int) -> nodes.inline:
    """The sentence with its anchor, and its mark if there is a proof."""
    page, ours = env.docname, domain.of(env)
    ours.note(page, claim, "states", line, sentence)
    # A label, so that other sites can link the claim through objects.inv.
    env.domains.standard_domain.note_hyperlink_target(
        claim, page, anchor(claim), claims.plain(sentence)
    )
    made = nodes.inline("", "", *words(sentence), classes=["claim"])
    made["ids"] = [anchor(claim)]
    if claim in ours.known.proofs:
        made += domain.mark(claim, ours.known)
    return made


class ClaimRole(Role):
    """States a claim in running text."""

    def run(self) -> Made:
        try:
            sentence, claim = checked_role(self.name, self.text)
            if not sentence:
                raise Malformed(f"{claim} needs its sentence: {ROLE % self.name}")
        except Malformed as error:
            self.warn(str(error))
            return [nodes.inline("", "", *words(self.text))], []
        return [stated(self.env, claim, sentence, self.lineno)], []


class ProvedRole(Role):
    """Cites a claim stated elsewhere: words, and the mark that leads to the proof.

    The words are no link, or two targets would stand side by side; the panel of the
    mark leads to the page that states the claim.
    """

    def run(self) -> Made:
        try:
            text, claim = checked_role(self.name, self.text)
        except Malformed as error:
            self.warn(str(error))
            return [nodes.inline("", "", *words(self.text))], []
        ours = domain.of(self.env)
        ours.note(self.env.docname, claim, "cites", self.lineno)
        if claim not in ours.known.proofs:
            return [nodes.inline("", "", *words(text))], []
        cited = [nodes.inline("", "", *words(text), classes=["cited"])] if text else []
        return [*cited, domain.mark(claim, ours.known)], []


class ClaimDirective(Directive):
    """States a claim as a paragraph of its own."""

    required_arguments = 1
    has_content = True

    def show(self) -> list[nodes.Node]:
        sentence = " ".join(" ".join(self.content).split())
        if not sentence:
            raise Refused(f"{self.arguments[0]} needs its sentence")
        made = stated(self.env, self.arguments[0], sentence, self.lineno)
        return [nodes.paragraph("", "", made, classes=["claim-paragraph"])]


def complain_of_unread_roles(app: Sphinx, doctree: nodes.document) -> None:
    """`{claim}` in the text of a page: a role that was not read as one."""
    for text in doctree.findall(nodes.Text):
        found = [name for name in ("claim", "proved") if f"{{{name}}}" in text]
        if found and not isinstance(
            text.parent, nodes.FixedTextElement | nodes.literal
        ):
            place = text.parent
            while place.line is None and place.parent is not None:
                place = place.parent
            told = f"{{{found[0]}}} was not read as a role: {ROLE % found[0]}"
            domain.complain(app.env.docname, place.line or 1, told)
            app.env.note_reread()  # so that the next build complains too


def setup(app: Sphinx) -> None:
    app.add_role("claim", ClaimRole())
    app.add_role("proved", ProvedRole())
    app.add_directive("claim", ClaimDirective)
    app.connect("doctree-read", complain_of_unread_roles)
