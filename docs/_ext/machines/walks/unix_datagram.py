"""A Unix datagram socket, a server, a stranger."""

import ctypes
import fcntl
import os
import socket
import tempfile
import termios
from contextlib import suppress
from errno import errorcode

# The socket that this is about. Names are files, in a folder of their own.
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
sock.setblocking(False)

# A server, which reads at once whatever is sent to it.
server = "server"
serving = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
serving.setblocking(False)
serving.bind(server)

# Another one.
other = "other"
stranger = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
stranger.setblocking(False)
stranger.bind(other)


def bind():
    sock.bind("asked")


def bind_auto():
    sock.bind("")


# A socket in the way.
taken = "taken"
in_the_way = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
in_the_way.bind(taken)


def bind_taken():
    sock.bind(taken)


def connect():
    sock.connect(server)


def connect_other():
    sock.connect(other)


# A file whose socket is closed.
closed = "closed"
with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as gone:
    gone.bind(closed)


def connect_closed():
    sock.connect(closed)


def connect_missing():
    sock.connect("missing")


libc = ctypes.CDLL(None, use_errno=True)


def disconnect():
    """connect(AF_UNSPEC): Python's connect() has no way to say it."""
    if libc.connect(sock.fileno(), bytes(28), 28) != 0:
        raise OSError(ctypes.get_errno(), "connect")


def read_all(receiver):
    with suppress(OSError):  # nothing came, or it is closed
        receiver.recv(9)


def send():
    sock.send(b"x")
    read_all(serving)
    read_all(stranger)


def sendto():
    sock.sendto(b"x", other)
    read_all(stranger)


def recv():
    data, sender = sock.recvfrom(9)
    return f"from {role(sender)}" if data else "end of file"


def datagram_from(sender):
    sender.sendto(b"d", sock.getsockname())
    unread = fcntl.ioctl(sock, termios.FIONREAD, bytes(4)) != bytes(4)
    return "arrives" if unread else "is dropped"


def peer_sends():
    return datagram_from(serving)


def stranger_sends():
    return datagram_from(stranger)


def peer_closes():
    serving.close()


def shutdown_write():
    sock.shutdown(socket.SHUT_WR)


def read_error():
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return f"pending {errorcode[number]}" if number else "no error"


def role(name):
    """A name that the kernel chose comes as bytes."""
    return "@chosen" if isinstance(name, bytes) else name or "—"


def peer_name():
    try:
        return role(sock.getpeername())
    except OSError:
        return "—"


def step(call, act):
    """Do it; print the outcome, the local name, the peer name."""
    try:
        outcome = act() or "ok"
    except OSError as error:
        outcome = errorcode[error.errno]
    print(f"{call}: {outcome} | {role(sock.getsockname())} | {peer_name()}")
