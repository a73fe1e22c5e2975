"""What the recorder says when the system refuses something, or a snippet misbehaves."""

import subprocess
import sys

import pytest
from msgspec.structs import replace

from evidence import runs, store
from lab.isolation import child
from lab.runs import recorder, stage

needs = pytest.mark.needs


def in_a_namespace(setup: str, command: list[str]) -> subprocess.CompletedProcess:
    """Run a command as root of a new user namespace, after a line of shell."""
    return subprocess.run(
        ["unshare", "-Ur", "sh", "-ec", f'{setup}; exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        cwd=store.ROOT,
    )


@needs("packets")
def test_recording_without_namespaces_keeps_the_old_one():
    run_id = runs.run_ids()[0]
    path = runs.run_path(run_id)
    before = path.read_bytes()
    answer = in_a_namespace(
        "echo 0 > /proc/sys/user/max_user_namespaces",
        [sys.executable, "-m", "lab", "runs", run_id],
    )
    assert "kept; this machine records no packets" in answer.stdout + answer.stderr
    assert path.read_bytes() == before


def test_crash_shows_the_traceback_and_writes_nothing(snippet):
    run_id = snippet("raise ValueError('broken on purpose')")
    with pytest.raises(recorder.Refused, match="ValueError: broken on purpose"):
        recorder.record(run_id)
    assert not runs.run_path(run_id).exists()


def test_program_is_named_from_the_projects_folder(snippet):
    with pytest.raises(recorder.Refused, match=r"^snippets/odd/program\.py: ended"):
        recorder.record(snippet("raise SystemExit(3)"))


def test_hang_is_stopped_and_writes_nothing(snippet, monkeypatch):
    run_id = snippet("import socket\nsocket.create_server(('127.0.0.1', 0)).accept()")
    monkeypatch.setattr(stage, "TIME_LIMIT", 1.0)
    with pytest.raises(recorder.Refused, match="still running after 1 s"):
        recorder.record(run_id)
    assert not runs.run_path(run_id).exists()


def test_two_different_runs_are_refused_and_both_shown(snippet):
    run_id = snippet("import os; print('token', os.urandom(4).hex())")
    with pytest.raises(recorder.Refused, match="two runs differ") as refusal:
        recorder.record(run_id)
    assert str(refusal.value).count('["token ') == 2
    assert not runs.run_path(run_id).exists()


def test_lab_that_dies_is_a_refusal(snippet, monkeypatch):
    def dies(*_):
        raise child.ChildFailed("no answer, ended with signal SIGKILL")

    monkeypatch.setattr(child, "run", dies)
    with pytest.raises(recorder.Refused, match=r"odd\.program: the lab failed\nno ans"):
        recorder.record(snippet("print('one')"))


def test_unknown_need_lists_the_known_with_the_closest_first(snippet):
    run_id = snippet("# Needs: no route to 203.0.113.2\n")
    with pytest.raises(recorder.Refused) as refusal:
        recorder.record(run_id)
    text = str(refusal.value)
    assert text.startswith("odd.program: lab/isolation/networks.py makes no network ")
    assert "it makes: 'no route to 203.0.113.1'; " in text
    assert "'an ordinary user'" in text


def test_all_are_tried_and_each_complaint_is_returned(snippet):
    snippet("print('one')", "odd.good")
    snippet("raise ValueError('broken on purpose')", "odd.broken")
    lines, complaints = recorder.record_all(runs.run_ids())
    assert lines == ["odd.good: recorded"]
    assert len(complaints) == 1 and "broken on purpose" in complaints[0]


def test_unchanged_result_keeps_its_file(snippet):
    run_id = snippet("print('one')")
    assert recorder.record(run_id) == "odd.program: recorded"
    before = runs.run_path(run_id).stat().st_mtime_ns
    assert recorder.record(run_id) == "odd.program: unchanged"
    assert runs.run_path(run_id).stat().st_mtime_ns == before


def test_same_result_of_a_changed_lab_keeps_its_day(snippet, monkeypatch):
    run_id = snippet("print('one')")
    recorder.record(run_id)
    old = runs.load_run(run_id)
    store.save(runs.run_path(run_id), replace(old, date="2026-01-02"))
    monkeypatch.setattr(runs, "lab_digest", lambda: "another")
    assert recorder.record(run_id) == "odd.program: the same again, by a changed lab"
    new = runs.load_run(run_id)
    assert (new.date, new.sources) == ("2026-01-02", "another")


def test_recording_of_a_snippet_that_is_gone_is_removed(snippet):
    run_id = snippet("print('one')")
    recorder.record(run_id)
    runs.snippet_path(run_id).unlink()
    assert recorder.remove_orphans() == [run_id]
    assert not runs.run_path(run_id).exists()


def test_server_that_never_gets_ready_is_refused(snippet):
    snippet("import sys; sys.exit('no port for me')")
    snippet("# Needs: program.py running; give its host and port\n", "odd.client")
    with pytest.raises(recorder.Refused, match="no port for me"):
        recorder.record("odd.client")
