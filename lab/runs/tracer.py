"""Runs one snippet and writes down each socket call that it makes.

    python -I lab/tracer.py EVENTS SNIPPET [ARGUMENT ...]

The standard library alone, no import from this project: the snippet must see the
Python it would see when pasted. EVENTS receives one JSON object a line: one when a
call starts, one when it returns. Threads and forked children write to it too.
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

CALLS = (
    "bind connect connect_ex listen accept shutdown setsockopt getsockopt "
    "getsockname getpeername send sendall sendto sendmsg "
    "recv recv_into recvfrom recvfrom_into recvmsg close"
).split()

real_socket = socket.socket
real_socketpair = socket.socketpair
real_cdll = ctypes.CDLL
numbers = itertools.count(1)
events = -1
program = ""
open_sockets: "dict[str, Traced]" = {}


def write(**event: object) -> None:
    """Append one event; O_APPEND keeps lines of several processes whole."""
    event["lane"] = f"{os.getpid()} {threading.current_thread().name}"
    os.write(events, (json.dumps(event) + "\n").encode())


def name(sock: socket.socket, method) -> "list | str | None":
    """The local or the peer name as getsockname(2) or getpeername(2) gives it."""
    try:
        address = method(sock)
    except OSError:
        return None
    if isinstance(address, bytes):
        return address.decode("latin-1")
    return list(address) if isinstance(address, tuple) else address


def both_names(sock: socket.socket) -> list:
    """[local name, peer name], None for a name that the socket does not have."""
    if sock.fileno() < 0:
        return [None, None]
    return [
        name(sock, real_socket.getsockname),
        name(sock, real_socket.getpeername),
    ]


def readable(value: object) -> object:
    """A value as the reader would type it; a socket by its number, marked."""
    if isinstance(value, Traced):
        return {"socket": value.number}
    if isinstance(value, (tuple, list)):
        shape = "tuple" if isinstance(value, tuple) else "list"
        return {shape: [readable(item) for item in value]}
    if isinstance(value, memoryview):
        value = bytes(value)
    return {"value": repr(value)}


def variable_name(sock: socket.socket) -> "str | None":
    """What the snippet calls this socket: the name of the variable that holds it.

    Of several, the one that its source has first: the order in which Python keeps them
    is not the same in all versions.
    """
    frame = sys._getframe(2)
    while frame:
        if frame.f_code.co_filename == program:
            names = {**frame.f_globals, **frame.f_locals}
            holders = [key for key, value in names.items() if value is sock]
            if holders:
                return min(holders, key=functools.partial(place, frame.f_code))
        frame = frame.f_back
    return None


def place(code, name: str) -> tuple[float, ...]:
    """Line and column of a name in a function's source; last if it is not there."""
    lines = iter(linecache.getlines(code.co_filename)[code.co_firstlineno - 1 :])
    with contextlib.suppress(tokenize.TokenError, IndentationError):
        for token in tokenize.generate_tokens(functools.partial(next, lines, "")):
            if token.type == tokenize.NAME and token.string == name:
                return token.start
    return (float("inf"),)


def traced(call: str, method):
    """Wrap one method of socket.socket so that it leaves its two events."""

    @functools.wraps(method)
    def wrapper(sock, *args, **kwargs):
        if getattr(sock, "inside", False) or sock.fileno() < 0:
            return method(sock, *args, **kwargs)  # one call of the reader, one event
        sock.inside = True
        sock.label = sock.label or variable_name(sock)
        write(start=call, socket=sock.number, time=time.time_ns())
        report = {"call": call, "socket": sock.number, "label": sock.label}
        given = [readable(value) for value in args]
        if call.endswith("_into"):  # the buffer that waits to be filled
            given[0] = {"value": f"buffer of {memoryview(args[0]).nbytes} bytes"}
        given += [{**readable(v), "key": k} for k, v in kwargs.items()]
        report["args"] = given
        sock.user = threading.get_ident()
        try:
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
            write(**report, names=changed_names())
            if call == "close":
                open_sockets.pop(sock.number, None)

    return wrapper


def changed_names() -> dict:
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

    def __init__(self, family=-1, type=-1, proto=-1, fileno=None):
        super().__init__(family, type, proto, fileno)
        self.number = f"{os.getpid()}-{next(numbers)}"
        self.inside = False
        self.label = None
        self.user = threading.get_ident()
        self.last_names = both_names(self) if fileno is None else None
        open_sockets[self.number] = self
        fields = {
            "family": self.family.name,
            "type": self.type.name,
            "names": {self.number: both_names(self)} if fileno is None else {},
        }
        if fileno is None:
            write(call="socket", socket=self.number, time=time.time_ns(), **fields)
        else:
            write(adopted=self.number, family=fields["family"], type=fields["type"])

    def detach(self):
        open_sockets.pop(self.number, None)
        return super().detach()


for each in CALLS:
    setattr(Traced, each, traced(each, getattr(real_socket, each)))


def traced_socketpair(*args, **kwargs):
    """socket.socketpair(): one call that makes two sockets with no bind, no connect."""
    pair = real_socketpair(*args, **kwargs)
    names = changed_names()
    report = {"call": "socketpair", "socket": pair[0].number}
    report |= {"args": [readable(value) for value in args], "result": readable(pair)}
    write(**report, time=time.time_ns(), names=names)
    return pair


class TracedLibrary(real_cdll):
    """ctypes.CDLL whose connect() is traced: the way to AF_UNSPEC from Python."""

    def __getattr__(self, name):
        function = super().__getattr__(name)
        if name != "connect":
            return function

        def connect(fileno, address, length):
            sock = next(s for s in open_sockets.values() if s.fileno() == fileno)
            sock.label = sock.label or variable_name(sock)
            family = struct.unpack_from("H", bytes(address))[0]
            shown = socket.AddressFamily(family).name
            report = {"call": "connect", "socket": sock.number, "label": sock.label}
            report["args"] = [{"value": shown}]
            write(start="connect", socket=sock.number, time=time.time_ns())
            result = function(fileno, address, length)
            report["time"] = time.time_ns()
            if result:
                report |= {"error": "OSError", "errno": ctypes.get_errno()}
            else:
                report["result"] = {"value": "None"}
            write(**report, names=changed_names())
            return result

        return connect


if __name__ == "__main__":
    events = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    program = sys.argv[2]
    sys.argv = sys.argv[2:]
    socket.socket = Traced
    socket.socketpair = traced_socketpair
    ctypes.CDLL = TracedLibrary
    runpy.run_path(program, run_name="__main__")
