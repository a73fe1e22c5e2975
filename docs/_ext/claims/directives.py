"""Claims: stated once, cited anywhere, each tied to the test that proves it.

{claim}`` `connect()` sends no packet. <udp.connect_sends_no_packet>``   states
```{claim} udp.connect_sends_no_packet                                   states
{proved}`udp.connect_sends_no_packet`              cites: the mark alone
{proved}`sends nothing <udp.connect_sends_no_packet>`   cites: words and mark
```{proofs} udp                                    the proofs of one subject
"""

import re
from datetime import date
from html import escape

from docutils import nodes
from sphinx import addnodes
from sphinx.domains import Domain
from sphinx.util.docutils import SphinxDirective, SphinxRole
from sphinx.util.logging import getLogger
from sphinx.util.nodes import make_refnode

from docs._ext.runs.sequence import html
from evidence import claims, systems

logger = getLogger(__name__)
MARK = "✓"


def parse_role(text: str) -> tuple[str, str]:
    """Split `words <id>` into words and id; an id alone has no words.

    >>> parse_role("sends nothing <udp.x>"), parse_role("udp.x")
    (('sends nothing', 'udp.x'), ('', 'udp.x'))
    """
    found = re.fullmatch(r"(.*?)\s*<([\w.]+)>", text.strip(), re.DOTALL)
    return (found[1], found[2]) if found else ("", text.strip())


def words(text: str) -> list[nodes.Node]:
    """Text whose `code` and *emphasis* are marked, as nodes."""
    made: list[nodes.Node] = []
    for piece in re.split(r"(`[^`]+`|\*[^*]+\*)", text):
        if piece.startswith("`"):
            made.append(nodes.literal("", piece[1:-1]))
        elif piece.startswith("*") and len(piece) > 1:
            made.append(nodes.emphasis("", piece[1:-1]))
        elif piece:
            made.append(nodes.Text(piece))
    return made


def anchor(claim: str) -> str:
    """The anchor of a claim on its home page."""
    return "claim-" + re.sub(r"[._]", "-", claim)


def state_of(claim: str, known: dict[str, claims.Proof]) -> str | None:
    """None if the claim's proof passed as it stands now, or what is wrong with it."""
    if claim not in known:
        return f"claim {claim} has no proof: write tests/claims/{where(claim)}"
    runs = [found[claim] for found in claims.outcomes().values() if claim in found]
    if any(
        run["source"] == known[claim].digest and run["outcome"] == "passed"
        for run in runs
    ):
        return None
    if not runs:
        return f"the proof of {claim} has never been run: run `make evidence`"
    return f"the proof of {claim} is stale or did not pass: run `make evidence`"


def where(claim: str) -> str:
    """`udp.x` -> `udp/…::test_x`."""
    subject, _, name = claim.partition(".")
    return f"{subject}/…::test_{name}"


def signature(mine: list[str]) -> list:
    """What a page shows of its claims: if it changes, the page is built again."""
    known, outcomes = claims.read(), claims.outcomes()
    return [
        (
            claim,
            claim in known and (known[claim].sentence, known[claim].source),
            [(p, found.get(claim)) for p, found in outcomes.items()],
        )
        for claim in mine
    ]


class ClaimDomain(Domain):
    """Where each claim is stated, cited and proved."""

    name = "claim"
    label = "claims"
    initial_data = {"stated": {}, "proved": {}, "used": {}, "signature": {}}

    def note(self, docname: str, claim: str) -> None:
        """Remember that a page shows something of a claim."""
        self.data["used"].setdefault(docname, []).append(claim)

    def clear_doc(self, docname: str) -> None:
        for table in ("stated", "proved"):
            kept = {k: v for k, v in self.data[table].items() if v["page"] != docname}
            self.data[table] = kept
        for table in ("used", "signature"):
            self.data[table].pop(docname, None)

    def merge_domaindata(self, docnames, otherdata) -> None:
        for table in ("stated", "proved"):
            for claim, entry in otherdata[table].items():
                if entry["page"] in docnames:
                    self.add(table, claim, entry)
        for table in ("used", "signature"):
            mine = {d: v for d, v in otherdata[table].items() if d in docnames}
            self.data[table].update(mine)

    def add(self, table: str, claim: str, entry: dict) -> None:
        """Record where a claim is stated or proved; twice is an error."""
        first = self.data[table].get(claim)
        if first and (first["page"], first["line"]) != (entry["page"], entry["line"]):
            logger.warning(
                "claim %s is %s twice, first on %s, line %s: cite it with {proved}",
                claim,
                table,
                first["page"],
                first["line"],
                location=(entry["page"], entry["line"]),
            )
            return
        self.data[table][claim] = entry

    def resolve_xref(self, env, fromdocname, builder, typ, target, node, contnode):
        entry = self.data["stated" if typ == "home" else "proved"].get(target)
        if entry is None:
            return None
        return make_refnode(
            builder, fromdocname, entry["page"], entry["anchor"], contnode, node["hint"]
        )

    def resolve_any_xref(self, env, fromdocname, builder, target, node, contnode):
        return []  # only the roles above name claims

    def check_consistency(self) -> None:
        known = claims.read()
        for claim in sorted(known.keys() - self.data["stated"].keys()):
            proof = known[claim]
            logger.warning(
                "%s:%s proves %s, which no page states: state it with {claim}",
                proof.path,
                proof.line,
                claim,
            )
        for claim in sorted(self.data["stated"].keys() - self.data["proved"].keys()):
            logger.warning(
                "%s is stated, but no page shows its proof: add {proofs} %s to docs/",
                claim,
                claim.partition(".")[0],
            )


