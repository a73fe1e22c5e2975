"""The number of an open file is no socket."""

import errno
import os
import socket
from pathlib import Path


def listen_on_a_file():
    """Return the error of listen() on the descriptor of a file.

    >>> listen_on_a_file()
    'ENOTSOCK'
    """
    with socket.socket() as sock, Path(os.devnull).open() as file:
        # What was the socket is the file from here on.
        os.dup2(file.fileno(), sock.fileno())
        try:
            sock.listen()
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print("listen() on a file fails with", listen_on_a_file())


if __name__ == "__main__":
    main()
