"""A TCP connect() that ends in time, and says why it failed."""

import contextlib
import socket


def connect(host, port, seconds):
    """Return a connected socket, or raise OSError: see why()."""
    client = socket.create_connection((host, port), timeout=seconds)
    client.settimeout(60)  # from here on: for each send() and recv()
    return client


def why(error):
    """Return what a failed connect() tells about the other end."""
    if isinstance(error, socket.gaierror):
        return "no such name"
    if isinstance(error, ConnectionRefusedError):
        return "refused: the machine answers, nobody listens there"
    if isinstance(error, TimeoutError) and error.errno is None:
        return "no answer in time; our own patience was at its end"
    if isinstance(error, TimeoutError):
        return "no answer; the kernel has stopped trying (ETIMEDOUT)"
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
