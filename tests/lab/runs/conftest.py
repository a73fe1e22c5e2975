"""What several tests of recordings need: runs that were recorded, odd programs."""

import os
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from evidence import runs, store
from lab.isolation import child
from lab.isolation.namespace import abilities
from lab.runs import recorder

TIMES = 3
Recorded = Callable[[str], list[runs.Recording]]


def asked_for(items: list[pytest.Item]) -> list[str]:
    """The runs that the chosen tests will ask for; none where others share the work."""
    if "PYTEST_XDIST_WORKER" in os.environ:
        return []
    wanting = (
        item for item in items if "recorded" in getattr(item, "fixturenames", ())
    )
    return [item.callspec.params["run_id"] for item in wanting]


@pytest.fixture(scope="session")
def recorded(request) -> Iterator[Recorded]:
    """recorded(run_id): the recordings of three runs in a row; raises what run() does.

    Two runs are made at a time, and those of later tests are begun before them.
    """
    abilities()  # once, before the threads
    begun: dict[str, Future[list[runs.Recording]]] = {}
    with ThreadPoolExecutor(child.PROCESSES) as pool:

        def begin(run_id: str) -> Future[list[runs.Recording]]:
            if run_id not in begun:
                begun[run_id] = pool.submit(recorder.run, run_id, TIMES)
            return begun[run_id]

        for run_id in asked_for(request.session.items):
            begin(run_id)
        yield lambda run_id: begin(run_id).result()
        pool.shutdown(cancel_futures=True)


@pytest.fixture
def snippet(tmp_path, monkeypatch) -> Callable[..., str]:
    """Write a snippet to a project of its own; returns its id."""
    monkeypatch.setattr(store, "ROOT", tmp_path)

    def write(source: str, name: str = "odd.program") -> str:
        path = runs.snippet_file(name)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(source)
        return name

    return write
