"""Each recording in evidence/ is what the snippet does here and now, three times."""

import pytest

from lab import evidence, record

KEPT = ("platform", "date", "digest")  # what a new run does not have to repeat


def without_packets(recording: dict) -> dict:
    """What can be compared where nothing can be captured."""
    steps = [
        {key: value for key, value in step.items() if key != "packets"}
        for step in recording["steps"]
    ]
    return recording | {"steps": steps, "packets": False}


def test_there_are_runs():
    assert len(evidence.run_ids()) >= 20


def test_no_recording_without_a_snippet():
    files = {path.stem for path in evidence.run_path("any").parent.glob("*.json")}
    assert files == set(evidence.run_ids()), "run `make evidence`"


@pytest.mark.parametrize("run_id", evidence.run_ids())
def test_recording_is_repeated(run_id, recorded, differs):
    runs = recorded[run_id]
    if isinstance(runs, record.Refused):
        pytest.fail(str(runs), pytrace=False)
    first, *others = runs
    assert others == [first, first], "the program does not force its order"
    kept = evidence.load_run(run_id)
    kept_body = {key: value for key, value in kept.items() if key not in KEPT}
    if not first["packets"]:
        if len(first["lanes"]) > 1:
            return  # without packets the order of two programs is not known
        kept_body = without_packets(kept_body)
    if first == kept_body:
        return
    complaint = (
        f"{run_id} is not what was recorded: run `make evidence` and read the diff\n"
        f"recorded: {evidence.dump(kept_body)}\nnow: {evidence.dump(first)}"
    )
    if kept["platform"] == record.platform_id():
        pytest.fail(complaint, pytrace=False)
    differs(complaint)
