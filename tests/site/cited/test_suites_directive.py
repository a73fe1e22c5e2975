"""The counts of the page about other test suites."""

import msgspec
import pytest

from docs._ext.cited import suites as directive
from evidence import cited, machines, store

TEXT = """\
# A comment.
[One | a.c]
first | bind() is EINVAL | tcp: bind, bind -> EINVAL
second | either EBADF or EINVAL | error bind_closed on TCP/IPv4 -> EBADF
[Two | b.c]
third | it works | udp.listen_fails and udp.accept_fails
"""
KEPT = [  # whether the evidence is stale is none of the business of this file
    msgspec.structs.replace(
        machines.load(f"{kind}-full"), sources=machines.made_from(kind)
    )
    for kind in machines.KINDS
]
CURE = "correct it by hand, or `git checkout` it"


@pytest.fixture
def statements(tmp_path):
    """The statements of a small file."""
    path = tmp_path / "suites.txt"
    path.write_text(TEXT)
    return cited.suites(path)


def test_rows_count_statements_and_answers(statements):
    assert directive.by_suite(statements) == [
        ["One", "2", "0", "1", "0", "1"],
        ["Two", "1", "1", "0", "0", "0"],
        ["All four", "3", "1", "1", "0", "1"],
    ]


def test_sentence_counts_choices(statements):
    found = directive.summary(statements)
    assert found.startswith("3 statements of 2 files were compared")
    assert found.endswith("1 leave it a choice.")


def test_page_has_the_counts_of_the_file(built_site):
    page = (built_site / "reference" / "kernel-suites.html").read_text()
    assert directive.summary(cited.suites()) in page


@pytest.fixture
def suites_site(small_site):
    """A function that builds a page with the directive from a text."""
    small_site.without_claims()
    for machine in KEPT:
        store.save(machines.path_of(machine.machine), machine)
    small_site.write("docs/index.md", "# Front\n\n```{kernel-suites}\n```\n")

    def build(text: str | None) -> str:
        if text is not None:
            path = small_site.write(f"evidence/cited/{cited.SUITES}", text)
            assert path == store.cited(cited.SUITES)
        return small_site.build()

    build.site = small_site
    return build


def test_statements_are_counted_on_a_page(suites_site):
    text = "[One | a.c]\nfirst | bind() is EINVAL | tcp: bind, bind -> EINVAL\n"
    assert "kernel-suites" not in suites_site(text)
    assert "1 statements of 1 files were compared" in suites_site.site.page()


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        (None, f"no evidence/cited/kernel_suites.txt: {CURE}"),
        (
            "first | it works\n",
            "evidence/cited/kernel_suites.txt:1: 'first | it works'",
        ),
        (
            "[One | a.c]\nfirst | it is ok | tcp: bind, bind -> ok\n",
            "evidence/cited/kernel_suites.txt: a.c, first: ok, and the evidence says",
        ),
        (
            "[One | a.c]\nfirst | it is ok | error bind_closed on TCP/IPv4 -> EBADF\n",
            "errors.json: run `make evidence`",
        ),
    ],
)
def test_complaint_has_page_and_line(suites_site, text, complaint):
    warnings = suites_site(text)
    assert "index.md:3: WARNING: kernel-suites: " in warnings
    assert complaint in warnings
