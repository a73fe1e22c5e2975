"""An accepted socket has its listener's options, but no timeout."""

import select
import socket


def options_of_accepted_socket():
    """Return TCP_NODELAY, SO_KEEPALIVE, timeout of the accepted socket.

    The listening socket has all three when accept() is called.

    >>> options_of_accepted_socket()
    (True, False, None)
    """
    nodelay = socket.IPPROTO_TCP, socket.TCP_NODELAY
    keepalive = socket.SOL_SOCKET, socket.SO_KEEPALIVE
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket() as client,
    ):
        listener.settimeout(5)
        listener.setsockopt(*nodelay, 1)
        client.settimeout(5)
        client.connect(listener.getsockname())
        select.select([listener], [], [], 5)  # the handshake is over
        listener.setsockopt(*keepalive, 1)
        conn, _ = listener.accept()
        with conn:
            has_nodelay = conn.getsockopt(*nodelay) != 0
            has_keepalive = conn.getsockopt(*keepalive) != 0
            return has_nodelay, has_keepalive, conn.gettimeout()


def main():
    nodelay, keepalive, timeout = options_of_accepted_socket()
    print("TCP_NODELAY, set before the handshake:", nodelay)
    print("SO_KEEPALIVE, set after the handshake:", keepalive)
    print("timeout of the accepted socket:", timeout)


if __name__ == "__main__":
    main()
