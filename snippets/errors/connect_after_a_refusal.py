"""After a refusal that SO_ERROR told, connect() fails once more."""

import errno
import socket


def connect_after_a_refusal(address):
    """Return what two connects say on a socket that does not wait.

    Whoever has the port does not listen: connect() is refused at once.

    >>> with socket.socket() as bound:
    ...     bound.bind(("127.0.0.1", 0))
    ...     connect_after_a_refusal(bound.getsockname())
    ['EINPROGRESS', 'ECONNREFUSED', 'ECONNABORTED']
    """
    with socket.socket() as client:
        client.setblocking(False)
        said = []
        try:
            client.connect(address)
        except OSError as error:
            said.append(errno.errorcode[error.errno])
        refusal = client.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        said.append(errno.errorcode[refusal])
        try:
            client.connect(address)
        except OSError as error:
            said.append(errno.errorcode[error.errno])
        return said


def main():
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        print("connect(), SO_ERROR, connect():")
        print(connect_after_a_refusal(bound.getsockname()))


if __name__ == "__main__":
    main()
