"""A TCP client tries all addresses at once and keeps the first."""

import contextlib
import errno
import os
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
        raise OSError(code, os.strerror(code))
    return client


def connect_any(infos, seconds=5):
    """Return a socket; infos is what getaddrinfo() returned."""
    end, clients, why = time.monotonic() + seconds, [], []
    with selectors.DefaultSelector() as waiting:
        try:
            for info in infos:
                if info[1] != socket.SOCK_STREAM:
                    continue  # UDP would connect at once, to nobody
                try:
                    clients.append(start(*info))
                    waiting.register(clients[-1], selectors.EVENT_WRITE)
                except OSError as error:  # no route, no IPv6
                    why.append(f"{info[4]}: {error}")
            while waiting.get_map():
                ready = waiting.select(end - time.monotonic())
                if not ready:
                    raise TimeoutError(f"no answer in time {why}")
                for client in [key.fileobj for key, _ in ready]:
                    waiting.unregister(client)
                    # The result is told once: read it once.
                    code = client.getsockopt(SOL_SOCKET, SO_ERROR)
                    if code == 0:
                        clients.remove(client)
                        client.settimeout(60)  # from here on it waits
                        return client
                    why.append(os.strerror(code))
            raise ConnectionError(f"no address accepts us: {why}")
        finally:
            for loser in clients:
                loser.close()


def main():
    with contextlib.ExitStack() as stack:
        names = []
        for listens in (False, True):
            server = stack.enter_context(socket.socket())
            server.bind(("127.0.0.1", 0))
            if listens:
                server.listen()
            names.append(server.getsockname())
        infos = []
        for host, port in names:
            infos += socket.getaddrinfo(host, port)
        with connect_any(infos) as client:
            print("to be tried: ", *names)
            print("connected to:", client.getpeername())


if __name__ == "__main__":
    main()
