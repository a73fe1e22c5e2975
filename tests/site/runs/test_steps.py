"""A recording as rows: which lane each call, packet and card stands on."""

from docs._ext.runs import drawing, steps
from evidence import runs


def recording(sockets: dict[str, str], *made: runs.Step) -> runs.Recording:
    """A recording of one program with these steps. sockets: {name: made by}."""
    return runs.Recording(
        run="odd.program",
        snippets={},
        packets=True,
        lanes=["odd.program"],
        sockets=[
            runs.Socket(name=name, family="F", type="T", made_by=by)
            for name, by in sockets.items()
        ],
        steps=list(made),
        printed=[[]],
        platform="",
        date="",
        sources="",
    )


def test_story_of_two_ends():
    sent = runs.Packet(
        protocol="UDP",
        source=("127.0.0.1", 50002),
        destination=("127.0.0.1", 50001),
        payload=1,
    )
    told = steps.story(
        recording(
            {"server": "socket", "client": "socket"},
            runs.Step(
                socket="server",
                call="bind",
                args="('127.0.0.1', 0)",
                result="None",
                names={"server": (["127.0.0.1", 50001], None)},
            ),
            runs.Step(socket="server", call="getsockname", args="", result="x"),
            runs.Step(
                socket="client",
                call="sendto",
                args="b'', A",
                result="0",
                names={"client": (["0.0.0.0", 50002], None)},
                packets=[sent],
            ),
        )
    )
    assert told.lanes == ["client", "server"]
    shown = [(row.kind, row.lane, row.text) for row in told.rows]
    assert shown == [
        ("call", 1, "bind(('127.0.0.1', 0))"),
        ("card", 1, "server"),
        ("call", 0, "sendto(b'', A)"),
        ("packet", 0, "UDP, 1 byte"),
        ("card", 0, "client"),
    ]
    assert told.rows[3].target == 1


def test_duplicate_shares_the_lane_of_its_socket():
    told = steps.story(
        recording(
            {"sock": "socket", "copy": "dup", "other": "fromfd"},
            runs.Step(socket="sock", call="socket", args="F, T"),
            runs.Step(
                socket="sock",
                call="dup",
                args="",
                result="copy",
                names={"copy": (["127.0.0.1", 1], None)},
            ),
            runs.Step(socket="other", call="fromfd", args="fd, F, T"),
            runs.Step(socket="copy", call="close", args="", result="None"),
        )
    )
    assert told.lanes == ["sock, copy", "other"]
    calls = [row.text for row in told.rows if row.kind == "call"]
    assert calls == [
        "sock = socket(F, T)",
        "sock.dup()",
        "other = fromfd(fd, F, T)",
        "copy.close()",
    ]


def test_call_that_only_asks_is_shown_if_it_fails():
    asked = runs.Step(socket="sock", call="getpeername", args="", error="ENOTCONN")
    told = steps.story(recording({"sock": "socket"}, asked))
    assert [(row.outcome, row.failed) for row in told.rows] == [("ENOTCONN", True)]


def test_packet_goes_to_the_socket_on_its_very_address():
    told = steps.story(runs.load_run("sharing.specific_address_wins"))
    packets = [row for row in told.rows if row.kind == "packet"]
    assert {told.lanes[row.target] for row in packets} == {"thief"}
    assert not any(row.loop for row in packets)


def test_packet_to_itself_is_a_loop():
    told = steps.story(runs.load_run("sharing.socket_connects_to_itself"))
    assert all(row.loop for row in told.rows if row.kind == "packet")
    drawn = drawing.draw(told, "")
    assert drawn.count("a6 6 0 0") == sum(row.kind == "packet" for row in told.rows)
    refused = steps.story(runs.load_run("udp.every_second_send_fails"))
    assert not any(row.loop for row in refused.rows)
