"""Of two UDP sockets that share a port, the last one bound receives."""

import socket


def who_receives():
    """Return what the last and what the first bound socket received.

    >>> who_receives()
    ([b'one', b'two', b'three'], [])
    """
    with (
        socket.socket(type=socket.SOCK_DGRAM) as first,
        socket.socket(type=socket.SOCK_DGRAM) as last,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        for sock in (first, last):
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        first.bind(("127.0.0.1", 0))
        last.bind(first.getsockname())
        for word in (b"one", b"two", b"three"):
            sender.sendto(word, first.getsockname())
        last.settimeout(5)
        got = [last.recv(100) for _ in range(3)]
        first.setblocking(False)
        try:
            return got, [first.recv(100)]
        except BlockingIOError:  # nothing has arrived there
            return got, []


def main():
    last, first = who_receives()
    print("bound last: ", last)
    print("bound first:", first)


if __name__ == "__main__":
    main()
