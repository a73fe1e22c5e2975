"""How many connections does a client get from one ephemeral port?"""

# Needs: one port in net.ipv4.ip_local_port_range

import contextlib
import errno
import socket


def server(stack, port):
    """Return the address of a new server."""
    listener = stack.enter_context(socket.socket())
    listener.bind(("127.0.0.1", port))
    listener.listen(20)
    return listener.getsockname()


def connections(servers, sources=(None,)):
    """Return how many connections were made, and the last error.

    With sources, bind() takes each port, on one address and the next.
    """
    made = 0
    with contextlib.ExitStack() as stack:
        peers = [server(stack, 20000 + n) for n in range(servers)]
        for source in sources:
            for peer in peers:
                while True:
                    client = stack.enter_context(socket.socket())
                    client.settimeout(5)
                    try:
                        if source:
                            client.bind((source, 0))
                        client.connect(peer)
                        made += 1
                    except OSError as failure:
                        error = errno.errorcode[failure.errno]
                        break
    return made, error


def main():
    ours = ["127.0.0.1", "127.0.0.2"]
    print("one server:              ", *connections(1))
    print("two servers:             ", *connections(2))
    print("bind() first, two servers", *connections(2, ours[:1]))
    print("bind() to two addresses: ", *connections(1, ours))


if __name__ == "__main__":
    main()
