"""Proofs about errors that mean less, or something else, than they seem to."""

import errno
import socket

from snippets.errors import (
    unix_backlog_full,
)
from tests.claims.errors.helpers import UNIX, opened
from tests.claims.helpers import TCP, UDP, code


def test_two_names_for_one_number():
    """On Linux `EOPNOTSUPP` and `ENOTSUP` are both 95, and Python's `errno.errorcode`
    has only the second name."""
    number = code(opened(UDP).listen)
    assert number == errno.EOPNOTSUPP == errno.ENOTSUP == 95
    assert errno.errorcode[number] == "ENOTSUP"


def test_unix_client_can_try_again():
    """A non-blocking Unix `connect()` that failed with `EAGAIN` has begun nothing: the
    same socket can call it again, and succeeds when the queue has room."""
    assert unix_backlog_full.two_attempts() == ("EAGAIN", "success")


def test_unix_shutdown_needs_no_peer():
    """`shutdown()` on a Unix socket without a peer succeeds, while on TCP it fails with
    `ENOTCONN`."""
    assert code(opened(TCP, UNIX).shutdown, socket.SHUT_WR) is None
    assert code(opened(TCP).shutdown, socket.SHUT_WR) == errno.ENOTCONN
