"""Directive `proofs`: each proof of a subject, with outcome, packets and source."""

from html import escape

from docutils import nodes
from sphinx.application import Sphinx

from docs._ext.claims import domain, marks
from docs._ext.claims.text import proof_anchor, words, written
from docs._ext.publish.filter import filter_field
from docs._ext.shared import Directive, html
from evidence import claims, sources, store, systems

NEEDS = {
    "packets": "a packet capture",
    "private_net": "a private network",
    "sysctl": "network settings it may change",
    "second_user": "a second user in its network, which only root can make",
    "ipv6": "an IPv6 loopback",
}
LANGUAGE = "python-socket"


class Proofs(Directive):
    """```{proofs} udp```: all proofs of a subject."""

    required_arguments = 1

    def show(self) -> list[nodes.Node]:
        subject, ours = self.arguments[0], domain.of(self.env)
        ours.note_subject(subject, self.env.docname, self.lineno)
        mine = [
            proof
            for proof in ours.known.proofs.values()
            if proof.id.startswith(f"{subject}.")
        ]
        made: list[nodes.Node] = [filter_field("section.proof", "Filter the proofs:")]
        project = sources.project()
        for proof in mine:
            ours.note(self.env.docname, proof.id, "proves", self.lineno)
            helpers = claims.helpers(proof, project)
            self.depends_on(*(store.ROOT / path for path in (proof.path, *helpers)))
            made.append(proof_section(proof, helpers, ours.known))
        return made


def proof_section(
    proof: claims.Proof, helpers: dict[str, str], known: marks.Known
) -> nodes.section:
    """One proof: the sentence, its home, where it passed, packets, source, helpers."""
    title = nodes.title("", "", *words(proof.sentence))
    made = nodes.section("", title, ids=[proof_anchor(proof.id)], classes=["proof"])
    home = domain.link("home", proof.id, nodes.inline(), "")
    rows = known.rows(proof.id)
    about = nodes.paragraph("", "", nodes.literal("", proof.id), classes=["about"])
    about += [nodes.Text(", on "), home, nodes.Text(". "), *needs(proof)]
    about += [nodes.Text(" "), *scope(proof, known.kinds(proof.id))]
    made += about
    made += html("<details><summary>The test</summary>")
    ended = " ".join(passed(platform, row) for platform, row in rows.items())
    made += nodes.paragraph("", ended)
    packets = next((row.packets for row in rows.values() if row.packets), [])
    if packets:
        made += html(
            '<p>Packets seen while it ran:</p><pre class="packets" tabindex="0">'
            f"{escape(chr(10).join(packets))}</pre>"
        )
    made += code(f"{proof.path}, line {proof.line}", proof.source)
    if helpers:
        made += html("<details><summary>What it calls</summary>")
        for path, source in helpers.items():
            made += code(path, source)
        made += html("</details>")
    made += html("</details>")
    return made


def passed(platform: str, row: claims.Outcome) -> str:
    """Where and since when it ended as it did.

    Raises EvidenceError for a platform that nobody has noted.
    """
    return (
        f"{row.outcome.capitalize()} on {systems.name(platform)}, {written(row.date)}."
    )


def scope(proof: claims.Proof, kinds: list[str]) -> list[nodes.Node]:
    """Over which kinds of socket it ran, and why over no more."""
    if not kinds:
        return []
    said = f"Proved for {claims.scope_in_words(kinds)}"
    if users := claims.users_in_words(proof.needs, proof.source):
        said += f", by {users}"
    if proof.varied:
        said += f", with {', '.join(f'`{name}`' for name in proof.varied)}"
    said += "; all else at its default."
    if proof.because:
        said += f" Not proved for more: {proof.because}."
    return words(said)


def code(place: str, source: str) -> list[nodes.Node]:
    """Some source, under the place where it stands."""
    return [
        nodes.paragraph("", place, classes=["file"]),
        nodes.literal_block(source, source, language=LANGUAGE),
    ]


def needs(proof: claims.Proof) -> list[nodes.Node]:
    """What a machine must have to run this proof, in words."""
    named = [NEEDS[need] for need in proof.needs]
    return [nodes.Text(f"Needs {' and '.join(named)}.")] if named else []


def setup(app: Sphinx) -> None:
    app.add_directive("proofs", Proofs)
