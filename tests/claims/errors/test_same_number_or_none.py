"""Proofs about errors that mean less, or something else, than they seem to."""

import errno
import socket
from pathlib import Path

from snippets.errors import (
    unix_backlog_full,
)
from tests.claims.errors.helpers import BOTH, UNIX, opened
from tests.claims.helpers import TCP, UDP, code, folder, unix


def test_two_names_for_one_number():
    """On Linux `EOPNOTSUPP` and `ENOTSUP` are both 95, and Python's `errno.errorcode`
    has only the second name."""
    number = code(opened(UDP).listen)
    assert number == errno.EOPNOTSUPP == errno.ENOTSUP == 95
    assert errno.errorcode[number] == "ENOTSUP"


def test_unix_client_can_try_again():
    """A non-blocking `connect()` of a Unix stream socket that failed with `EAGAIN` has
    begun nothing: the same socket can call it again, and succeeds when the queue has
    room.
    """
    assert unix_backlog_full.two_attempts() == ("EAGAIN", "success")


def test_unix_shutdown_needs_no_peer():
    """`shutdown()` on a Unix stream or datagram socket without a peer succeeds, while
    on a new TCP or UDP socket it fails with `ENOTCONN`."""
    for kind in (TCP, UDP):
        assert code(opened(kind, UNIX).shutdown, socket.SHUT_WR) is None
        for family in BOTH:
            sock = opened(kind, family)
            assert code(sock.shutdown, socket.SHUT_WR) == errno.ENOTCONN


def test_ordinary_file_refuses_like_a_dead_socket():
    """`connect()` of a Unix stream or datagram socket to the path of an ordinary file
    fails with `ECONNREFUSED`, as to the file of a socket that was closed."""
    for kind in (TCP, UDP):
        with folder():
            Path("file").touch()
            unix(kind, "dead").close()
            for path in ("file", "dead"):
                assert code(unix(kind).connect, path) == errno.ECONNREFUSED
