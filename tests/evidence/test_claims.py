"""Claims and their proofs are read from files, and how they ended from records."""

import pytest

from evidence import claims, sources, store, systems

PROOF = '''"""Proofs."""

import pytest

from snippets.udp import fact
from tests.claims.helpers import same

needs = pytest.mark.needs
LIMIT = 1  # of something


# A section


@needs("packets", "ipv6")
@pytest.mark.needs("sysctl")
def test_it_is_so(wire):
    """`bind()` names
    a *socket*.
    """
    assert same(fact.number(), LIMIT)


def helper():
    return 1


def test_other():
    """It is other."""
    assert 1
'''
HELPERS = '''def same(one, other):
    """Whether they are equal."""
    return one == other


def unused():
    return 1
'''


@pytest.fixture
def project(tmp_path, monkeypatch):
    """The folder of a project with two proofs."""
    monkeypatch.setattr(store, "ROOT", tmp_path)

    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    write("tests/claims/udp/test_facts.py", PROOF)
    write("tests/claims/helpers.py", HELPERS)
    write("tests/claims/udp/helpers.py", "def test_none(): pass\n")
    write("snippets/udp/fact.py", "def number():\n    return 1\n")
    return write


def keep(outcome: str = "passed", **more: str) -> None:
    """Write the outcomes that a run on this platform would leave."""
    rows = {
        claim: claims.Outcome(outcome, digest, [], [], "2026-01-02")
        for claim, digest in (claims.digests() | more).items()
    }
    found = claims.Outcomes(systems.here(), rows, claims.definitions(claims.read()))
    store.save(claims.path_of(systems.here()), found)


def test_proof_is_read(project):
    assert list(claims.read()) == ["udp.it_is_so", "udp.other"]
    proof = claims.read()["udp.it_is_so"]
    assert proof.sentence == "`bind()` names a *socket*."
    assert proof.needs == ("packets", "ipv6", "sysctl")
    assert proof.source.startswith('@needs("packets", "ipv6")\n@pytest.mark')
    assert proof.source.endswith("assert same(fact.number(), LIMIT)")
    assert (proof.path, proof.line) == ("tests/claims/udp/test_facts.py", 15)
    assert proof.test == "tests/claims/udp/test_facts.py::test_it_is_so"


def test_helpers_are_what_the_proof_reaches_beside_itself(project):
    proof = claims.read()["udp.it_is_so"]
    assert claims.helpers(proof, sources.project()) == {
        "tests/claims/helpers.py": HELPERS.partition("\n\n\ndef unused")[0],
        "tests/claims/udp/test_facts.py": "LIMIT = 1  # of something",
    }


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("tests/claims/udp/test_facts.py", "LIMIT = 1", "LIMIT = 2"),
        ("tests/claims/helpers.py", "one == other", "other == one"),
        ("snippets/udp/fact.py", "return 1", "return 2"),
    ],
)
def test_digest_covers_the_proof_and_all_that_it_rests_on(project, name, old, new):
    before = claims.digests()
    keep()
    assert claims.stale() == [] and claims.changed_since("udp.it_is_so") == []
    text = (store.ROOT / name).read_text()
    project(name, text.replace(old, new))
    now = claims.digests()
    assert now["udp.it_is_so"] != before["udp.it_is_so"]
    assert now["udp.other"] == before["udp.other"]
    assert now == {claim: proof.digest for claim, proof in claims.read().items()}
    assert [proof.id for proof in claims.stale()] == ["udp.it_is_so"]
    [changed] = claims.changed_since("udp.it_is_so")
    assert changed.startswith(f"{name}:")


def test_digest_covers_what_runs_a_proof_and_its_fixtures(project):
    project("lab/claims/proof.py", "def run_proof():\n    return 1\n")
    fixture = "import pytest\n\n\n@pytest.fixture\ndef wire():\n    return 1\n"
    project("lab/claims/plugin.py", fixture)
    first = claims.digests()
    project("lab/claims/plugin.py", fixture.replace("return 1", "return 2"))
    second = claims.digests()
    assert second["udp.it_is_so"] != first["udp.it_is_so"]
    assert second["udp.other"] == first["udp.other"]
    project("lab/claims/proof.py", "def run_proof():\n    return 2\n")
    assert not set(claims.digests().values()) & set(second.values())


def test_stale_are_those_that_did_not_end_well_as_they_stand(project):
    assert len(claims.stale()) == 2  # nothing is known of them
    keep("skipped")
    assert claims.stale() == []
    keep("failed")
    assert len(claims.stale()) == 2


def test_outcomes_are_records(project):
    keep()
    row = claims.outcomes()[systems.here()]["udp.other"]
    assert (row.outcome, row.packets, row.date) == ("passed", [], "2026-01-02")
    path = claims.path_of(systems.here())
    found = store.load(path, claims.Outcomes)
    store.save(path, found)
    path.write_text(path.read_text().replace('"packets": []', '"packets": 1'))
    with pytest.raises(store.EvidenceError, match=r"proofs.*packets"):
        claims.outcomes()


def test_snippet_leads_to_the_proof_that_calls_it(project):
    assert claims.of_snippet("udp.fact").id == "udp.it_is_so"
    assert claims.of_snippet("udp.another") is None


def test_unknown_claim_is_told_with_those_like_it(project):
    assert claims.known("udp.other").id == "udp.other"
    with pytest.raises(store.EvidenceError, match=r"no claim udp\.othr; did you mean"):
        claims.known("udp.othr")
    with pytest.raises(store.EvidenceError, match=r"no claim xyz$"):
        claims.known("xyz")


def test_file_that_is_no_python_is_named(project):
    project("tests/claims/udp/test_facts.py", "def test_x(:\n")
    with pytest.raises(store.EvidenceError, match=r"udp/test_facts\.py: .*correct it"):
        claims.read()
