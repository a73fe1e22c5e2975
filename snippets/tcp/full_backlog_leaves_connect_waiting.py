"""listen(n) holds n + 1 connections; the next connect() has to wait."""

import contextlib
import errno
import socket


def fill_the_queue(backlog):
    """Return what connect() and getpeername() say to one too many.

    >>> fill_the_queue(1)
    ('EINPROGRESS', 'ENOTCONN')
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        for _ in range(backlog + 1):
            client = stack.enter_context(socket.socket())
            client.settimeout(5)
            client.connect(listener.getsockname())
        latecomer = stack.enter_context(socket.socket())
        latecomer.setblocking(False)
        code = latecomer.connect_ex(listener.getsockname())
        try:
            peer = latecomer.getpeername()
        except OSError as error:
            peer = errno.errorcode[error.errno]
        return errno.errorcode.get(code, code), peer


def main():
    started, peer = fill_the_queue(1)
    print("listen(1), no accept(): two clients are connected")
    print("the third connect() reports", started)
    print("the third client's peer name:", peer)


if __name__ == "__main__":
    main()
