"""A server sets its patience once; accepted sockets take it over."""

import socket

# Ask after a minute of silence, then every 10 s; give up after six.
# What is sent must be acknowledged within two minutes: milliseconds.
PATIENCE = {
    "TCP_KEEPIDLE": 60,
    "TCP_KEEPINTVL": 10,
    "TCP_KEEPCNT": 6,
    "TCP_USER_TIMEOUT": 120_000,
}


def set_patience(sock):
    """Let the kernel notice a peer that has vanished."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in PATIENCE.items():
        option = getattr(socket, name)
        sock.setsockopt(socket.IPPROTO_TCP, option, value)


def patience_of(sock):
    """Return the same of a socket, as the kernel has it."""
    return {
        name: sock.getsockopt(socket.IPPROTO_TCP, getattr(socket, name))
        for name in PATIENCE
    }


def accepted():
    """Return the patience of an accepted socket.

    >>> accepted() == PATIENCE
    True
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        set_patience(listener)
        with socket.create_connection(listener.getsockname(), 5):
            conn, _ = listener.accept()
            with conn:
                return patience_of(conn)


def main():
    for name, value in accepted().items():
        print(name, value)


if __name__ == "__main__":
    main()
