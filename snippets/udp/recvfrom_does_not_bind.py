"""recvfrom() waits on a UDP socket that has no port, and binds none."""

import errno
import socket


def recvfrom_without_bind():
    """Return the errno name, and the local address after the call.

    >>> recvfrom_without_bind()
    ('EAGAIN', ('0.0.0.0', 0))
    """
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver:
        receiver.setblocking(False)
        try:
            receiver.recvfrom(1024)
        except BlockingIOError as error:
            return errno.errorcode[error.errno], receiver.getsockname()


def main():
    name, address = recvfrom_without_bind()
    print("recvfrom() would have waited:", name)
    print("local address after it:", address)


if __name__ == "__main__":
    main()
