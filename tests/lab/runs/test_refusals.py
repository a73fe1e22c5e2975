"""What the lab says when the system refuses something, or a snippet misbehaves."""

import subprocess
import sys

import pytest

from evidence import runs, store
from lab.runs import recorder

needs = pytest.mark.needs


def in_a_namespace(setup: str, command: list[str]) -> subprocess.CompletedProcess:
    """Run a command as root of a new user namespace, after a line of shell."""
    return subprocess.run(
        ["unshare", "-Ur", "sh", "-ec", f'{setup}; exec "$@"', "sh", *command],
        capture_output=True,
        text=True,
        cwd=store.ROOT,
    )


@needs("private_net")
def test_recording_without_namespaces_keeps_the_old_one():
    run_id = runs.run_ids()[0]
    path = runs.run_path(run_id)
    before = path.read_bytes()
    answer = in_a_namespace(
        "echo 0 > /proc/sys/user/max_user_namespaces",
        [sys.executable, "-m", "lab", "record", run_id],
    )
    assert "kept; this machine records no packets" in answer.stdout + answer.stderr
    assert path.read_bytes() == before


@pytest.fixture
def snippet(tmp_path, monkeypatch):
    """Write a snippet `odd.program` to a project of its own; returns the writer."""
    monkeypatch.setattr(store, "ROOT", tmp_path)

    def write(source: str) -> str:
        path = tmp_path / "snippets" / "odd" / "program.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        return "odd.program"

    return write


def test_crash_shows_the_traceback_and_writes_nothing(snippet):
    run_id = snippet("raise ValueError('broken on purpose')")
    with pytest.raises(recorder.Refused, match="ValueError: broken on purpose"):
        recorder.record(run_id)
    assert not runs.run_path(run_id).exists()


def test_hang_is_stopped_and_writes_nothing(snippet, monkeypatch):
    run_id = snippet("import socket\nsocket.create_server(('127.0.0.1', 0)).accept()")
    monkeypatch.setenv("LAB_TIME_LIMIT", "1")
    with pytest.raises(recorder.Refused, match="still running after 1 s"):
        recorder.record(run_id)
    assert not runs.run_path(run_id).exists()


def test_two_different_runs_are_refused_and_both_shown(snippet):
    run_id = snippet("import os; print('token', os.urandom(4).hex())")
    with pytest.raises(recorder.Refused, match="two runs differ") as refusal:
        recorder.record(run_id)
    assert str(refusal.value).count('["token ') == 2
    assert not runs.run_path(run_id).exists()


def test_unknown_snippet_names_the_closest():
    with pytest.raises(store.EvidenceError, match=r"did you mean tcp\."):
        runs.snippet_path("tcp.conect_returns_before_accept")


def test_missing_stale_and_damaged_are_told_apart(snippet):
    run_id = snippet("print('one')")
    with pytest.raises(store.EvidenceError, match="no recording: run `make ev"):
        runs.load_run(run_id)
    recorder.record(run_id)
    assert runs.load_run(run_id)["printed"] == [["one"]]
    snippet("print('two')")
    with pytest.raises(store.EvidenceError, match="is stale: run `make evidence`"):
        runs.load_run(run_id)
    path = runs.run_path(run_id)
    path.write_text(path.read_text().replace("one", "own"))
    with pytest.raises(store.EvidenceError, match="is damaged: run `make evidence`"):
        runs.load_run(run_id)
    path.write_text(path.read_text()[:-9])
    with pytest.raises(store.EvidenceError, match="is damaged: run `make evidence`"):
        runs.load_run(run_id)


def test_unchanged_result_keeps_its_file(snippet):
    run_id = snippet("print('one')")
    assert recorder.record(run_id) == "odd.program: recorded"
    before = runs.run_path(run_id).stat().st_mtime_ns
    assert recorder.record(run_id) == "odd.program: unchanged"
    assert runs.run_path(run_id).stat().st_mtime_ns == before


def test_server_that_never_gets_ready_is_refused(snippet, tmp_path):
    snippet("import sys; sys.exit('no port for me')")
    client = tmp_path / "snippets" / "odd" / "client.py"
    client.write_text("# Needs: program.py running; give its host and port\n")
    with pytest.raises(recorder.Refused, match="no port for me"):
        recorder.record("odd.client")
