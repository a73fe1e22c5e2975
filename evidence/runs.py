"""Runs: which programs there are, what each needs, and its recording."""

import difflib
import json
import re
from pathlib import Path

from evidence import store


def folder() -> Path:
    """Where the programs are."""
    return store.ROOT / "snippets"


def snippet_path(snippet: str) -> Path:
    """The file of a snippet id such as `udp.connect_sends_nothing`.

    Raises store.EvidenceError, with the closest ids, for one that does not exist.
    """
    path = folder().joinpath(*snippet.split(".")).with_suffix(".py")
    if not path.is_file():
        close = difflib.get_close_matches(snippet, snippet_ids())
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise store.EvidenceError(f"no snippet {snippet!r} in snippets/{hint}")
    return path


def snippet_ids() -> list[str]:
    """Every snippet there is, as `package.module`, sorted."""
    files = (p.relative_to(folder()) for p in folder().rglob("*.py"))
    return sorted(
        ".".join(file.with_suffix("").parts)
        for file in files
        if file.name != "__init__.py"
    )


def server_of(snippet: str) -> str | None:
    """The snippet that must be running first, from the `# Needs:` line, or None."""
    need = needs(snippet_path(snippet).read_text())
    found = re.fullmatch(r"(\S+)\.py running.*; give its .+", need or "")
    return f"{snippet.rpartition('.')[0]}.{found[1]}" if found else None


def in_a_container(snippet: str) -> bool:
    """Whether a snippet's server must run in a network of its own."""
    need = needs(snippet_path(snippet).read_text()) or ""
    return ".py running in a container;" in need


def needs(source: str) -> str | None:
    """What a snippet's `# Needs:` line says, or None."""
    found = re.search(r"^# Needs: (.+)$", source, re.MULTILINE)
    return found[1] if found else None


def run_of(snippet: str) -> str:
    """The id of the run that shows this snippet: a server is shown by its client."""
    package = snippet.rpartition(".")[0]
    for other in snippet_ids():
        if other.startswith(f"{package}.") and server_of(other) == snippet:
            return other
    return snippet


def run_ids() -> list[str]:
    """The id of every run that evidence/runs/ must hold, sorted."""
    ids = snippet_ids()
    return sorted(set(ids) - {server_of(snippet) for snippet in ids})


def run_path(run: str) -> Path:
    """Where the recording of a run is kept."""
    return store.measured("runs", f"{run}.json")


def load_run(run: str, allow_stale: bool = False) -> dict:
    """The recording of a run, checked against the snippets as they are now.

    Raises store.EvidenceError where it is missing, damaged, or older than a snippet.
    """
    path = run_path(run)
    cure = f"run `make evidence` and read the diff of evidence/measured/runs/{run}.json"
    if not path.exists():
        raise store.EvidenceError(f"{run} has no recording: {cure}")
    try:
        recording = json.loads(path.read_text())
        body = {key: value for key, value in recording.items() if key != "digest"}
        intact = recording["digest"] == store.digest(store.dump(body))
    except (ValueError, KeyError, TypeError):
        intact = False
    if not intact:
        raise store.EvidenceError(f"the recording of {run} is damaged: {cure}")
    if not allow_stale and stale(recording):
        raise store.EvidenceError(f"the recording of {run} is stale: {cure}")
    return recording


def stale(recording: dict) -> bool:
    """Whether a snippet has changed since this recording of it was made."""
    return any(
        store.digest(snippet_path(snippet).read_text()) != made_from
        for snippet, made_from in recording["snippets"].items()
    )
