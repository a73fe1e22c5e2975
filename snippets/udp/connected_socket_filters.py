"""A connected UDP socket receives only what its peer sends."""

import errno
import socket


def received_by_connected_socket():
    """Return what arrived first, and the errno when nothing was left.

    >>> received_by_connected_socket()
    (b'from the peer', 'EAGAIN')
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as peer,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as stranger,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        peer.bind(("127.0.0.1", 0))
        client.settimeout(5)
        client.connect(peer.getsockname())
        address = client.getsockname()
        stranger.sendto(b"from a stranger", address)
        peer.sendto(b"from the peer", address)

        first = client.recv(1024)
        client.setblocking(False)
        try:
            return first, client.recv(1024)
        except BlockingIOError as error:
            return first, errno.errorcode[error.errno]


def main():
    first, second = received_by_connected_socket()
    print("two datagrams were sent to the client")
    print("first recv(): ", first)
    print("second recv():", second)


if __name__ == "__main__":
    main()
