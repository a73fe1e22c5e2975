"""One socket has a port; a second one asks for the same port."""

import errno
import socket

FIRST = ("TCP", "127.0.0.1", ["SO_REUSEADDR"])
STATE = "listening"  # or "bound", "connected", "TIME_WAIT"
SECOND = ("TCP", "0.0.0.0", ["SO_REUSEADDR"])


def new_socket(protocol, host, options=()):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    kind = {"TCP": socket.SOCK_STREAM, "UDP": socket.SOCK_DGRAM}
    sock = socket.socket(family, kind[protocol])
    sock.settimeout(5)
    for name in options:
        ipv6 = name == "IPV6_V6ONLY"
        level = socket.IPPROTO_IPV6 if ipv6 else socket.SOL_SOCKET
        sock.setsockopt(level, getattr(socket, name), 1)
    return sock


def bring_to(state, sock, peer):
    if state == "listening":
        sock.listen()
    elif state != "bound":
        peer.bind((sock.getsockname()[0], 0))
        if sock.type == socket.SOCK_STREAM:
            peer.listen()
        sock.connect(peer.getsockname())
    if state == "TIME_WAIT":
        with peer.accept()[0] as conn:
            sock.shutdown(socket.SHUT_WR)
            conn.recv(1)
        sock.recv(1)
        sock.close()


def outcome(first, state, second):
    sock, peer = new_socket(*first), new_socket(*first[:2])
    with sock, peer, new_socket(*second) as other:
        sock.bind((first[1], 0))
        port = sock.getsockname()[1]
        bring_to(state, sock, peer)
        try:
            other.bind((second[1], port))
            if second[0] == "TCP":
                other.listen()
        except OSError as error:
            return errno.errorcode[error.errno]
    return "success"


def main():
    print(STATE, *FIRST, "and then", *SECOND)
    print("the second socket gets:", outcome(FIRST, STATE, SECOND))


if __name__ == "__main__":
    main()
