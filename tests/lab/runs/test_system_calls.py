"""The table of methods and system calls, checked call by call with ptrace(2)."""

import ctypes
import os
import platform
import signal
import socket

import pytest

from docs._ext.runs.api_calls import SYSTEM_CALLS

# <asm/unistd_64.h>: the calls that have to do with sockets.
NUMBERS = {
    "poll": 7,
    "ioctl": 16,
    "socket": 41,
    "connect": 42,
    "accept": 43,
    "sendto": 44,
    "recvfrom": 45,
    "sendmsg": 46,
    "recvmsg": 47,
    "shutdown": 48,
    "bind": 49,
    "listen": 50,
    "getsockname": 51,
    "getpeername": 52,
    "socketpair": 53,
    "setsockopt": 54,
    "getsockopt": 55,
    "accept4": 288,
    "close": 3,
}
BETWEEN = 110  # getppid(2): the child calls it before each row and after the last
# <linux/ptrace.h>
TRACE_ME, SYSCALL, SET_OPTIONS, SYSCALL_INFO = 0, 24, 0x4200, 0x420E
MARK_SYSCALLS, KILL_WITH_TRACER, ENTRY = 1, 0x100000, 1
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


def ptrace(request: int, pid: int, size: int, data) -> None:
    """ptrace(2); raises OSError."""
    if libc.ptrace(request, pid, size, data) < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def run_rows() -> None:
    """In the child: run the rows one after another, and leave."""
    env = {**vars(socket), "socket": socket}
    env |= {name: socket.socket() for name in ("client", "other", "hurried")}
    sender, receiver = (socket.socket(type=socket.SOCK_DGRAM) for _ in range(2))
    receiver.bind(("127.0.0.1", 0))
    env |= {"sender": sender, "receiver": receiver}
    env["receiver_address"] = receiver.getsockname()
    rows = [compile(python, "row", "exec") for python, *_ in SYSTEM_CALLS]
    ptrace(TRACE_ME, 0, 0, None)
    os.kill(os.getpid(), signal.SIGSTOP)
    for row in rows:
        os.getppid()
        exec(row, env)
    os.getppid()


def system_calls() -> list[list[str]]:
    """What each row called, as the kernel saw it."""
    child = os.fork()
    if child == 0:
        try:
            run_rows()
            os._exit(0)
        finally:
            os._exit(1)
    names = {number: name for name, number in NUMBERS.items()}
    seen: list[list[str]] = []
    info = ctypes.create_string_buffer(88)
    os.waitpid(child, 0)
    ptrace(SET_OPTIONS, child, 0, MARK_SYSCALLS | KILL_WITH_TRACER)
    while True:
        ptrace(SYSCALL, child, 0, None)
        _, status = os.waitpid(child, 0)
        if not os.WIFSTOPPED(status):
            assert os.WEXITSTATUS(status) == 0
            return seen[:-1]
        ptrace(SYSCALL_INFO, child, len(info), info)
        operation, number = info.raw[0], int.from_bytes(info.raw[24:32], "little")
        if operation == ENTRY and number == BETWEEN:
            seen.append([])
        elif operation == ENTRY and seen and number in names:
            seen[-1].append(names[number])


@pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the numbers are those of x86-64"
)
def test_each_row_makes_the_system_calls_of_the_table():
    seen = system_calls()
    assert len(seen) == len(SYSTEM_CALLS) >= 20
    told = {python: calls.split() for python, _, calls in SYSTEM_CALLS}
    assert dict(zip(told, seen, strict=True)) == told
