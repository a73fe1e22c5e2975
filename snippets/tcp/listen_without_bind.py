"""listen() without bind(): every local address, an ephemeral port."""

import socket


def names_after_listen():
    """Return the local name before listen(), after it, and a client's.

    The client reaches the listening socket at its new port.

    >>> before, after, reached = names_after_listen()
    >>> before, after[0], reached[0]
    (('0.0.0.0', 0), '0.0.0.0', '127.0.0.1')
    """
    with socket.socket() as listener, socket.socket() as client:
        client.settimeout(5)
        before = listener.getsockname()
        listener.listen()
        after = listener.getsockname()
        client.connect(("127.0.0.1", after[1]))
        return before, after, client.getpeername()


def main():
    before, after, reached = names_after_listen()
    print("local name before listen():", before)
    print("local name after listen(): ", after)
    print("a client is connected to:  ", reached)


if __name__ == "__main__":
    main()
