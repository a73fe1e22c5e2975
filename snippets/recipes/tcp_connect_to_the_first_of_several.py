"""A TCP client tries all addresses at once and keeps the first."""

import contextlib
import errno
import selectors
import socket
import time
from socket import SO_ERROR, SOL_SOCKET


def start(family, kind, protocol, _, address):
    """Return a socket that is connecting, or raise OSError."""
    client = socket.socket(family, kind, protocol)
    client.setblocking(False)
    code = client.connect_ex(address)
    if code not in (0, errno.EINPROGRESS):
        client.close()
        raise OSError(code, "not possible here")
    return client


def connect_any(infos, seconds=5):
    """Return a socket; infos is what getaddrinfo() returned."""
    end, clients = time.monotonic() + seconds, []
    with selectors.DefaultSelector() as waiting:
        try:
            for info in infos:
                with contextlib.suppress(OSError):  # no route, no IPv6
                    clients.append(start(*info))
                    waiting.register(clients[-1], selectors.EVENT_WRITE)
            while waiting.get_map():
                ready = waiting.select(end - time.monotonic())
                if not ready:
                    raise TimeoutError("nobody has answered in time")
                for client in [key.fileobj for key, _ in ready]:
                    waiting.unregister(client)
                    # The result is told once: read it once.
                    if client.getsockopt(SOL_SOCKET, SO_ERROR) == 0:
                        clients.remove(client)
                        return client
            raise ConnectionError("no address accepts a connection")
        finally:
            for loser in clients:
                loser.close()


def main():
    kind = socket.AF_INET, socket.SOCK_STREAM, 0, ""
    with socket.socket() as closed, socket.socket() as listener:
        closed.bind(("127.0.0.1", 0))  # and no listen()
        listener.bind(("127.0.0.1", 0))
        listener.listen()
        names = closed.getsockname(), listener.getsockname()
        with connect_any([(*kind, name) for name in names]) as client:
            print("to be tried: ", *names)
            print("connected to:", client.getpeername())


if __name__ == "__main__":
    main()
