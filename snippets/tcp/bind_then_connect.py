"""A client that calls bind() before connect() chooses its address."""

import socket


def address_seen_by_the_server():
    """Return the name the client bound and the peer of accept().

    >>> bound, seen = address_seen_by_the_server()
    >>> bound[0]
    '127.0.0.9'
    >>> bound == seen
    True
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.settimeout(5)
        client.settimeout(5)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        client.bind(("127.0.0.9", 0))
        bound = client.getsockname()
        client.connect(listener.getsockname())
        conn, seen = listener.accept()
        conn.close()
        return bound, seen


def main():
    bound, seen = address_seen_by_the_server()
    print("the client bound itself to:", bound)
    print("the server sees the peer:  ", seen)


if __name__ == "__main__":
    main()
