"""Files of evidence: found, read into typed records, written whole or not at all."""

import hashlib
import json
import os
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import Any, TypeVar

import msgspec

# The project's folder. Tests give themselves another one.
ROOT = Path(__file__).resolve().parent.parent
CURE = "run `make evidence`"
ON_THEIR_OWN = ("incidents",)  # what needs more programs than `make evidence` asks for
NOT_COMPARED = ("platform", "date", "sources", "digest")  # a new result may have others
# How every file that save() writes ends.
DIGEST_LINE, END = ',\n "digest": "', "\n}\n"
Record = TypeVar("Record", bound=msgspec.Struct)


class EvidenceError(Exception):
    """Evidence that is missing, stale or damaged; the text names the cure."""


def measured(*parts: str) -> Path:
    """A place below evidence/measured/, which `make evidence` alone writes."""
    return ROOT.joinpath("evidence", "measured", *parts)


def cited(*parts: str) -> Path:
    """A place below evidence/cited/, which is written by hand."""
    return ROOT.joinpath("evidence", "cited", *parts)


def shown(path: Path) -> str:
    """A path as messages name it: from the project's folder."""
    return path.relative_to(ROOT).as_posix() if path.is_relative_to(ROOT) else str(path)


def cure(path: Path) -> str:
    """What helps against a file that is not as it should be."""
    if path.is_relative_to(cited()):
        return "correct it by hand, or `git checkout` it"
    made = (
        path.relative_to(measured()).parts[0] if path.is_relative_to(measured()) else ""
    )
    cure = f"run `make {made}`" if made in ON_THEIR_OWN else CURE
    return f"{cure} and read the diff of {shown(path)}"


def digest(text: str) -> str:
    """The SHA-256 of a text, in hexadecimal, enough of it to tell two apart."""
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def load(path: Path, kind: type[Record]) -> Record:
    """The record in a JSON file. What was measured ends with its own digest.

    Raises EvidenceError where the file is missing, has another shape than the record
    (the text names the field), or was changed by something else than save().
    """
    try:
        text = path.read_text(encoding="utf-8")
        record = msgspec.json.decode(text, type=kind)
    except FileNotFoundError:
        raise EvidenceError(f"no {shown(path)}: {cure(path)}") from None
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise EvidenceError(
            f"{shown(path)} is damaged, {error}: {cure(path)}"
        ) from None
    if path.is_relative_to(measured()) and not intact(text):
        raise EvidenceError(
            f"{shown(path)} is damaged, its `digest` is not that of the rest: "
            f"{cure(path)}"
        )
    return record


def intact(text: str) -> bool:
    """Whether a file's text ends with the digest of what stands before that line.

    Read as text: the JSON need not be made again to be compared.
    """
    body, line, told = text.rpartition(DIGEST_LINE)
    return bool(line) and told == f'{digest(body + END)}"{END}'


def load_once(path: Path, kind: type[Record]) -> Record:
    """load(), which reads a file again only after it has changed.

    All callers have the same record, so none may alter it. Raises EvidenceError.
    """
    try:
        now = path.stat()
    except OSError:
        return load(path, kind)  # which says what is wrong
    stamp = now.st_mtime_ns, now.st_size, now.st_ino
    record: Record = load_unchanged(path, kind, stamp)
    return record


@lru_cache(maxsize=256)
def load_unchanged(path: Path, kind: type[Record], _stamp: tuple[int, ...]) -> Record:
    """load() of a file as it was at some time."""
    return load(path, kind)


def dump(value: dict[str, Any]) -> str:
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
    return "{\n" + ",\n".join(lines) + END


def plain(record: msgspec.Struct) -> dict[str, Any]:
    """A record as JSON has it, without the digest of its file."""
    found: dict[str, Any] = msgspec.to_builtins(record)
    found.pop("digest", None)
    return found


def save(path: Path, record: msgspec.Struct | dict[str, Any]) -> bool:
    """Write a record with its digest, whole or not at all; whether the file changed.

    A digest that the record has already is not looked at. Raises OSError.
    """
    body = plain(record) if isinstance(record, msgspec.Struct) else dict(record)
    body.pop("digest", None)
    text = dump(body | {"digest": digest(dump(body))}).encode()
    if path.exists() and path.read_bytes() == text:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(f".{os.getpid()}.new")  # another process may do the same
    new.write_bytes(text)
    new.replace(path)
    return True


def same(one: msgspec.Struct, other: msgspec.Struct) -> bool:
    """Whether two records hold the same result, wherever and whenever it was found."""
    bodies = (plain(record) for record in (one, other))
    first, second = (
        {k: v for k, v in body.items() if k not in NOT_COMPARED} for body in bodies
    )
    return first == second


def dated(new: Record, old: Record | None) -> Record:
    """A new record with its day: platform and day of the old one if nothing changed.

    Both have the fields `platform` and `date`, as all that is measured has.
    """
    if old is not None and same(new, old):
        # A bound of the type variable cannot say "a struct with these two fields".
        kept_where, kept_day = old.platform, old.date  # type: ignore[attr-defined]
        return msgspec.structs.replace(new, platform=kept_where, date=kept_day)
    return msgspec.structs.replace(new, date=date.today().isoformat())


def kept(path: Path, kind: type[Record]) -> Record | None:
    """The record that a file has, or None where it is missing or damaged."""
    try:
        return load(path, kind)
    except EvidenceError:
        return None
