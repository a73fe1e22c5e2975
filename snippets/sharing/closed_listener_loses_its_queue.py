"""A listener closes; a client in its queue is lost to the other."""

import socket


def what_became_of_the_client():
    """Return how a connected client ends when its listener goes.

    >>> what_became_of_the_client()
    'reset'
    """
    with (
        socket.socket() as leaving,
        socket.socket() as staying,
        socket.socket() as client,
    ):
        leaving.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        staying.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        leaving.bind(("127.0.0.1", 0))
        leaving.listen()
        client.settimeout(5)
        client.connect(leaving.getsockname())
        staying.bind(leaving.getsockname())
        staying.listen()  # from now on, it could accept
        leaving.close()  # nobody has called accept()
        try:
            return client.recv(1)
        except ConnectionResetError:
            return "reset"


def main():
    print("the client is", what_became_of_the_client())


if __name__ == "__main__":
    main()
