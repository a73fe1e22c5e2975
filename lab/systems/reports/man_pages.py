"""The local address after connect() is not the wildcard; see man-pages.md."""

import socket


def main():
    with (
        socket.create_server(("127.0.0.1", 0)) as server,
        socket.socket() as tcp,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        socket.socket() as listener,
    ):
        for sock in (tcp, udp):
            sock.connect(server.getsockname())
        listener.listen()
        for name, sock in (("TCP", tcp), ("UDP", udp), ("listen", listener)):
            print(name, sock.getsockname()[0])


if __name__ == "__main__":
    main()
