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
from sphinx.application import Sphinx

from docs._ext.runs.recorded import RecordingDirective, check_sockets
from docs._ext.shared import Directive, Refused, html, html_table, outcome_class
from evidence.runs import Recording, Step
from evidence.store import EvidenceError

FORM = "`API | run | sockets | first..last`"
# What the reader types, the C function, the system calls on Linux. Each row is run
# under ptrace(2), in this order, by tests/lab/runs/test_system_calls.py.
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


def calls_of(
    recording: Recording, sockets: list[str], first: str, last: str
) -> list[Step]:
    """The steps on some sockets, from the first call named so to the last.

    The last one is the next call with that name. Raises Refused, with what there is,
    for a socket or a call that is not.
    """
    check_sockets(sockets, recording)
    steps = [step for step in recording.steps if step.socket in sockets]
    names = [step.call for step in steps]
    try:
        start = names.index(first)
        return steps[start : names.index(last, start) + 1]
    except ValueError:
        calls = ", ".join(names)
        raise Refused(f"no {first}..{last}; there are: {calls}") from None


def shown(step: Step) -> str:
    """HTML of one call with its arguments, and with its errno if it failed.

    >>> shown(Step(socket="sock", call="listen", args=""))
    '<code>listen()</code>'
    """
    failed = (
        f' <span class="{outcome_class(step.error)}">{step.error}</span>'
        if step.error
        else ""
    )
    return f"<code>{step.call}({escape(step.args)})</code>{failed}"


class ApiCalls(RecordingDirective):
    """A row for each line: `API | run | sockets, comma between | first..last`."""

    has_content = True

    def show(self) -> list[nodes.Node]:
        made = [self.row(line) for line in self.content if line.strip()]
        rows = [cells for cells in made if cells]
        if not rows:
            raise Refused(f"no rows: write {FORM}")
        heads = ["Python", "calls, in this order"]
        return [html(html_table(heads, rows, wrapper="call-table api-calls"))]

    def row(self, line: str) -> list[str]:
        """The cells of one row; none after a warning with page and line."""
        try:
            api, run, sockets, (first, last) = fields(line)
            steps = calls_of(self.recording_of(run), sockets, first, last)
        except (EvidenceError, Refused) as error:
            self.warn(f"{error}, in the row {line.strip()!r}")
            return []
        items = "".join(f"<li>{shown(step)}</li>" for step in steps)
        return [f"<code>{escape(api)}</code>", f"<ol>{items}</ol>"]


def fields(line: str) -> tuple[str, str, list[str], tuple[str, str]]:
    """API, run, sockets, and the first and last call of a line.

    Raises Refused, with the form.

    >>> fields("bind() | names.local | sock, sock 2 | socket..bind")
    ('bind()', 'names.local', ['sock', 'sock 2'], ('socket', 'bind'))
    """
    parts = [part.strip() for part in line.split("|")]
    if len(parts) != 4 or ".." not in parts[3]:
        raise Refused(f"this is no {FORM}")
    first, _, last = parts[3].partition("..")
    return parts[0], parts[1], [s.strip() for s in parts[2].split(",")], (first, last)


class SystemCalls(Directive):
    """The table SYSTEM_CALLS."""

    def show(self) -> list[nodes.Node]:
        rows = [
            [
                f"<code>{escape(python)}</code>",
                f"<code>{c}</code>",
                ", ".join(f"<code>{name}</code>" for name in calls.split()),
            ]
            for python, c, calls in SYSTEM_CALLS
        ]
        heads = ["Python", "C", "system calls"]
        return [html(html_table(heads, rows, wrapper="call-table system-calls"))]


def setup(app: Sphinx) -> None:
    app.add_directive("api-calls", ApiCalls)
    app.add_directive("system-calls", SystemCalls)
