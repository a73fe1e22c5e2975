"""Pictures of recordings on a page: sequences and call flows."""

import re

import pytest

from docs._ext.runs.recorded import socket_list
from docs._ext.runs.sequence import call_flow, picture
from docs._ext.runs.steps import story
from evidence import runs


def show(site, directive: str, *options: str) -> str:
    """Build a page that shows the one recording; returns the warnings."""
    site.without_claims()
    lines = "\n".join(options)
    text = f"# Front\n\n```{{{directive}}} names.local\n{lines}\n```\n"
    site.write("docs/index.md", text)
    return site.build()


@pytest.mark.parametrize("directive", ["sequence", "call-flow"])
def test_recording_is_shown(small_site, directive):
    assert show(small_site, directive, ":sockets: sock") == ""
    assert "sock = socket(AF_INET, SOCK_STREAM)" in small_site.page()


def test_picture_has_caption_table_and_where_it_is_from(small_site):
    assert show(small_site, "sequence", ":caption: One & only.") == ""
    page = small_site.page()
    assert "<figcaption><p>One &amp; only.</p>" in page
    assert re.search(
        r"Recorded on Linux [\d.]+, Python [\d.]+, \d+ [A-Z][a-z]+ \d{4}\.", page
    )
    assert '<tr><th scope="row">1</th><td>sock</td>' in page


@pytest.mark.parametrize("directive", ["sequence", "call-flow"])
@pytest.mark.parametrize(
    ("option", "complaint"),
    [
        (":sockets: sok", "names.local has no socket sok; there are: sock"),
        (":sockets: sock, client", "has no socket client; there are: sock"),
        (":sockts: sock", "Unknown option key: 'sockts' (allowed:"),
    ],
)
def test_complaint_has_page_and_line(small_site, directive, option, complaint):
    warnings = show(small_site, directive, option)
    assert complaint in warnings
    assert re.search(r"index\.md:[34]: ", warnings)
    assert "Traceback" not in warnings


@pytest.mark.parametrize("directive", ["sequence", "call-flow"])
def test_damaged_and_missing_recordings_are_told_apart(small_site, directive):
    path = runs.run_path("names.local")
    path.write_text(path.read_text().replace("getsockname", "getpeername"))
    assert re.search(
        r"is damaged, .*: run `make evidence`", show(small_site, directive)
    )
    path.unlink()
    assert "no evidence/measured/runs/names.local.json: run" in small_site.build()


def test_sockets_with_a_space_in_their_name_are_told_apart_by_commas():
    assert socket_list("listener 2, conn") == ["listener 2", "conn"]
    assert socket_list("listener conn") == ["listener", "conn"]


def test_flow_of_one_socket_needs_no_titles_on_its_cards():
    recording = runs.load_run("tcp.server_and_client")
    client = call_flow(story(recording, ["client"]), ["client"], "A <title>")
    assert '<p class="flow-title">A &lt;title&gt;</p>' in client
    assert "card-title" not in client and client.count('class="card"') >= 2
    both = recording.socket_names()
    assert "card-title" in call_flow(story(recording, both), both)


@pytest.mark.parametrize("run_id", runs.run_ids())
def test_every_recording_can_be_drawn(run_id):
    recording = runs.load_run(run_id)
    drawn = picture(recording, "")
    assert drawn.count('<svg class="sequence"') == 1
    assert drawn.count('<th scope="row">') == len(story(recording).rows) >= 1
