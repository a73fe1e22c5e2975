"""Proofs about errors that come late: time-outs, and refusals that nobody read."""

import errno
import select
import socket
import struct

import pytest

from tests.claims.errors.helpers import (
    IPV4,
    LOOPBACK,
    impatient,
    opened,
    opened_listener,
    plain,
)
from tests.claims.helpers import TCP, UDP, code


def full_listener() -> socket.socket:
    """A listening socket whose queue is full, so that it drops the next SYN."""
    listener = opened_listener(backlog=0)
    opened().connect(listener.getsockname())
    return listener


def test_timeout_of_python_has_no_number():
    """In Python, the `TimeoutError` of `settimeout()` has no errno and says `timed
    out`, while `ETIMEDOUT` from the kernel is a `TimeoutError` with a number."""
    listener, hasty, patient = full_listener(), opened(), impatient()
    hasty.settimeout(0.01)
    with pytest.raises(TimeoutError, match=r"^timed out$") as of_python:
        hasty.connect(listener.getsockname())
    with pytest.raises(TimeoutError, match=r"^\[Errno 110\]") as of_the_kernel:
        patient.connect(listener.getsockname())
    assert of_python.value.errno is None
    assert of_the_kernel.value.errno == errno.ETIMEDOUT


def test_send_timeout_looks_like_progress():
    """A blocking TCP `connect()` that takes longer than `SO_SNDTIMEO` fails with
    `EINPROGRESS`, not with `ETIMEDOUT`."""
    listener, client = full_listener(), plain()
    ten_milliseconds = struct.pack("ll", 0, 10_000)
    client.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, ten_milliseconds)
    assert code(client.connect, listener.getsockname()) == errno.EINPROGRESS


def test_read_timeout_looks_like_nothing_to_read():
    """A blocking `recv()` that takes longer than `SO_RCVTIMEO` fails with `EAGAIN`, as
    if the socket did not block."""
    receiver = plain(UDP)
    receiver.bind((LOOPBACK[IPV4], 0))
    ten_milliseconds = struct.pack("ll", 0, 10_000)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, ten_milliseconds)
    assert code(receiver.recv, 1) == errno.EAGAIN
    receiver.sendto(b"x", receiver.getsockname())
    assert receiver.recv(1) == b"x"


def refused_address(kind: int = TCP) -> tuple[str, int]:
    """An address at which nobody is."""
    with socket.socket(type=kind) as gone:
        gone.bind((LOOPBACK[IPV4], 0))
        return gone.getsockname()


def test_old_refusal_reaches_the_next_connect():
    """When a non-blocking `connect()` was refused and nobody read `SO_ERROR`, the next
    `connect()` reports that `ECONNREFUSED`, even to a server that listens."""
    server, client = opened_listener(), opened()
    client.setblocking(False)
    assert code(client.connect, refused_address()) == errno.EINPROGRESS
    assert select.select([], [client], [], 5)[1] == [client]
    assert code(client.connect, server.getsockname()) == errno.ECONNREFUSED
