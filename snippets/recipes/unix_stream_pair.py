"""A Unix stream server and its client, on a path of their own."""

import contextlib
import errno
import socket
from pathlib import Path
from tempfile import TemporaryDirectory


def left_behind(path):
    """Return whether the server of this socket file is gone."""
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        return probe.connect_ex(path) == errno.ECONNREFUSED


def open_listener(path):
    """Return a socket that listens at path, after a crash too."""
    if left_behind(path):
        Path(path).unlink()
    listener = socket.socket(socket.AF_UNIX)
    try:
        listener.bind(path)
        listener.listen()
    except OSError:
        listener.close()
        raise
    return listener


def connect(path):
    """Return a connection to the server at path."""
    client = socket.socket(socket.AF_UNIX)
    try:
        client.settimeout(5)
        client.connect(path)
    except OSError:
        client.close()
        raise
    return client


def main():
    with TemporaryDirectory() as folder, contextlib.chdir(folder):
        open_listener("server").close()  # a crash: the file stays
        with (
            open_listener("server") as listener,
            connect("server") as client,
            listener.accept()[0] as conn,
        ):
            conn.settimeout(5)
            client.sendall(b"hello\n")
            conn.sendall(conn.recv(4096).upper())
            print("the client received", client.recv(4096))
        Path("server").unlink()


if __name__ == "__main__":
    main()
