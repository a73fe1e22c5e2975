"""A Unix datagram sender has no name, unless it calls bind()."""

import contextlib
import socket
import tempfile


def ask_twice():
    """Return who has asked, without and with bind(), and the answer.

    >>> ask_twice()
    (None, 'client', b'welcome')
    """
    datagrams = socket.AF_UNIX, socket.SOCK_DGRAM
    with (
        tempfile.TemporaryDirectory() as folder,
        contextlib.chdir(folder),
        socket.socket(*datagrams) as server,
        socket.socket(*datagrams) as client,
    ):
        server.settimeout(5)
        client.settimeout(5)
        server.bind("server")
        client.sendto(b"hello", "server")
        _, unnamed = server.recvfrom(1024)
        client.bind("client")
        client.sendto(b"hello again", "server")
        _, named = server.recvfrom(1024)
        server.sendto(b"welcome", named)
        return unnamed, named, client.recv(1024)


def main():
    unnamed, named, answer = ask_twice()
    print("before bind() the server sees the client as", repr(unnamed))
    print("after bind() the server sees the client as", repr(named))
    print("and the client receives", answer)


if __name__ == "__main__":
    main()
