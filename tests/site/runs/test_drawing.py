"""The picture of a run: every line fits, and the table says the same."""

import re

import pytest

from docs._ext.runs import drawing
from docs._ext.runs.steps import Row, Story, story
from evidence import runs


def test_every_line_of_a_picture_fits():
    long = "client.sendto(b'a very long datagram indeed', ('127.0.0.1', 50001))"
    for line in drawing.wrap(long):
        assert len(line) <= drawing.LETTERS
    assert " ".join(drawing.wrap(long)) == long


def test_table_says_what_the_picture_says():
    rows = [
        Row("call", 0, "connect(A)", "ECONNREFUSED", failed=True),
        Row("packet", 0, "SYN", target=1),
        Row("card", 1, "server", names=(["127.0.0.1", 80], None)),
    ]
    table = drawing.as_table(Story(["client", "server"], rows))
    cells = [
        re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row) for row in table.split("<tr>")[2:]
    ]
    assert cells == [
        ["1", "client", "<code>connect(A)</code>", "ECONNREFUSED"],
        ["2", "client", "packet to server", "SYN"],
        ["3", "server", "server is now", "local 127.0.0.1:80, peer —"],
    ]


@pytest.mark.parametrize(
    "run_id", ["tcp.server_and_client", "containers.client_outside"]
)
def test_nothing_is_drawn_outside_the_picture(run_id):
    drawn = drawing.draw(story(runs.load_run(run_id)), "")
    places = [float(x) for x in re.findall(r'\b(?:x|x1|x2|cx)="([-\d.]+)"', drawn)]
    assert len(places) >= 20
    assert min(places) >= 0 and max(places) <= drawing.WIDTH
