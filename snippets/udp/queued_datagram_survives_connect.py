"""connect() does not drop what a stranger sent to the socket before."""

import socket


def received_after_connect():
    """Return what the socket received, in order, after connect().

    >>> received_after_connect()
    [b'from a stranger', b'from the peer']
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
    ):
        peer.bind(("127.0.0.1", 0))
        receiver.bind(("127.0.0.1", 0))
        receiver.settimeout(5)
        address = receiver.getsockname()
        stranger.sendto(b"from a stranger", address)
        receiver.connect(peer.getsockname())
        peer.sendto(b"from the peer", address)
        return [receiver.recv(1024), receiver.recv(1024)]


def main():
    for datagram in received_after_connect():
        print("received after connect():", datagram)


if __name__ == "__main__":
    main()
