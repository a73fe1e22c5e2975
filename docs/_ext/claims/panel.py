"""What the panel of a mark shows, in a file for each page of proofs.

A browser loads it when the first mark is clicked: `_static/proofs/tcp.js`, as a script
and not as data, because a page that is opened from a folder may load nothing else.
"""

import json
from pathlib import Path
from typing import Any

from sphinx.application import Sphinx

from docs._ext.claims import domain
from docs._ext.claims.text import anchor, proof_anchor
from docs._ext.systems.differences import held_on
from evidence import claims, systems


def told(app: Sphinx, proof: claims.Proof) -> dict[str, Any]:
    """One proof: sentence, scope, where it held, test, and the page that states it."""
    ours = domain.of(app.env)
    home = ours.first("states", proof.id)
    scope = claims.scope_in_words(ours.known.kinds(proof.id))
    if scope and (users := claims.users_in_words(proof.needs, proof.source)):
        scope += f", by {users}"
    if scope and proof.varied:
        scope += f", with {', '.join(proof.varied)}"
    return {
        "sentence": claims.plain(proof.sentence),
        "scope": scope,
        "held": [
            f"{systems.name(platform)}, {row.date}"
            for platform, row in ours.known.rows(proof.id).items()
            if row.outcome == "passed"
        ],
        "elsewhere": held_on(proof),
        "test": proof.source,
        "home": home and f"{home.page}.html#{anchor(proof.id)}",
        "title": home and app.env.titles[home.page].astext(),
    }


def write(app: Sphinx, exception: Exception | None) -> None:
    """Write the files whose text has changed."""
    if exception or app.builder.name != "html":
        return
    ours = domain.of(app.env)
    pages: dict[str, dict[str, Any]] = {}
    for proof in ours.known.proofs.values():
        if place := ours.first("proves", proof.id):
            name = place.page.rpartition("/")[2]
            found = pages.setdefault(name, {})
            found[proof_anchor(proof.id)] = told(app, proof)
    folder = Path(app.outdir, "_static", "proofs")
    folder.mkdir(parents=True, exist_ok=True)
    for name, found in pages.items():
        text = f"takeProofs({json.dumps(name)}, {json.dumps(found, sort_keys=True)});\n"
        path = folder / f"{name}.js"
        if not path.exists() or path.read_text(encoding="utf-8") != text:
            path.write_text(text, encoding="utf-8")


def setup(app: Sphinx) -> None:
    app.connect("build-finished", write)