def link(kind: str, claim: str, content: nodes.Node, hint: str) -> nodes.Node:
    """A link to a claim's home or to its proof; resolved once all pages are read."""
    made = addnodes.pending_xref(
        "",
        content,
        refdomain="claim",
        reftype=kind,
        reftarget=claim,
        refexplicit=True,
        refwarn=True,
        hint=hint,
    )
    made["classes"] = [kind]
    return made


def mark(claim: str) -> nodes.Node:
    """The small mark behind a proved sentence; it leads to the proof."""
    content = nodes.inline("", MARK, classes=["mark"])
    return link("proof", claim, content, f"Proved by a test: {claim}")


class Stating:
    """What the `claim` role and directive share."""

    def stated(self, claim: str, sentence: str, location) -> nodes.inline | None:
        """The sentence with anchor and mark, or None after a warning."""
        domain: ClaimDomain = self.env.get_domain("claim")
        docname = self.env.docname
        known = claims.read()
        problem = state_of(claim, known)
        if claim in known:
            proof = known[claim]
            if claims.plain(proof.sentence) != claims.plain(sentence):
                problem = (
                    f"claim {claim} and its proof say different things:\n"
                    f"  page:  {claims.plain(sentence)}\n"
                    f"  proof: {claims.plain(proof.sentence)} ({proof.path})"
                )
        domain.note(docname, claim)
        entry = {"page": docname, "anchor": anchor(claim), "sentence": sentence}
        domain.add("stated", claim, entry | {"line": location[1]})
        # A label, so that other sites can link the claim through objects.inv.
        self.env.domains.standard_domain.note_hyperlink_target(
            claim, docname, anchor(claim), claims.plain(sentence)
        )
        made = nodes.inline("", "", *words(sentence), classes=["claim"])
        made["ids"] = [anchor(claim)]
        if problem:
            logger.warning("%s", problem, location=location)
        if claim in known:
            made += mark(claim)
        return made


class ClaimRole(SphinxRole, Stating):
    """States a claim in running text."""

    def run(self):
        sentence, claim = parse_role(self.text)
        return [self.stated(claim, sentence, (self.env.docname, self.lineno))], []


class ClaimDirective(SphinxDirective, Stating):
    """States a claim as a paragraph of its own."""

    required_arguments = 1
    has_content = True

    def run(self):
        sentence = " ".join(" ".join(self.content).split())
        location = (self.env.docname, self.lineno)
        made = self.stated(self.arguments[0], sentence, location)
        return [nodes.paragraph("", "", made, classes=["claim-paragraph"])]


class ProvedRole(SphinxRole):
    """Cites a claim stated elsewhere: words lead home, the mark to the proof."""

    def run(self):
        text, claim = parse_role(self.text)
        self.env.get_domain("claim").note(self.env.docname, claim)
        if claim not in claims.read():
            logger.warning(
                "no claim %s to cite%s",
                claim,
                f"; did you mean {close}?" if (close := closest(claim)) else "",
                location=(self.env.docname, self.lineno),
            )
            return [nodes.inline("", "", *words(text))], []
        made = [mark(claim)]
        if text:
            content = nodes.inline("", "", *words(text))
            made.insert(0, link("home", claim, content, claims.read()[claim].sentence))
        return made, []


def closest(claim: str) -> str:
    """The ids most like an unknown one."""
    import difflib

    return " or ".join(difflib.get_close_matches(claim, claims.read(), 2))


class Proofs(SphinxDirective):
    """```{proofs} udp```: each proof of a subject, with outcome, packets, source."""

    required_arguments = 1

    def run(self):
        subject = self.arguments[0]
        mine = [p for p in claims.read().values() if p.id.startswith(f"{subject}.")]
        domain: ClaimDomain = self.env.get_domain("claim")
        docname = self.env.docname
        for path in (claims.folder() / subject).glob("test_*.py"):
            self.env.note_dependency(str(path))
        if not mine:
            logger.warning(
                "no proofs of %r: there is no tests/claims/%s/test_….py with a test",
                subject,
                subject,
                location=self.get_location(),
            )
        made = []
        for proof in mine:
            domain.note(docname, proof.id)
            place = {"page": docname, "anchor": "proof-" + anchor(proof.id)[6:]}
            domain.add("proved", proof.id, place | {"line": self.lineno})
            made.append(proof_section(proof, place["anchor"]))
        return made


