"""A listening socket tells how many connections wait in its queue."""

import contextlib
import select
import socket
import struct


def waiting_and_backlog(listener):
    """Return how many connections wait, and the backlog."""
    info = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 32)
    waiting, backlog = struct.unpack_from("II", info, 24)
    return waiting, backlog  # tcpi_unacked, tcpi_sacked


def watch_the_queue(clients, backlog):
    """Return (waiting, backlog) before and after one accept().

    >>> watch_the_queue(3, 5)
    ((3, 5), (2, 5))
    """
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.socket())
        listener.settimeout(5)
        listener.bind(("127.0.0.1", 0))
        listener.listen(backlog)
        for _ in range(clients):
            client = stack.enter_context(socket.socket())
            client.settimeout(5)
            client.connect(listener.getsockname())
        select.select([listener], [], [], 5)
        before = waiting_and_backlog(listener)
        conn, _ = listener.accept()
        stack.enter_context(conn)
        return before, waiting_and_backlog(listener)


def main():
    before, after = watch_the_queue(clients=3, backlog=5)
    print("three clients, listen(5): waiting, backlog =", before)
    print("after one accept(): waiting, backlog =", after)


if __name__ == "__main__":
    main()
