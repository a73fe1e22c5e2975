"""The card of the front page: one socket, as it is after each of its calls."""

import re

from docs._ext.runs.live_card import CHOSEN, live_card
from docs._ext.runs.steps import Row, Story

STORY = Story(
    ["client"],
    [
        Row("call", 0, "client = socket()"),
        Row("card", 0, "client", names=(["0.0.0.0", 0], None)),
        Row("call", 0, "bind(('127.0.0.1', 0))"),
        Row("card", 0, "client", names=(["127.0.0.1", 5], None)),
        Row("call", 0, "send(b'<x>')"),
        Row("call", 0, "close()"),
    ],
)


def panels() -> list[str]:
    return re.findall(r'<div class="live-panel".*?</div>', live_card(STORY, ""))


def test_each_call_has_a_button_and_a_panel():
    made = live_card(STORY, "<p>when</p>")
    names = re.findall(r'<label for="live-(\d)" class="([\w-]*)">(\w+)</label>', made)
    assert names == [
        ("0", "", "socket"),
        ("1", "local-call", "bind"),
        ("2", "", "send"),
        ("3", "", "close"),
    ]
    assert len(panels()) == 4
    assert re.findall(r'id="live-(\d)" checked', made) == [str(CHOSEN)]
    assert made.endswith("<p>when</p></fieldset>")


def test_card_stays_until_a_call_changes_it_and_ends_with_the_socket():
    empty, bound, sent, closed = panels()
    assert empty.count("empty") == 2 and bound.count("empty") == 1
    assert "127.0.0.1:5" in bound and "127.0.0.1:5" in sent
    assert closed.count("empty") == 2, "a closed socket has no names"
    assert "&lt;x&gt;" in sent
