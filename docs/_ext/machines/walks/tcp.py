"""A TCP socket, a server that accepts at once, a closed port, clients."""

import ctypes
import os
import random
import socket
import struct
from errno import errorcode

FAMILY, HOST = socket.AF_INET, "127.0.0.1"


def free_address():
    """A port that nobody has, outside the range the kernel chooses from."""
    while True:
        address = (HOST, random.randrange(10_000, 30_000))
        with socket.socket(FAMILY, socket.SOCK_STREAM) as probe:
            try:
                probe.bind(address)
                return address
            except OSError:
                continue


# One processor delivers loopback packets in the order they were sent.
os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
marker = socket.socket(FAMILY, socket.SOCK_DGRAM)
marker.bind((HOST, 0))
marker.connect(marker.getsockname())


def settle():
    """Wait for packets under way: a marker sent now arrives last."""
    for _ in range(4):
        marker.send(b"m")
        marker.recv(1)


# The socket that this is about, and the name it may ask for.
sock = socket.socket(FAMILY, socket.SOCK_STREAM)
sock.setblocking(False)
asked = free_address()

roles = {asked[1]: "asked"}  # who has which port

# A server that accepts at once, and its end of the connection.
listener = socket.create_server((HOST, 0), family=FAMILY)
listener.setblocking(False)
server = listener.getsockname()
roles[server[1]] = "server"
peer = None

held = []  # sockets that stay open until the end

# A socket in the way.
in_the_way = socket.socket(FAMILY, socket.SOCK_STREAM)
in_the_way.bind((HOST, 0))
taken = in_the_way.getsockname()

# A socket in the way that has set SO_REUSEADDR.
owner = socket.socket(FAMILY, socket.SOCK_STREAM)
owner.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
owner.bind((HOST, 0))
shared = owner.getsockname()
roles[shared[1]] = "shared"

# Another one, which listens: create_server() sets the option.
serving = socket.create_server((HOST, 0), family=FAMILY)
served = serving.getsockname()

closed = free_address()  # nobody listens there


def meet():
    """The server accepts the connection, if there is one."""
    global peer
    settle()
    try:
        peer = listener.accept()[0]
    except BlockingIOError:
        return
    peer.setblocking(False)
    held.append(peer)


def wait_for(address):
    sock.setblocking(True)
    try:
        sock.connect(address)
    finally:
        sock.setblocking(False)


def bind():
    sock.bind(asked)


def bind_taken():
    sock.bind(taken)


def bind_shared():
    sock.bind(shared)


def bind_served():
    sock.bind(served)


def reuse_address():
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)


def owner_listens():
    owner.listen()


def listen():
    sock.listen()


def connect():
    wait_for(server)
    meet()


def connect_refused():
    wait_for(closed)


def connect_nowait():
    try:
        sock.connect(server)
    finally:
        meet()


def connect_refused_nowait():
    try:
        sock.connect(closed)
    finally:
        settle()


libc = ctypes.CDLL(None, use_errno=True)


def disconnect():
    """connect(AF_UNSPEC): Python's connect() has no way to say it."""
    if libc.connect(sock.fileno(), bytes(28), 28) != 0:
        raise OSError(ctypes.get_errno(), "connect")
    settle()


def accept():
    held.append(sock.accept()[0])
    return "a client"


def client_arrives():
    client = socket.socket(FAMILY, socket.SOCK_STREAM)
    held.append(client)
    client.bind(free_address())
    client.connect((HOST, sock.getsockname()[1]))
    settle()
    listens = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN)
    return "ok" if listens else "the owner gets it"


def send():
    """One byte, which the server reads at once."""
    sock.send(b"x")
    settle()
    try:
        if peer:
            peer.recv(9)
    except OSError:
        pass


def recv():
    return "a byte" if sock.recv(9) else "end of file"


def peer_sends():
    peer.send(b"p")
    settle()


def peer_closes():
    global peer
    held.remove(peer)
    peer.close()
    peer = None
    settle()


def peer_resets():
    global peer
    held.remove(peer)
    peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    peer.close()
    peer = None
    settle()


def shutdown_write():
    sock.shutdown(socket.SHUT_WR)
    settle()


def read_error():
    number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    return f"pending {errorcode[number]}" if number else "no error"


def local_name():
    host, port = sock.getsockname()[:2]
    if port == 0:
        return "—"
    host = "*" if host == "0.0.0.0" else host
    return f"{host}:{roles.get(port, 'chosen')}"


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
