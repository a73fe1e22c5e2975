"""Five calls that gVisor answers otherwise than Linux; see gvisor.md."""

import errno
import os
import resource
import socket
import tempfile


def outcome(call, *arguments):
    """ "ok", or the name of the error."""
    try:
        call(*arguments)
    except OSError as error:
        return errno.errorcode.get(error.errno or 0, type(error).__name__)
    return "ok"


def connect_on_a_listener():
    """connect() on a listening TCP socket."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return outcome(listener.connect, listener.getsockname())


def mapped_address():
    """bind() to a mapped address with IPV6_V6ONLY."""
    with socket.socket(socket.AF_INET6) as sock:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        return outcome(sock.bind, ("::ffff:127.0.0.1", 0))


def stranger():
    """sendto() to a Unix datagram socket that is connected to another one."""
    kind = socket.AF_UNIX, socket.SOCK_DGRAM
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        with (
            socket.socket(*kind) as one,
            socket.socket(*kind) as two,
            socket.socket(*kind) as other,
        ):
            one.bind("one")
            two.bind("two")
            one.connect("two")
            said = outcome(other.sendto, b"x", "one")
        os.chdir("/")
    return said


def shut_down():
    """sendto() on a UDP socket after a shutdown(SHUT_WR) that failed."""
    with (
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as receiver,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender,
    ):
        receiver.bind(("127.0.0.1", 0))
        failed = outcome(sender.shutdown, socket.SHUT_WR)
        return failed, outcome(sender.sendto, b"x", receiver.getsockname())


def no_descriptor():
    """accept() when the process may open no more files, and once more when it may."""
    with (
        socket.create_server(("127.0.0.1", 0)) as listener,
        socket.create_connection(listener.getsockname()),
    ):
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(resource.RLIMIT_NOFILE, (1, hard))
        first = outcome(listener.accept)
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
        listener.settimeout(2)
        return first, outcome(listener.accept)


def main():
    for case in (
        connect_on_a_listener,
        mapped_address,
        stranger,
        shut_down,
        no_descriptor,
    ):
        print(f"{case.__name__}: {case()}")


if __name__ == "__main__":
    main()
