"""A socket made of a descriptor is recorded as any other, and says how it was made."""

import pytest

from evidence import runs
from lab.runs import recorder

pytestmark = pytest.mark.needs("packets")

# `conn` reads the end of file when every descriptor of the client is closed.
TALK = """
import os, socket

def connected():
    listener = socket.create_server(("127.0.0.1", 0))
    client = socket.create_connection(listener.getsockname())
    conn, _ = listener.accept()
    listener.close()
    return client, conn

client, conn = connected()
{make}
client.close()
copy.sendall(b"hello")
copy.close()
print(conn.recv(5), conn.recv(1))
conn.close()
"""
PASSED = """
left, right = socket.socketpair()
with left, right:
    socket.send_fds(left, [b"x"], [client.fileno()])
    _, (fd, *_), _, _ = socket.recv_fds(right, 1, 1)
copy = socket.socket(fileno=fd)
"""
WAYS = {
    "dup": ("copy = client.dup()", "dup"),
    "fromfd": (
        "copy = socket.fromfd(client.fileno(), socket.AF_INET, socket.SOCK_STREAM)",
        "fromfd",
    ),
    "fileno": ("copy = socket.socket(fileno=os.dup(client.fileno()))", "fileno"),
    "detached": ("copy = socket.socket(fileno=client.detach())", "fileno"),
    "passed": (PASSED, "fileno"),
}


def recorded(snippet, source: str) -> runs.Recording:
    """The recording of a program, which must be the same each time."""
    first, second = recorder.run(snippet(source))
    assert second == first
    return first


def steps_of(recording: runs.Recording, name: str) -> list[tuple[str, str]]:
    """The calls on one socket, with their arguments."""
    return [(s.call, s.args) for s in recording.steps if s.socket == name]


@pytest.mark.parametrize(("make", "made_by"), WAYS.values(), ids=WAYS)
def test_socket_of_a_descriptor_is_recorded(snippet, make, made_by):
    made = recorded(snippet, TALK.format(make=make))
    copy = next(sock for sock in made.sockets if sock.name == "copy")
    assert (copy.made_by, copy.family, copy.type) == (made_by, "AF_INET", "SOCK_STREAM")
    sent = next(s for s in made.steps if s.socket == "copy" and s.call == "sendall")
    assert [packet.payload for packet in sent.packets] == [5, 0]
    closed = next(s for s in made.steps if s.socket == "copy" and s.call == "close")
    assert closed.packets[0].flags == ["FIN", "ACK"]
    assert made.printed == [["b'hello' b''"]]


@pytest.mark.parametrize(("make", "made_by"), WAYS.values(), ids=WAYS)
def test_names_are_told_when_it_is_made(snippet, make, made_by):
    made = recorded(snippet, TALK.format(make=make))
    first = next(step for step in made.steps if "copy" in step.names)
    local, peer = first.names["copy"]
    assert local and peer
    assert first.call == ("socket" if made_by == "fileno" else made_by)


def test_duplicate_is_the_result_of_its_call(snippet):
    made = recorded(snippet, TALK.format(make=WAYS["dup"][0]))
    call = next(step for step in made.steps if step.call == "dup")
    assert (call.socket, call.args, call.result) == ("client", "", "copy")


@pytest.mark.parametrize(
    ("way", "first"),
    [
        ("fromfd", ("fromfd", "fd, AF_INET, SOCK_STREAM")),
        ("fileno", ("socket", "fileno=fd")),
    ],
)
def test_number_of_a_descriptor_is_not_told(snippet, way, first):
    made = recorded(snippet, TALK.format(make=WAYS[way][0]))
    assert steps_of(made, "copy")[0] == first


def test_accepted_and_paired_sockets_are_told_as_results_only(snippet):
    made = recorded(
        snippet,
        TALK.format(make="left, right = socket.socketpair()\ncopy = client.dup()")
        + "left.close(); right.close()",
    )
    by = {sock.name: sock.made_by for sock in made.sockets}
    assert (by["conn"], by["left"], by["right"]) == (
        "accept",
        "socketpair",
        "socketpair",
    )
    assert steps_of(made, "conn")[0] == ("recv", "5")
    assert [call for call, _ in steps_of(made, "right")] == ["close"]


PASSED_TO_A_CHILD = """
import os, socket

listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
conn, _ = listener.accept()
left, right = socket.socketpair()
if os.fork() == 0:
    left.close()
    conn.close()
    _, (fd, *_), _, _ = socket.recv_fds(right, 1, 1)
    given = socket.socket(fileno=fd)
    given.sendall(b"from the child")
    given.close()
    os._exit(0)
right.close()
socket.send_fds(left, [b"x"], [conn.fileno()])
conn.close()
os.wait()
print(client.recv(100))
for sock in (client, left, listener):
    sock.close()
"""


def test_descriptor_passed_to_a_child_has_the_childs_lane(snippet):
    made = recorded(snippet, PASSED_TO_A_CHILD)
    given = next(sock for sock in made.sockets if sock.name == "given")
    assert (given.made_by, made.lanes[given.lane]) == ("fileno", "child 1")
    assert made.printed == [["b'from the child'"]]


SHARED_WITH_A_CHILD = """
import os, socket

listener = socket.create_server(("127.0.0.1", 0))
client = socket.create_connection(listener.getsockname())
if os.fork() == 0:
    conn, _ = listener.accept()
    conn.sendall(b"from the child")
    conn.close()
    os._exit(0)
print(client.recv(100), client.recv(1))
os.wait()
client.close()
listener.close()
"""


def test_forked_child_calls_on_the_socket_of_its_parent(snippet):
    made = recorded(snippet, SHARED_WITH_A_CHILD)
    accepted = next(step for step in made.steps if step.call == "accept")
    assert accepted.socket == "listener"
    assert made.lanes[accepted.lane] == "child 1"
    assert [sock.name for sock in made.sockets] == ["listener", "client", "conn"]
