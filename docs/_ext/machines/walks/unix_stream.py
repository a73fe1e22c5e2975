"""A Unix stream socket, a server that accepts at once, clients."""

import ctypes
import os
import socket
import tempfile
from errno import errorcode

# The socket that this is about. Names are files, in a folder of their own.
folder = tempfile.TemporaryDirectory()
os.chdir(folder.name)
sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
sock.setblocking(False)

# A server that accepts at once, and its end of the connection.
server = "server"
listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
listener.bind(server)
listener.listen()
listener.setblocking(False)
peer = None

held = []  # sockets that stay open until the end


def bind():
    sock.bind("asked")


def bind_auto():
    sock.bind("")


# A socket in the way.
taken = "taken"
in_the_way = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
in_the_way.bind(taken)


def bind_taken():
    sock.bind(taken)


def listen():
    sock.listen()


def connect():
    global peer
    sock.connect(server)
    peer = listener.accept()[0]
    held.append(peer)


# A file whose socket is closed.
closed = "closed"
with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as gone:
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


def accept():
    held.append(sock.accept()[0])
    return "a client"


def client_arrives():
    client = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    held.append(client)
    client.connect(sock.getsockname())


def send():
    """One byte, which the server reads at once."""
    sock.send(b"x")
    if peer:
        peer.recv(9)


def recv():
    return "a byte" if sock.recv(9) else "end of file"


def peer_sends():
    peer.send(b"p")


def peer_closes():
    global peer
    held.remove(peer)
    peer.close()
    peer = None


def shutdown_write():
    sock.shutdown(socket.SHUT_WR)


def shutdown_read():
    sock.shutdown(socket.SHUT_RD)


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
