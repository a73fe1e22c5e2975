"""A listening socket cannot connect(), although it has no peer."""

import errno
import socket


def connect_a_listening_socket():
    """Return the errors of connect() and then of getpeername().

    >>> connect_a_listening_socket()
    ['EISCONN', 'ENOTCONN']
    """
    with socket.socket() as listener, socket.socket() as other:
        for server in (listener, other):
            server.bind(("127.0.0.1", 0))
            server.listen()
        failures = []
        try:
            listener.connect(other.getsockname())
        except OSError as error:
            failures.append(errno.errorcode[error.errno])
        try:
            listener.getpeername()
        except OSError as error:
            failures.append(errno.errorcode[error.errno])
        return failures


def main():
    connecting, asking = connect_a_listening_socket()
    print("connect() on a listening socket fails with", connecting)
    print("yet it has no peer: getpeername() fails with", asking)


if __name__ == "__main__":
    main()
