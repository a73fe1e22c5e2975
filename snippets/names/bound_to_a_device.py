"""A server that is open at one network interface alone."""

import socket


def open_server(device):
    """Return a server on the wildcard that one interface leads to."""
    listener = socket.socket()
    listener.settimeout(5)
    option = socket.SO_BINDTODEVICE
    listener.setsockopt(socket.SOL_SOCKET, option, device.encode())
    listener.bind(("0.0.0.0", 0))
    listener.listen()
    return listener


def reached_through(device):
    """Return the interface of the server that a client has reached.

    >>> reached_through("lo")
    'lo'
    """
    with open_server(device) as listener:
        address = "127.0.0.1", listener.getsockname()[1]
        with socket.create_connection(address, 5):
            conn, _ = listener.accept()
            with conn:
                option = socket.SO_BINDTODEVICE
                name = conn.getsockopt(socket.SOL_SOCKET, option, 16)
    return name.rstrip(b"\0").decode()


def main():
    print("reached through", reached_through("lo"))


if __name__ == "__main__":
    main()
