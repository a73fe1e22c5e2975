"""Directive `decision`: questions whose answers end in claims, laid out by graphviz.

One line each: a question has an id, an answer leads to an id or to an advice.

    find: Must others find you at a known port?
    find yes: Call bind(). | names.bind_fills_the_local_name
    find no -> far
"""

import re
from dataclasses import dataclass, field
from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.claims import domain, marks
from docs._ext.claims.text import Malformed, anchor, words
from docs._ext.graph import POINTS, Layout, lay_out
from docs._ext.shared import Directive, Refused, html

LETTERS = 21  # in one line of a box
LINE, PAD, BOX_WIDTH = 16, 9, 150


@dataclass
class Decision:
    """Questions by id, and answers: (question, answer, id of a question or leaf)."""

    questions: dict[str, str] = field(default_factory=dict)
    leaves: dict[str, tuple[str, str]] = field(default_factory=dict)  # text, claim
    answers: list[tuple[str, str, str]] = field(default_factory=list)


def parse(lines: list[str]) -> Decision:
    """Read the directive's lines. Raises Malformed.

    >>> parse(["a: Sure?", "a yes: Go. | tcp.x", "a no: Stay. | tcp.y"]).answers
    [('a', 'yes', 'a-yes'), ('a', 'no', 'a-no')]
    """
    made = Decision()
    for line in filter(str.strip, lines):
        if found := re.fullmatch(r"(\w+) (\w+) -> (\w+)", line.strip()):
            made.answers.append((found[1], found[2], found[3]))
        elif found := re.fullmatch(r"(\w+) (\w+): (.+?) \| ([\w.]+)", line.strip()):
            question, answer, text, claim = found.groups()
            made.leaves[f"{question}-{answer}"] = (text, claim)
            made.answers.append((question, answer, f"{question}-{answer}"))
        elif found := re.fullmatch(r"(\w+): (.+)", line.strip()):
            made.questions[found[1]] = found[2]
        else:
            raise Malformed(
                f"{line!r} is no `id: question`, `id answer -> id` "
                "or `id answer: advice | claim`"
            )
    boxes = made.questions.keys() | made.leaves.keys()
    for question, _, target in made.answers:
        if question not in made.questions or target not in boxes:
            raise Malformed(
                f"an answer from {question!r} to {target!r}, which is not there"
            )
    return made


def lines_of(text: str) -> list[str]:
    """Text in lines that fit a box."""
    lines = [""]
    for word in text.split():
        if len(lines[-1]) + len(word) + 1 > LETTERS and lines[-1]:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def height_of(text: str) -> int:
    """The height of a text's box."""
    return len(lines_of(text)) * LINE + 2 * PAD


def layout(decision: Decision) -> Layout:
    """Places of boxes and edges."""
    dot = ["digraph { rankdir=TB; nodesep=0.55; ranksep=0.42; splines=ortho;"]
    texts = decision.questions | {k: text for k, (text, _) in decision.leaves.items()}
    for name, text in texts.items():
        dot.append(
            f'"{name}" [shape=box, fixedsize=true, label="", '
            f"width={BOX_WIDTH / POINTS:.3f}, "
            f"height={height_of(text) / POINTS:.3f}];"
        )
    beside: set[str] = set()
    for question, _, target in decision.answers:
        dot.append(f'"{question}" -> "{target}";')
        if target in decision.leaves and question not in beside:
            beside.add(question)  # one leaf stands beside its question, all else below
            dot.append(f'{{ rank=same; "{question}"; "{target}" }}')
    return lay_out([*dot, "}"])


