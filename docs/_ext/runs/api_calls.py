"""Directives `api-calls` and `system-calls`: which function makes which call.

```{api-calls}
socket.create_server(address) | apis.create_server_options | listener | socket..listen
```                   a table: what an API calls on some sockets of a recorded run
```{system-calls}
```                   a table: methods of a socket, C functions, system calls

A row of `api-calls` ends with the first and the last call that belong to the API.
"""

from html import escape

from docutils import nodes
from sphinx.util.docutils import SphinxDirective
from sphinx.util.logging import getLogger

from docs._ext.runs.sequence import html
from evidence import runs, store

logger = getLogger(__name__)

# What the reader types, the C function, the system calls on Linux. Each row is run
# under ptrace(2) by tests/lab/test_system_calls.py, in this order, and must be true.
SYSTEM_CALLS = [
    ("listener = socket.socket()", "socket()", "socket"),
    ('listener.bind(("127.0.0.1", 0))', "bind()", "bind"),
    ("listener.listen()", "listen()", "listen"),
    ("address = listener.getsockname()", "getsockname()", "getsockname"),
    ("client.connect(address)", "connect()", "connect"),
    ("other.connect_ex(address)", "connect()", "connect"),
    ("conn, peer = listener.accept()", "accept4()", "accept4 getsockname"),
    ("client.getpeername()", "getpeername()", "getpeername"),
    ('client.send(b"ping")', "send()", "sendto"),
    ("conn.recv(4)", "recv()", "recvfrom"),
    ('client.sendall(b"ping")', "send()", "sendto"),
    ("conn.recv_into(bytearray(4))", "recv()", "recvfrom"),
    ('sender.sendto(b"hello", receiver_address)', "sendto()", "sendto"),
    ("receiver.recvfrom(1024)", "recvfrom()", "recvfrom"),
    ('sender.sendmsg([b"hello"], [], 0, receiver_address)', "sendmsg()", "sendmsg"),
    ("receiver.recvmsg(1024)", "recvmsg()", "recvmsg"),
    ("client.getsockopt(SOL_SOCKET, SO_ERROR)", "getsockopt()", "getsockopt"),
    ("client.setsockopt(SOL_SOCKET, SO_KEEPALIVE, 1)", "setsockopt()", "setsockopt"),
    ("client.shutdown(SHUT_WR)", "shutdown()", "shutdown"),
    ("client.close()", "close()", "close"),
    (
        "left, right = socket.socketpair()",
        "socketpair()",
        "socketpair getsockname getsockname",
    ),
    ("hurried.settimeout(5)", "ioctl()", "ioctl"),
    ("hurried.connect(address)", "connect()", "connect poll getsockopt"),
    ('hurried.sendall(b"ping")', "send()", "poll sendto"),
]


class NoSuchCall(Exception):
    """A row that names sockets or calls which its run does not have."""


def calls_of(recording: dict, sockets: list[str], first: str, last: str) -> list[dict]:
    """The steps on some sockets, from the first call named so to the last.

    The last one is the next call with that name. Raises NoSuchCall.

    >>> run = {"steps": [
    ...     {"socket": "a", "call": "socket"}, {"socket": "a", "call": "bind"},
    ...     {"socket": "b", "call": "bind"}, {"socket": "a", "call": "close"}]}
    >>> [step["call"] for step in calls_of(run, ["a"], "socket", "bind")]
    ['socket', 'bind']
    """
    steps = [step for step in recording["steps"] if step["socket"] in sockets]
    known = {step["socket"] for step in recording["steps"]}
    if unknown := set(sockets) - known:
        raise NoSuchCall(f"no socket {sorted(unknown)}; there are {sorted(known)}")
    names = [step["call"] for step in steps]
    try:
        start = names.index(first)
        return steps[start : names.index(last, start) + 1]
    except ValueError:
        calls = ", ".join(names)
        raise NoSuchCall(f"no {first}..{last}; the calls are: {calls}") from None


def shown(step: dict) -> str:
    """HTML of one call with its arguments, and with its errno if it failed.

    >>> shown({"call": "listen", "args": ""})
    '<code>listen()</code>'
    """
    failed = f' <span class="failed">{step["error"]}</span>' if "error" in step else ""
    return f"<code>{step['call']}({escape(step['args'])})</code>{failed}"


def table(kind: str, heads: list[str], rows: list[list[str]]) -> str:
    """HTML of a table; the cells are HTML."""
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    body = "".join(
        f'<tr><th scope="row">{first}</th>'
        + "".join(f"<td>{cell}</td>" for cell in rest)
        + "</tr>"
        for first, *rest in rows
    )
    return (
        f'<div class="table-wrapper call-table {kind}"><table class="docutils">'
        f"<thead><tr>{head}</tr></thead><tbody>{body}</tbody></table></div>"
    )


class ApiCalls(SphinxDirective):
    """A row for each line: `API | run | sockets, comma between | first..last`."""

    has_content = True

    def run(self) -> list[nodes.Node]:
        rows = [self.row(line) for line in self.content if line.strip()]
        made = [row for row in rows if row]
        if not made:
            self.warn("no rows: write `API | run | sockets | first..last`")
            return []
        return [html(table("api-calls", ["Python", "calls, in this order"], made))]

    def row(self, line: str) -> list[str] | None:
        """The cells of one row, or None after a warning with page and line."""
        fields = [field.strip() for field in line.split("|")]
        if len(fields) != 4 or ".." not in fields[3]:
            self.warn(f"no `API | run | sockets | first..last`: {line!r}")
            return None
        api, run, sockets, calls = fields
        try:
            self.env.note_dependency(str(runs.snippet_path(run)))
            self.env.note_dependency(str(runs.run_path(run)))
            recording = runs.load_run(run, allow_stale=True)
            names = [name.strip() for name in sockets.split(",")]
            steps = calls_of(recording, names, *calls.split(".."))
        except (store.EvidenceError, NoSuchCall) as error:
            self.warn(f"{api}: {error}")
            return None
        if runs.stale(recording):
            self.warn(f"the recording of {run} is stale: run `make evidence`")
        items = "".join(f"<li>{shown(step)}</li>" for step in steps)
        return [f"<code>{escape(api)}</code>", f"<ol>{items}</ol>"]

    def warn(self, text: str) -> None:
        """Complain with page and line; `make html` treats it as an error."""
        logger.warning("%s: %s", self.name, text, location=self.get_location())


class SystemCalls(SphinxDirective):
    """The table SYSTEM_CALLS."""

    def run(self) -> list[nodes.Node]:
        rows = [
            [
                f"<code>{escape(python)}</code>",
                f"<code>{c}</code>",
                ", ".join(f"<code>{name}</code>" for name in calls.split()),
            ]
            for python, c, calls in SYSTEM_CALLS
        ]
        return [html(table("system-calls", ["Python", "C", "system calls"], rows))]


def setup(app):
    app.add_directive("api-calls", ApiCalls)
    app.add_directive("system-calls", SystemCalls)
