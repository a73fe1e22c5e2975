"""Who closes with data unread resets the connection."""

import errno
import socket


def peer_leaves_data_unread():
    """Return what recv() says after the peer closed without reading.

    >>> peer_leaves_data_unread()
    'ECONNRESET'
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()) as client,
    ):
        connection, _ = listener.accept()
        client.sendall(b"never read")
        connection.close()
        try:
            client.recv(1)
        except OSError as error:
            return errno.errorcode[error.errno]


def main():
    print("recv() fails with", peer_leaves_data_unread())


if __name__ == "__main__":
    main()
