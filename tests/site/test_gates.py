"""Lists that must be equal: snippets and pages, claims and proofs, README and disk."""

import re
import subprocess
from collections import defaultdict

import pytest

from docs._ext.claims import unmarked
from evidence import claims, runs, store, systems
from tests.site import pages

PROOFS = claims.read()


def test_there_are_claims_and_pages():
    assert len(PROOFS) >= 30
    assert len(STATED) >= 30
    assert len(SHOWN) >= 19
    assert len(pages.pages()) >= 5


SHOWN = {f.argument.strip() for f in pages.all_fences() if f.kind == "{snippet}"}
STATED = defaultdict(list)
for claim_id, sentence, page in pages.stated():
    STATED[claim_id].append((sentence, page))


@pytest.mark.parametrize("snippet", runs.snippet_ids())
def test_snippet_is_shown_on_a_page(snippet):
    assert snippet in SHOWN, f"add a {{snippet}} {snippet} directive to a page"


@pytest.mark.parametrize("claim", PROOFS)
def test_claim_is_stated_once_and_word_for_word(claim):
    found = STATED.get(claim, [])
    assert found, f"no page states {claim}: add a {{claim}} with this id to a page"
    assert len(found) == 1, f"{claim} is stated on {[page for _, page in found]}"
    sentence = PROOFS[claim].sentence
    assert claims.plain(found[0][0]) == claims.plain(sentence), (
        f"the sentence of {claim} differs from its proof's docstring: make them equal"
    )


def test_no_claim_without_a_proof():
    missing = STATED.keys() - PROOFS.keys()
    assert not missing, f"write the proofs, in tests/claims: {sorted(missing)}"


def test_no_citation_of_nothing():
    missing = pages.cited() - PROOFS.keys()
    assert not missing, f"no proof has this name, correct the {{proved}}: {missing}"


@pytest.mark.parametrize("claim", PROOFS)
def test_proof_passed_as_it_stands(claim):
    """The site's marks stand on evidence, which holds the last real pass."""
    found = [rows[claim] for rows in claims.outcomes().values() if claim in rows]
    assert any(
        row.outcome == "passed" and row.source == claims.digests()[claim]
        for row in found
    ), f"the evidence for {claim} is missing or stale: run `make evidence`"


def test_no_evidence_for_a_proof_that_is_gone():
    for platform, found in claims.outcomes().items():
        assert found.keys() <= PROOFS.keys(), f"{platform}: run `make evidence`"


@pytest.mark.parametrize("claim", PROOFS)
def test_proof_states_one_sentence(claim):
    sentence = PROOFS[claim].sentence
    assert sentence.endswith("."), f"{claim}: {sentence!r}"
    assert len(PROOFS[claim].source.splitlines()) <= 40, "about a dozen lines"


def test_code_on_pages_comes_from_snippets():
    allowed = {"{doctest}", "{snippet}"}
    code = re.compile(r"\{?(py|python|pycon|ipython|code-block|code|literalinclude)\b")
    fences = [f for f in pages.all_fences() if f.kind not in allowed]
    assert len(fences) >= 10
    foreign = [f"{f.page}:{f.line}" for f in fences if code.match(f.kind)]
    assert not foreign, f"show a snippet instead, with {{snippet}}: {foreign}"


def test_commands_on_pages_are_run_or_say_why_not():
    plain = [
        f"{f.page}:{f.line}"
        for f in pages.all_fences()
        if f.kind in ("sh", "bash", "shell", "console", "shell-session")
    ]
    assert not plain, f"use {{shell}}, or {{not-run}} with a reason: {plain}"
    for fence in pages.all_fences():
        if fence.kind == "{not-run}":
            assert ":reason:" in fence.body, f"{fence.page}:{fence.line}"


def test_unmarked_sentences_were_read():
    now = {
        f"{page}: {line}"
        for page, source in pages.pages().items()
        for _, line in unmarked.unmarked(source)
    }
    listed = unmarked.reviewed((pages.DOCS / unmarked.FILE).read_text()).keys()
    assert len(now) >= 100
    assert now == listed, "`make html` says which lines to cite, add or remove"


def test_every_page_is_in_the_table_of_contents(built_site):
    index = (built_site / "index.html").read_text()
    for page in pages.pages():
        assert f'href="{page}.html"' in index or page == "index", page


def test_tree_of_the_readme_is_the_tree_on_disk():
    readme = (store.ROOT / "README.md").read_text()
    block = readme.partition("```text\n")[2].partition("```")[0]
    named = {line.split()[0] for line in block.splitlines() if line.strip()}
    tracked = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=store.ROOT,
        capture_output=True,
        text=True,
        check=True,
    ).stdout.split()
    on_disk = {p.partition("/")[0] + ("/" if "/" in p else "") for p in tracked}
    hidden = {name for name in on_disk if name.startswith(".")}
    assert len(named) >= 10
    assert named == on_disk - hidden, "correct the tree in README.md"


def test_platforms_are_described():
    known = systems.load()
    used = set(claims.outcomes())
    used |= {runs.load_run(run).platform for run in runs.run_ids()}
    assert used and used <= known.keys()
    for platform in used:
        assert re.fullmatch(r"\d+\.\d+\.\d+", known[platform].kernel)
