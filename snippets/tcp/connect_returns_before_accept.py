"""A TCP connect() succeeds although nobody has called accept()."""

import socket


def connect_then_accept():
    """Return what connect() returned, and if accept() found the client.

    >>> connect_then_accept()
    (None, True)
    """
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.socket() as client,
    ):
        listener.settimeout(5)
        connected = client.connect(listener.getsockname())
        waiting, peer = listener.accept()
        waiting.close()
        return connected, peer == client.getsockname()


def main():
    connected, same = connect_then_accept()
    print("connect() returned", connected, "before accept() was called")
    print("accept() then found the same client:", same)


if __name__ == "__main__":
    main()
