"""What the tests of four public suites say, held against the project's answers."""

import pytest

from evidence import cited, store
from evidence.cited import Cell, Claim, Way
from evidence.machines import Walk
from evidence.sharing import PLACES

STATEMENTS = cited.suites()


@pytest.fixture
def suites(tmp_path):
    """A function that reads a text as the file of statements."""

    def read(text: str):
        path = tmp_path / "evidence" / "cited" / cited.SUITES
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return cited.suites(path)

    return read


@pytest.mark.parametrize("statement", STATEMENTS, ids=lambda s: f"{s.file}: {s.test}")
def test_project_says_what_the_suite_says(statement):
    assert not cited.suite_complaint(statement), statement.text


def test_there_are_statements_of_four_suites():
    assert {s.suite for s in STATEMENTS} == {"Linux", "LTP", "gVisor", "packetdrill"}
    assert len(STATEMENTS) >= 300
    assert len({(s.file, s.test) for s in STATEMENTS}) == len(STATEMENTS)


def test_each_kind_of_answer_is_read():
    kinds = {type(answer) for s in STATEMENTS for answer in s.answers}
    assert kinds == {Claim, Walk, Cell, Way}


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        ("udp.no_such_claim", "there is no 'udp.no_such_claim'"),
        ("tcp: bind, bind -> ok", "ok, and the evidence says EINVAL"),
        ("tcp: bind -> ok | 127.0.0.1:asked | server", "says ok | 127.0.0.1:asked | —"),
        ("tcp: bind, no_such_input -> ok", "no 'no_such_input' in tcp; there are bind"),
        (
            "cell TCP bound: 127.0.0.1 no option, 127.0.0.1 no option -> +",
            "the evidence says bind() fails with EADDRINUSE",
        ),
        (
            "cell TCP bound: 127.0.0.1 no option, 10.0.0.1 no option -> +",
            "there is no Pair(",
        ),
        (
            "error bind_closed on TCP/IPv4 -> EINVAL",
            "EINVAL, and the evidence says EBA",
        ),
        ("error bind_closed on no socket -> EBADF", "is no 'bind_closed on no socket'"),
        ("names.bind_fills_the_local_name", "no {'EBADF'} in ['"),  # another errno
    ],
)
def test_wrong_answer_is_found(suites, answer, complaint):
    [statement] = suites(f"[Linux | x.c]\ntest | it fails with EBADF | {answer}")
    found = cited.suite_complaint(statement)
    assert found.startswith("x.c, test: ")
    assert complaint in found


def test_choice_is_met_by_one_of_its_outcomes(suites):
    text = "[Linux | x.c]\ntest | either {} or EINVAL | tcp: bind_taken -> EADDRINUSE\n"
    [good] = suites(text.format("EADDRINUSE"))
    [bad] = suites(text.format("EBADF"))
    assert not cited.suite_complaint(good)
    assert cited.suite_complaint(bad)


@pytest.mark.parametrize(
    ("line", "complaint"),
    [
        (
            "[Linux, x.c]",
            "kernel_suites.txt:2: '[Linux, x.c]' is no `test | statement | answer`",
        ),
        (
            "test | it works",
            "kernel_suites.txt:2: 'test | it works' is no `test | statement",
        ),
        (
            "test | it works | tcp: bind",
            "kernel_suites.txt:2: 'tcp: bind' is no answer: an id of a claim, `",
        ),
        (
            "test | it works | tcp: bind = ok",
            "('tcp: bind = ok' is no `tcp: bind",
        ),
        (
            "test | it works | cell TCP bound: ::1, ::1 no option -> +",
            "('::1' ends with none of no option, SO_REUSEADDR",
        ),
        (
            "test | it works | cell TCP bound: ::1 no option, ::1 no option -> ?",
            "('?' is none of + - l x)",
        ),
    ],
)
def test_line_of_another_form_is_told_with_the_right_one(
    suites, line, complaint, tmp_path, monkeypatch
):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    with pytest.raises(store.EvidenceError) as told:
        suites(f"[Linux | x.c]\n{line}\n")
    assert complaint in str(told.value)
    assert str(told.value).endswith("correct it by hand, or `git checkout` it")


def test_statement_without_a_file_above_it_is_told(suites):
    with pytest.raises(
        store.EvidenceError, match=r"kernel_suites.txt:2: .*below a `\[suite"
    ):
        suites("# A comment.\ntest | it works | tcp.second_bind_fails\n")


def test_missing_and_binary_files_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    cure = "correct it by hand, or `git checkout` it"
    with pytest.raises(store.EvidenceError, match=f"no evidence/cited/kern.*: {cure}"):
        cited.suites()
    store.cited().mkdir(parents=True)
    store.cited(cited.SUITES).write_bytes(b"\xff\xfe")
    with pytest.raises(store.EvidenceError, match=f"is damaged.*utf-8.*: {cure}"):
        cited.suites()


def test_expectations_of_bind_wildcard_are_read():
    found = cited.selftests()
    assert len(found) == 44
    assert {place for one in found for place in one[:2]} <= set(PLACES)


def test_damaged_expectation_is_told(tmp_path, monkeypatch):
    monkeypatch.setattr(store, "ROOT", tmp_path)
    store.cited().mkdir(parents=True)
    store.cited(cited.SELFTESTS).write_text("# One.\n:: | ::1 | --- | +------\n")
    with pytest.raises(store.EvidenceError, match=r"selftests.txt:2: .*7 marks each"):
        cited.selftests()
