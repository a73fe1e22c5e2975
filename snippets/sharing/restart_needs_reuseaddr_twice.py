"""Past TIME_WAIT, the old and the new socket both need SO_REUSEADDR."""

import errno
import socket


def serve_and_close_first(listener):
    """Leave one connection behind in TIME_WAIT, at the server's end."""
    with socket.create_connection(listener.getsockname(), 5) as client:
        conn, _ = listener.accept()
        with conn:
            conn.settimeout(5)
            conn.shutdown(socket.SHUT_WR)
            client.recv(1)  # b'': the end of file
            client.close()
            conn.recv(1)  # b'': now conn is in TIME_WAIT


def restart(old, new):
    """Return how the new bind() ends; old and new are 0 or 1.

    >>> restart(old=0, new=1)
    'EADDRINUSE'
    >>> restart(old=1, new=1)
    'bound'
    """
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, old)
        listener.bind(("127.0.0.1", 0))
        address = listener.getsockname()
        listener.listen()
        serve_and_close_first(listener)
    with socket.socket() as newcomer:
        newcomer.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, new)
        try:
            newcomer.bind(address)
        except OSError as error:
            return errno.errorcode[error.errno]
        return "bound"


def main():
    print("old  new  bind() in the new run")
    for old, new in (0, 0), (0, 1), (1, 0), (1, 1):
        print(f"{old:3}  {new:3}  {restart(old, new)}")


if __name__ == "__main__":
    main()
