"""A refused connect() gives back the port that it had chosen."""

import contextlib
import socket


def port_after_refusal():
    """Return the client's port, and the port another socket then binds.

    >>> client_port, other_port = port_after_refusal()
    >>> client_port == other_port
    True
    """
    with (
        socket.socket() as deaf,
        socket.socket() as client,
        socket.socket() as other,
    ):
        deaf.bind(("127.0.0.1", 0))  # bound, but not listening
        client.settimeout(5)
        with contextlib.suppress(ConnectionRefusedError):
            client.connect(deaf.getsockname())
        client_port = client.getsockname()[1]
        other.bind(("127.0.0.1", client_port))
        return client_port, other.getsockname()[1]


def main():
    client_port, other_port = port_after_refusal()
    print("connect() was refused; the client's port was", client_port)
    print("another socket has bound port", other_port)


if __name__ == "__main__":
    main()
