"""The canonical form: what luck decides is gone, what the program decides stays."""

import doctest
import itertools

import pytest

from evidence import runs, store
from lab.runs import canonical, recorder

needs = pytest.mark.needs


def test_doctests():
    assert doctest.testmod(canonical).failed == 0


def event(lane, call, socket, time, **more):
    return {"lane": lane, "call": call, "socket": socket, "time": time, **more}


def exchange(first_to_return: str) -> list[dict]:
    """Events of a server's accept() and a client's connect(), in either order."""
    server, client = "10 MainThread", "20 MainThread"
    value = {"value": "None"}
    names = {"s1": [["127.0.0.1", 41000], None]}
    asked = [{"tuple": [{"value": "'127.0.0.1'"}, {"value": "0"}]}]
    begin = [
        event(server, "socket", "s1", 1, family="F", type="T", names={}),
        event(server, "bind", "s1", 2, args=asked, result=value, names=names),
        {"lane": server, "start": "accept", "socket": "s1", "time": 3},
        event(client, "socket", "c1", 4, family="F", type="T", names={}),
        {"lane": client, "start": "connect", "socket": "c1", "time": 5},
    ]
    peer = {"tuple": [{"value": "'127.0.0.1'"}, {"value": "42000"}]}
    accepted = [
        {"lane": server, "adopted": "s2", "family": "F", "type": "T"},
        event(
            server,
            "accept",
            "s1",
            20,
            args=[],
            result={"tuple": [{"socket": "s2"}, peer]},
            names={"s2": [["127.0.0.1", 41000], ["127.0.0.1", 42000]]},
        ),
    ]
    connected = [
        event(
            client,
            "connect",
            "c1",
            20,
            args=[],
            result=value,
            names={"c1": [["127.0.0.1", 42000], ["127.0.0.1", 41000]]},
        )
    ]
    if first_to_return == "accept":
        return begin + accepted + connected
    return begin + connected + accepted


def packets():
    """The handshake of that exchange, as decode() names it."""
    client, server = ["127.0.0.1", 42000], ["127.0.0.1", 41000]
    ways = [(client, server, ["SYN"]), (server, client, ["SYN", "ACK"])]
    ways.append((client, server, ["ACK"]))
    return [
        {
            "protocol": "TCP",
            "source": list(source),
            "destination": list(destination),
            "payload": 0,
            "flags": flags,
        }
        for source, destination, flags in ways
    ]


def canonical_of(events):
    captured = [(time, b"".hex()) for time in (10, 11, 12)]
    raw = {"events": events, "packets": captured, "printed": [["at 41000"], ["42000"]]}
    supply = iter(packets())
    return canonical.recording(raw, ["p.server", "p.client"], lambda _: next(supply))


def test_order_does_not_depend_on_who_was_scheduled_first():
    one, other = (canonical_of(exchange(first)) for first in ("accept", "connect"))
    assert one == other
    calls = [step["call"] for step in one["steps"]]
    assert calls == ["socket", "bind", "socket", "connect", "accept"]
    assert [len(step.get("packets", ())) for step in one["steps"]] == [0, 0, 0, 3, 0]


def test_only_ports_the_kernel_chose_are_renumbered():
    made = canonical_of(exchange("accept"))
    assert made["printed"] == [["at 50001"], ["50002"]]
    assert made["steps"][1]["args"] == "('127.0.0.1', 0)"
    assert made["steps"][1]["names"]["socket"] == [["127.0.0.1", 50001], None]


def test_equal_numbers_inside_others_are_left_alone():
    events = exchange("accept")
    captured = [(time, "") for time in (10, 11, 12)]
    printed = [["410001 41000.5 x41000 127.0.0.1.41000 (41000)"], []]
    raw = {"events": events, "packets": captured, "printed": printed}
    supply = iter(packets())
    made = canonical.recording(raw, ["a.b", "c.d"], lambda _: next(supply))
    assert made["printed"][0] == ["410001 41000.5 x41000 127.0.0.1.41000 (50001)"]


@needs("packets")
def test_two_processes_give_the_same_bytes_each_time(recorded):
    pairs = [run for run in runs.run_ids() if runs.server_of(run)]
    assert len(pairs) >= 2
    for run_id in pairs:
        dumps = {store.dump(made) for made in recorded[run_id]}
        assert len(dumps) == 1


@needs("packets")
@pytest.mark.parametrize("body", ["thread", "fork"])
def test_threads_and_children_have_lanes_of_their_own(body, tmp_path, monkeypatch):
    path = tmp_path / "snippets" / "odd" / "program.py"
    path.parent.mkdir(parents=True)
    talk = "client = socket.create_connection(a); client.recv(5); client.recv(1); "
    talk += "client.close()"
    start = {
        "thread": f"def talk():\n    {talk}\nt = threading.Thread(target=talk)\n"
        "t.start()\n",
        "fork": f"if os.fork() == 0:\n    {talk}\n    os._exit(0)\n",
    }[body]
    end = {"thread": "t.join()\n", "fork": "os.wait()\n"}[body]
    path.write_text(
        "import os, socket, threading\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        f"a = listener.getsockname()\n{start}"
        "conn, _ = listener.accept()\nconn.sendall(b'hello')\n"
        f"conn.close()\n{end}listener.close()\n"
    )
    one, *others = recorder.run("odd.program", times=5)
    assert all(other == one for other in others)
    assert len(one["lanes"]) == 2
    for lane, steps in itertools.groupby(
        sorted(one["steps"], key=lambda s: s["lane"]), key=lambda s: s["lane"]
    ):
        calls = [step["call"] for step in steps]
        assert ("accept" in calls) == (lane == 0)
        assert ("connect" in calls) == (lane == 1)
