"""The domain of claims: which page states, cites and proves which of them.

Pages only note what they say. Once all are read, check() compares it with the proofs,
in every build: a page that has not changed can be wrong because its proof has.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, ClassVar

from docutils import nodes
from sphinx import addnodes
from sphinx.application import Sphinx
from sphinx.builders import Builder
from sphinx.domains import Domain
from sphinx.environment import BuildEnvironment
from sphinx.util.logging import getLogger
from sphinx.util.nodes import make_refnode

from docs._ext.claims import marks
from docs._ext.claims.text import MARK, anchor, proof_anchor
from evidence import claims, store

logger = getLogger(__name__)
KINDS = ("states", "cites", "proves")
SHOWN = 20  # marks without a valid proof that are told one by one


@dataclass(frozen=True)
class Said:
    """What a page says of a claim: it `states`, `cites` or `proves` it, in a line."""

    kind: str
    claim: str
    page: str
    line: int
    sentence: str = ""


class ClaimDomain(Domain):
    """Where each claim is stated, cited and proved."""

    name = "claim"
    label = "claims"
    # Of each page: what it says of claims, whose proofs it shows, what it showed of all
    # of them when it was read, and the lines that claims.unmarked and .wording look at.
    initial_data: ClassVar[dict[str, Any]] = {
        "said": {},
        "subjects": {},
        "signature": {},
        "unmarked": {},
        "cited": {},
    }
    known = marks.Known()  # read when a build begins
    readable = True
    places: dict[tuple[str, str], Said] | None = None  # made when it is asked for

    def note(
        self,
        page: str,
        claim: str,
        kind: str = "cites",
        line: int = 1,
        sentence: str = "",
    ) -> None:
        """Remember that a page states, cites or proves a claim, and in which line."""
        said = Said(kind, claim, page, line, sentence)
        self.data["said"].setdefault(page, []).append(said)
        self.places = None

    def note_subject(self, subject: str, page: str, line: int) -> None:
        """Remember that a page shows the proofs of a subject."""
        self.data["subjects"].setdefault(page, []).append((subject, line))

    def all(self, kind: str) -> list[Said]:
        """All that pages say of one kind, in the order of pages and lines."""
        return [
            said
            for page in sorted(self.data["said"])
            for said in self.data["said"][page]
            if said.kind == kind
        ]

    def of_page(self, page: str) -> list[str]:
        """The claims of which a page says something, each once."""
        return list(dict.fromkeys(s.claim for s in self.data["said"].get(page, ())))

    def first(self, kind: str, claim: str) -> Said | None:
        """Where a claim is stated, or proved, or None."""
        if self.places is None:
            every = [*self.all("states"), *self.all("proves")]
            self.places = {(s.kind, s.claim): s for s in reversed(every)}
        return self.places.get((kind, claim))

    def signature(self, page: str) -> list[tuple[Any, ...]]:
        """What a page shows of its claims: if it changes, the page is built again."""
        known = self.known
        of_claims = [
            (
                claim,
                known.proved(claim),
                claim in known.proofs and known.proofs[claim].sentence,
                [
                    (platform, row.outcome, row.date, row.packets, row.kinds)
                    for platform, row in known.rows(claim).items()
                ],
            )
            for claim in self.of_page(page)
        ]
        of_subjects = [
            (subject, [claim for claim in known.proofs if claim.startswith(subject)])
            for subject, _ in self.data["subjects"].get(page, ())
        ]
        return [*of_claims, *of_subjects]

    def clear_doc(self, docname: str) -> None:
        self.places = None
        for table in self.data.values():
            if isinstance(table, dict):
                table.pop(docname, None)

    def merge_domaindata(self, docnames: Iterable[str], otherdata: Any) -> None:
        self.places = None
        for name in self.initial_data:
            mine = {d: v for d, v in otherdata[name].items() if d in docnames}
            self.data[name].update(mine)

    def resolve_xref(
        self,
        env: BuildEnvironment,
        fromdocname: str,
        builder: Builder,
        typ: str,
        target: str,
        node: addnodes.pending_xref,
        contnode: nodes.Element,
    ) -> nodes.reference | None:
        kind, anchor_of = (
            ("states", anchor) if typ == "home" else ("proves", proof_anchor)
        )
        place = self.first(kind, target)
        if place is None:
            return None
        where = anchor_of(target)
        if not contnode.children:
            contnode += nodes.Text(env.titles[place.page].astext())
        return make_refnode(
            builder, fromdocname, place.page, where, contnode, node["hint"]
        )

    def resolve_any_xref(self, *_: Any) -> list[Any]:
        return []  # only the roles name claims


def of(env: BuildEnvironment) -> ClaimDomain:
    """The domain of a build."""
    found = env.get_domain("claim")
    assert isinstance(found, ClaimDomain)
    return found


def link(kind: str, claim: str, content: nodes.Node, hint: str) -> nodes.Node:
    """A link to a claim's `home` or its `proof`; resolved once all pages are read.

    Where the content is empty, it becomes the title of the page.
    """
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


def mark(claim: str, known: marks.Known) -> nodes.Node:
    """The small mark behind a proved sentence; it leads to the proof.

    Where the proof does not pass as it stands, a word says so in its place.
    """
    if not known.proved(claim):
        return nodes.inline("", " (not proved now)", classes=["unproved"])
    content = nodes.inline("", MARK, classes=["mark"])
    scope = claims.scope_in_words(known.kinds(claim))
    hint = f"Proved by a test: {claim}" + (f" ({scope})" if scope else "")
    return link("proof", claim, content, hint)


def begin(app: Sphinx) -> None:
    """Read what is known of all claims."""
    domain = of(app.env)
    try:
        domain.known, domain.readable = marks.load(app.doctreedir), True
    except store.EvidenceError as error:
        domain.known, domain.readable = marks.Known(), False
        logger.warning("no claim can be shown: %s", error, type="evidence")


def outdated(
    app: Sphinx,
    env: BuildEnvironment,
    added: object,
    changed: object,
    removed: set[str],
) -> list[str]:
    """Pages whose claims have another sentence or outcome than when they were read."""
    domain = of(env)
    return [
        page
        for page, old in domain.data["signature"].items()
        if page not in removed and old != domain.signature(page)
    ]


def check(app: Sphinx, env: BuildEnvironment) -> None:
    """Compare all that pages say with the proofs; each mistake is one warning."""
    domain = of(env)
    if not domain.readable:
        return
    check_ids(domain)
    check_statements(domain)
    check_homes(domain)
    check_marks(domain)


def complain(page: str, line: int, text: str) -> None:
    """A warning with page and line."""
    logger.warning("%s", text, location=(page, line), type="evidence")


def check_ids(domain: ClaimDomain) -> None:
    """Every claim that a page names has a proof, and every subject has proofs."""
    for said in (s for kind in ("states", "cites") for s in domain.all(kind)):
        if said.claim not in domain.known.proofs:
            complain(said.page, said.line, domain.known.problem(said.claim) or "")
    for page, shown in domain.data["subjects"].items():
        for subject, line in shown:
            if subject not in subjects(domain):
                close = claims.did_you_mean(subject, subjects(domain))
                complain(
                    page,
                    line,
                    f"no proofs of {subject!r}: there is no tests/claims/{subject}/"
                    f"test_….py with a test{close}",
                )


def subjects(domain: ClaimDomain) -> set[str]:
    """The subjects that have proofs."""
    return {claim.partition(".")[0] for claim in domain.known.proofs}


def check_statements(domain: ClaimDomain) -> None:
    """A claim is stated once, word for word as in its proof."""
    seen: dict[tuple[str, str], Said] = {}
    for said in (s for kind in ("states", "proves") for s in domain.all(kind)):
        first = seen.setdefault((said.kind, said.claim), said)
        if first is not said:
            done = {"states": "stated", "proves": "proved"}[said.kind]
            complain(
                said.page,
                said.line,
                f"claim {said.claim} is {done} twice, first on {first.page}, line "
                f"{first.line}: cite it with {{proved}}",
            )
        proof = domain.known.proofs.get(said.claim)
        if said.kind == "states" and proof:
            ours, theirs = claims.plain(said.sentence), claims.plain(proof.sentence)
            if ours != theirs:
                complain(
                    said.page,
                    said.line,
                    f"claim {said.claim} and its proof say different things:\n"
                    f"  page:  {ours}\n  proof: {theirs} ({proof.path})",
                )


def check_homes(domain: ClaimDomain) -> None:
    """Every proof is stated by some page and shown by another.

    One whose id was mistyped, as it seems, has been complained of already.
    """
    meant = {
        close
        for said in domain.all("states")
        if said.claim not in domain.known.proofs
        for close in claims.close_to(said.claim, domain.known.proofs)
    }
    stated = {said.claim for said in domain.all("states")} | meant
    for claim, proof in sorted(domain.known.proofs.items()):
        if claim not in stated:
            logger.warning(
                "%s:%s proves %s, which no page states: state it with {claim}",
                proof.path,
                proof.line,
                claim,
                type="evidence",
            )
    shown = {s for found in domain.data["subjects"].values() for s, _ in found}
    shown |= {close for s in shown for close in claims.close_to(s, subjects(domain))}
    wanted = {claim.partition(".")[0] for claim in stated} & subjects(domain)
    for subject in sorted(wanted - shown):
        logger.warning(
            "no page shows the proofs of %s: add {proofs} %s to docs/",
            subject,
            subject,
            type="evidence",
        )


def check_marks(domain: ClaimDomain) -> None:
    """Every claim that a page shows has passed, as its proof stands now."""
    wrong: dict[tuple[str, str], Said] = {}
    for said in (s for kind in KINDS for s in domain.all(kind)):
        if said.claim in domain.known.proofs and not domain.known.proved(said.claim):
            # Where all proofs of a subject are shown, or nothing is known, once a page.
            whole = said.kind == "proves" or domain.known.error
            wrong.setdefault((said.page, "" if whole else said.claim), said)
    told = sorted(wrong.values(), key=lambda said: (said.page, said.line))
    for said in told[:SHOWN]:
        complain(said.page, said.line, domain.known.problem(said.claim) or "")
    if more := len(told[SHOWN:]):
        logger.warning(
            "%s more marks are not proved as they stand: run `make evidence`",
            more,
            type="evidence",
        )


def missing_reference(
    app: Sphinx,
    env: BuildEnvironment,
    node: addnodes.pending_xref,
    contnode: nodes.Element,
) -> nodes.Element | None:
    """A link to a claim that has no place: check() has said so already."""
    return contnode if node.get("refdomain") == "claim" else None


def setup(app: Sphinx) -> None:
    app.add_domain(ClaimDomain)
    app.connect("builder-inited", begin)
    app.connect("env-get-outdated", outdated)
    app.connect("env-updated", check)
    app.connect("missing-reference", missing_reference)
