"""accept() returns a connection although its client is gone."""

import errno
import socket
import struct


def accept_a_reset_connection():
    """Return whether accept() names the client, then what recv() says.

    >>> accept_a_reset_connection()
    (True, 'ECONNRESET')
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket() as client,
    ):
        listener.settimeout(5)
        client.settimeout(5)
        client.connect(listener.getsockname())
        client_name = client.getsockname()
        linger = socket.SOL_SOCKET, socket.SO_LINGER
        client.setsockopt(*linger, struct.pack("ii", 1, 0))
        client.close()  # sends RST instead of FIN
        conn, peer = listener.accept()
        with conn:
            conn.settimeout(5)
            try:
                answer = conn.recv(1)
            except OSError as error:
                answer = errno.errorcode[error.errno]
            return peer == client_name, answer


def main():
    named, answer = accept_a_reset_connection()
    print("the client has reset the connection before accept()")
    print("accept() succeeds and names the client:", named)
    print("the first recv() reports", answer)


if __name__ == "__main__":
    main()
