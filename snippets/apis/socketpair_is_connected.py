"""socket.socketpair() makes two connected sockets and no names."""

import socket


def talk_in_a_pair():
    """Return the data that arrived, and the two names of one end.

    >>> talk_in_a_pair()
    (b'ping', '', '')
    """
    left, right = socket.socketpair()
    with left, right:
        left.settimeout(5)
        right.settimeout(5)
        left.sendall(b"ping")
        data = right.recv(1024)
        return data, right.getsockname(), right.getpeername()


def main():
    data, local, peer = talk_in_a_pair()
    print("arrived:", data)
    print("local name:", repr(local), "peer name:", repr(peer))


if __name__ == "__main__":
    main()
