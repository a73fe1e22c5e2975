"""What several tests of recordings need: runs that were recorded, odd programs."""

from collections.abc import Callable

import pytest

from evidence import runs, store


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
