"""Each directive in a site of a few lines: what it shows, what it complains of."""

import pytest

from docs._ext import cards
from docs._ext.runs import drawing as sequence_drawing
from docs._ext.runs import snippet, steps
from evidence import runs


def index(body: str, *others: str) -> str:
    toctree = "\n".join(["```{toctree}", *others, "```", ""]) if others else ""
    return f"# Front\n\n{toctree}\n{body}\n"


def test_snippet_shows_code_output_and_download(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", index("```{snippet} names.local\n:picture:\n```"))
    assert small_site.build() == ""
    page = small_site.page()
    assert "local address: 127.0.0.1" in page
    assert "python local.py" in page
    assert "<svg" in page and "What happened" in page
    download = next((small_site.folder / "html" / "_downloads").rglob("local.py"))
    assert download.read_text() == runs.snippet_path("names.local").read_text()


def test_function_is_chosen_by_name_and_the_whole_is_copied(small_site):
    small_site.without_claims()
    body = "```{snippet} names.local\n:function: local_name\n```"
    small_site.write("docs/index.md", index(body))
    assert small_site.build() == ""
    template = small_site.page().partition("<template>")[2]
    code = small_site.page().partition('class="highlight')[2].partition("</pre>")[0]
    assert "main" not in code
    assert "__main__" in template.partition("</template>")[0]


@pytest.mark.parametrize(
    ("body", "complaint"),
    [
        ("```{snippet} names.locale\n```", "did you mean names.local?"),
        ("```{snippet} names.local\n:function: x\n```", "there are: local_name, main"),
        ("```{call-flow} names.local\n:sockets: x\n```", "it has ['sock']"),
        ("```{not-run}\nrm x\n```", "needs a :reason:"),
    ],
)
def test_complaint_has_page_and_line(small_site, body, complaint):
    small_site.write("docs/index.md", index(body))
    warnings = small_site.build()
    assert complaint in warnings
    assert "index.md:4" in warnings


def test_stale_recording_is_shown_under_a_banner(small_site):
    small_site.write("docs/index.md", index("```{snippet} names.local\n```"))
    path = runs.snippet_path("names.local")
    path.write_text(path.read_text().replace("local address:", "address:"))
    assert "is stale: run `make evidence`" in small_site.build()
    assert '<p class="stale">' in small_site.page()
    assert "local address: 127.0.0.1" in small_site.page()


def test_damaged_and_missing_recordings_are_told_apart(small_site):
    small_site.write("docs/index.md", index("```{sequence} names.local\n```"))
    path = runs.run_path("names.local")
    path.write_text(path.read_text().replace("getsockname", "getpeername"))
    assert "is damaged: run `make evidence`" in small_site.build()
    path.unlink()
    assert "no recording: run `make evidence`" in small_site.build()


def test_parts_of_a_program():
    source = "import os\n\n\n@cache\ndef a():\n    return 1\n\n\ndef b(): pass\n"
    assert snippet.part_of(source, "a") == "@cache\ndef a():\n    return 1\n"
    waiting = "async def a():\n    return 1\n"
    assert snippet.part_of(waiting, "a") == waiting
    with pytest.raises(snippet.UnknownPart, match="there are: a, b"):
        snippet.part_of(source, "c")


def test_card_says_empty_and_wildcard_in_text():
    shown = cards.card([["0.0.0.0", 80], None])
    assert ">*:80<" in shown and 'class="slot peer empty"' in shown


def test_every_line_of_a_picture_fits():
    long = "client.sendto(b'a very long datagram indeed', ('127.0.0.1', 50001))"
    for line in sequence_drawing.wrap(long):
        assert len(line) <= sequence_drawing.LETTERS
    assert " ".join(sequence_drawing.wrap(long)) == long


def test_story_of_two_ends():
    recording = {
        "lanes": ["x"],
        "sockets": [
            {"name": "server", "made_by": "socket"},
            {"name": "client", "made_by": "socket"},
        ],
        "steps": [
            {
                "socket": "server",
                "call": "bind",
                "args": "('127.0.0.1', 0)",
                "result": "None",
                "names": {"server": [["127.0.0.1", 50001], None]},
            },
            {"socket": "server", "call": "getsockname", "args": "", "result": "x"},
            {
                "socket": "client",
                "call": "sendto",
                "args": "b'', A",
                "result": "0",
                "names": {"client": [["0.0.0.0", 50002], None]},
                "packets": [
                    {
                        "protocol": "UDP",
                        "source": ["127.0.0.1", 50002],
                        "destination": ["127.0.0.1", 50001],
                        "payload": 1,
                    }
                ],
            },
        ],
    }
    told = steps.story(recording)
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


def test_packet_goes_to_the_socket_on_its_very_address():
    told = steps.story(runs.load_run("sharing.specific_address_wins"))
    packets = [row for row in told.rows if row.kind == "packet"]
    assert {told.lanes[row.target] for row in packets} == {"thief"}
    assert not any(row.loop for row in packets)


def test_packet_to_itself_is_a_loop():
    told = steps.story(runs.load_run("sharing.socket_connects_to_itself"))
    assert all(row.loop for row in told.rows if row.kind == "packet")
    assert '<path class="packet"' in sequence_drawing.draw(told, "")
    refused = steps.story(runs.load_run("udp.every_second_send_fails"))
    assert not any(row.loop for row in refused.rows)
