"""Altered sockets lie to the program and tell the kernel the truth."""

import socket

from lab.claims.alterations import ALTERATIONS, altered_socket


def test_altered_address_leads_to_the_true_place():
    lying = altered_socket("another local port")
    with lying() as listener, socket.socket() as client:
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        told = listener.getsockname()
        real = socket.socket.getsockname(listener)
        assert told[1] == real[1] + 1
        with lying() as caller:
            caller.connect(told)
            assert caller.getpeername() == real
        client.connect(real)


def test_each_alteration_changes_something():
    def told(kind):
        """What a program is told of an exchange of datagrams with itself."""
        try:
            with kind(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                sock.bind(("127.0.0.1", 0))
                sock.connect(sock.getsockname())
                sock.settimeout(5)
                sock.send(b"hello")
                local = socket.socket.getsockname(sock)
                data, peer = sock.recvfrom(10)
                names = (sock.getsockname() == local, peer == local, peer[0], data)
                failure = None
                try:
                    sock.listen()
                except OSError as error:
                    failure = error.errno
                return names, failure
        except OSError as error:
            return error.errno

    truth = told(socket.socket)
    for name in ALTERATIONS:
        if "packet" in name:
            continue
        assert told(altered_socket(name, failing=1)) != truth, name


def test_packets_are_altered_too():
    less = ALTERATIONS["one packet less"].packets
    more = ALTERATIONS["one packet more"].packets
    assert less([1, 2]) == [2] and less([]) == []
    assert more([1, 2]) == [1, 2, 2] and len(more([])) == 1
