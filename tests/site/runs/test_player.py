"""What the script of a picture is given, and what it may ask a reader."""

import json

import pytest

from docs._ext.runs import drawing, player
from docs._ext.runs.steps import story
from evidence import runs

FREQUENT = player.frequent_errors()
LEAST = 40  # questions on the pages


def steps_of(run_id: str) -> list[dict]:
    recording = runs.load_run(run_id)
    return json.loads(player.data(recording, story(recording), FREQUENT))


def test_steps_have_the_names_and_the_lines_of_the_recording():
    made = steps_of("tcp.refused_connect_gives_port_back")
    recording = runs.load_run("tcp.refused_connect_gives_port_back")
    source = runs.snippet_path(recording.run).read_text().splitlines()
    refused = next(step for step in made if step["outcome"] == "ECONNREFUSED")
    assert "connect" in source[refused["at"][1] - 1]
    assert refused["names"]["client"][1] == "—"
    closed = [step for step in made if step["call"] == "close()"]
    assert all(None in step["names"].values() for step in closed)


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_every_call_has_its_line(run_id):
    recording = runs.load_run(run_id)
    for step in recording.steps:
        program = recording.lanes[step.lane or 0].partition(",")[0]
        if step.line and program in recording.snippets:
            source = runs.snippet_path(program).read_text().splitlines()
            assert source[step.line - 1].strip(), (step.call, step.line)


def test_a_question_has_the_recorded_answer_and_two_others():
    asked = 0
    for run_id in runs.run_ids():
        recording = runs.load_run(run_id)
        told = story(recording)
        for step, made in zip(told.steps, steps_of(run_id), strict=True):
            if "ask" in made:
                right, *wrong = made["ask"]
                assert right == (step.error or player.DONE)
                assert len(wrong) == 2 and right not in wrong
                asked += 1
    assert asked >= LEAST


def test_without_errors_nothing_is_asked():
    recording = runs.load_run("tcp.refused_connect_gives_port_back")
    assert '"ask"' not in player.data(recording, story(recording), {})


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_an_outcome_never_stands_above_the_packets_that_cause_it(run_id):
    rows = story(runs.load_run(run_id)).rows
    for number, row in enumerate(rows):
        if row.kind == "call" and row.failed:
            later = [r for r in rows[number:] if r.step == row.step]
            pending = row.outcome in ("EINPROGRESS", "EALREADY", "EAGAIN")
            assert pending or not any(r.kind == "packet" for r in later)


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_with_three_lanes_each_call_says_on_which_socket(run_id):
    told = story(runs.load_run(run_id))
    if len(told.lanes) > 2:
        for row in told.rows:
            if row.kind == "call":
                owner = told.steps[row.step - 1].socket
                assert row.text.startswith((f"{owner}.", f"{owner} = "))


def test_titles_of_lanes_do_not_touch():
    titles = ["a_long_name_of_a_socket", "another_long_name", "listener, conn", "x"]
    xs = [10, 118, 226, 334]
    made, top = drawing.lane_titles(titles, xs)
    assert len(made) == 4 and top > drawing.HEAD + 4
