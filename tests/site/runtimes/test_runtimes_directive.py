"""The page of the runtimes says what was measured of each, and nothing else."""

import re

import pytest

from docs._ext.runtimes import directives
from evidence import runtimes, store

KNOWN = runtimes.load()


@pytest.fixture(scope="module")
def page(built_site):
    return (built_site / "reference" / "runtimes.html").read_text()


def test_page_has_at_least_twenty_with_their_versions(page):
    assert len(KNOWN.runtimes) >= 20
    for runtime in KNOWN.runtimes:
        assert f'id="{directives.anchor(runtime)}"' in page
        assert f"{runtime.name} {runtime.version}" in page


def test_anchors_are_unique():
    found = [directives.anchor(runtime) for runtime in KNOWN.runtimes]
    assert len(found) == len(set(found))


def test_row_of_a_server_has_its_options():
    nginx = KNOWN.named("nginx")
    listener = nginx.server.listeners[0]
    _, bound, reuseaddr, reuseport, v6only, backlog, restart = directives.server_cells(
        nginx
    )
    assert f"{listener.address}:{listener.port}" in bound
    assert (reuseaddr, v6only, restart) == ("1", "", "listens")
    assert "not set" in reuseport and backlog == str(listener.backlog)


def test_who_got_a_shorter_queue_has_both_numbers():
    haproxy = KNOWN.named("HAProxy").server.listeners[0]
    assert haproxy.backlog > haproxy.queue
    assert directives.backlog(haproxy) == f"{haproxy.backlog} → {haproxy.queue}"


def test_surprises_name_those_and_only_those():
    told = "\n".join(directives.surprising(KNOWN))
    refused = re.search(r"No `SO_REUSEADDR`.*: (.*)\.", told)[1]
    for runtime in KNOWN.runtimes:
        fails = runtime.server is not None and runtime.server.restart == "EADDRINUSE"
        assert (runtime.name in re.split(", | and ", refused)) == fails, runtime.name


def test_nothing_is_said_about_nobody():
    alone = runtimes.Runtimes("", "", "", [KNOWN.named("nginx")])
    assert directives.surprising(alone) == []


def test_unknown_part_and_missing_evidence_are_complained_of(small_site):
    small_site.without_claims()
    small_site.write("docs/index.md", "# Front\n\n```{runtimes} all\n```\n")
    complaint = "index.md:3: WARNING: runtimes: 'all' is none of servers, clients,"
    assert complaint in small_site.build()
    small_site.write("docs/index.md", "# Front\n\n```{runtimes} servers\n```\n")
    assert f"no {store.shown(store.measured(runtimes.FILE))}" in small_site.build()
