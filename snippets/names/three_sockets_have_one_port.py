"""A port is not taken as a number: three sockets can have the same."""

import socket


def names_with_one_port():
    """Return the local names of three sockets; no option is set.

    >>> tcp, other, udp = names_with_one_port()
    >>> tcp[1] == other[1] == udp[1]
    True
    """
    with (
        socket.socket() as tcp,
        socket.socket() as other,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        tcp.bind(("127.0.0.1", 0))
        port = tcp.getsockname()[1]
        other.bind(("127.0.0.2", port))
        udp.bind(("127.0.0.1", port))
        return [s.getsockname() for s in (tcp, other, udp)]


def main():
    tcp, other, udp = names_with_one_port()
    print("TCP:                    ", tcp)
    print("TCP, on another address:", other)
    print("UDP:                    ", udp)


if __name__ == "__main__":
    main()
