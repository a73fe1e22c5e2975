"""A UDP connect() succeeds although nobody receives at the address."""

import socket


def connect_to_closed_port():
    """Return what connect() returned, and whether the peer is set.

    >>> connect_to_closed_port()
    (None, True)
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        receiver.bind(("127.0.0.1", 0))
        client.bind(("127.0.0.1", 0))
        address = receiver.getsockname()
        receiver.close()  # from here on the port is closed
        connected = client.connect(address)
        return connected, client.getpeername() == address


def main():
    connected, peer_is_set = connect_to_closed_port()
    print("connect() to a closed port returned", connected)
    print("the closed port is now the peer:", peer_is_set)


if __name__ == "__main__":
    main()
