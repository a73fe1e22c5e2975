"""With IP_PKTINFO a wildcard server replies from the address asked."""

import socket

IP_PKTINFO = 8  # <linux/in.h>; Python 3.11 does not name it


def asked_and_answered():
    """Return the address that was asked and the one that answered.

    >>> asked, answered = asked_and_answered()
    >>> asked[0], asked == answered
    ('127.0.0.5', True)
    """
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client,
    ):
        server.settimeout(5)
        client.settimeout(5)
        server.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
        server.bind(("0.0.0.0", 0))
        asked = ("127.0.0.5", server.getsockname()[1])
        client.connect(asked)
        client.send(b"hello")
        request, notes, _, source = server.recvmsg(1024, 1024)
        [(level, kind, note)] = notes
        # The note begins with the number of the interface. Handed
        # back, it would overrule the route to the client: write 0.
        notes = [(level, kind, bytes(4) + note[4:])]
        server.sendmsg([request.upper()], notes, 0, source)
        _, answered = client.recvfrom(1024)
        return asked, answered


def main():
    asked, answered = asked_and_answered()
    print("the client asked", asked)
    print("the answer came from", answered)


if __name__ == "__main__":
    main()
