"""A server that closes first cannot take its port again at once."""

import errno
import socket


def restart():
    """Return the error of bind() to the port of the run before.

    >>> restart()
    'EADDRINUSE'
    """
    with socket.socket() as listener, socket.socket() as client:
        client.settimeout(5)
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        listener.listen()
        client.connect(address)
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(5)
            conn.shutdown(socket.SHUT_WR)  # the server ends first
            client.recv(1)  # b'': the end of file
            client.close()
            conn.recv(1)  # b'': now conn is in TIME_WAIT

    # Every socket is closed. The next run of the server begins.
    with socket.socket() as successor:
        try:
            successor.bind(address)
        except OSError as error:
            return errno.errorcode[error.errno]
        return None


def main():
    print("bind() after a restart fails with", restart())


if __name__ == "__main__":
    main()
