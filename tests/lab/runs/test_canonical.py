"""The canonical form: what luck decides is gone, what the program decides stays."""

import itertools

import pytest

from evidence import runs
from lab.runs import canonical, events, labels, names, packets, recorder, values
from lab.runs.events import Made, Returned, Sent, Started, Value

SERVER, CLIENT = "10 MainThread", "20 MainThread"
NONE = Value(text="None")


def made(lane, socket, by="socket"):
    return Made(lane=lane, socket=socket, by=by, family="F", type="T")


def returned(call, lane, socket, time, names=(), **more):
    more = {"result": NONE} | more
    return Returned(
        lane=lane, call=call, socket=socket, time=time, names=dict(names), **more
    )


def several(brackets, *texts):
    return Value(brackets=brackets, items=[Value(text=text) for text in texts])


def exchange(first_to_return: str) -> list[events.AnyEvent]:
    """Events of a server's accept() and a client's connect(), in either order."""
    server, client = ["127.0.0.1", 41000], ["127.0.0.1", 42000]
    asked = [several("()", "'127.0.0.1'", "0")]
    begin = [
        made(SERVER, "s1"),
        returned("socket", SERVER, "s1", 1, result=None),
        returned("bind", SERVER, "s1", 2, {"s1": (server, None)}, args=asked),
        Started(lane=SERVER, call="accept", socket="s1", time=3),
        made(CLIENT, "c1"),
        returned("socket", CLIENT, "c1", 4, result=None),
        Started(lane=CLIENT, call="connect", socket="c1", time=5),
    ]
    peer = several("()", "'127.0.0.1'", "42000")
    pair = Value(brackets="()", items=[Value(socket="s2"), peer])
    accepted = [
        made(SERVER, "s2", "accept"),
        returned("accept", SERVER, "s1", 20, {"s2": (server, client)}, result=pair),
    ]
    connected = [returned("connect", CLIENT, "c1", 20, {"c1": (client, server)})]
    if first_to_return == "accept":
        return begin + accepted + connected
    return begin + connected + accepted


def handshake() -> list[Sent]:
    """The packets of that exchange."""
    client, server = ("127.0.0.1", 42000), ("127.0.0.1", 41000)
    ways = [(client, server, ["SYN"]), (server, client, ["SYN", "ACK"])]
    ways.append((client, server, ["ACK"]))
    return [
        Sent(
            10 + number,
            runs.Packet(
                protocol="TCP",
                source=source,
                destination=destination,
                flags=flags,
                payload=0,
            ),
        )
        for number, (source, destination, flags) in enumerate(ways)
    ]


def told(first_to_return: str, printed=(("at 41000",), ("42000",))) -> canonical.Told:
    lines = [list(each) for each in printed]
    programs = ["p.server", "p.client"]
    return canonical.tell(exchange(first_to_return), handshake(), lines, programs)


def test_order_does_not_depend_on_who_was_scheduled_first():
    one, other = told("accept"), told("connect")
    assert one == other
    calls = [step.call for step in one.steps]
    assert calls == ["socket", "bind", "socket", "connect", "accept"]
    assert [len(step.packets) for step in one.steps] == [0, 0, 0, 3, 0]


def test_only_ports_the_kernel_chose_are_renumbered():
    found = told("accept")
    assert found.printed == [["at 50001"], ["50002"]]
    assert found.steps[1].args == "('127.0.0.1', 0)"
    assert found.steps[1].names["socket"] == (["127.0.0.1", 50001], None)
    ends = found.steps[3].packets[0]
    assert (ends.source, ends.destination) == (
        ("127.0.0.1", 50002),
        ("127.0.0.1", 50001),
    )


def test_equal_numbers_inside_others_are_left_alone():
    line = "410001 41000.5 x41000 127.0.0.1.41000 (41000)"
    found = told("accept", [(line,), ()])
    assert found.printed[0] == ["410001 41000.5 x41000 127.0.0.1.41000 (50001)"]


def test_a_port_that_was_asked_for_keeps_its_number():
    ports = labels.Ports.chosen(
        [
            events.Call(
                returned("bind", SERVER, "s1", 2, args=[several("()", "''", "8080")]),
                lane=0,
                start=1,
                names={"s1": (["0.0.0.0", 8080], None)},
            )
        ]
    )
    assert ports.in_text("at 8080") == "at 8080"


def test_lost_connection_is_told_with_the_call_that_says_so():
    """The peer has closed before listen's next call, but only recv() says so."""
    here, there = ["127.0.0.1", 50001], ["127.0.0.1", 50002]
    told_of = [
        returned("connect", CLIENT, "c1", 1, {"c1": (here, there)}),
        returned("getsockname", CLIENT, "c1", 2, {"c1": (here, None)}),
        returned("recv", CLIENT, "c1", 3, result=Value(text="b''")),
    ]
    run = events.join([made(CLIENT, "c1"), *told_of], ["p.client"])
    names.tell_losses_late(run.calls)
    assert [call.names for call in run.calls] == [
        {"c1": (here, there)},
        {},
        {"c1": (here, None)},
    ]


def test_packet_of_a_run_without_calls_belongs_to_nobody():
    sent = handshake()
    packets.share_out(sent, [])
    assert [each.owner for each in sent] == [None] * 3


def test_failure_that_is_no_errno_is_told_by_its_class():
    """socket.gaierror has numbers of its own, some of them below zero."""
    call = returned("connect", CLIENT, "c1", 1, error="gaierror", errno=-2, result=None)
    assert values.failure(events.Call(call, 0, 0, {})) == "gaierror"
    call = returned("connect", CLIENT, "c1", 1, error="OSError", errno=95, result=None)
    assert values.failure(events.Call(call, 0, 0, {})) == "EOPNOTSUPP"


@pytest.mark.needs("packets")
@pytest.mark.parametrize("body", ["thread", "fork"])
def test_threads_and_children_have_lanes_of_their_own(body, snippet):
    talk = "client = socket.create_connection(a); client.recv(5); client.recv(1); "
    talk += "client.close()"
    start = {
        "thread": f"def talk():\n    {talk}\nt = threading.Thread(target=talk)\n"
        "t.start()\n",
        "fork": f"if os.fork() == 0:\n    {talk}\n    os._exit(0)\n",
    }[body]
    end = {"thread": "t.join()\n", "fork": "os.wait()\n"}[body]
    program = (
        "import os, socket, threading\n"
        "listener = socket.create_server(('127.0.0.1', 0))\n"
        f"a = listener.getsockname()\n{start}"
        "conn, _ = listener.accept()\nconn.sendall(b'hello')\n"
        f"conn.close()\n{end}listener.close()\n"
    )
    one, *others = recorder.run(snippet(program), times=5)
    assert all(other == one for other in others)
    assert len(one.lanes) == 2
    for lane, steps in itertools.groupby(
        sorted(one.steps, key=lambda s: s.lane), key=lambda s: s.lane
    ):
        calls = [step.call for step in steps]
        assert ("accept" in calls) == (lane == 0)
        assert ("connect" in calls) == (lane == 1)
