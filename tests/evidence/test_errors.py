"""The records of errors: measured rows, other systems, what the manual pages list."""

import json
from datetime import date

import msgspec
import pytest

from evidence import errors, sources, store
from evidence.calls import is_errno
from evidence.errors import ManualPages, Unprovoked

ROWS = errors.load().rows
ELSEWHERE = errors.elsewhere()
ERRNOS = {row.errno for row in ROWS if is_errno(row.errno)}
# What the explorer of the state machines tells beside an outcome.
EXPLORED = set(
    """EADDRINUSE EAGAIN ECONNABORTED ECONNREFUSED ECONNRESET EDESTADDRREQ
EINPROGRESS EINVAL EISCONN ENOENT ENOTCONN EPERM EPIPE""".split()
)


def test_there_are_many_ways():
    assert len(ROWS) >= 150
    assert sum(len(row.sockets) for row in ROWS) >= 400
    assert len({row.errno for row in ROWS}) >= 35


def test_newest_row_dates_the_file():
    found = errors.load()
    assert (found.platform, found.date) in {(row.platform, row.date) for row in ROWS}
    assert found.date == max(row.date for row in ROWS)
    assert all(date.fromisoformat(row.date) for row in ROWS)


def test_nothing_is_stale():
    assert errors.stale(ROWS) == [], store.CURE


def test_messages_are_those_of_every_row():
    told = errors.messages()
    assert told["ECONNREFUSED"] == "Connection refused"
    assert told.keys() == ERRNOS
    assert all(told[row.errno] == row.text for row in ROWS if row.errno in told)
    assert told.keys() >= EXPLORED


def test_program_of_a_row_is_what_its_file_says():
    [row] = [row for row in ROWS if row.id == "port_taken"]
    line = "        sock.bind(address)\n"
    assert f"try:\n{line[4:]}except OSError as error:" in row.program
    assert line in (sources.CODE / "lab/errors/bind.py").read_text()


def test_digest_covers_the_way_the_kit_the_networks_and_the_run():
    told = {
        "lab.errors.bind",
        "lab.errors.kit",
        "lab.errors.provoke",
        "lab.errors.programs",
    }
    told |= {"lab.isolation.namespace", "lab.isolation.networks"}
    reached = sources.reached(("lab.errors.bind", "port_taken"), *errors.PROVOKED_BY)
    assert told <= {module for module, _ in reached}
    others = {name for module, name in reached if module == "lab.errors.bind"}
    assert others == {"port_taken"}, "a way reaches another one"


def test_way_that_is_gone_is_stale():
    row = ROWS[0]
    row = msgspec.structs.replace(row, sources=errors.made_by(row.id, row.call))
    gone = msgspec.structs.replace(row, id="no_such_way")
    moved = msgspec.structs.replace(row, call="recv")
    assert errors.stale([gone, row, moved]) == ["no_such_way", row.id]


def test_files_of_a_way_are_there():
    files = errors.files_of(ROWS[:1])
    assert {"bind.py", "kit.py", "networks.py"} <= {file.name for file in files}
    assert "connect.py" not in {file.name for file in files}
    assert all(file.is_file() for file in files)


def test_systems_elsewhere_are_told_for_every_errno():
    assert ELSEWHERE.keys() == ERRNOS


def test_numbers_of_windows_are_those_of_bsd_and_10000():
    """Windows Sockets took over the numbers of BSD; a slip of the pen shows here."""
    for name, entry in ELSEWHERE.items():
        if entry.windows is not None:
            assert entry.windows == 10000 + entry.freebsd, name
            assert entry.name and entry.windows_text, name
        if name != "EOPNOTSUPP":
            assert entry.macos == entry.freebsd, name


@pytest.mark.parametrize("page", errors.manual_pages().listed)
def test_every_errno_of_a_man_page_is_provoked_or_says_why_not(page):
    """Those of section 2 by the page's own call, those of section 7 by any call."""
    pages = errors.manual_pages()
    provoked = {
        row.errno for row in ROWS if page == page_of(row.call) or page.endswith("(7)")
    }
    excused = {one.errno for one in pages.not_provoked if one.page == page}
    assert set(pages.listed[page]) <= provoked | excused
    assert page.endswith("(7)") or not provoked & excused


def page_of(call: str) -> str:
    """The man page of a call."""
    return "send(2)" if call == "sendto" else f"{call}(2)"


def listing(**changed) -> ManualPages:
    """A small file of manual pages, altered."""
    fields = {
        "source": "man-pages",
        "listed": {"bind(2)": ["EFAULT"]},
        "reasons": {"memory": "Not from Python."},
        "not_provoked": [Unprovoked("bind(2)", "EFAULT", "memory")],
    }
    return ManualPages(**fields | changed)


@pytest.mark.parametrize(
    ("found", "complaint"),
    [
        (listing(), None),
        (listing(listed={"bind(2)": []}), "`listed` has no EFAULT for bind(2)"),
        (listing(listed={}), "`listed` has no EFAULT for bind(2)"),
        (listing(reasons={}), "`reasons` has no 'memory', which EFAULT needs"),
        (
            listing(not_provoked=[Unprovoked("bind(2)", "EFAULT", "memory")] * 2),
            "`not_provoked` has EFAULT of bind(2) twice",
        ),
        (
            listing(not_provoked=[]),
            "nothing in `not_provoked` has the reason 'memory'",
        ),
    ],
)
def test_contradictions_are_named(found, complaint):
    assert errors.contradiction(found) == complaint


@pytest.mark.parametrize(
    ("name", "field", "read"),
    [
        (errors.ELSEWHERE, "errors", errors.elsewhere),
        (errors.MANUAL_PAGES, "not_provoked", errors.manual_pages),
    ],
)
def test_slip_in_a_file_written_by_hand_names_the_field(
    name, field, read, tmp_path, monkeypatch
):
    """A field that is misspelt is refused, with the cure for such a file."""
    found = json.loads(store.cited(name).read_text())
    monkeypatch.setattr(store, "ROOT", tmp_path)
    with pytest.raises(store.EvidenceError, match=f"no evidence/cited/{name}"):
        read()
    entries = found[field]
    entry = entries["EACCES"] if isinstance(entries, dict) else entries[0]
    entry["winodws"] = 10013
    store.cited().mkdir(parents=True)
    store.cited(name).write_text(json.dumps(found))
    with pytest.raises(store.EvidenceError) as refused:
        read()
    assert "`winodws`" in str(refused.value) and f"$.{field}" in str(refused.value)
    assert "by hand" in str(refused.value)
