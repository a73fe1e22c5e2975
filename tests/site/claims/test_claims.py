"""Claims on the pages of a site of a few lines: marks, links, and every complaint."""

import re
from pathlib import Path

import pytest

from docs._ext.claims import text
from evidence import claims, runs, systems

STATED = "{claim}``" + " `bind()` gives the local name. <names.bind_names>``\n"
PROVED = "# Proofs\n\n```{proofs} names\n```\n"
TESTS = "tests/claims/names/test_names.py"
PROOF = '''from snippets.names import local
from tests.claims.helpers import same


def test_bind_names():
    """`bind()` gives the local name."""
    assert same(local.local_name(), "127.0.0.1")
'''
HELPERS = '''"""Helpers."""

LOOSE = True  # a comment that readers see


def same(one, other):
    """Whether they are equal."""
    return LOOSE and one == other


def unused(one):
    return one
'''


def index(body: str, *others: str) -> str:
    toctree = "\n".join(["```{toctree}", *others, "```", ""]) if others else ""
    return f"# Front\n\n{toctree}\n{body}\n"


@pytest.fixture
def site(small_site):
    """A site that states one claim and shows its proof, which calls a snippet."""
    small_site.write("tests/claims/helpers.py", HELPERS)
    small_site.write(TESTS, PROOF)
    small_site.write("docs/index.md", index(STATED, "proofs"))
    small_site.write("docs/proofs.md", PROVED)
    small_site.prove()
    return small_site


def edit(site, name: str, old: str, new: str) -> None:
    """Change a file of the site in one place."""
    before = (site.folder / name).read_text()
    assert before.count(old) == 1
    site.write(name, before.replace(old, new))


def complaints(warnings: str) -> list[str]:
    """The warnings, one by one, without the place in the file system."""
    return [line.partition("/docs/")[2] or line for line in warnings.splitlines()]


# What is shown


def test_claim_leads_to_its_proof_and_back(site):
    cite = "{proved}`see there <names.bind_names>` {proved}`names.bind_names`"
    site.write("docs/index.md", index(f"{STATED}\n{cite}", "proofs"))
    assert site.build(parallel=2) == ""
    page, proof = site.page(), site.page("proofs")
    mark = 'href="proofs.html#proof-names-bind-names" title="Proved by a test'
    assert page.count(mark) == 3
    assert '<span class="cited">see there</span>' in page
    assert 'id="claim-names-bind-names"' in page
    assert 'href="index.html#claim-names-bind-names"' in proof
    assert "1 statement proved by tests on" in page
    assert "Passed on" in proof


def test_proof_is_shown_with_the_helpers_that_it_calls(site):
    assert site.build() == ""
    proof, _, called = site.page("proofs").partition("<details><summary>What it calls")
    assert "test_bind_names" in proof
    assert "tests/claims/helpers.py" in called
    assert "Whether they are equal." in called and "a comment that readers" in called
    assert "unused" not in called


def test_only_the_pages_that_show_a_change_are_built_again(site):
    site.write("docs/index.md", index("Text.", "claim", "other", "proofs"))
    site.write("docs/claim.md", f"# Claim\n\n{STATED}")
    site.write("docs/other.md", "# Other\n\nText.\n")
    assert site.build() == ""
    assert site.build() == "" and site.read == []
    edit(site, TESTS, "assert same", "assert 1 and same")
    site.prove()
    assert site.build() == "" and site.read == ["proofs"]
    edit(site, TESTS, "gives the", "gives its")
    edit(site, "docs/claim.md", "gives the", "gives its")
    site.prove()
    assert site.build() == "" and site.read == ["claim", "proofs"]
    edit(site, "tests/claims/helpers.py", "a comment that", "words that")
    assert site.build() == "" and site.read == ["proofs"]


def test_role_text_is_split():
    assert text.parse_role("`a` < b <udp.x>") == ("`a` < b", "udp.x")


