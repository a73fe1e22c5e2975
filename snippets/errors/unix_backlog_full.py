"""A full queue gives EAGAIN to a Unix client, not EINPROGRESS."""

import contextlib
import errno
import socket
import tempfile


def third_client(wait_for_the_queue):
    """Return what connect() gives when one client waits already.

    >>> third_client(False), third_client(True)
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
        if wait_for_the_queue:
            listener.accept()[0].close()
        client.setblocking(False)
        try:
            client.connect("server")
        except BlockingIOError as error:
            return errno.errorcode[error.errno]
        return "success"


def main():
    print("queue full:          ", third_client(False))
    print("after one accept():  ", third_client(True))


if __name__ == "__main__":
    main()
