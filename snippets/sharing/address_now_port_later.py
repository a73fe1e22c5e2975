"""IP_BIND_ADDRESS_NO_PORT: bind() an address; connect() adds a port."""

import socket

IP_BIND_ADDRESS_NO_PORT = 24  # <linux/in.h>, since Linux 4.2


def local_names():
    """Return the client's local name after bind() and after connect().

    >>> bound, connected = local_names()
    >>> bound
    ('127.0.0.9', 0)
    >>> connected[0], connected[1] > 0
    ('127.0.0.9', True)
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.settimeout(5)
        client.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
        client.bind(("127.0.0.9", 0))
        bound = client.getsockname()
        client.connect(listener.getsockname())
        return bound, client.getsockname()


def main():
    bound, connected = local_names()
    print("after bind():   ", *bound)
    print("after connect():", *connected)


if __name__ == "__main__":
    main()
