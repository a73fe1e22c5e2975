"""A TCP client that comes from the local address that you choose."""

# Needs: tcp_server.py running; give its host and port

import socket
import sys


def connect_from(source, host, port):
    """Return a connection whose local address is source.

    The 0 leaves the local port to the kernel.
    """
    mine, theirs = (source, 0), (host, port)
    return socket.create_connection(theirs, 5, source_address=mine)


def main():
    if len(sys.argv) not in (3, 4) or not sys.argv[2].isdigit():
        sys.exit(f"usage: python {sys.argv[0]} HOST PORT [SOURCE]")
    host, port = sys.argv[1], int(sys.argv[2])
    source = sys.argv[3] if len(sys.argv) == 4 else "127.0.0.2"
    try:
        client = connect_from(source, host, port)
    except OSError as error:
        sys.exit(f"cannot connect from {source}: {error}")
    with client:
        print("local name:", client.getsockname())
        print("peer name: ", client.getpeername())
        client.shutdown(socket.SHUT_WR)  # we have nothing to say
        client.recv(1)  # the server's end of file


if __name__ == "__main__":
    main()
