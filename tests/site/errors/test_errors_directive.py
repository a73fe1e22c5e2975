"""The error reference: its directives, its pages, its search table."""

import re

import pytest

from docs._ext.errors import directives as errors
from evidence import runs, store, systems
from tests.site import pages

ROWS = store.load_dict(errors.FILE)["rows"]
ELSEWHERE = store.load_dict("errors_elsewhere.json")["errors"]
NAMES = sorted({row["errno"] for row in ROWS})
FACTS = {f.argument: f.page for f in pages.all_fences() if f.kind == "{errno-facts}"}


@pytest.fixture
def error_site(small_site):
    """A small site with one error, provoked in two ways."""
    small_site.without_claims()
    kept = [row for row in ROWS if row["id"] in ("port_taken", "second_listener")]
    listed = [{"page": "bind(2)", "errno": "EFAULT", "reason": "Not from Python."}]
    store.save(
        store.measured() / errors.FILE,
        {
            "platform": systems.here(),
            "date": "2026-01-02",
            "rows": kept,
            "not_provoked": listed,
        },
    )
    store.save(store.measured() / errors.ELSEWHERE, {"errors": ELSEWHERE})
    return small_site


def fence(kind: str, argument: str = "") -> str:
    return f"```{{{kind}}} {argument}\n```\n"


def test_error_has_facts_and_a_table_of_ways(error_site):
    body = fence("errno-facts", "EADDRINUSE") + "\n" + fence("errno", "EADDRINUSE")
    error_site.write("docs/index.md", f"# Front\n\n{body}")
    assert error_site.build() == ""
    page = re.sub(r"<[^>]+>", "", error_site.page())
    assert "OSError: [Errno 98] Address already in use" in page
    assert "[WinError 10048] Only one usage" in page
    assert "Another socket has this address and port." in page
    assert "kit.new().bind(owner.getsockname())" in page
    assert "listen()" in page
    assert "2026-01-02" in page


def test_index_links_to_the_error(error_site):
    body = fence("errno-index") + "\n" + fence("errno-facts", "EADDRINUSE")
    error_site.write("docs/index.md", f"# Front\n\n{body}")
    assert error_site.build() == ""
    assert 'href="#errno-eaddrinuse"' in error_site.page()
    assert 'id="errno-eaddrinuse"' in error_site.page()


def test_counts_and_what_is_missing(error_site):
    body = fence("errno-counts") + "\n" + fence("not-provoked")
    error_site.write("docs/index.md", f"# Front\n\n{body}")
    assert error_site.build() == ""
    assert "1 errnos were provoked in 2 ways" in error_site.page()
    assert "EFAULT" in error_site.page() and "Not from Python." in error_site.page()


def test_unknown_error_is_a_warning_with_the_known_ones(error_site):
    error_site.write("docs/index.md", "# Front\n\n" + fence("errno", "EBUSY"))
    warnings = error_site.build()
    assert "no error 'EBUSY'" in warnings and "EADDRINUSE" in warnings
    assert "index.md:3" in warnings


@pytest.mark.parametrize("name", NAMES)
def test_every_error_has_its_place(name):
    """One {errno-facts} and one {errno}, on the same page, under the right heading."""
    page = FACTS.get(name)
    assert page, f"add {{errno-facts}} {name} and {{errno}} {name} to a page"
    tables = [
        f.page for f in pages.all_fences() if f.kind == "{errno}" and f.argument == name
    ]
    assert tables == [page]
    message = next(row["message"] for row in ROWS if row["errno"] == name)
    if not errors.order_of(name)[0]:
        heading = rf"^##? {name}: {re.escape(message)}$"
        assert re.search(heading, pages.pages()[page], re.MULTILINE)


def test_numbers_of_windows_are_known_to_the_search():
    script = (store.ROOT / "docs/_static/search-scorer.js").read_text()
    known = {name: int(n) for n, name in re.findall(r"(\d+): \"(E\w+)\"", script)}
    assert known == {n: e["windows"] for n, e in ELSEWHERE.items() if "windows" in e}


def test_systems_elsewhere_are_told_for_every_errno():
    assert ELSEWHERE.keys() == {n for n in NAMES if not errors.order_of(n)[0]}


def test_numbers_of_windows_are_those_of_bsd_and_10000():
    """Windows Sockets took over the numbers of BSD; a slip of the pen shows here."""
    for name, entry in ELSEWHERE.items():
        if "windows" in entry:
            assert entry["windows"] == 10000 + entry["freebsd"], name
        if name != "EOPNOTSUPP":
            assert entry["macos"] == entry["freebsd"], name


def test_other_names_and_texts_are_told():
    assert "(WSAEWOULDBLOCK) on Windows" in errors.elsewhere("EAGAIN")
    told = errors.elsewhere("EADDRNOTAVAIL", "Cannot assign requested address")
    assert told.startswith("[Errno 49] Can't assign requested address on macOS and")
    told = errors.elsewhere("EADDRINUSE", "Address already in use")
    assert told.startswith("[Errno 48] on macOS and FreeBSD; [WinError 10048] Only one")
    assert "on macOS; [Errno 45] " in errors.elsewhere("EOPNOTSUPP")
    assert errors.elsewhere("TimeoutError") == ""


def test_kinds_of_sockets_in_few_words():
    every = ["TCP/IPv4", "TCP/IPv6", "UDP/IPv4", "UDP/IPv6"]
    assert errors.kinds([*every, "Unix stream", "Unix datagram"]) == "all sockets"
    assert errors.kinds(every) == "TCP, UDP"
    assert errors.kinds(["TCP/IPv6", "UDP/IPv6"]) == "TCP and UDP, IPv6 only"
    assert errors.kinds([*every[:2], "Unix stream"]) == "TCP, Unix stream"


def test_program_is_the_body_without_its_cause():
    source = (
        '@provokes("x")\ndef a(kit):\n    """It fails."""\n    kit.new().bind("x")\n'
    )
    assert errors.program(source, "a") == 'kit.new().bind("x")\n'


@pytest.mark.needs("private_net")
def test_program_that_needs_a_world_is_run_in_it(error_site):
    path = runs.snippet_path("names.local")
    need = "# Needs: no route to 203.0.113.1\n\nimport"
    path.write_text(path.read_text().replace("import", need, 1))
    error_site.record()
    error_site.write("docs/index.md", "# Front\n\n```{snippet} names.local\n```\n")
    assert error_site.build() == ""
    assert (
        "lab.isolation.networks &#x27;no route to 203.0.113.1&#x27;"
        in error_site.page()
    )
