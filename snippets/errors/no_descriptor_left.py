"""accept() needs a free descriptor; without one the client waits."""

import errno
import resource
import socket


def accept_without_a_descriptor():
    """Return the error of accept(), and its success with room again.

    >>> accept_without_a_descriptor()
    ('EMFILE', 'accepted')
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
        try:
            listener.accept()
        except OSError as error:
            name = errno.errorcode[error.errno]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        connection, _ = listener.accept()
        connection.close()
        return name, "accepted"


def main():
    print("first and second accept():", accept_without_a_descriptor())


if __name__ == "__main__":
    main()