# What a page gets wrong: one warning for each, with page and line


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("{proved}`names.bind_name`", "no claim names.bind_name; did you mean names."),
        ("{proved}`a <names.bind_name>`", "; did you mean names.bind_names?"),
        ("{proved}`udp.elsewhere`", "write its proof, tests/claims/udp/…::test_else"),
        ("```{proofs} nam\n```", "there is no tests/claims/nam/test_….py with a test;"),
        ("```{proofs} nothing\n```", "no tests/claims/nothing/test_….py with a test"),
        (
            "```{decision} A\na: B?\na b: C. | names.bind_nam\n```",
            "did you mean names.",
        ),
        ("```{decision} A\nwhat is this\n```", "is no `id: question`"),
        ("```{claim} names.bind_names\n```", "names.bind_names needs its sentence"),
        ("{claim}`names.bind_names`", "names.bind_names needs its sentence"),
        ("{claim}`A <x> `bind()` gives it. <names.x>`", "{claim}`` `bind()` names"),
        ("{claim}`It `bind()` gives it. <names.x>`", "'It' is no `sentence <id>`: a "),
        ("{claim}``bind()` gives it. <names.x>`", "was not read as a role: a sent"),
        ("{claim}``bind()` gives it. <names.x>`` `", "has a backtick too few: a sent"),
        ("{proved}`It `bind()` gives it. <names.x>`", "{proved}`` `bind()` names a s"),
        (STATED, "claim names.bind_names is stated twice, first on index, line 7:"),
    ],
)
def test_complaint_has_page_and_line_and_comes_once(site, body, complaint):
    site.write("docs/index.md", index(f"{STATED}\n{body}", "proofs"))
    for _ in range(2):  # in the next build as well, although nothing has changed
        [found] = complaints(site.build())
        assert found.startswith("index.md:9: WARNING: "), found
        assert complaint in found


def test_wrong_id_of_a_statement_is_told_once(site):
    edit(site, "docs/index.md", "bind_names>", "bind_name>")
    [found] = complaints(site.build())
    assert found.startswith("index.md:7: WARNING: no claim names.bind_name; did you")


def test_wrong_subject_is_told_once(site):
    edit(site, "docs/proofs.md", "} names", "} nams")
    [found] = complaints(site.build())
    assert found.startswith("proofs.md:3: WARNING: no proofs of 'nams'")
    assert "; did you mean names?" in found


def test_sentence_that_differs_is_shown_beside_its_proof(site):
    edit(site, "docs/index.md", "gives", "takes")
    first, *rest = site.build().splitlines()
    assert "index.md:7: WARNING: claim names.bind_names and its proof say diff" in first
    assert rest[0] == "  page:  bind() takes the local name."
    assert rest[1].startswith(f"  proof: bind() gives the local name. ({TESTS})")


def test_proof_that_no_page_states_or_shows(site):
    site.write("docs/index.md", index("Nothing.", "proofs"))
    [found] = complaints(site.build())
    assert f"{TESTS}:5 proves names.bind_names, which no page states" in found
    site.write("docs/index.md", index(STATED, "proofs"))
    site.write("docs/proofs.md", "# Proofs\n\nNone.\n")
    for _ in range(2):
        [found] = complaints(site.build())
        assert "no page shows the proofs of names: add {proofs} names to docs/" in found


# A mark without a proof that passed, as it stands


def test_snippet_that_breaks_its_proof_is_found_though_it_is_recorded_anew(site):
    """The recording is fresh, the text of the proof is as it was: red all the same."""
    site.write("docs/code.md", "# Code\n\n```{snippet} names.local\n```\n")
    site.write("docs/index.md", index(STATED, "proofs", "code"))
    assert site.build() == ""
    edit(
        site, "snippets/names/local.py", "getsockname()[0]", "getsockname()[1] and '*'"
    )
    site.record()
    assert "local address: *" in runs.run_path("names.local").read_text()
    for _ in range(2):
        stated, shown = complaints(site.build())
        assert stated.startswith("index.md:8: WARNING: the proof of names.bind_names ")
        assert shown.startswith("proofs.md:3: WARNING: the proof of names.bind_names ")
        assert "is stale, snippets/names/local.py:local_name changed" in stated
        assert "run `make fact ID=names.bind_names`, or `make evidence`" in stated
        assert "✓" not in site.page() and "not proved now" in site.page()
    site.prove()
    assert site.build() == ""
    assert site.page().count("✓") == 2  # the mark, and the line under the title


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        (TESTS, "assert same", "assert 1 and same"),
        ("tests/claims/helpers.py", "LOOSE = True", "LOOSE = 1"),
    ],
)
def test_what_changed_since_the_proof_is_named(site, name, old, new):
    edit(site, name, old, new)
    found, _ = complaints(site.build())
    assert f"is stale, {name}:" in found