def proof_section(proof: claims.Proof, where_: str) -> nodes.section:
    """One proof: the sentence, its home, where it passed, packets, source."""
    title = nodes.title("", "", nodes.literal("", proof.id))
    made = nodes.section("", title, ids=[where_], classes=["proof"])
    made += nodes.paragraph("", "", *words(proof.sentence))
    home = link("home", proof.id, nodes.inline("", "Read it in its place"), "")
    made += nodes.paragraph("", "", home, nodes.Text(". "), *needs(proof))
    rows, packets = [], []
    for platform, found in claims.outcomes().items():
        run = found.get(proof.id)
        if run and run["source"] == proof.digest:
            packets = packets or run["packets"]
            cells = (systems.name(platform), run["outcome"], run["date"])
            rows.append("".join(f"<td>{escape(c)}</td>" for c in cells))
    body = "".join(f"<tr>{row}</tr>" for row in rows)
    made += html(
        '<div class="table-wrapper docutils"><table class="docutils"><thead><tr>'
        "<th>Platform</th><th>Outcome</th><th>Since</th></tr></thead>"
        f"<tbody>{body}</tbody></table></div>"
    )
    if packets:
        shown = escape("\n".join(packets))
        made += html(
            '<p>Packets seen while it ran:</p><pre class="packets" tabindex="0">'
            f"{shown}</pre>"
        )
    made += nodes.paragraph("", f"{proof.path}, line {proof.line}", classes=["file"])
    made += nodes.literal_block(proof.source, proof.source, language="python-socket")
    return made


def needs(proof: claims.Proof) -> list[nodes.Node]:
    """What a machine must have to run this proof, in words."""
    words_ = {
        "packets": "a packet capture",
        "private_net": "a private network",
        "sysctl": "network settings it may change",
        "second_user": "a second user in its network, which only root can make",
        "ipv6": "an IPv6 loopback",
    }
    named = [words_[need] for need in proof.needs]
    return [nodes.Text(f"Needs {' and '.join(named)}.")] if named else []


def written(day: str) -> str:
    """`22 November 2026` of `2026-11-22`."""
    found = date.fromisoformat(day)
    return f"{found.day} {found:%B %Y}"


def add_byline(app, doctree) -> None:
    """Say under a page's title how many of its statements are proved, and where."""
    domain: ClaimDomain = app.env.get_domain("claim")
    docname = app.env.docname
    mine = list(dict.fromkeys(domain.data["used"].get(docname, [])))
    domain.data["signature"][docname] = signature(mine)
    title = next(doctree.findall(nodes.title), None)
    if not mine or title is None:
        return
    known = claims.read()
    passed = [claim for claim in mine if state_of(claim, known) is None]
    platforms = [
        (platform, max(found[c]["date"] for c in passed if c in found))
        for platform, found in claims.outcomes().items()
        if any(c in found for c in passed)
    ]
    if not platforms:
        return
    text = f"Proved by tests: {len(passed)} of {len(mine)} statements, on "
    text += "; ".join(systems.name(platform) for platform, _ in platforms)
    text += f", {written(max(newest for _, newest in platforms))}"
    line = nodes.paragraph("", "", nodes.inline("", f"{MARK} ", classes=["mark"]))
    line += nodes.Text(text)
    line["classes"] = ["byline"]
    title.parent.insert(title.parent.index(title) + 1, line)


def keep_marks_on_the_line(app, doctree) -> None:
    """A no-break space before each mark, so that none begins a line."""
    for made in list(doctree.findall(addnodes.pending_xref)):
        if "proof" not in made["classes"] or made.astext() != MARK:
            continue
        place = made.parent.index(made)
        before = made.parent[place - 1] if place else None
        if isinstance(before, nodes.Text) and before.endswith(" "):
            made.parent[place - 1] = nodes.Text(before.rstrip(" ") + "\u00a0")


def outdated(app, env, added, changed, removed) -> list[str]:
    """Pages whose claims have another proof or outcome than when they were read."""
    domain: ClaimDomain = env.get_domain("claim")
    return [
        page
        for page, old in domain.data["signature"].items()
        if page not in removed and old != signature([claim for claim, *_ in old])
    ]


def missing_reference(app, env, node, contnode):
    """A link to a claim that nobody states: say so, with page and line."""
    if node.get("refdomain") == "claim":
        kind = "states" if node["reftype"] == "home" else "shows the proof of"
        logger.warning("no page %s claim %s", kind, node["reftarget"], location=node)
        return contnode
    return None


def setup(app):
    app.add_domain(ClaimDomain)
    app.add_role("claim", ClaimRole())
    app.add_role("proved", ProvedRole())
    app.add_directive("claim", ClaimDirective)
    app.add_directive("proofs", Proofs)
    app.connect("doctree-read", add_byline)
    app.connect("doctree-read", keep_marks_on_the_line)
    app.connect("env-get-outdated", outdated)
    app.connect("missing-reference", missing_reference)
