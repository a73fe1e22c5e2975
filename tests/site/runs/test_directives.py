"""The directives of claims in a site of a few lines: what is shown, what is refused."""

import pytest

from docs._ext.claims import decision
from docs._ext.claims import directives as claims
from evidence import runs

STATED = "{claim}``" + " `bind()` gives the local name. <names.bind_names>``\n"
PROVED = "# Proofs\n\n```{proofs} names\n```\n"


def index(body: str, *others: str) -> str:
    toctree = "\n".join(["```{toctree}", *others, "```", ""]) if others else ""
    return f"# Front\n\n{toctree}\n{body}\n"


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("```{proofs} nothing\n```", "no tests/claims/test_nothing.py"),
        ("{proved}`names.bind_name`", "did you mean names.bind_names?"),
        ("```{decision} Which?\nwhat is this\n```", "is no `id: question`"),
        (STATED.replace("gives", "takes"), "say different things"),
        (STATED.replace("bind_names>", "other>"), "claim names.other has no proof"),
    ],
)
def test_complaint_has_page_and_line(small_site, body, complaint):
    small_site.write("docs/index.md", index(body))
    warnings = small_site.build()
    assert complaint in warnings
    assert "index.md:4" in warnings


def test_claim_leads_to_its_proof_and_back(small_site):
    cite = "{proved}`see there <names.bind_names>` {proved}`names.bind_names`"
    small_site.write("docs/index.md", index(f"{STATED}\n{cite}", "proofs"))
    small_site.write("docs/proofs.md", PROVED)
    assert small_site.build(parallel=2) == ""
    page, proof = small_site.page(), small_site.page("proofs")
    mark = 'href="proofs.html#proof-names-bind-names" title="Proved by a test'
    assert page.count(mark) == 3
    assert 'href="#claim-names-bind-names"' in page
    assert 'id="claim-names-bind-names"' in page
    assert 'href="index.html#claim-names-bind-names"' in proof
    assert "Proved by tests: 1 of 1 statements, on" in page
    assert "assert" in proof and "passed" in proof


def test_claim_stated_twice_or_nowhere(small_site):
    small_site.write("docs/index.md", index(f"{STATED}\n{STATED}", "proofs"))
    small_site.write("docs/proofs.md", PROVED)
    assert "is stated twice, first on index" in small_site.build()
    small_site.write("docs/index.md", index("Nothing.", "proofs"))
    assert "proves names.bind_names, which no page states" in small_site.build()


def test_failed_or_changed_proof_is_an_error(small_site):
    small_site.write("docs/index.md", index(STATED, "proofs"))
    small_site.write("docs/proofs.md", PROVED)
    small_site.prove(outcome="failed")
    assert "is stale or did not pass: run `make evidence`" in small_site.build()
    small_site.prove()
    assert small_site.build() == ""
    test = small_site.folder / "tests/claims/test_names.py"
    test.write_text(test.read_text().replace("assert True", "assert 1"))
    assert "is stale or did not pass: run `make evidence`" in small_site.build()


def test_only_the_pages_that_show_a_change_are_built_again(small_site):
    small_site.write("docs/index.md", index("Text.", "code", "claim", "proofs"))
    small_site.write("docs/code.md", "# Code\n\n```{sequence} names.local\n```\n")
    small_site.write("docs/claim.md", f"# Claim\n\n{STATED}")
    small_site.write("docs/proofs.md", PROVED)
    assert small_site.build() == ""
    assert small_site.build() == "" and small_site.read == []
    path = runs.snippet_path("names.local")
    path.write_text(path.read_text().replace("local address:", "address:"))
    small_site.record()
    assert small_site.build() == "" and small_site.read == ["code"]
    test = small_site.folder / "tests/claims/test_names.py"
    test.write_text(test.read_text().replace("assert True", "assert 1"))
    small_site.prove()
    assert small_site.build() == "" and small_site.read == ["claim", "proofs"]


def test_decision_links_each_leaf_to_its_claim(small_site):
    lines = "a: Sure?\na yes: Go on. | names.bind_names\na no -> b\nb: Really?\n"
    lines += "b yes: Stop. | names.bind_names\nb no: Wait. | names.bind_names"
    body = f"{STATED}\n```{{decision}} Which?\n{lines}\n```"
    small_site.write("docs/index.md", index(body, "proofs"))
    small_site.write("docs/proofs.md", PROVED)
    assert small_site.build() == ""
    assert small_site.page().count('<a href="#claim-names-bind-names">') == 3


def test_decision_refuses_an_answer_that_leads_nowhere():
    with pytest.raises(decision.Malformed, match="which is not there"):
        decision.parse(["a: Sure?", "a yes -> b"])


def test_role_text_is_split():
    assert claims.parse_role("`a` < b <udp.x>") == ("`a` < b", "udp.x")
