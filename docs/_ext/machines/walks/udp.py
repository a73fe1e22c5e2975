"""A UDP socket, a server, a stranger, and a closed port."""

import ctypes
import fcntl
import os
import random
import socket
import termios
from errno import errorcode

HOST = "127.0.0.1"


def free_address():
    """A port that nobody has, outside the range the kernel chooses from."""
    while True:
        address = (HOST, random.randrange(10_000, 30_000))
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
            try:
                probe.bind(address)
                return address
            except OSError:
                continue


# One processor delivers loopback packets in the order they were sent.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
marker = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
marker.bind((HOST, 0))
marker.connect(marker.getsockname())


def settle():
    """Wait for packets under way: a marker sent now arrives last."""
    for _ in range(4):
        marker.send(b"m")
        marker.recv(1)


# The socket that this is about, and the name it may ask for.
sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
sock.setblocking(False)
asked = free_address()

roles = {}  # who has which port

# A server. It never reads: what reaches it is lost.
serving = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
serving.bind((HOST, 0))
server = serving.getsockname()
roles[server[1]] = "server"

# Another one.
stranger = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
stranger.bind((HOST, 0))
other = stranger.getsockname()
roles[other[1]] = "other"

# A socket in the way.
in_the_way = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
in_the_way.bind((HOST, 0))
taken = in_the_way.getsockname()

# A port that no socket has.
closed = free_address()
roles[closed[1]] = "closed"


def bind():
    sock.bind(asked)


def bind_any():
    sock.bind(("", asked[1]))


def bind_taken():
    sock.bind(taken)


def connect():
    sock.connect(server)


def connect_other():
    sock.connect(other)


def connect_closed():
    sock.connect(closed)


libc = ctypes.CDLL(None, use_errno=True)


def disconnect():
    """connect(AF_UNSPEC): Python's connect() has no way to say it."""
    if libc.connect(sock.fileno(), bytes(28), 28) != 0:
        raise OSError(ctypes.get_errno(), "connect")


def send():
    sock.send(b"x")
    settle()


def sendto():
    sock.sendto(b"x", other)


def recv():
    _, sender = sock.recvfrom(9)
    return f"from {roles[sender[1]]}"


def datagram_from(sender):
    sender.sendto(b"d", (HOST, sock.getsockname()[1]))
    settle()
    unread = fcntl.ioctl(sock, termios.FIONREAD, bytes(4)) != bytes(4)
    return "arrives" if unread else "is dropped"


def peer_sends():
    return datagram_from(serving)


def stranger_sends():
    return datagram_from(stranger)


def shutdown_write():
    sock.shutdown(socket.SHUT_WR)


def read_error():
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return f"pending {errorcode[number]}" if number else "no error"


def local_name():
    host, port = sock.getsockname()
    if port == 0:
        return "—"
    host = "*" if host == "0.0.0.0" else host
    return f"{host}:asked" if port == asked[1] else f"{host}:chosen"


def peer_name():
    try:
        return roles[sock.getpeername()[1]]
    except OSError:
        return "—"


def step(call, act):
    """Do it; print the outcome, the local name, the peer name."""
    try:
        outcome = act() or "ok"
    except OSError as error:
        outcome = errorcode[error.errno]
    print(f"{call}: {outcome} | {local_name()} | {peer_name()}")
