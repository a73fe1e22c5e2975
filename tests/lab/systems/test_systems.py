"""Starting other systems: packages, what was found, and what is said when it fails."""

import argparse

import msgspec
import pytest

from evidence import claims, machines, sharing
from lab.systems import command, compare, measure, packages
from lab.systems.measure import Disagreed, Marks, Proved, Tried, add
from lab.systems.packages import Locked, Unavailable
from lab.systems.registry import BY_ID, SYSTEMS, System, Wanted, here


def test_lock_has_each_package_of_the_registry_and_no_other():
    wanted = {one for system in SYSTEMS for one in system.packages}
    assert packages.locked().keys() == wanted
    assert all(len(row.sha256) == 64 for row in packages.locked().values())


def test_package_with_another_digest_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(packages, "BUILD", tmp_path)
    file = tmp_path / "a.deb"
    file.write_bytes(b"not it")
    monkeypatch.setattr(packages, "download", lambda wanted, version: file)
    with pytest.raises(Unavailable, match=r"another digest .*make systems RENEW=1"):
        packages.unpacked(BY_ID["gvisor"])
    assert not file.exists()


def test_version_that_is_gone_names_the_cure(tmp_path, monkeypatch):
    def gone(command, folder=None):
        raise Unavailable("apt-get download: no such version")

    monkeypatch.setattr(packages, "BUILD", tmp_path)
    monkeypatch.setattr(packages, "options", lambda suite: [])
    monkeypatch.setattr(packages, "run", gone)
    with pytest.raises(Unavailable, match=r"runsc=1 of sid: .*RENEW=1"):
        packages.download(Wanted("sid", "runsc"), "1")


def test_damaged_lock_names_its_place(tmp_path, monkeypatch):
    lock = tmp_path / "packages.json"
    lock.write_text("[{]")
    monkeypatch.setattr(packages, "LOCK", lock)
    with pytest.raises(Unavailable, match=r"packages\.json: .* RENEW=1"):
        packages.locked()


def test_lock_is_read_as_it_was_written():
    row = Locked("sid", "runsc", "1", "0" * 64)
    assert msgspec.json.decode(msgspec.json.encode([row]), type=list[Locked]) == [row]


def test_unknown_system_names_the_nearest(capsys):
    options = command_line("gvisr")
    assert command.run(options) == 2
    assert "no system gvisr; did you mean gvisor?" in capsys.readouterr().err


@pytest.mark.parametrize("name", ["linux-6.1", "../mine", "My machine"])
def test_name_of_a_machine_that_is_none_is_refused(name, capsys):
    assert command.run(command_line("--here", name)) == 2
    assert "a name is of a-z" in capsys.readouterr().err


def command_line(*words):
    parser = argparse.ArgumentParser()
    command.add_options(parser)
    return parser.parse_args(words)


@pytest.fixture
def mine(tmp_path, monkeypatch):
    """A system whose results are in a folder of the test."""
    monkeypatch.setattr("lab.systems.start.BUILD", tmp_path)
    folder = tmp_path / "mine" / "found"
    folder.mkdir(parents=True)
    return here("mine"), folder


def fill(folder, marks=(), ways=None, walks=(), failing=()):
    """Results as a system like home would write them, but for what is given."""
    home = list(sharing.load().by_pair.values())
    told = dict(marks)
    marks = [told.get(place, mark) for place, mark in enumerate(home)]
    about = measure.about()
    (folder / "about").write_bytes(msgspec.json.encode(about))
    add(folder / "pairs", Marks(sharing.made_from(), marks))
    add(folder / "errors", measure.Provoked("", ways or {}))
    for name in machines.NAMES:
        add(folder / "machines", Tried(name, "", 10, list(walks)))
    for claim, digest in claims.digests().items():
        outcome = "failed" if claim in failing else "passed"
        add(
            folder / "proofs",
            Proved(claim, digest, outcome, "why" * (claim in failing)),
        )
    (folder / "done").touch()


def test_system_like_home_has_no_difference(mine):
    system, folder = mine
    fill(folder)
    record = compare.compare(system)
    assert record.differences == []
    assert (record.asked.pairs, record.asked.sequences) == (19008, 100)
    assert record.asked.proofs == len(claims.read())


