"""When no port is left, each call has an error of its own."""

# Needs: one port in net.ipv4.ip_local_port_range

import errno
import socket

HOST = "127.0.0.1"


def outcome(call, *arguments):
    """Return "success", or the name of the error."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode[error.errno]
    return "success"


def errors_without_a_port():
    """Return what each call gives when the only port is taken."""
    with (
        socket.socket() as listener,
        socket.socket(type=socket.SOCK_DGRAM) as receiver,
        socket.socket() as tcp,
        socket.socket(type=socket.SOCK_DGRAM) as udp,
    ):
        listener.bind((HOST, 0))
        receiver.bind((HOST, 0))
        listener.listen()
        return {
            "bind() to port 0": outcome(tcp.bind, (HOST, 0)),
            "listen()": outcome(tcp.listen),
            "TCP connect()": outcome(tcp.connect, (HOST, 9)),
            "UDP connect()": outcome(udp.connect, (HOST, 9)),
            "UDP sendto()": outcome(udp.sendto, b"x", (HOST, 9)),
        }


def main():
    for call, error in errors_without_a_port().items():
        print(f"{call}: {error}")


if __name__ == "__main__":
    main()
