"""Only a connected UDP socket is told that a port is closed."""

import errno
import socket


def errno_of_recv(sock):
    """Return the errno that recv() fails with."""
    try:
        return sock.recv(1024)
    except OSError as error:
        return errno.errorcode[error.errno]


def what_each_socket_is_told():
    """Return what recv() reports, unconnected first, then connected.

    >>> what_each_socket_is_told()
    ('EAGAIN', 'ECONNREFUSED')
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as unconnected,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as connected,
    ):
        receiver.bind(("127.0.0.1", 0))
        unconnected.bind(("127.0.0.1", 0))
        connected.settimeout(5)
        address = receiver.getsockname()
        connected.connect(address)
        receiver.close()  # from here on the port is closed

        unconnected.sendto(b"hello", address)
        connected.send(b"hello")
        refusal = errno_of_recv(connected)
        unconnected.setblocking(False)
        return errno_of_recv(unconnected), refusal


def main():
    unconnected, connected = what_each_socket_is_told()
    print("both sockets sent a datagram to a closed port")
    print("recv() on the unconnected socket:", unconnected)
    print("recv() on the connected socket:  ", connected)


if __name__ == "__main__":
    main()
