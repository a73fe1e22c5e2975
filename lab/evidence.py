"""Reads and writes the files in evidence/. Opens no socket: the build uses it."""

import difflib
import hashlib
import json
import re
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SNIPPETS = ROOT / "snippets"
EVIDENCE = ROOT / "evidence"


class EvidenceError(Exception):
    """Evidence that is missing, stale or damaged; the text names the cure."""


def digest(text: str) -> str:
    """The SHA-256 of a source text, in hexadecimal, enough of it to tell two apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def snippet_path(snippet: str) -> Path:
    """The file of a snippet id such as `udp.connect_sends_nothing`.

    Raises EvidenceError, with the closest ids, for one that does not exist.
    """
    path = SNIPPETS.joinpath(*snippet.split(".")).with_suffix(".py")
    if not path.is_file():
        close = difflib.get_close_matches(snippet, snippet_ids())
        hint = f"; did you mean {' or '.join(close)}?" if close else ""
        raise EvidenceError(f"no snippet {snippet!r} in snippets/{hint}")
    return path


def snippet_ids() -> list[str]:
    """Every snippet there is, as `package.module`, sorted."""
    files = (p.relative_to(SNIPPETS) for p in SNIPPETS.rglob("*.py"))
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
    return EVIDENCE / "runs" / f"{run}.json"


def load_run(run: str, allow_stale: bool = False) -> dict:
    """The recording of a run, checked against the snippets as they are now.

    Raises EvidenceError where it is missing, damaged, or older than a snippet.
    """
    path = run_path(run)
    cure = f"run `make evidence` and read the diff of evidence/runs/{run}.json"
    if not path.exists():
        raise EvidenceError(f"{run} has no recording: {cure}")
    try:
        recording = json.loads(path.read_text())
        body = {key: value for key, value in recording.items() if key != "digest"}
        intact = recording["digest"] == digest(dump(body))
    except (ValueError, KeyError, TypeError):
        intact = False
    if not intact:
        raise EvidenceError(f"the recording of {run} is damaged: {cure}")
    if not allow_stale and stale(recording):
        raise EvidenceError(f"the recording of {run} is stale: {cure}")
    return recording


def stale(recording: dict) -> bool:
    """Whether a snippet has changed since this recording of it was made."""
    return any(
        digest(snippet_path(snippet).read_text()) != made_from
        for snippet, made_from in recording["snippets"].items()
    )


def load(name: str) -> dict:
    """A file of evidence/ by name, for instance `platforms.json`.

    Raises EvidenceError where it is missing or damaged.
    """
    path = EVIDENCE / name
    try:
        return json.loads(path.read_text())
    except FileNotFoundError:
        raise EvidenceError(f"no evidence/{name}: run `make evidence`") from None
    except ValueError:
        raise EvidenceError(
            f"evidence/{name} is damaged: run `make evidence`"
        ) from None


def dump(value: dict) -> str:
    """JSON made for reading in a diff: one line for each step or field."""
    lines = []
    for key, item in value.items():
        if isinstance(item, list) and item and not isinstance(item[0], str):
            rows = ",\n".join(
                "  " + json.dumps(row, ensure_ascii=False) for row in item
            )
            text = f"[\n{rows}\n ]"
        elif isinstance(item, dict) and item:
            rows = ",\n".join(
                f"  {json.dumps(k, ensure_ascii=False)}: "
                f"{json.dumps(v, ensure_ascii=False)}"
                for k, v in item.items()
            )
            text = f"{{\n{rows}\n }}"
        else:
            text = json.dumps(item, ensure_ascii=False)
        lines.append(f" {json.dumps(key)}: {text}")
    return "{\n" + ",\n".join(lines) + "\n}\n"


def save(path: Path, value: dict) -> bool:
    """Write a file whole or not at all; returns whether it changed."""
    text = dump(value)
    if path.exists() and path.read_text() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(text)
    new.replace(path)
    return True
