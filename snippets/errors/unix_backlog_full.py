"""A full queue gives EAGAIN to a Unix client, who can try again."""

import contextlib
import errno
import socket
import tempfile


def connect(client, path):
    """Return "success", or the name of the error."""
    try:
        client.connect(path)
    except BlockingIOError as error:
        return errno.errorcode[error.errno]
    return "success"


def two_attempts():
    """Return what connect() gives, before and after an accept().

    >>> two_attempts()
    ('EAGAIN', 'success')
    """
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        socket.socket(socket.AF_UNIX) as listener,
        socket.socket(socket.AF_UNIX) as first,
        socket.socket(socket.AF_UNIX) as client,
    ):
        listener.bind("server")
        listener.listen(0)
        first.connect("server")
        client.setblocking(False)
        before = connect(client, "server")
        with listener.accept()[0]:
            return before, connect(client, "server")


def main():
    before, after = two_attempts()
    print("the queue is full:", before)
    print("after accept():   ", after)


if __name__ == "__main__":
    main()
