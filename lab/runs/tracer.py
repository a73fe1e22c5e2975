"""Runs one program and writes down each socket call that it makes.

    python -I lab/runs/tracer.py EVENTS CALLS PROGRAM [ARGUMENT ...]

The standard library alone, no import from this project: the program must see the
Python it would see when pasted. EVENTS receives one JSON object a line: one when a
socket object is made, one when a call starts, one when it returns; `lab.runs.events`
reads them. Threads and forked children write to it too. CALLS: the methods of a socket
to watch, with commas between.
"""

import contextlib
import ctypes
import functools
import itertools
import json
import linecache
import os
import runpy
import socket
import struct
import sys
import threading
import time
import tokenize
from collections.abc import Callable, Iterator
from types import CodeType, FrameType
from typing import Any

real_socket = socket.socket
real_socketpair = socket.socketpair
real_fromfd = socket.fromfd
real_cdll = ctypes.CDLL
numbers = itertools.count(1)
events = -1
program = ""
open_sockets: "dict[str, Traced]" = {}
this_thread = threading.local()  # .making: the call that is about to make a socket


def write(event: str, **fields: object) -> None:
    """Append one event; O_APPEND keeps lines of several processes whole."""
    fields["lane"] = f"{os.getpid()} {threading.current_thread().name}"
    if event == "returned":
        fields["line"] = line_of_program()
    os.write(events, (json.dumps({"event": event, **fields}) + "\n").encode())


def line_of_program() -> "int | None":
    """The line of the program that is being run; None while Python ends."""
    frame: FrameType | None = sys._getframe(1)
    while frame and frame.f_code.co_filename != program:
        frame = frame.f_back
    return frame.f_lineno if frame else None


def name(
    sock: socket.socket, method: Callable[[socket.socket], Any]
) -> "list[str | int] | str | None":
    """The local or the peer name as getsockname(2) or getpeername(2) gives it."""
    try:
        address = method(sock)
    except OSError:
        return None
    if isinstance(address, bytes):
        return address.decode("latin-1")
    return list(address) if isinstance(address, tuple) else address


def both_names(sock: socket.socket) -> "list[list[str | int] | str | None]":
    """[local name, peer name], None for a name that the socket does not have."""
    if sock.fileno() < 0:
        return [None, None]
    return [
        name(sock, real_socket.getsockname),
        name(sock, real_socket.getpeername),
    ]


def readable(value: object) -> "dict[str, Any]":
    """A value as the reader would type it; a socket by its number, marked."""
    if isinstance(value, Traced):
        return {"socket": value.number}
    if isinstance(value, (tuple, list)):
        brackets = "()" if isinstance(value, tuple) else "[]"
        return {"brackets": brackets, "items": [readable(item) for item in value]}
    if isinstance(value, memoryview):
        value = bytes(value)
    return {"text": repr(value)}


def variable_name(sock: socket.socket) -> "str | None":
    """What the program calls this socket: the name of the variable that holds it.

    Of several, the one that its source has first: the order in which Python keeps them
    is not the same in all versions.
    """
    frame: FrameType | None = sys._getframe(2)
    while frame:
        if frame.f_code.co_filename == program:
            names = {**frame.f_globals, **frame.f_locals}
            holders = [key for key, value in names.items() if value is sock]
            if holders:
                return min(holders, key=functools.partial(place, frame.f_code))
        frame = frame.f_back
    return None


