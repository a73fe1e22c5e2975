"""Every run, recorded three times in a row, two at a time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from evidence import runs
from lab.runs import recorder


@pytest.fixture(scope="session")
def recorded() -> dict:
    """{run id: three recordings of it, or the refusal}."""

    def attempt(run_id: str):
        try:
            return recorder.run(run_id, times=3)
        except recorder.Refused as refusal:
            return refusal

    recorder.abilities()
    with ThreadPoolExecutor(2) as pool:
        return dict(
            zip(
                runs.run_ids(),
                pool.map(attempt, runs.run_ids()),
                strict=True,
            )
        )
