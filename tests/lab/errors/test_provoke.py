"""Provoking: what counts as the error, what is provoked again, what is kept."""

import argparse
import errno
import os
import signal
import socket
from datetime import date

import msgspec
import pytest

from evidence import errors, store, systems
from evidence.errors import Errors, Way
from lab.errors import command, provoke, ways
from lab.errors.kit import Kit
from lab.errors.provoke import Attempt, Outcome
from lab.errors.registry import Malformed
from lab.isolation import child, namespace

FEW = dict(list(ways.every().items())[:7])


def too_early(kit: Kit) -> None:
    kit.new().connect("no such file")
    with kit.fails():
        kit.new().connect("no such file")


def nothing(kit: Kit) -> None:
    with kit.fails():
        kit.new().getsockname()


def not_tried(kit: Kit) -> None:
    kit.new().getsockname()


def no_cure(kit: Kit) -> None:
    with kit.fails():
        kit.new().connect("no such file")
    kit.new().connect("no such file")


def cured(kit: Kit) -> None:
    with kit.fails():
        kit.new().connect("no such file")
    kit.new().getsockname()


def killed() -> Outcome:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("still here")


def test_earlier_failure_is_not_taken_for_the_error():
    with pytest.raises(provoke.Unexpected) as refused:
        provoke.provoke(too_early, "Unix stream")
    told = 'an earlier line failed, `kit.new().connect("no such file")`: FileNot'
    assert str(refused.value).startswith(told)


def test_cure_that_does_not_cure_is_told():
    assert provoke.provoke(cured, "Unix stream").errno == "ENOENT"
    with pytest.raises(provoke.Unexpected) as refused:
        provoke.provoke(no_cure, "Unix stream")
    told = 'the cure failed, `kit.new().connect("no such file")`: FileNotFoundError'
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize("way", [nothing, not_tried])
def test_success_is_not_taken_for_the_error(way):
    with pytest.raises(provoke.Unexpected, match="nothing failed"):
        provoke.provoke(way, "TCP/IPv4")


def test_process_that_dies_is_told():
    found = provoke.finished("port_taken", "TCP/IPv4", child.fork(killed))
    assert found.failed == "no answer, ended with signal SIGKILL"


def lacking(kit: Kit) -> None:
    raise namespace.Missing("mount", "Operation not permitted")


def broken() -> Outcome:
    raise KeyError("no such errno")


def test_what_the_machine_lacks_is_no_outcome():
    """A network that a way asks for and does not get is not a failure of the way."""
    running = child.fork(provoke.provoke, lacking, "TCP/IPv4")
    found = provoke.finished("port_taken", "TCP/IPv4", running)
    assert found.missing.endswith("(mount): Operation not permitted")
    assert not found.failed and not provoke.complaints([found])


def test_failure_of_the_lab_is_told():
    found = provoke.finished("port_taken", "TCP/IPv4", child.fork(broken))
    assert found.failed == "the lab failed: KeyError('no such errno')"


@pytest.mark.parametrize(
    ("error", "name"),
    [
        (OSError(errno.EOPNOTSUPP, ""), "EOPNOTSUPP"),
        (BlockingIOError(errno.EAGAIN, ""), "EAGAIN"),
        (socket.gaierror(socket.EAI_ADDRFAMILY, ""), "EAI_ADDRFAMILY"),
        (OSError("AF_UNIX path too long"), "OSError"),
        (OverflowError("port must be 0-65535"), "OverflowError"),
    ],
)
def test_names_of_errors(error, name):
    assert provoke.name_of(error) == name


def test_outcomes_alike_share_a_row():
    """Kinds of sockets are told in one order, whichever ends first."""
    one, other = (Outcome(name, 1, "OSError", name) for name in ("EPIPE", "EISCONN"))
    tried = [
        Attempt("port_taken", "UDP/IPv4", one),
        Attempt("port_taken", "TCP/IPv6", other),
        Attempt("port_taken", "TCP/IPv4", one),
        Attempt("port_taken", "UDP/IPv6", missing="no IPv6"),
    ]
    made = provoke.rows(tried, "here")
    assert [(row.errno, row.sockets) for row in made] == [
        ("EPIPE", ["TCP/IPv4", "UDP/IPv4"]),
        ("EISCONN", ["TCP/IPv6"]),
    ]
    assert {row.cause for row in made} == {ways.every()["port_taken"].cause}


def test_wrong_outcome_is_told_with_the_expected_one():
    wrong = Outcome("EINVAL", 22, "OSError", "[Errno 22] Invalid argument")
    tried = [
        Attempt("port_taken", "TCP/IPv4", wrong),
        Attempt("port_taken", "UDP/IPv4", failed="nothing failed"),
        Attempt("port_taken", "UDP/IPv6", missing="no IPv6"),
    ]
    cure = "correct the decorator or the function"
    assert provoke.complaints(tried) == [
        "lab/errors/bind.py: port_taken on TCP/IPv4: expected EADDRINUSE, got EINVAL: "
        + cure,
        "lab/errors/bind.py: port_taken on UDP/IPv4: expected EADDRINUSE, got nothing "
        f"failed: {cure}",
    ]


# What is written


def altered(row: Way, **fields) -> Way:
    return msgspec.structs.replace(row, **fields)


@pytest.fixture(scope="module")
def rows() -> list[Way]:
    """Some rows of the evidence, as if they had been made by the code as it is now."""
    return [
        altered(row, sources=errors.made_by(row.id, row.call))
        for row in errors.load().rows
        if row.id in FEW
    ]