def draw(decision: Decision, places: Layout, uris: dict[str, str], title: str) -> str:
    """SVG of a laid-out decision; a leaf links to the claim it stands for."""
    width, height = places.size
    parts = []
    for start, end, points, _ in places.edges:
        (x0, y0), *rest = points
        # graphviz gives B-spline points; with straight lines every third is a corner
        path = f"M{x0:.0f} {y0:.0f}" + "".join(
            f"L{x:.0f} {y:.0f}" for x, y in rest[2::3]
        )
        x1, y1 = points[-1]
        xb, yb = points[-2] if points[-2] != points[-1] else points[0]
        tip = arrow(xb, yb, x1, y1)
        answer = next(a for q, a, t in decision.answers if (q, t) == (start, end))
        sideways = abs(y1 - y0) < abs(x1 - x0)
        at = ((x0 + x1) / 2, y0 - 5) if sideways else (x0 + 7, (y0 + y1) / 2 + 2)
        spot = "middle" if sideways else "start"
        parts.append(
            f'<path class="edge" d="{path}"/>{tip}<text class="answer" '
            f'x="{at[0]:.0f}" y="{at[1]:.0f}" text-anchor="{spot}">'
            f"{escape(answer)}</text>"
        )
    for name, (x, y) in places.nodes.items():
        kind = "question" if name in decision.questions else "leaf"
        text = decision.questions.get(name) or decision.leaves[name][0]
        left, top = round(x - BOX_WIDTH / 2), round(y - height_of(text) / 2)
        lines = "".join(
            f'<tspan x="{left + PAD}" y="{top + PAD + 12 + n * LINE}">'
            f"{escape(line)} </tspan>"
            for n, line in enumerate(lines_of(text))
        )
        box = (
            f'<rect x="{left}" y="{top}" width="{BOX_WIDTH}" '
            f'height="{height_of(text)}" '
            f'rx="{4 if kind == "leaf" else 12}"/><text>{lines}</text>'
        )
        uri = uris.get(decision.leaves[name][1]) if kind == "leaf" else None
        box = f'<a href="{escape(uri)}">{box}</a>' if uri else box
        parts.append(f'<g class="{kind}">{box}</g>')
    return (
        f'<svg class="decision" viewBox="-4 -4 {width + 8:.0f} {height + 8:.0f}" '
        f'role="group" aria-label="{escape(title)}">{"".join(parts)}</svg>'
    )


def arrow(x0: float, y0: float, x1: float, y1: float) -> str:
    """A tip that points the way the last piece of an edge goes."""
    if abs(x1 - x0) >= abs(y1 - y0):
        way = 1 if x1 > x0 else -1
        return f'<path class="tip" d="M{x1 + way * 8:.0f} {y1:.0f}l{-way * 8} -4v8z"/>'
    way = 1 if y1 > y0 else -1
    return f'<path class="tip" d="M{x1:.0f} {y1 + way * 8:.0f}l-4 {-way * 8}h8z"/>'


class decision_picture(nodes.General, nodes.Element):
    """Stands for the picture until the addresses of the claims are known."""


class DecisionDirective(Directive):
    """```{decision}```: the picture, and the same questions as a list."""

    has_content = True
    required_arguments = 1  # the title
    final_argument_whitespace = True

    def show(self) -> list[nodes.Node]:
        try:
            decision = parse(list(self.content))
        except Malformed as error:
            raise Refused(str(error)) from None
        ours = domain.of(self.env)
        claims = [claim for _, claim in decision.leaves.values()]
        for claim in claims:
            ours.note(self.env.docname, claim, "cites", self.lineno)
        if not ours.known.proofs.keys() >= set(claims):
            return []  # the domain complains of it
        picture = decision_picture(
            decision=decision, places=layout(decision), title=self.arguments[0]
        )
        first = next(iter(decision.questions))
        return [
            html('<figure class="decided">'),
            picture,
            html("<details><summary>The same in words</summary>"),
            in_words(decision, first, ours.known),
            html("</details></figure>"),
        ]


def in_words(
    decision: Decision, question: str, known: marks.Known
) -> nodes.bullet_list:
    """The decision as nested lists, each advice with its claim's mark."""
    made = nodes.bullet_list()
    item = nodes.list_item("", nodes.paragraph("", decision.questions[question]))
    answers = nodes.bullet_list()
    for asked, answer, target in decision.answers:
        if asked != question:
            continue
        line = nodes.paragraph("", "", nodes.strong("", answer), nodes.Text(": "))
        entry = nodes.list_item("", line)
        if target in decision.leaves:
            text, claim = decision.leaves[target]
            line += [*words(text), domain.mark(claim, known)]
        else:
            entry += in_words(decision, target, known)
        answers += entry
    item += answers
    made += item
    return made


def resolve(app: Sphinx, doctree: nodes.document, docname: str) -> None:
    """Draw each picture, now that every claim's page is known."""
    ours = domain.of(app.env)
    for node in list(doctree.findall(decision_picture)):
        homes = {
            claim: ours.first("states", claim)
            for _, claim in node["decision"].leaves.values()
        }
        uris = {
            claim: app.builder.get_relative_uri(docname, home.page)
            + f"#{anchor(claim)}"
            for claim, home in homes.items()
            if home
        }
        svg = draw(node["decision"], node["places"], uris, node["title"])
        node.replace_self(html(svg))


def setup(app: Sphinx) -> None:
    app.add_node(decision_picture)
    app.add_directive("decision", DecisionDirective)
    app.connect("doctree-resolved", resolve)
