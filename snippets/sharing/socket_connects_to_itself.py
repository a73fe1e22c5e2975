"""A client that connects to a free port can be given that port."""

# Needs: one port in net.ipv4.ip_local_port_range

import socket


def names_and_echo(port):
    """Return both names of the client, and what it hears."""
    with socket.socket() as client:
        client.settimeout(5)
        client.connect(("127.0.0.1", port))  # nobody listens there
        client.sendall(b"hello")
        heard = client.recv(100)
        return client.getsockname(), client.getpeername(), heard


def main():
    local, peer, heard = names_and_echo(40000)
    print("local name:", *local)
    print("peer name: ", *peer)
    print("heard:     ", heard)


if __name__ == "__main__":
    main()
