"""A listener closes; the clients in its queue are lost to the other."""

import socket


def listen(address):
    """Return a listening socket that shares its port."""
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
    listener.bind(address)
    listener.listen()
    return listener


def what_became_of_the_clients():
    """Return how three connected clients end when one listener goes.

    >>> what_became_of_the_clients()
    ['reset', 'reset', 'reset']
    """
    leaving = listen(("127.0.0.1", 0))
    address = leaving.getsockname()
    clients = [socket.create_connection(address, 5) for _ in range(3)]
    with listen(address):  # the successor is ready
        leaving.close()  # before it has called accept()
        ends = []
        for client in clients:
            with client:
                try:
                    client.recv(1)
                    ends.append("end of file")
                except ConnectionResetError:
                    ends.append("reset")
        return ends


def main():
    for end in what_became_of_the_clients():
        print("client:", end)


if __name__ == "__main__":
    main()
