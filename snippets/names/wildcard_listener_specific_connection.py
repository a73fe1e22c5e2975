"""A listening socket keeps the wildcard; its connections do not."""

import socket


def names_at_the_server():
    """Return the local names of the listening and the accepted socket.

    >>> listening, accepted = names_at_the_server()
    >>> listening[0], accepted[0]
    ('0.0.0.0', '127.0.0.5')
    >>> listening[1] == accepted[1]
    True
    """
    with socket.socket() as listener, socket.socket() as client:
        listener.settimeout(5)
        client.settimeout(5)
        listener.bind(("0.0.0.0", 0))
        listener.listen()
        port = listener.getsockname()[1]
        client.connect(("127.0.0.5", port))
        conn, _ = listener.accept()
        with conn:
            return listener.getsockname(), conn.getsockname()


def main():
    listening, accepted = names_at_the_server()
    print("the client connected to 127.0.0.5")
    print("local name of the listening socket:", listening)
    print("local name of the accepted socket: ", accepted)


if __name__ == "__main__":
    main()
