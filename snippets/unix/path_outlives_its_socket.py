"""The file of a Unix socket stays after close() and blocks bind()."""

import contextlib
import errno
import socket
import tempfile
from pathlib import Path


def result(call, *arguments):
    """Return "success", or the name of the error that a call gives."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "success"


def bind_after_a_dead_server():
    """Return what connect(), bind(), and bind() after unlink() give.

    >>> bind_after_a_dead_server()
    ('ECONNREFUSED', 'EADDRINUSE', 'success')
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        socket.socket(socket.AF_UNIX) as dead,
        socket.socket(socket.AF_UNIX) as client,
        socket.socket(socket.AF_UNIX) as server,
    ):
        client.settimeout(5)
        dead.bind("server")
        dead.listen()
        dead.close()
        called = result(client.connect, "server")
        first = result(server.bind, "server")
        Path("server").unlink()
        return called, first, result(server.bind, "server")


def main():
    called, first, second = bind_after_a_dead_server()
    print("connect() to the file that was left:", called)
    print("bind() to the same path:            ", first)
    print("bind() after unlink():              ", second)


if __name__ == "__main__":
    main()
