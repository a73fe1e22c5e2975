"""A sentence that is wider than the claim that it cites stops the build."""

import pytest

CONNECTED = '''def test_fails():
    """`listen()` on a connected TCP socket fails with `EINVAL`, unless it is closed."""
    assert True
'''
HOME = (
    "# Front\n\n{claim}`` `listen()` on a connected TCP socket fails with `EINVAL`, "
    "unless it is closed. <names.fails>``\n\n"
)
LIST = "docs/_ext/claims/reviewed.txt"


@pytest.fixture
def told(small_site):
    """Build a page with one citation below its claim; returns the warnings."""
    small_site.write("tests/claims/names/test_names.py", CONNECTED)
    small_site.prove()

    def build(citation: str, reviewed: str = "# nothing\n") -> str:
        small_site.write(LIST, reviewed)
        small_site.write(
            "docs/index.md", f"{HOME}{citation}\n\n```{{proofs}} names\n```\n"
        )
        return small_site.build(builder="dummy")

    return build


GOOD = "On TCP {proved}`listen() then fails, unless it is closed <names.fails>`."


def test_citation_with_the_limits_of_its_claim_is_fine(told):
    assert told(GOOD) == ""


@pytest.mark.parametrize(
    ("citation", "why"),
    [
        (GOOD.replace(", unless it is closed", ""), "it drops unless of its claim"),
        (GOOD.replace("On TCP ", ""), "it drops TCP of its claim"),
        (GOOD.replace("then", "always"), "always: is it proved for all of them?"),
        (GOOD.replace("On TCP", "On TCP, for any socket,"), "any: is it proved"),
    ],
)
def test_wider_citation_is_told_with_line_and_cure(told, citation, why):
    warnings = told(citation)
    assert "index.md:5: WARNING: wider than names.fails? " in warnings
    assert why in warnings
    assert f"or add this line to {LIST} with a reason:" in warnings


def test_reviewed_line_is_fine_until_it_changes(told):
    wide = GOOD.replace("then", "always")
    warnings = told(wide)
    entry = next(line for line in warnings.splitlines() if line.startswith("index: "))
    reviewed = entry.replace(" = why", " = it was tried on all") + "\n"
    assert told(wide, reviewed) == ""
    again = told(wide.replace("listen()", "it"), reviewed)
    assert "wider than names.fails?" in again
    assert "line 1: line or claim has changed, read it again" in again


def test_claim_that_names_more_than_its_proof_used_is_told(small_site):
    udp = CONNECTED.replace("TCP socket", "TCP or UDP socket")
    small_site.write("tests/claims/names/test_names.py", udp)
    small_site.prove()
    small_site.write(LIST, "# nothing\n")
    page = HOME.replace("TCP socket", "TCP or UDP socket")
    small_site.write("docs/index.md", f"{page}```{{proofs}} names\n```\n")
    warnings = small_site.build(builder="dummy")
    assert "names.fails names UDP; its proof used TCP, over IPv4" in warnings
