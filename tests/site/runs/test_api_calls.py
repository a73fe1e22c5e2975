"""The tables of calls, in a site of a few lines and on the real page."""

import pytest

from docs._ext.runs import api_calls
from evidence import runs
from evidence.runs import Step
from tests.site import pages

ROW = "socket.socket() | names.local | sock | socket..getsockname"


def show(site, rows, directive="api-calls"):
    site.without_claims()
    site.write("docs/index.md", f"# Front\n\n```{{{directive}}}\n{rows}\n```\n")
    return site.build()


def test_calls_stand_in_their_order(small_site):
    assert show(small_site, ROW) == ""
    page = small_site.page()
    places = [page.index(f"<code>{call}(") for call in ("bind", "getsockname")]
    assert places == sorted(places)
    assert "<code>bind((&#x27;127.0.0.1&#x27;, 0))</code>" in page
    assert "<code>close(" not in page
    assert page.count("<tr>") == 2


@pytest.mark.parametrize(
    ("row", "complaint"),
    [
        ("x | names.local | sock", "this is no `API | run | sockets | first..last`"),
        ("x | names.locl | sock | socket..bind", "did you mean names.local?"),
        ("x | names.local | sok | socket..bind", "no socket sok; there are: sock"),
        ("x | names.local | sock | socket..listen", "no socket..listen; there are: "),
        ("x | names.local | sock | close..socket", "no close..socket; there are: "),
        ("", "no rows: write `API | run | sockets | first..last`"),
    ],
)
def test_complaint_has_page_and_line(small_site, row, complaint):
    warnings = show(small_site, row)
    assert complaint in warnings
    assert "index.md:3" in warnings
    assert not row or repr(row) in warnings


@pytest.mark.parametrize(
    ("error", "kind"), [("EINVAL", "failed"), ("EAGAIN", "pending")]
)
def test_call_that_did_not_succeed_has_its_errno(error, kind):
    """What is only under way has another colour than a failure."""
    step = Step(socket="listener", call="accept", args="", error=error)
    assert api_calls.shown(step) == (
        f'<code>accept()</code> <span class="{kind}">{error}</span>'
    )


def test_changed_recording_is_read_again(small_site):
    assert show(small_site, ROW) == ""
    path = small_site.folder / "snippets/names/local.py"
    path.write_text(path.read_text().replace("127.0.0.1", "127.0.0.2"))
    assert "names.local is stale, for snippets/names/local.py" in small_site.build()
    small_site.record()
    assert small_site.build() == ""
    assert "127.0.0.2" in small_site.page()


def test_table_of_system_calls_is_whole(small_site):
    assert show(small_site, "", "system-calls") == ""
    rows = small_site.page().count("<tr>") - 1
    assert rows == len(api_calls.SYSTEM_CALLS) >= 20


def test_every_api_snippet_has_a_row():
    """A row that is left out would say that an API makes no call."""
    rows = [f for f in pages.all_fences() if f.kind == "{api-calls}"]
    shown = {
        line.split("|")[1].strip() for fence in rows for line in fence.body.splitlines()
    }
    snippets = {id_ for id_ in runs.snippet_ids() if id_.startswith("apis.")}
    assert snippets == shown
