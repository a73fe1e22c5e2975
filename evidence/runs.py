"""Runs: which programs there are, what each needs, and its recording."""

import difflib
import re
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

import msgspec

from evidence import sources, store

# What the lab did to make a recording: this function and all that it reaches.
MADE_BY = ("lab.runs.recorder", "run")

# A name of a socket: [address, port], with flow label and scope behind them for IPv6;
# the path of a Unix socket; None where there is none.
Name: TypeAlias = list[str | int] | str | None
Names: TypeAlias = tuple[Name, Name]  # the local one and the peer's


class Packet(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A packet. An end is (address, port), the port None where a protocol has none.

    flags: on TCP, in the order of RFC 9293; kind: on ICMP, type and code in words;
    payload: how many bytes it carries; raw: the whole packet from its IP header, in
    hexadecimal, with what is random set as lab/runs/raw.py says.
    """

    protocol: str
    source: tuple[str, int | None]
    destination: tuple[str, int | None]
    flags: list[str] | None = None
    kind: str | None = None
    payload: int
    raw: str = ""


class Step(msgspec.Struct, kw_only=True, omit_defaults=True):
    """One call: who made it on which socket, its outcome, and what it changed.

    lane: a place in the recording's lanes, None if there is one; line: of the program
    of that lane, None when it had ended; error: the name of an
    errno, or the class of another exception; names: of each socket whose names changed,
    those it had after the call; packets: what was sent from this call until the next.
    """

    lane: int | None = None
    line: int | None = None
    socket: str
    call: str
    args: str
    result: str | None = None
    error: str | None = None
    names: dict[str, Names] = {}
    packets: list[Packet] = []


class Socket(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A socket of a run, by the name of the variable that held it.

    made_by: socket, accept, socketpair; dup, fromfd, fileno for another descriptor of
    a socket that was there before.
    """

    name: str
    family: str
    type: str
    made_by: str
    lane: int | None = None


class Recording(msgspec.Struct, kw_only=True):
    """evidence/measured/runs/ID.json: what happened when a program ran.

    snippets: the digest of each program's text, the server's first; packets: whether
    any could be captured; lanes: the threads of the programs; printed: the lines of
    each program; sources: the digest of the lab's code.
    """

    run: str
    snippets: dict[str, str]
    packets: bool
    lanes: list[str]
    sockets: list[Socket]
    steps: list[Step]
    printed: list[list[str]]
    platform: str
    date: str
    sources: str
    digest: str = ""

    def socket_names(self) -> list[str]:
        """The names of the sockets, in their order."""
        return [socket.name for socket in self.sockets]


class Needs(msgspec.Struct, frozen=True):
    """What must be there before a program starts.

    network: what lab/isolation/networks.py makes for it, by name; server: the snippet
    that must be running; container: whether that runs in a network of its own.
    """

    network: str | None = None
    server: str | None = None
    container: bool = False


NEEDS = re.compile(r"# Needs: (.*\S)")
SERVER = re.compile(r"(\w+)\.py running( in a container)?; give its .+")
FORMS = (
    "`# Needs: NAME.py running; give its host and port`",
    "`# Needs: NAME.py running in a container; give its two ports`",
    "`# Needs: ` and the name of a network of lab/isolation/networks.py",
)


def folder() -> Path:
    """Where the programs are."""
    return store.ROOT / "snippets"


def snippet_file(snippet: str) -> Path:
    """Where a snippet is, or would be, by an id such as `tcp.listen_without_bind`."""
    return folder().joinpath(*snippet.split(".")).with_suffix(".py")


def snippet_path(snippet: str) -> Path:
    """The file of a snippet.

    Raises store.EvidenceError, with the closest ids, for one that does not exist.
    """
    path = snippet_file(snippet)
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


def needs(snippet: str) -> Needs:
    """What a snippet's `# Needs:` line asks for.

    Raises store.EvidenceError, with the file and the known forms, for a line that is
    in none of them, and for a server that does not exist.
    """
    path = snippet_path(snippet)
    lines = need_lines(path.read_text(encoding="utf-8"))
    if not lines:
        return Needs()
    said = NEEDS.fullmatch(lines[0])
    if len(lines) > 1 or said is None:
        raise not_understood(path, lines)
    server = SERVER.fullmatch(said[1])
    if server is None and (".py" in said[1] or ";" in said[1]):
        raise not_understood(path, lines)
    if server is None:
        return Needs(network=said[1])
    try:
        running = f"{snippet.rpartition('.')[0]}.{server[1]}"
        snippet_path(running)
    except store.EvidenceError as error:
        raise store.EvidenceError(f"{store.shown(path)}: {error}") from None
    return Needs(server=running, container=server[2] is not None)


def need_lines(source: str) -> list[str]:
    """The comments of a program that begin with "need", "needs", however written."""
    return re.findall(r"^#[ \t]*needs?\b.*$", source, re.MULTILINE | re.IGNORECASE)


def not_understood(path: Path, lines: list[str]) -> store.EvidenceError:
    """The complaint about the lines in which a program says what it needs."""
    if len(lines) > 1:
        problem = f"has {len(lines)} lines about its needs, and may have one"
    else:
        problem = f"says {lines[0]!r}, which is not understood"
    return store.EvidenceError(
        f"{store.shown(path)} {problem}; write {', or '.join(FORMS)}"
    )


def run_of(snippet: str) -> str:
    """The id of the run that shows this snippet: a server is shown by its client."""
    package = snippet.rpartition(".")[0]
    for other in snippet_ids():
        if other.startswith(f"{package}.") and needs(other).server == snippet:
            return other
    return snippet


def programs_of(run: str) -> list[str]:
    """The snippets that take part in a run, the server first where there is one."""
    server = needs(run).server
    return [server, run] if server else [run]


def run_ids() -> list[str]:
    """The id of every run that evidence/measured/runs/ must hold, sorted."""
    ids = snippet_ids()
    return sorted(set(ids) - {needs(snippet).server for snippet in ids})


def run_path(run: str) -> Path:
    """Where the recording of a run is kept."""
    return store.measured("runs", f"{run}.json")


def load_run(run: str, allow_stale: bool = False) -> Recording:
    """The recording of a run, compared with the snippets and the lab as they are now.

    Raises store.EvidenceError where it is missing, damaged, or older than a snippet or
    than the lab. allow_stale: return one that is older.
    """
    recording = store.load(run_path(run), Recording)
    if not allow_stale and (problem := why_stale(recording)):
        raise store.EvidenceError(problem)
    return recording


def why_stale(recording: Recording) -> str | None:
    """What has changed since a recording was made, and the cure; None if nothing has.

    Raises store.EvidenceError where a program of the run is gone.
    """
    changed = [
        store.shown(snippet_path(program))
        for program in programs_of(recording.run)
        if recording.snippets.get(program) != snippet_digest(program)
    ]
    if recording.sources != lab_digest():
        changed.append("the lab")
    if not changed:
        return None
    return (
        f"the recording of {recording.run} is stale, for {' and '.join(changed)} "
        f"changed after it: {store.cure(run_path(recording.run))}"
    )


def snippet_digest(snippet: str) -> str:
    """The digest of a program's text as it is now. Raises store.EvidenceError."""
    return store.digest(snippet_path(snippet).read_text(encoding="utf-8"))


def lab_digest() -> str:
    """The digest of the lab's code that makes recordings, as it is now."""
    return _lab_digest(sources.stamps())


def lab_files() -> list[Path]:
    """The files that lab_digest() is taken from: with one of them, it may change."""
    return sources.files(MADE_BY)


@lru_cache(maxsize=4)  # a build asks for each picture
def _lab_digest(stamps: sources.Stamps) -> str:
    return sources.project_at(stamps).digest(MADE_BY)
