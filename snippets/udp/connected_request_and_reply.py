"""After connect() a UDP socket sends and receives without addresses."""

import socket


def connected_request_and_reply():
    """Return the reply, and whether both ends agree on their names.

    >>> connected_request_and_reply()
    (b'HELLO', True)
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        receiver.settimeout(5)
        client.settimeout(5)
        receiver.bind(("127.0.0.1", 0))

        client.connect(receiver.getsockname())
        client.send(b"hello")
        request, client_address = receiver.recvfrom(1024)

        receiver.sendto(request.upper(), client_address)
        reply = client.recv(1024)
        return reply, client.getsockname() == client_address


def main():
    reply, same = connected_request_and_reply()
    print("the client was answered:", reply)
    print("the receiver saw the client's local address:", same)


if __name__ == "__main__":
    main()