def test_each_kind_of_difference_is_told(mine):
    system, folder = mine
    claim = min(claims.read())
    first = next(iter(sharing.load().by_pair.values()))
    fill(
        folder,
        marks={0: "bind EPERM"},
        ways={"port_taken": {"TCP/IPv4": "EPERM"}},
        walks=[Disagreed(["bind"], ["ok", "a", "b"], ["EPERM", "—", "—"])],
        failing=[claim],
    )
    found = {one.id.split(" ")[0]: one for one in compare.compare(system).differences}
    assert found["proof"].id == f"proof {claim}"
    assert (found["pairs"].home, found["pairs"].there) == (first, "bind EPERM")
    assert found["error"].there == "EPERM"
    assert (found["sequence"].home, found["sequence"].there) == ("ok", "EPERM")


def test_system_that_stopped_is_told_with_its_last_words(mine):
    system, folder = mine
    (folder / "console").write_text("one\nKernel panic\n")
    with pytest.raises(compare.Incomplete, match="last words: Kernel panic"):
        compare.compare(system)


def test_proofs_that_were_not_run_are_missed(mine):
    system, folder = mine
    fill(folder)
    lines = (folder / "proofs").read_bytes().splitlines(keepends=True)
    (folder / "proofs").write_bytes(b"".join(lines[:-1]))
    with pytest.raises(compare.Incomplete, match="1 proofs were not run"):
        compare.compare(system)


def test_line_that_was_cut_off_is_left_out(tmp_path):
    path = tmp_path / "proofs"
    add(path, Proved("a.b", "1", "passed"))
    with path.open("ab") as file:
        file.write(b'{"claim": "c')
    assert measure.read(path, Proved) == [Proved("a.b", "1", "passed")]


@pytest.mark.needs("private_net", "ipv6")
def test_random_sequences_end_here_as_the_machines_say(tmp_path, monkeypatch):
    monkeypatch.setattr(measure, "WORDS", 30)
    monkeypatch.setattr(machines, "NAMES", ("udp-full", "unix-stream-core"))
    measure.walk(tmp_path)
    tried = measure.read(tmp_path / "machines", Tried)
    assert [(one.machine, one.disagreed, one.stopped) for one in tried] == [
        ("udp-full", [], ""),
        ("unix-stream-core", [], ""),
    ]
    measure.walk(tmp_path)  # nothing is done twice
    assert len(measure.read(tmp_path / "machines", Tried)) == 2


def test_system_is_started_with_its_own_library(tmp_path):
    from lab.systems.start import kernel

    root = tmp_path / "root"
    (root / "usr/lib/uml/modules/9.9").mkdir(parents=True)
    old = System("old", "Old", "linux", ())
    plain = kernel(old, root, tmp_path, ())
    assert plain[0].endswith("linux.uml")
    assert "rootflags=/" in plain
    assert f"share={tmp_path}" in plain
    own = kernel(old._replace(libc=True), root, tmp_path, ("pairs",))
    assert own[0] == "unshare"
    assert {"rootflags=/host", f"share=/host{tmp_path}", "parts=pairs"} <= {*own}


def checked(folder, results):
    told = {
        "system": "Darwin",
        "release": "24.1.0",
        "machine": "arm64",
        "python": "3.13.0",
        "home": "Linux",
        "date": "2026-11-27",
        "results": results,
    }
    path = folder / "socketcheck.json"
    path.write_bytes(msgspec.json.encode(told))
    return path


def test_what_a_reader_sends_becomes_a_system(tmp_path):
    path = checked(
        tmp_path,
        {
            "port_taken EADDRINUSE": "EADDRINUSE, cured",
            "bind_twice EINVAL": "EADDRNOTAVAIL, cured",
            "bind_closed EBADF": "not here",
        },
    )
    record = compare.of_check(path, None)
    assert (record.id, record.title) == ("darwin-24.1.0", "Darwin 24.1.0")
    [one] = record.differences
    assert (one.id, one.home, one.there) == (
        "error bind_twice",
        "EINVAL",
        "EADDRNOTAVAIL",
    )
    assert record.asked.errors == 2
    assert record.asked.skipped == {"it": ["bind_closed"]}


def test_file_of_a_reader_that_is_none_is_one_line(tmp_path, capsys):
    path = checked(tmp_path, {"no_such_way EPERM": "EPERM, cured"})
    assert command.run(command_line("--add", str(path))) == 1
    assert "no way no_such_way EPERM: run the newest" in capsys.readouterr().err
    assert command.run(command_line("--add", str(tmp_path / "none"))) == 1
    assert "it is what socketcheck.py wrote" in capsys.readouterr().err
