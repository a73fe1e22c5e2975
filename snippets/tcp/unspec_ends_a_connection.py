"""connect() with AF_UNSPEC ends a TCP connection; another can begin."""

import ctypes
import errno
import socket
import struct


def disconnect(sock):
    """Call connect(2) with AF_UNSPEC, which Python cannot say."""
    libc = ctypes.CDLL(None, use_errno=True)
    address = struct.pack("H14x", socket.AF_UNSPEC)
    if libc.connect(sock.fileno(), address, len(address)) != 0:
        raise OSError(ctypes.get_errno(), "not disconnected")


def connect_to_one_and_then_another():
    """Return what the first server reads; if the second has the client.

    >>> connect_to_one_and_then_another()
    ('ECONNRESET', True)
    """
    with (
        socket.socket() as first,
        socket.socket() as second,
        socket.socket() as client,
    ):
        for server in (first, second):
            server.bind(("127.0.0.1", 0))
            server.listen()
        client.connect(first.getsockname())
        conn, _ = first.accept()
        with conn:
            disconnect(client)
            try:
                read = conn.recv(1024)
            except OSError as error:
                read = errno.errorcode[error.errno]
        client.connect(second.getsockname())
        other, source = second.accept()
        other.close()
        return read, source == client.getsockname()


def main():
    read, connected = connect_to_one_and_then_another()
    print("the first server reads", read)
    print("the second server has the client:", connected)


if __name__ == "__main__":
    main()