def place(code: CodeType, name: str) -> "tuple[float, ...]":
    """Line and column of a name in a function's source; last if it is not there."""
    lines = iter(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    with contextlib.suppress(tokenize.TokenError, IndentationError):
        for token in tokenize.generate_tokens(functools.partial(next, lines, "")):
            if token.type == tokenize.NAME and token.string == name:
                return token.start
    return (float("inf"),)


@contextlib.contextmanager
def making(call: str) -> Iterator[None]:
    """While this lasts, a socket object that this thread makes is made by that call."""
    before = made_by()
    this_thread.making = call
    try:
        yield
    finally:
        this_thread.making = before


def made_by() -> str:
    """The call that makes sockets now; "" where the program does so itself."""
    return getattr(this_thread, "making", "")


def traced(call: str, method: Callable[..., Any]) -> Callable[..., Any]:
    """Wrap one method of socket.socket so that it leaves its two events."""

    @functools.wraps(method)
    def wrapper(sock: "Traced", *args: Any, **kwargs: Any) -> Any:
        closed_again = call == "close" and sock.fileno() < 0  # does nothing
        if getattr(sock, "inside", False) or closed_again:
            return method(sock, *args, **kwargs)  # one call of the reader, one event
        sock.inside = True
        sock.label = sock.label or variable_name(sock)
        write("started", call=call, socket=sock.number, time=time.time_ns())
        report: dict[str, Any] = {
            "call": call,
            "socket": sock.number,
            "label": sock.label,
        }
        given = [readable(value) for value in args]
        if call.endswith("_into"):  # the buffer that waits to be filled
            given[0] = {"text": f"buffer of {memoryview(args[0]).nbytes} bytes"}
        given += [{**readable(v), "key": k} for k, v in kwargs.items()]
        report["args"] = given
        sock.user = threading.get_ident()
        try:
            with making(call):
                result = method(sock, *args, **kwargs)
            report["result"] = readable(result)
            return result
        except BaseException as error:
            report["error"] = type(error).__name__
            report["errno"] = getattr(error, "errno", None)
            raise
        finally:
            report["time"] = time.time_ns()
            sock.inside = False
            write("returned", **report, names=changed_names())
            if call == "close":
                open_sockets.pop(sock.number, None)

    return wrapper


def changed_names() -> "dict[str, Any]":
    """{socket number: [local, peer]} of this thread's sockets that have a new name."""
    changed = {}
    for number, sock in list(open_sockets.items()):
        if sock.user == threading.get_ident():
            now = both_names(sock)
            if now != sock.last_names:
                sock.last_names = changed[number] = now
    return changed


class Traced(real_socket):
    """socket.socket, with a number, the name of its variable and its last names."""

    def __init__(
        self,
        family: int = -1,
        type: int = -1,
        proto: int = -1,
        fileno: "int | None" = None,
    ) -> None:
        super().__init__(family, type, proto, fileno)
        self.number = f"{os.getpid()}-{next(numbers)}"
        self.inside = False
        self.label: str | None = None
        self.user = threading.get_ident()
        self.last_names: Any = None
        open_sockets[self.number] = self
        by = "socket" if fileno is None else made_by() or "fileno"
        shown = {"family": self.family.name, "type": self.type.name}
        write("made", socket=self.number, by=by, **shown)
        if by in ("socket", "fileno"):  # by the program; others are told as their call
            self.last_names = both_names(self)
            names = {self.number: self.last_names}
            write("returned", **own_call("socket", self), names=names)

    def detach(self) -> int:
        open_sockets.pop(self.number, None)
        return super().detach()


def own_call(call: str, sock: Traced) -> "dict[str, Any]":
    """What is told of a call that made a socket and was not a method of another."""
    return {"call": call, "socket": sock.number, "time": time.time_ns()}


def traced_socketpair(*args: Any, **kwargs: Any) -> "tuple[Any, Any]":
    """socket.socketpair(): one call that makes two sockets with no bind, no connect."""
    with making("socketpair"):
        pair = real_socketpair(*args, **kwargs)
    names = changed_names()
    report = own_call("socketpair", pair[0])  # type: ignore[arg-type]  # a Traced
    report |= {"args": [readable(value) for value in args], "result": readable(pair)}
    write("returned", **report, names=names)
    return pair


def traced_fromfd(*args: Any, **kwargs: Any) -> Any:
    """socket.fromfd(): another socket object for what a descriptor stands for."""
    with making("fromfd"):
        sock = real_fromfd(*args, **kwargs)
    write("returned", **own_call("fromfd", sock), names=changed_names())  # type: ignore[arg-type]  # a Traced
    return sock


class TracedLibrary(real_cdll):
    """ctypes.CDLL whose connect() is traced: the way to AF_UNSPEC from Python."""

    def __getattr__(self, name: str) -> Any:
        function = super().__getattr__(name)
        if name != "connect":
            return function

        def connect(fileno: int, address: Any, length: int) -> int:
            sock = next(s for s in open_sockets.values() if s.fileno() == fileno)
            sock.label = sock.label or variable_name(sock)
            family = struct.unpack_from("H", bytes(address))[0]
            shown = socket.AddressFamily(family).name
            report: dict[str, Any] = {
                "call": "connect",
                "socket": sock.number,
                "label": sock.label,
            }
            report["args"] = [{"text": shown}]
            write("started", call="connect", socket=sock.number, time=time.time_ns())
            result: int = function(fileno, address, length)
            report["time"] = time.time_ns()
            if result:
                report |= {"error": "OSError", "errno": ctypes.get_errno()}
            else:
                report["result"] = {"text": "None"}
            write("returned", **report, names=changed_names())
            return result

        return connect


if __name__ == "__main__":
    events = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    calls = sys.argv[2].split(",")
    program = sys.argv[3]
    sys.argv = sys.argv[3:]
    for each in calls:
        setattr(Traced, each, traced(each, getattr(real_socket, each)))
    socket.socket = Traced  # type: ignore[misc]  # as it is meant to be
    socket.socketpair = traced_socketpair
    socket.fromfd = traced_fromfd
    ctypes.CDLL = TracedLibrary  # type: ignore[misc]
    runpy.run_path(program, run_name="__main__")
