"""A TCP connect() that ends in time, and says why it failed."""

import contextlib
import errno
import socket


def connect(host, port, seconds):
    """Return a connected socket, or raise OSError: see why()."""
    client = socket.create_connection((host, port), timeout=seconds)
    client.settimeout(60)  # from here on: for each send() and recv()
    return client


def why(error):
    """Return what a failed connect() tells about the other end."""
    if isinstance(error, socket.gaierror):
        later = error.errno == socket.EAI_AGAIN
        return "no name server answers" if later else "no such name"
    if isinstance(error, ConnectionRefusedError):
        return "refused: nobody listens, or a firewall says so"
    # Before Python 3.10, settimeout() raises a class of its own.
    if isinstance(error, (TimeoutError, socket.timeout)):
        if error.errno is None:
            return "no answer in time; our own patience was at its end"
        return "no answer; the kernel has stopped trying (ETIMEDOUT)"
    if error.errno in (errno.ENETUNREACH, errno.EHOSTUNREACH):
        return "no way to it, says this machine or one on the way"
    return f"not possible: {error.strerror}"


def main():
    with contextlib.ExitStack() as stack:
        listener, closed, full, guest = (
            stack.enter_context(socket.socket()) for _ in range(4)
        )
        for server in (listener, closed, full):
            server.bind(("127.0.0.1", 0))
        listener.listen()
        full.listen(0)
        guest.settimeout(5)
        guest.connect(full.getsockname())  # takes the only place
        for server in (listener, closed, full):
            try:
                with connect(*server.getsockname(), seconds=0.2):
                    print("connected")
            except OSError as error:
                print(type(error).__name__, "-", why(error))


if __name__ == "__main__":
    main()
