"""Each recording in evidence/ is what the snippet does here and now, twice."""

import pytest
from msgspec.structs import replace

from evidence import runs, store, systems
from lab.runs import recorder


def without_packets(recording: runs.Recording) -> runs.Recording:
    """What can be compared where nothing can be captured."""
    steps = [replace(step, packets=[]) for step in recording.steps]
    return replace(recording, steps=steps, packets=False)


def every_run():
    """The runs; one with a network of its own is for a machine that has them."""
    for run_id in runs.run_ids():
        needs = runs.needs(run_id)
        alone = needs.network or needs.container
        yield pytest.param(
            run_id, marks=[pytest.mark.needs("private_net")] * bool(alone)
        )


def test_there_are_runs():
    assert len(runs.run_ids()) >= 20


def test_no_recording_without_a_snippet():
    files = {path.stem for path in runs.run_path("any").parent.glob("*.json")}
    assert files == set(runs.run_ids()), "run `make evidence`"


@pytest.mark.parametrize("run_id", list(every_run()))
def test_recording_is_repeated(run_id, differs):
    try:
        first, second = recorder.run(run_id)
    except recorder.Refused as refusal:
        pytest.fail(str(refusal), pytrace=False)
    assert second == first, "the program does not force its order"
    kept = runs.load_run(run_id)
    if not first.packets:
        if len(first.lanes) > 1:
            return  # without packets the order of two programs is not known
        kept = without_packets(kept)
    if store.same(first, kept):
        return
    complaint = (
        f"{run_id} is not what was recorded: run `make evidence` and read the diff\n"
        f"recorded: {recorder.shown(kept)}\nnow: {recorder.shown(first)}"
    )
    if kept.platform == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)
