"""What strace writes becomes one record for each call, of any program."""

import signal
import sys
from pathlib import Path

import pytest

from evidence.store import ROOT
from lab import strace
from lab.strace import NotTraced, TimedOut, only, parse, trace, tracing

LISTENER = """
import signal, socket
with socket.create_server(("127.0.0.1", 0)):
    signal.pause()
"""
FAMILY = """
import os, signal, socket
socket.socket()
left, kept = os.pipe()
if os.fork() == 0:
    os.setsid()
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    socket.socket(socket.AF_UNIX)
    os.write(kept, b"x")
    signal.pause()
os.read(left, 1)
socket.socket(socket.AF_INET6).close()
signal.pause()
"""


def python(program: str) -> list[str]:
    return [sys.executable, "-I", "-S", "-c", program]


def runs(pid: int) -> bool:
    """Whether a process is there, and not only a status that nobody asked for."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2][0]
    except FileNotFoundError:
        return False
    return state != "Z"


def listens(calls: list[strace.Call]) -> bool:
    return bool(only(calls, "listen"))


def test_call_is_taken_apart():
    (call,) = parse(
        "12 bind(3<TCP:[99]>, {sa_family=AF_INET, sin_port=htons(80), "
        'sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EADDRINUSE (Address already in '
        "use)\n"
    )
    assert (call.pid, call.name, call.fd, call.socket) == (12, "bind", 3, "TCP:[]")
    assert call.args[1].startswith("{sa_family=AF_INET, sin_port") and call.args[
        2:
    ] == ("16",)
    assert (call.result, call.errno, call.ok) == (-1, "EADDRINUSE", False)
    assert call.inode == 99
    assert call.text == (
        "bind(3, {sa_family=AF_INET, sin_port=htons(80), "
        'sin_addr=inet_addr("127.0.0.1")}, 16) = -1 EADDRINUSE'
    )


def test_calls_of_two_processes_are_put_together_again():
    calls = parse(
        "7 accept4(3<TCP:[127.0.0.1:80]>,  <unfinished ...>\n"
        '8 sendto(5<TCP:[127.0.0.1:9->127.0.0.1:80]>, "a, \\"b) = 3", 9, 0, NULL, 0 '
        "<unfinished ...>\n"
        "7 <... accept4 resumed>{sa_family=AF_INET, sin_port=htons(9), sin_addr="
        'inet_addr("127.0.0.1")}, [16], SOCK_CLOEXEC) = 4<TCP:[127.0.0.1:80->'
        "127.0.0.1:9]>\n"
        "8 <... sendto resumed>)             = 9\n"
    )
    assert [(call.pid, call.name, call.fd, call.result) for call in calls] == [
        (7, "accept4", 3, 4),
        (8, "sendto", 5, 9),
    ]
    assert calls[0].args[2:] == ("[16]", "SOCK_CLOEXEC")
    assert calls[1].args[1] == '"a, \\"b) = 3"'
    assert calls[1].socket == "TCP:[127.0.0.1:9->127.0.0.1:80]"
    assert calls[1].text == 'sendto(5, "a, \\"b) = 3", 9, 0, NULL, 0) = 9'


def test_what_differs_from_run_to_run_is_left_out():
    one, other = (
        parse(f"{pid} accept(5<TCP:[{inode}]>, {pointer}, [16]) = -1 EINVAL (I a)\n")
        for pid, inode, pointer in [(1, 22, "0x7ffd9f23c620"), (33, 4, "0x7ffe03f04a7")]
    )
    assert one[0].text == other[0].text == "accept(5, 0x…, [16]) = -1 EINVAL"


def test_only_a_socket_is_seen_to_be_closed():
    calls = parse(
        "1 close(3</etc/ld.so.cache>) = 0\n1 close(3<TCPv6:[[::]:80]>) = 0\n"
        "1 close(4<UNIX-STREAM:[1->2]>) = 0\n1 close(9) = -1 EBADF (Bad file descr)\n"
    )
    assert [call.text for call in calls] == ["close(3) = 0", "close(4) = 0"]


def test_call_that_never_ended_has_no_result():
    calls = parse(
        "1 accept(3<TCP:[1]>, NULL, NULL <unfinished ...>) = ?\n"
        "2 accept(3<TCP:[1]>, NULL, NULL) = ? ERESTARTSYS (To be restarted)\n"
        "3 accept(3<TCP:[1]>, NULL, NULL <unfinished ...>\n"
        "1 +++ killed by SIGKILL +++\n"
    )
    assert [(call.pid, call.result, call.ok) for call in calls] == [
        (1, None, False),
        (2, None, False),
    ]
    assert calls[0].text == "accept(3, NULL, NULL) = ?"


def test_line_that_is_not_whole_is_waited_for():
    reader = strace.Reader()
    reader.feed("1 listen(3<TCP:[1]>, 12")
    assert reader.calls == [] and not reader.alive
    reader.feed("8) = 0\n")
    assert reader.calls[0].args == ("3", "128") and reader.alive == {1}
    reader.feed("1 +++ exited with 0 +++\n")
    assert not reader.alive


def test_program_is_traced_until_it_listens():
    calls = trace(python(LISTENER), until=listens, timeout=60)
    assert [call.name for call in calls] == ["socket", "setsockopt", "bind", "listen"]
    assert calls[1].args[1:4] == ("SOL_SOCKET", "SO_REUSEADDR", "[1]")
    assert calls[-1].socket.startswith("TCP:[127.0.0.1:")
    assert calls[-1].ok
    assert not runs(calls[-1].pid)


def test_program_is_traced_to_its_end():
    calls = trace(python("import socket; socket.socket().close()"), timeout=60)
    assert [call.name for call in calls] == ["socket", "close"]


def test_all_that_a_program_started_is_stopped(monkeypatch):
    monkeypatch.setattr(strace, "PATIENCE", 1.0)
    with tracing(python(FAMILY)) as running:
        calls = running.wait(lambda c: len(only(c, "socket")) == 3, 60)
        pids = {call.pid for call in calls}
        assert len(pids) == 2
    assert not any(map(runs, pids))


def test_last_calls_are_seen_after_a_stop():
    ends = "import signal; signal.signal(signal.SIGINT, lambda *_: exit())\n"
    with tracing(python(ends + LISTENER)) as running:
        running.wait(listens, 60)
        running.stop(signal.SIGINT)
        assert running.calls()[-1].name == "close"


def test_each_socket_is_known_by_its_inode():
    program = python("import socket; [socket.create_server(('', 0)) for _ in '12']")
    with tracing(program, by_inode=True) as running:
        calls = running.wait(None, 60)
    for made in only(calls, "socket"):
        names = [call.name for call in calls if call.inode == made.inode]
        assert names[:4] == ["socket", "setsockopt", "bind", "listen"]
        assert names[-1] == "close"


def test_what_was_waited_for_and_did_not_come():
    with pytest.raises(TimedOut, match=r"not there after 0.01 s; last called "):
        trace(python(LISTENER), until=lambda _: False, timeout=0.01)
    fails = "import sys; print('words'); sys.exit(3)"
    with pytest.raises(NotTraced, match=r"ended with status 3 .*last printed words"):
        trace(python(fails), until=listens, timeout=60)


def test_each_refusal_is_one_line(monkeypatch, tmp_path):
    with pytest.raises(NotTraced, match=r"^no-such-program is not installed$"):
        trace(["no-such-program"], timeout=60)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(NotTraced, match=r"^strace is not installed: apt "):
        trace(["true"], timeout=60)


def test_refused_ptrace_is_named():
    # Who is traced already cannot be traced by another.
    program = f"""
import sys
sys.path[:0] = {[path for path in [str(ROOT), *sys.path] if path]!r}
from lab.strace import NotTraced, trace
try:
    trace(["true"], timeout=60)
except NotTraced as refused:
    print(refused)
"""
    with tracing([sys.executable, "-c", program]) as running:
        running.wait(None, 60)
        assert running.output().startswith("ptrace(2) is refused here: ")
        assert running.output().count("\n") == 1
