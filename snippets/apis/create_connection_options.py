"""socket.create_connection() can call bind() before connect()."""

import socket


def two_clients():
    """Return for each client its address at the server, its timeout.

    >>> two_clients()
    [('127.0.0.1', 5.0), ('127.0.0.9', 2.0)]
    """
    seen = []
    with socket.socket() as listener:
        listener.settimeout(5)
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        address = listener.getsockname()

        with socket.create_connection(address, timeout=5) as client:
            conn, peer = listener.accept()
            conn.close()
            seen.append((peer[0], client.gettimeout()))

        with socket.create_connection(
            address, timeout=2, source_address=("127.0.0.9", 0)
        ) as bound:
            conn, peer = listener.accept()
            conn.close()
            seen.append((peer[0], bound.gettimeout()))
    return seen


def main():
    for address, timeout in two_clients():
        print("a client from", address, "with timeout", timeout)


if __name__ == "__main__":
    main()