class Kept:
    """A file of evidence of one's own, and a kernel that always gives the same."""

    def __init__(self, rows: list[Way]) -> None:
        self.rows = rows
        self.known = [altered(row) for row in rows]  # what the kernel gives
        self.provoked: list[str] = []

    def save(self) -> None:
        newest = max(self.rows, key=lambda row: row.date)
        found = Errors(newest.platform, newest.date, self.rows)
        store.save(store.measured(errors.FILE), found)

    def measure(self, names: list[str]) -> list[Attempt]:
        self.provoked = list(names)
        return [
            Attempt(row.id, kind, outcome_of(row))
            for row in self.known
            for kind in row.sockets
            if row.id in names
        ]

    def load(self) -> list[Way]:
        return errors.load().rows


def outcome_of(row: Way) -> Outcome:
    return Outcome(row.errno, row.number, row.exception, row.message)


@pytest.fixture
def kept(rows, tmp_path, monkeypatch) -> Kept:
    """An evidence file in a folder of its own; nothing is provoked in earnest."""
    found = Kept(list(rows))
    monkeypatch.setattr(ways, "every", lambda: FEW)
    monkeypatch.setattr(store, "ROOT", tmp_path)
    monkeypatch.setattr(provoke, "measure", found.measure)
    monkeypatch.setattr(provoke.namespace, "abilities", lambda: {"private_net": None})
    found.save()
    return found


def test_nothing_is_provoked_where_nothing_has_changed(kept):
    before = store.measured(errors.FILE).read_bytes()
    assert provoke.write() == "errors: 7 rows, 0 of 7 ways provoked, unchanged"
    assert kept.provoked == []
    assert store.measured(errors.FILE).read_bytes() == before
    assert not store.measured("platforms.json").exists()


def test_only_what_is_stale_is_provoked_and_keeps_its_day(kept):
    where = {"platform": "linux-5.0-python-3.11", "date": "2026-01-02"}
    kept.rows[3] = altered(kept.rows[3], sources="another", **where)
    kept.save()
    provoke.write()
    assert kept.provoked == [kept.rows[3].id]
    assert kept.load()[3] == altered(kept.known[3], **where)
    assert [*kept.load()[:3], *kept.load()[4:]] == [*kept.rows[:3], *kept.rows[4:]]


def test_reworded_way_is_written_with_its_day(kept):
    kept.rows[3] = altered(kept.rows[3], cure="Another cure.", sources="another")
    kept.save()
    provoke.write()
    assert kept.provoked == [kept.rows[3].id]
    new = kept.load()[3]
    assert new.cure == kept.known[3].cure
    assert (new.platform, new.date) == (systems.here(), date.today().isoformat())
    assert errors.load().date == new.date
    assert [*kept.load()[:3], *kept.load()[4:]] == [*kept.rows[:3], *kept.rows[4:]]


def test_new_way_takes_its_place_and_a_lost_one_goes(kept):
    gone = altered(kept.rows[0], id="no_such_way")
    kept.rows[:] = [gone, *kept.rows[:5], *kept.rows[6:]]
    kept.save()
    provoke.write()
    assert kept.provoked == [kept.known[5].id]
    assert [row.id for row in kept.load()] == [row.id for row in kept.known]


def test_all_is_provoked_if_asked_for(kept):
    provoke.write(everything=True)
    assert kept.provoked == list(FEW)
    assert kept.load() == kept.known


def test_damaged_file_is_made_anew(kept):
    path = store.measured(errors.FILE)
    path.write_text(path.read_text().replace("EADDRINUSE", "EADDRINUSED"))
    provoke.write()
    assert kept.provoked == list(FEW)
    assert [row.errno for row in kept.load()] == [row.errno for row in kept.known]


@pytest.mark.parametrize("field", ["errno", "missing"])
def test_nothing_is_written_if_one_outcome_is_wrong_or_missing(
    field, kept, monkeypatch, capsys
):
    monkeypatch.setattr(
        provoke,
        "measure",
        lambda names: [
            Attempt("port_taken", "TCP/IPv4", Outcome("EINVAL", 22, "OSError", ""))
            if field == "errno"
            else Attempt("port_taken", "TCP/IPv4", missing="no IPv6")
        ],
    )
    before = store.measured(errors.FILE).read_bytes()
    assert run("--all") == 1
    told = capsys.readouterr().err
    assert told.startswith("errors: not written:\n")
    assert "port_taken on TCP/IPv4: " in told
    assert ("got EINVAL" if field == "errno" else "no IPv6") in told
    assert store.measured(errors.FILE).read_bytes() == before


def test_machine_without_a_private_network_says_so_once(kept, monkeypatch, capsys):
    reason = "no private network (namespace): No space left on device"
    monkeypatch.setattr(provoke.namespace, "abilities", lambda: {"private_net": reason})
    assert run() == 0
    assert "0 of" in capsys.readouterr().out
    assert run("--all") == 1
    assert capsys.readouterr().err.count(reason) == 1
    assert kept.provoked == []


def test_malformed_way_stops_the_command(kept, monkeypatch, capsys):
    def refuse():
        raise Malformed("lab/errors/bind.py: new_way: has no docstring")

    monkeypatch.setattr(ways, "every", refuse)
    assert run() == 1
    assert "lab/errors/bind.py: new_way: has no docstring" in capsys.readouterr().err


def run(*options: str) -> int:
    """`python -m lab errors` with these options."""
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    return command.run(parser.parse_args(options))
