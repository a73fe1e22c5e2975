"""Every run, recorded three times in a row, two at a time."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from lab import evidence, record


@pytest.fixture(scope="session")
def recorded() -> dict:
    """{run id: three recordings of it, or the refusal}."""

    def attempt(run_id: str):
        try:
            return record.run(run_id, times=3)
        except record.Refused as refusal:
            return refusal

    record.abilities()
    with ThreadPoolExecutor(2) as pool:
        return dict(
            zip(
                evidence.run_ids(),
                pool.map(attempt, evidence.run_ids()),
                strict=True,
            )
        )
