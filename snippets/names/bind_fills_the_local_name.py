"""bind() gives a socket its local name, and no peer."""

import errno
import socket


def names_after_bind():
    """Return the local name before bind(), after it, and the peer.

    There is no peer: its place is taken by the name of the error.

    >>> before, after, peer = names_after_bind()
    >>> before, after[0], peer
    (('0.0.0.0', 0), '127.0.0.1', 'ENOTCONN')
    """
    with socket.socket() as sock:
        before = sock.getsockname()
        sock.bind(("127.0.0.1", 0))
        after = sock.getsockname()
        try:
            peer = sock.getpeername()
        except OSError as error:
            peer = errno.errorcode[error.errno]
        return before, after, peer


def main():
    before, after, peer = names_after_bind()
    print("local name before bind():", before)
    print("local name after bind(): ", after)
    print("peer name after bind():  ", peer)


if __name__ == "__main__":
    main()
