"""A non-blocking connect() returns at once; its result comes later."""

import errno
import select
import socket


def connect_in_two_steps():
    """Return the errors that connect() and SO_ERROR report.

    >>> connect_in_two_steps()
    ('EINPROGRESS', 0)
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.setblocking(False)
        started = client.connect_ex(listener.getsockname())

        # The socket becomes writable when the handshake has ended.
        _, writable, _ = select.select([], [client], [], 5)
        if not writable:
            raise TimeoutError("no answer")
        ended = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        return errno.errorcode.get(started, started), ended


def main():
    started, ended = connect_in_two_steps()
    print("connect() reports at once:", started)
    print("SO_ERROR, once it is writable:", ended)


if __name__ == "__main__":
    main()