def test_proof_that_failed_or_was_never_run(site):
    site.prove(outcome="failed")
    found, _ = complaints(site.build())
    assert (
        "the proof of names.bind_names did not pass, it failed: correct the proof"
        in found
    )
    claims.path_of(systems.here()).unlink()
    found, _ = complaints(site.build())
    assert "the proof of names.bind_names has never been run: run `make fact" in found


def test_many_stale_proofs_are_counted(site):
    letters = "abcdefghijklmnopqrstu"
    more = "".join(
        f'\n\ndef test_{letter}():\n    """It is {letter}."""\n    assert 1\n'
        for letter in letters
    )
    site.write(TESTS, PROOF + more)
    body = "".join("{claim}`" + f"It is {x}. <names.{x}>`\n\n" for x in letters)
    site.write("docs/index.md", index(STATED + "\n" + body, "proofs"))
    site.prove()
    assert site.build() == ""
    site.prove(outcome="failed")
    *told, last = complaints(site.build())
    assert len(told) == 20
    assert "3 more marks are not proved as they stand: run `make evidence`" in last


def test_file_that_cannot_be_read_is_one_warning(site):
    site.write(TESTS, PROOF.replace("def ", "deff "))
    [found] = complaints(site.build())
    assert "WARNING: no claim can be shown: tests/claims/names/test_names.py" in found
    assert "correct it" in found
    site.write(TESTS, PROOF)
    path = claims.path_of(systems.here())
    path.write_text(path.read_text().replace("passed", "failed"))
    found, _ = complaints(site.build())
    assert found.startswith("index.md:7: WARNING: nobody knows whether names.bind_na")
    assert "its `digest` is not that of the rest: run `make evidence`" in found
    site.prove()
    assert site.build() == ""


def test_no_proof_is_parsed_where_nothing_has_changed(site, monkeypatch):
    assert site.build() == ""
    monkeypatch.setattr(claims, "read_file", None)
    claims.read_unchanged.cache_clear()
    assert site.build() == "" and site.read == []


# Lines that name a call and cite nothing


def test_unmarked_line_is_cited_or_listed(site):
    site.write("docs/_ext/claims/unmarked.txt", "# Read.\n")
    line = "`listen()` takes a backlog."
    site.write("docs/index.md", index(f"{STATED}\n{line}", "proofs"))
    for _ in range(2):
        told, entry = complaints(site.build())
        assert told.startswith("index.md:9: WARNING: this line names listen() and")
        assert "add it to docs/_ext/claims/unmarked.txt" in told
        assert entry.startswith(f"index: {line}")
    site.write("docs/_ext/claims/unmarked.txt", f"# Read.\nindex: {line}\n")
    assert site.build() == "" and site.read == []
    site.write("docs/index.md", index(STATED, "proofs"))
    [found] = complaints(site.build())
    assert "unmarked.txt, line 2: no such unmarked line any more, remove it" in found


@pytest.mark.parametrize(
    ("claim", "told"),
    [
        ("sharing.restart_needs_reuseaddr_twice", "with SO_REUSEADDR"),
        ("sharing.time_wait_lasts_a_minute", "with net.ipv4.tcp_fin_timeout"),
        ("sharing.reuseport_needs_one_user", "by two users"),
        ("errors.low_ports_are_low_for_ipv6_too", "by a user without capabilities"),
        ("udp.connect_sends_no_packet", "Proved for UDP, over IPv4 and IPv6; all else"),
    ],
)
def test_proof_says_over_what_it_runs(claim, told, built_site):
    subject = claim.partition(".")[0]
    page = Path(built_site, f"proofs/{subject}.html").read_text()
    anchor = re.sub(r"[._]", "-", f"proof-{claim}")
    section = page[page.index(f'id="{anchor}"') :]
    said = re.search(r'<p class="about">.*?(Proved for .*?)</p>', section, re.S)
    assert said
    assert told in re.sub(r"<[^>]*>", "", said[1])
