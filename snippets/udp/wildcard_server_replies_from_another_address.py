"""A UDP server bound to the wildcard may reply from another address."""

import socket


def asked_and_answered():
    """Return the address that was asked and the one that answered.

    >>> asked, answered = asked_and_answered()
    >>> asked[0], answered[0], asked[1] == answered[1]
    ('127.0.0.5', '127.0.0.1', True)
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        server.settimeout(5)
        client.settimeout(5)
        server.bind(("0.0.0.0", 0))
        asked = ("127.0.0.5", server.getsockname()[1])
        client.sendto(b"hello", asked)
        request, client_address = server.recvfrom(1024)
        server.sendto(request.upper(), client_address)
        _, answered = client.recvfrom(1024)
        return asked, answered


def main():
    asked, answered = asked_and_answered()
    print("the client asked", asked)
    print("the answer came from", answered)


if __name__ == "__main__":
    main()
