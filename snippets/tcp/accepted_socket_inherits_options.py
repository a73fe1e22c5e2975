"""An accepted socket has the options, not the timeout, of its listener."""

import select
import socket


def options_of_accepted_socket():
    """Return TCP_NODELAY, SO_KEEPALIVE and timeout of the accepted socket.

    The listening socket has all three when accept() is called.

    >>> options_of_accepted_socket()
    (True, False, None)
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket() as client,
    ):
        listener.settimeout(5)
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        client.settimeout(5)
        client.connect(listener.getsockname())
        select.select([listener], [], [], 5)  # the handshake is over
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        conn, _ = listener.accept()
        with conn:
            nodelay = conn.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            keepalive = conn.getsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE)
            return bool(nodelay), bool(keepalive), conn.gettimeout()


def main():
    nodelay, keepalive, timeout = options_of_accepted_socket()
    print("TCP_NODELAY, set before the handshake, is inherited:", nodelay)
    print("SO_KEEPALIVE, set after the handshake, is inherited:", keepalive)
    print("timeout of the accepted socket:", timeout)


if __name__ == "__main__":
    main()
