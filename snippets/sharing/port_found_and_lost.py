"""A port that was found free and given back may be another's next."""

import errno
import socket


def find_a_free_port():
    """Return a port that was free a moment ago. Do not do this."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def lose_the_race():
    """Return what bind() gives if another program was faster.

    >>> lose_the_race()
    'EADDRINUSE'
    """
    port = find_a_free_port()
    with socket.socket() as stranger, socket.socket() as server:
        stranger.bind(("127.0.0.1", port))  # between the two steps
        try:
            server.bind(("127.0.0.1", port))
        except OSError as error:
            return errno.errorcode[error.errno]
        return "success"


def main():
    print("found a port, closed the socket, and asked for it again:")
    print(lose_the_race())


if __name__ == "__main__":
    main()
