"""A Unix stream server and its client, on a path of their own."""

import errno
import fcntl
import os
import socket
import stat
import struct
from pathlib import Path
from tempfile import TemporaryDirectory


def left_behind(path):
    """Return whether path is the socket of a server that is gone."""
    try:
        if not stat.S_ISSOCK(os.lstat(path).st_mode):
            return False  # somebody's file: let bind() fail
    except FileNotFoundError:
        return False
    with socket.socket(socket.AF_UNIX) as probe:
        probe.settimeout(5)
        return probe.connect_ex(path) == errno.ECONNREFUSED


def open_listener(path):
    """Return a socket that listens at path, and a lock: keep it open.

    Raises BlockingIOError while another server has the lock.
    """
    lock = Path(f"{path}.lock").open("a")  # "w" would empty a file
    listener = socket.socket(socket.AF_UNIX)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        if left_behind(path):
            Path(path).unlink()
        listener.bind(path)
        listener.listen()
        return listener, lock
    except OSError:
        listener.close()
        lock.close()
        raise


def connect(path):
    """Return a connection; waits 5 s for a place in a full queue."""
    client = socket.socket(socket.AF_UNIX)
    limit = struct.pack("ll", 5, 0)  # settimeout() would not wait
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
    client.connect(path)
    return client


def main():
    with TemporaryDirectory() as folder:
        os.chdir(folder)
        with socket.socket(socket.AF_UNIX) as crashed:
            crashed.bind("server")
        listener, lock = open_listener("server")
        client = connect("server")
        with lock, listener, client, listener.accept()[0] as conn:
            client.sendall(b"hello\n")
            conn.sendall(conn.recv(4096).upper())
            print("the client received", client.recv(4096))


if __name__ == "__main__":
    main()
