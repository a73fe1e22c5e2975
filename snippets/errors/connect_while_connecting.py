"""A connect() that does not wait has begun; the next one says so."""

import errno
import socket


def connect_again_at_once():
    """Return what two connects say, one after the other.

    The listener's queue has room for one, and the first client has it.

    >>> connect_again_at_once()
    ['EINPROGRESS', 'EALREADY']
    """
    with (
        socket.create_server(("127.0.0.1", 0), backlog=0) as listener,
        socket.create_connection(listener.getsockname()),
        socket.socket() as client,
    ):
        client.setblocking(False)
        said = []
        for _ in range(2):
            try:
                client.connect(listener.getsockname())
            except OSError as error:
                said.append(errno.errorcode[error.errno])
        return said


def main():
    print("connect(), and again at once:", connect_again_at_once())


if __name__ == "__main__":
    main()
