"""What the tests of four public suites say, held against the project's answers."""

import pytest

from evidence import cited

STATEMENTS = cited.read()


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: f"{s.file}: {s.test}")
def test_project_says_what_the_suite_says(statement):
    assert not cited.complaint(statement), statement.text


def test_there_are_statements_of_four_suites():
    assert {s.suite for s in STATEMENTS} == {"Linux", "LTP", "gVisor", "packetdrill"}
    assert len(STATEMENTS) >= 300
    assert len({(s.file, s.test) for s in STATEMENTS}) == len(STATEMENTS)


@pytest.mark.parametrize(
    "answer",
    [
        "udp.no_such_claim",
        "tcp-full: bind bind = ok",
        "tcp-full: bind = ok [127.0.0.1:asked server]",
        "tcp-full: bind no_such_input = ok",
        "cell TCP bound: 127.0.0.1 no option, 127.0.0.1 no option = +",
        "cell TCP bound: 127.0.0.1 no option, 10.0.0.1 no option = +",
        "error bind_closed on TCP/IPv4 = EINVAL",
        "error bind_closed on no socket = EBADF",
        "names.bind_fills_the_local_name",  # a claim that names another errno
    ],
)
def test_wrong_answer_is_found(answer):
    text = f"[Linux | x.c]\ntest | it fails with EBADF | {answer}"
    [statement] = cited.read(text)
    assert cited.complaint(statement)


def test_choice_is_met_by_one_of_its_outcomes():
    text = (
        "[Linux | x.c]\ntest | either {} or EINVAL | tcp-full: bind_taken = EADDRINUSE"
    )
    [good], [bad] = (cited.read(text.format(n)) for n in ("EADDRINUSE", "EBADF"))
    assert not cited.complaint(good)
    assert cited.complaint(bad)
