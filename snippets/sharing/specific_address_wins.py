"""A UDP socket on one address takes it from one on the wildcard."""

import socket


def who_receives():
    """Return what the specific and what the wildcard socket received.

    >>> who_receives()
    ([b'one', b'two', b'three'], [])
    """
    with (
        socket.socket(type=socket.SOCK_DGRAM) as server,
        socket.socket(type=socket.SOCK_DGRAM) as thief,
        socket.socket(type=socket.SOCK_DGRAM) as sender,
    ):
        server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        thief.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        server.bind(("0.0.0.0", 0))
        thief.bind(("127.0.0.1", server.getsockname()[1]))
        for word in (b"one", b"two", b"three"):
            sender.sendto(word, thief.getsockname())
        thief.settimeout(5)
        got = [thief.recv(100) for _ in range(3)]
        server.setblocking(False)
        try:
            return got, [server.recv(100)]
        except BlockingIOError:  # nothing has arrived there
            return got, []


def main():
    thief, server = who_receives()
    print("on 127.0.0.1:", thief)
    print("on 0.0.0.0:  ", server)


if __name__ == "__main__":
    main()
