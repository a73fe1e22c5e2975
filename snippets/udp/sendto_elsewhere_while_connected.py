"""On Linux a connected UDP socket may still send to another address."""

import socket


def sendto_elsewhere():
    """Return what the other socket got, and if the peer is still set.

    >>> sendto_elsewhere()
    (b'not for the peer', True)
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        peer.bind(("127.0.0.1", 0))
        other.bind(("127.0.0.1", 0))
        other.settimeout(5)
        client.connect(peer.getsockname())
        client.sendto(b"not for the peer", other.getsockname())
        received = other.recv(1024)
        return received, client.getpeername() == peer.getsockname()


def main():
    received, kept = sendto_elsewhere()
    print("the other socket received:", received)
    print("the client still has its peer:", kept)


if __name__ == "__main__":
    main()
