"""socket.create_server() makes a listening socket in one call."""

import socket


def plain():
    """Return the local address and whether SO_REUSEADDR is set.

    >>> plain()
    ('127.0.0.1', True)
    """
    with socket.create_server(("127.0.0.1", 0)) as listener:
        option = socket.SOL_SOCKET, socket.SO_REUSEADDR
        reuse = listener.getsockopt(*option)
        return listener.getsockname()[0], reuse == 1


def on_ipv_six(dualstack):
    """Return the local address of a listening IPv6 socket."""
    with socket.create_server(
        ("::", 0), family=socket.AF_INET6, dualstack_ipv6=dualstack
    ) as listener:
        return listener.getsockname()[0]


def two_on_one_port():
    """Return whether two sockets listen at one address and port."""
    address = ("127.0.0.1", 0)
    with socket.create_server(address, reuse_port=True) as first:
        address = first.getsockname()
        with socket.create_server(address, reuse_port=True) as second:
            return second.getsockname() == address


def main():
    address, reuse = plain()
    print("listening on", address, "with SO_REUSEADDR:", reuse)
    print("IPv6 only, listening on", on_ipv_six(dualstack=False))
    print("IPv6 and IPv4, listening on", on_ipv_six(dualstack=True))
    print("two sockets on one port:", two_on_one_port())


if __name__ == "__main__":
    main()
