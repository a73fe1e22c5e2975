"""The counts of the page about other test suites."""

from docs._ext.cited import suites as directive
from evidence import cited

TEXT = """\
# A comment.
[One | a.c]
first | bind() is EINVAL | tcp-full: bind bind = EINVAL
second | either EBADF or EINVAL | error bind_closed on TCP/IPv4 = EBADF
[Two | b.c]
third | it works | udp.listen_fails and udp.accept_fails
"""


def test_rows_count_statements_and_answers():
    assert directive.counts(cited.read(TEXT)) == [
        ["One", "2", "0", "1", "0", "1"],
        ["Two", "1", "1", "0", "0", "0"],
        ["together", "3", "1", "1", "0", "1"],
    ]


def test_sentence_counts_choices():
    found = directive.summary(cited.read(TEXT))
    assert found.startswith("3 statements of 2 files were compared")
    assert found.endswith("1 leave it a choice.")


def test_page_has_the_counts_of_the_file(built_site):
    page = (built_site / "reference" / "kernel-suites.html").read_text()
    assert directive.summary(cited.read()) in page
