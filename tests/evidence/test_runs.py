"""What programs need, and when a recording of one is as it should be."""

import shutil

import pytest

from evidence import runs, sources, store
from lab.runs import recorder


@pytest.fixture
def project(tmp_path, monkeypatch):
    """write(name, text): a project of its own."""
    monkeypatch.setattr(store, "ROOT", tmp_path)

    def write(name: str, text: str) -> None:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    return write


@pytest.fixture
def lab(project):
    """alter(file, old, new): change a file of the lab, in a copy of it."""
    copy = store.ROOT / "lab"
    shutil.copytree(sources.CODE / "lab", copy, ignore=shutil.ignore_patterns("*.pyc"))

    def alter(file: str, old: str, new: str) -> None:
        text = (copy / file).read_text()
        assert text.count(old) == 1
        (copy / file).write_text(text.replace(old, new))

    return alter


@pytest.fixture
def kept(project) -> runs.Recording:
    """The recording of a program that prints a word, as the lab would keep it."""
    project("snippets/odd/program.py", "print('one')")
    made = runs.Recording(
        run="odd.program",
        snippets={"odd.program": runs.snippet_digest("odd.program")},
        packets=True,
        lanes=["odd.program"],
        sockets=[],
        steps=[],
        printed=[["one"]],
        platform="linux-6.18-python-3.11",
        date="2026-01-02",
        sources=runs.lab_digest(),
    )
    store.save(runs.run_path("odd.program"), made)
    return runs.load_run("odd.program")


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("import socket", runs.Needs()),
        ("# Needs: an ordinary user", runs.Needs(network="an ordinary user")),
        (
            "# Needs: server.py running; give its host and port",
            runs.Needs(server="odd.server"),
        ),
        (
            "# Needs: server.py running in a container; give its two ports",
            runs.Needs(server="odd.server", container=True),
        ),
    ],
)
def test_need_is_parsed(project, line, found):
    project("snippets/odd/server.py", "")
    project("snippets/odd/program.py", f'"""A program."""\n\n{line}\n')
    assert runs.needs("odd.program") == found


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ("# Needs: server.py runing; give its host", "which is not understood"),
        ("# Needs: server.py", "which is not understood"),
        ("# Needs:", "which is not understood"),
        ("# needs: an ordinary user", "which is not understood"),
        ("# Need: an ordinary user", "which is not understood"),
        ("# Needs: one\n# Needs: two", "has 2 lines about its needs"),
    ],
)
def test_need_that_is_not_understood_names_file_and_forms(project, lines, problem):
    project("snippets/odd/server.py", "")
    project("snippets/odd/program.py", lines)
    with pytest.raises(store.EvidenceError) as error:
        runs.needs("odd.program")
    text = str(error.value)
    assert text.startswith("snippets/odd/program.py ") and problem in text
    assert all(form in text for form in runs.FORMS)


def test_server_that_is_not_there_is_named_with_the_closest(project):
    project("snippets/odd/server.py", "")
    project("snippets/odd/program.py", "# Needs: sever.py running; give its port")
    with pytest.raises(
        store.EvidenceError, match=r"program\.py: .* mean odd\.server\?"
    ):
        runs.needs("odd.program")


def test_server_is_shown_by_its_client(project):
    project("snippets/odd/server.py", "")
    project("snippets/odd/program.py", "# Needs: server.py running; give its port")
    assert runs.run_of("odd.server") == runs.run_of("odd.program") == "odd.program"
    assert runs.run_ids() == ["odd.program"]
    assert runs.programs_of("odd.program") == ["odd.server", "odd.program"]


def test_unknown_snippet_names_the_closest():
    with pytest.raises(store.EvidenceError, match=r"did you mean tcp\."):
        runs.snippet_path("tcp.conect_returns_before_accept")


def test_recording_is_read_as_it_was_written(kept):
    before = runs.run_path("odd.program").read_bytes()
    assert not store.save(runs.run_path("odd.program"), kept)
    assert runs.run_path("odd.program").read_bytes() == before


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_each_kept_recording_is_a_record_and_nothing_else(run_id):
    """A field that the record does not have would be lost when it is written."""
    kept = runs.load_run(run_id, allow_stale=True)
    assert f"{store.dump(store.plain(kept))[:-3]},\n" in (
        runs.run_path(run_id).read_text(encoding="utf-8")
    )


def test_missing_damaged_and_stale_are_told_apart(project, kept):
    path = runs.run_path("odd.program")
    project("snippets/odd/program.py", "print('two')")
    with pytest.raises(
        store.EvidenceError,
        match=r"stale, for snippets/odd/program\.py changed after it: run `make evid",
    ):
        runs.load_run("odd.program")
    text = path.read_text()
    for damaged in (
        text.replace('"one"', '"own"'),
        text[:-9],
        text.replace('"lanes"', '"lane"'),
    ):
        path.write_text(damaged)
        with pytest.raises(store.EvidenceError, match=r"is damaged, .*: run `make ev"):
            runs.load_run("odd.program")
    path.unlink()
    with pytest.raises(store.EvidenceError, match=r"no evidence/.*: run `make evid"):
        runs.load_run("odd.program")


def test_server_that_takes_part_from_now_on_makes_it_stale(project, kept):
    project("snippets/odd/server.py", "")
    project("snippets/odd/program.py", "# Needs: server.py running; give its port")
    assert "odd/server.py and snippets/odd/program.py" in runs.why_stale(kept)


ORDER = "    lanes = list(dict.fromkeys(call.lane for call in calls))\n"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("runs/order.py", ORDER, ORDER.replace("list(", "sorted(")),
        ("runs/tracer.py", "    value = bytes(value)", "    value = bytes(value)[:9]"),
        ("runs/stage.py", "        time.sleep(0.001)\n", "        time.sleep(0.002)\n"),
        ("runs/labels.py", "FIRST_PORT = 50001", "FIRST_PORT = 50002"),
        ("isolation/capture.py", "ETHERNET_HEADER = 14", "ETHERNET_HEADER = 18"),
    ],
)
def test_recording_is_stale_when_the_lab_has_changed(kept, lab, file, old, new):
    lab(file, old, new)
    with pytest.raises(store.EvidenceError, match="stale, for the lab changed after"):
        runs.load_run("odd.program")
    assert runs.load_run("odd.program", allow_stale=True).printed == [["one"]]
    assert not recorder.fresh("odd.program")


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        ("runs/order.py", ORDER, f"    # In a row.\n{ORDER}"),
        ("runs/labels.py", "  # stands for the first port", "  # is the first port"),
        ("runs/recorder.py", "\ndef remove_orphans", "\n\n\ndef remove_orphans"),
        ("isolation/networks.py", 'link("del", ifname="cable")', "link(0)"),
    ],
)
def test_recording_is_fresh_when_something_else_has_changed(kept, lab, file, old, new):
    lab(file, old, new)
    assert runs.why_stale(kept) is None
    assert recorder.fresh("odd.program")


def test_files_of_the_lab_are_those_that_a_recording_rests_on():
    names = {path.relative_to(sources.CODE).as_posix() for path in runs.lab_files()}
    assert {"lab/runs/tracer.py", "lab/runs/stage.py", "lab/runs/order.py"} <= names
    assert not any(name.startswith(("lab/machines", "lab/errors")) for name in names)
