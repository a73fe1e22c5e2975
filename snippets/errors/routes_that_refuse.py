"""The type of a closed route decides which error connect() gives."""

# Needs: three closed routes, to 203.0.113.1, .2 and .3

import errno
import socket

ROUTES = {
    "unreachable": "203.0.113.1",
    "prohibit": "203.0.113.2",
    "blackhole": "203.0.113.3",
}


def error_of(kind, host):
    """Return the name of the error that connect() gives."""
    with socket.socket(type=kind) as sock:
        try:
            sock.connect((host, 9))
        except OSError as error:
            return errno.errorcode[error.errno]
        return "success"


def main():
    for name, host in ROUTES.items():
        tcp = error_of(socket.SOCK_STREAM, host)
        udp = error_of(socket.SOCK_DGRAM, host)
        print(f"{name} route: {tcp} on TCP, {udp} on UDP")


if __name__ == "__main__":
    main()
