"""Each recording in evidence/ is what the snippet does here and now, three times."""

import pytest

from evidence import runs, store, systems
from lab.runs import recorder

KEPT = ("platform", "date", "digest")  # what a new run does not have to repeat


def without_packets(recording: dict) -> dict:
    """What can be compared where nothing can be captured."""
    steps = [
        {key: value for key, value in step.items() if key != "packets"}
        for step in recording["steps"]
    ]
    return recording | {"steps": steps, "packets": False}


def test_there_are_runs():
    assert len(runs.run_ids()) >= 20


def test_no_recording_without_a_snippet():
    files = {path.stem for path in runs.run_path("any").parent.glob("*.json")}
    assert files == set(runs.run_ids()), "run `make evidence`"


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_recording_is_repeated(run_id, recorded, differs):
    runs = recorded[run_id]
    if isinstance(runs, recorder.Refused):
        pytest.fail(str(runs), pytrace=False)
    first, *others = runs
    assert others == [first, first], "the program does not force its order"
    kept = runs.load_run(run_id)
    kept_body = {key: value for key, value in kept.items() if key not in KEPT}
    if not first["packets"]:
        if len(first["lanes"]) > 1:
            return  # without packets the order of two programs is not known
        kept_body = without_packets(kept_body)
    if first == kept_body:
        return
    complaint = (
        f"{run_id} is not what was recorded: run `make evidence` and read the diff\n"
        f"recorded: {store.dump(kept_body)}\nnow: {store.dump(first)}"
    )
    if kept["platform"] == systems.here():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)
